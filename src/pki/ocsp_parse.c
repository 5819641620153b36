/* ocsp_parse.c - takes an OCSP response apart (RFC 6960 4.2.1). Trusts nothing in it. */
#include "pki/crl.h"
#include "pki/der_write.h"
#include "pki/dname.h"
#include "pki/ocsp_parts.h"

/* 1.3.6.1.5.5.7.48.1: id-pkix-ocsp; .1 basic, .2 nonce */
static const uint8_t oid_basic[] = { 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1 };
static const uint8_t oid_nonce[] = { 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2 };

enum { NONCE_MAX = 128 }; /* RFC 9654 2.1 */

static uint8_t enumerated(struct rd *r, uint8_t max);
static void parse_basic(struct ocsp_response *r, cssl_bytes basic, struct rd *outer);
static void parse_data(struct ocsp_response *r, struct rd *data);
static void parse_singles(struct ocsp_response *r, struct rd *data);
static void parse_extensions(struct rd *holder, uint8_t tag, bool *unknown_critical,
                             cssl_bytes *nonce);
static void parse_cert_id(struct rd *r, struct ocsp_single *single);
static void parse_status(struct rd *r, struct ocsp_single *single);
static int64_t generalized(struct rd *r);

bool ocsp_parse(struct ocsp_response *r, cssl_bytes response)
{
    *r = (struct ocsp_response){ 0 };
    if (response.len > OCSP_LEN_MAX) {
        return false;
    }
    struct rd all = rd_of(response);
    struct rd outer = der_enter(&all, DER_SEQUENCE);
    struct rd bytes;
    r->status = enumerated(&outer, 6);
    bool successful = r->status == 0;
    if (der_enter_if(&outer, DER_CONTEXT_OF(0), &bytes)) {
        struct rd inner = der_enter(&bytes, DER_SEQUENCE);
        cssl_bytes oid = der_oid(&inner);
        cssl_bytes basic = der_value(&inner, DER_OCTET_STRING);
        if (!rd_done(&bytes) || !rd_done(&inner) || !successful ||
            !bytes_equal(oid, bytes_of(oid_basic, sizeof(oid_basic)))) {
            der_bad(&outer);
        } else {
            parse_basic(r, basic, &outer);
        }
    } else if (successful) {
        der_bad(&outer);
    }
    return rd_done(&outer) && rd_done(&all);
}

bool ocsp_single_next(struct rd *list, struct ocsp_single *single)
{
    struct rd r = der_enter(list, DER_SEQUENCE);
    struct rd field;
    *single = (struct ocsp_single){ .next_update = INT64_MIN };
    parse_cert_id(&r, single);
    parse_status(&r, single);
    single->this_update = generalized(&r);
    if (der_enter_if(&r, DER_CONTEXT_OF(0), &field)) {
        single->next_update = generalized(&field);
        if (!rd_done(&field)) {
            der_bad(&r);
        }
    }
    parse_extensions(&r, DER_CONTEXT_OF(1), &single->unknown_critical, NULL);
    if (!rd_done(&r)) {
        der_bad(list);
    }
    return rd_ok(list);
}

size_t ocsp_request_extensions(uint8_t out[OCSP_REQUEST_EXTENSIONS],
                               const uint8_t nonce[OCSP_NONCE])
{
    struct dw w;
    dw_fixed(&w, out, OCSP_REQUEST_EXTENSIONS);
    dw_open(&w, DER_SEQUENCE);
    dw_open(&w, DER_SEQUENCE);
    dw_put(&w, DER_OID, bytes_of(oid_nonce, sizeof(oid_nonce)));
    dw_open(&w, DER_OCTET_STRING);
    dw_put(&w, DER_OCTET_STRING, bytes_of(nonce, OCSP_NONCE));
    dw_close(&w);
    dw_close(&w);
    dw_close(&w);
    return dw_view(&w).len;
}

static uint8_t enumerated(struct rd *r, uint8_t max)
{
    cssl_bytes v = der_value(r, DER_ENUMERATED);
    if (v.len != 1 || v.data[0] > max) {
        der_bad(r);
        return 0;
    }
    return v.data[0];
}

/* BasicOCSPResponse. */
static void parse_basic(struct ocsp_response *r, cssl_bytes basic, struct rd *outer)
{
    struct rd whole = rd_of(basic);
    struct rd body = der_enter(&whole, DER_SEQUENCE);
    struct rd field;
    r->tbs = der_whole(&body, DER_SEQUENCE);
    struct rd alg = der_enter(&body, DER_SEQUENCE);
    r->sig = sig_alg_parse(&alg);
    r->signature = der_octet_bits(&body);
    if (der_enter_if(&body, DER_CONTEXT_OF(0), &field)) {
        r->certs = der_value(&field, DER_SEQUENCE);
        struct rd certs = rd_of(r->certs);
        for (size_t i = 0; rd_more(&certs); i++) {
            (void)der_value(&certs, DER_SEQUENCE);
            if (i == OCSP_CERTS_MAX) {
                der_bad(&certs);
            }
        }
        if (!rd_done(&field) || !rd_done(&certs)) {
            der_bad(&body);
        }
    }
    struct rd tbs = rd_of(r->tbs);
    struct rd data = der_enter(&tbs, DER_SEQUENCE);
    parse_data(r, &data);
    if (!rd_done(&whole) || !rd_done(&body) || alg.bad || !rd_done(&data)) {
        der_bad(outer);
    }
}

/* ResponseData. */
static void parse_data(struct ocsp_response *r, struct rd *data)
{
    struct rd field;
    if (der_peek(data) == DER_CONTEXT_OF(0)) {
        der_bad(data); /* the one version there is, v1, is the default and so left out */
        return;
    }
    if (der_enter_if(data, DER_CONTEXT_OF(1), &field)) {
        r->responder_name = der_whole(&field, DER_SEQUENCE);
        if (rd_ok(&field) && !dname_valid(r->responder_name)) {
            der_bad(data);
        }
    } else {
        field = der_enter(data, DER_CONTEXT_OF(2));
        r->responder_key = der_value(&field, DER_OCTET_STRING);
        if (r->responder_key.len != hash_len(HASH_SHA1)) {
            der_bad(data);
        }
    }
    if (!rd_done(&field)) {
        der_bad(data);
    }
    r->produced_at = generalized(data);
    parse_singles(r, data);
    parse_extensions(data, DER_CONTEXT_OF(1), &r->unknown_critical, &r->nonce);
}

static void parse_singles(struct ocsp_response *r, struct rd *data)
{
    struct ocsp_single single;
    r->singles = der_value(data, DER_SEQUENCE);
    struct rd list = rd_of(r->singles);
    for (size_t i = 0; rd_more(&list); i++) {
        if (i == OCSP_SINGLES_MAX || !ocsp_single_next(&list, &single)) {
            der_bad(&list);
        }
    }
    if (!rd_done(&list)) {
        der_bad(data);
    }
}

/* parse_extensions reads [tag] EXPLICIT Extensions, when they are there. The nonce is known. */
static void parse_extensions(struct rd *holder, uint8_t tag, bool *unknown_critical,
                             cssl_bytes *nonce)
{
    struct rd field;
    if (!der_enter_if(holder, tag, &field)) {
        return;
    }
    struct rd list = der_enter(&field, DER_SEQUENCE);
    size_t num = 0;
    while (rd_more(&list)) {
        struct cert_ext ext = extension_next(&list);
        bool known = nonce != NULL && bytes_equal(ext.oid, bytes_of(oid_nonce, sizeof(oid_nonce)));
        if (known) {
            struct rd value = rd_of(ext.value);
            cssl_bytes first = der_value(&value, DER_OCTET_STRING);
            if (nonce->len > 0 || !rd_done(&value) || first.len == 0 || first.len > NONCE_MAX) {
                der_bad(&list);
            }
            *nonce = first;
        } else if (ext.critical) {
            *unknown_critical = true;
        }
        if (++num > OCSP_EXTENSIONS_MAX) {
            der_bad(&list);
        }
    }
    if (!rd_done(&field) || !rd_done(&list) || num == 0) {
        der_bad(holder);
    }
}

static void parse_cert_id(struct rd *r, struct ocsp_single *single)
{
    struct rd id = der_enter(r, DER_SEQUENCE);
    single->hash = hash_alg_parse(&id);
    single->name_hash = der_value(&id, DER_OCTET_STRING);
    single->key_hash = der_value(&id, DER_OCTET_STRING);
    single->serial = der_integer(&id, DER_INTEGER);
    if (!rd_done(&id)) {
        der_bad(r);
    }
}

static void parse_status(struct rd *r, struct ocsp_single *single)
{
    struct rd info;
    if (der_peek(r) == DER_CONTEXT(0) || der_peek(r) == DER_CONTEXT(2)) {
        single->status = der_peek(r) == DER_CONTEXT(0) ? OCSP_STATUS_GOOD : OCSP_STATUS_UNKNOWN;
        if (der_value(r, der_peek(r)).len != 0) {
            der_bad(r);
        }
        return;
    }
    info = der_enter(r, DER_CONTEXT_OF(1));
    single->status = OCSP_STATUS_REVOKED;
    single->revoked_at = generalized(&info);
    struct rd reason;
    if (der_enter_if(&info, DER_CONTEXT_OF(0), &reason)) {
        single->reason = enumerated(&reason, CRL_AA_COMPROMISE);
        if (!rd_done(&reason) || crl_reason_name(single->reason) == NULL) {
            der_bad(&info);
        }
    }
    if (!rd_done(&info)) {
        der_bad(r);
    }
}

static int64_t generalized(struct rd *r)
{
    if (der_peek(r) != DER_GENERALIZED_TIME) {
        der_bad(r);
    }
    return der_time(r, NULL);
}
