/*
 * status_maker.h - makes certificates, revocation lists and OCSP responses for tests, well-formed
 * and otherwise, with P-256 keys. Everything that is not said has a value that is in order.
 */
#ifndef CSSL_TEST_STATUS_MAKER_H
#define CSSL_TEST_STATUS_MAKER_H

#include "base/names.h"
#include "crypto/hash.h"
#include "crypto/pkey.h"
#include "pki/cert_fields.h"
#include "pki/der_write.h"

enum { SM_NOW = 1800000000, SM_DAY = 86400, SM_DER_MAX = 8192 };

struct sm_der {
    size_t len;
    uint8_t data[SM_DER_MAX];
};

static inline cssl_bytes sm_bytes(const struct sm_der *d)
{
    return bytes_of(d->data, d->len);
}

/* An authority or a certificate with its key. */
struct sm_id {
    struct pkey *key;
    struct cert *cert;
};

struct sm_cert {
    const char *name;
    const struct sm_id *issuer; /* NULL: itself */
    bool ca;
    uint16_t key_usage; /* 0: what fits */
    bool ocsp;          /* id-kp-OCSPSigning instead of serverAuth */
    bool client;        /* clientAuth instead */
    uint64_t serial;    /* 0: 7 */
    int64_t from, to;   /* 0: a day around SM_NOW */
    const char *more;   /* further extensions, DER in hex */
};

static inline void sm_take(struct dw *w, struct sm_der *out)
{
    cssl_bytes v = dw_view(w);
    assert_true(dw_ok(w) && v.len > 0 && v.len <= sizeof(out->data));
    memcpy(out->data, v.data, v.len);
    out->len = v.len;
    dw_free(w);
}

static inline void sm_hex(struct dw *w, const char *hex)
{
    uint8_t bytes[1024];
    if (hex != NULL) {
        size_t len = test_unhex(bytes, sizeof(bytes), hex);
        dw_raw(w, bytes_of(bytes, len));
    }
}

static inline void sm_name(struct dw *w, const char *name)
{
    dw_open(w, DER_SEQUENCE);
    dw_open(w, DER_SET);
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, "2.5.4.3");
    dw_utf8(w, name);
    dw_close(w);
    dw_close(w);
    dw_close(w);
}

static inline void sm_alg(struct dw *w)
{
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, "1.2.840.10045.4.3.2");
    dw_close(w);
}

static inline void sm_gen_time(struct dw *w, int64_t seconds)
{
    char iso[DER_TIME_TEXT_MAX]; /* 2031-04-05T06:07:08Z */
    char text[16];
    size_t n = 0;
    (void)der_time_text(iso, seconds);
    for (const char *p = iso; *p != '\0' && n < 15; p++) {
        if ((*p >= '0' && *p <= '9') || *p == 'Z') {
            text[n++] = *p;
        }
    }
    dw_put(w, DER_GENERALIZED_TIME, bytes_of((const uint8_t *)text, n));
}

/* sm_seal signs a body and puts body, algorithm and signature into a sequence that is left open
 * for more. */
static inline void sm_seal(struct dw *w, const struct sm_der *body, const struct pkey *key)
{
    uint8_t sig[PKEY_SIGNATURE_MAX];
    size_t sig_len = 0;
    cssl_error err;
    assert_int_equal(pkey_sign(key, SCHEME_ECDSA_SECP256R1_SHA256, sm_bytes(body), sig, &sig_len,
                               &err), 0);
    dw_init(w, SM_DER_MAX);
    dw_open(w, DER_SEQUENCE);
    dw_raw(w, sm_bytes(body));
    sm_alg(w);
    dw_bits(w, bytes_of(sig, sig_len));
}

static inline void sm_ext(struct dw *w, const char *oid, bool critical)
{
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, oid);
    if (critical) {
        dw_true(w);
    }
    dw_open(w, DER_OCTET_STRING);
}

static inline void sm_ext_end(struct dw *w)
{
    dw_close(w);
    dw_close(w);
}

static inline void sm_cert_extensions(struct dw *w, const struct sm_cert *spec)
{
    uint16_t usage = spec->key_usage != 0 ? spec->key_usage
                     : spec->ca           ? KU_KEY_CERT_SIGN | KU_CRL_SIGN
                                          : KU_DIGITAL_SIGNATURE;
    sm_ext(w, "2.5.29.15", true);
    dw_named_bits(w, usage);
    sm_ext_end(w);
    if (spec->ca) {
        sm_ext(w, "2.5.29.19", true);
        dw_open(w, DER_SEQUENCE);
        dw_true(w);
        dw_close(w);
        sm_ext_end(w);
    } else {
        sm_ext(w, "2.5.29.37", false);
        dw_open(w, DER_SEQUENCE);
        dw_oid(w, spec->ocsp     ? "1.3.6.1.5.5.7.3.9"
                  : spec->client ? "1.3.6.1.5.5.7.3.2"
                                 : "1.3.6.1.5.5.7.3.1");
        dw_close(w);
        sm_ext_end(w);
        sm_ext(w, "2.5.29.17", false);
        dw_open(w, DER_SEQUENCE);
        dw_put(w, DER_CONTEXT(2), bytes_str("server.test"));
        dw_close(w);
        sm_ext_end(w);
    }
    sm_hex(w, spec->more);
}

static inline void sm_make(struct sm_id *id, const struct sm_cert *spec)
{
    struct dw w;
    struct sm_der tbs, der;
    cssl_error err;
    id->key = pkey_generate(KEY_EC_P256, 0, &err);
    assert_non_null(id->key);
    const struct sm_id *issuer = spec->issuer == NULL ? id : spec->issuer;
    dw_init(&w, SM_DER_MAX);
    dw_open(&w, DER_SEQUENCE);
    dw_open(&w, DER_CONTEXT_OF(0));
    dw_integer(&w, 2);
    dw_close(&w);
    dw_integer(&w, spec->serial == 0 ? 7 : spec->serial);
    sm_alg(&w);
    if (spec->issuer == NULL) {
        sm_name(&w, spec->name);
    } else {
        dw_raw(&w, cert_subject(issuer->cert));
    }
    dw_open(&w, DER_SEQUENCE);
    dw_time(&w, spec->from == 0 ? SM_NOW - SM_DAY : spec->from);
    dw_time(&w, spec->to == 0 ? SM_NOW + SM_DAY : spec->to);
    dw_close(&w);
    sm_name(&w, spec->name);
    dw_raw(&w, pkey_spki(id->key));
    dw_open(&w, DER_CONTEXT_OF(3));
    dw_open(&w, DER_SEQUENCE);
    sm_cert_extensions(&w, spec);
    dw_close(&w);
    dw_close(&w);
    dw_close(&w);
    sm_take(&w, &tbs);
    sm_seal(&w, &tbs, issuer->key);
    dw_close(&w);
    sm_take(&w, &der);
    id->cert = cert_parse(sm_bytes(&der), &err);
    if (id->cert == NULL) {
        fail_msg("%s: %s", spec->name, err.text);
    }
}

static inline void sm_free(struct sm_id *id)
{
    cert_free(id->cert);
    pkey_free(id->key);
}

struct sm_crl {
    const struct sm_id *issuer;
    uint64_t serials[4]; /* that are revoked, for keyCompromise; 0: no more */
    uint8_t reason;      /* instead of keyCompromise */
    int64_t from, to;    /* 0: a day around SM_NOW; to -1: none */
    bool no_number;
    const char *entry_more; /* further extensions of the entries, DER in hex */
    const char *more;       /* and of the list */
};

static inline void sm_make_crl(struct sm_der *out, const struct sm_crl *spec)
{
    struct dw w;
    struct sm_der tbs;
    dw_init(&w, SM_DER_MAX);
    dw_open(&w, DER_SEQUENCE);
    dw_integer(&w, 1);
    sm_alg(&w);
    dw_raw(&w, cert_subject(spec->issuer->cert));
    dw_time(&w, spec->from == 0 ? SM_NOW - SM_DAY : spec->from);
    if (spec->to >= 0) {
        dw_time(&w, spec->to == 0 ? SM_NOW + SM_DAY : spec->to);
    }
    if (spec->serials[0] != 0) {
        dw_open(&w, DER_SEQUENCE);
        for (size_t i = 0; i < 4 && spec->serials[i] != 0; i++) {
            const uint8_t reason = spec->reason == 0 ? 1 : spec->reason;
            dw_open(&w, DER_SEQUENCE);
            dw_integer(&w, spec->serials[i]);
            dw_time(&w, SM_NOW - SM_DAY);
            dw_open(&w, DER_SEQUENCE);
            sm_ext(&w, "2.5.29.21", false);
            dw_put(&w, DER_ENUMERATED, bytes_of(&reason, 1));
            sm_ext_end(&w);
            sm_hex(&w, spec->entry_more);
            dw_close(&w);
            dw_close(&w);
        }
        dw_close(&w);
    }
    if (!spec->no_number || spec->more != NULL) {
        dw_open(&w, DER_CONTEXT_OF(0));
        dw_open(&w, DER_SEQUENCE);
        if (!spec->no_number) {
            sm_ext(&w, "2.5.29.20", false);
            dw_integer(&w, 3);
            sm_ext_end(&w);
        }
        sm_hex(&w, spec->more);
        dw_close(&w);
        dw_close(&w);
    }
    dw_close(&w);
    sm_take(&w, &tbs);
    sm_seal(&w, &tbs, spec->issuer->key);
    dw_close(&w);
    sm_take(&w, out);
}

struct sm_ocsp {
    const struct sm_id *signer;
    const struct cert *cert, *issuer; /* that it is about */
    enum hash_alg hash;               /* HASH_NONE: SHA-1 */
    bool by_key;                      /* responder by the hash of its key */
    bool send_signer;                 /* its certificate comes along */
    uint8_t response_status;          /* 0: successful */
    uint8_t status;                   /* 0 good, 1 revoked, 2 unknown */
    int64_t from, to;                 /* 0: a day around SM_NOW; to -1: none */
    cssl_bytes nonce;
    const char *more, *single_more; /* further extensions, DER in hex */
};

static inline void sm_key_hash(enum hash_alg alg, const struct cert *cert, uint8_t *out)
{
    struct rd r = rd_of(cert_spki(cert));
    struct rd spki = der_enter(&r, DER_SEQUENCE);
    (void)der_value(&spki, DER_SEQUENCE);
    cssl_bytes key = der_octet_bits(&spki);
    hash_once(alg, key.data, key.len, out);
}

static inline void sm_single(struct dw *w, const struct sm_ocsp *spec)
{
    enum hash_alg alg = spec->hash == HASH_NONE ? HASH_SHA1 : spec->hash;
    uint8_t hash[HASH_MAX];
    cssl_bytes name = cert_subject(spec->issuer);
    dw_open(w, DER_SEQUENCE);
    dw_open(w, DER_SEQUENCE);
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, alg == HASH_SHA1 ? "1.3.14.3.2.26" : "2.16.840.1.101.3.4.2.1");
    dw_null(w);
    dw_close(w);
    hash_once(alg, name.data, name.len, hash);
    dw_put(w, DER_OCTET_STRING, bytes_of(hash, hash_len(alg)));
    sm_key_hash(alg, spec->issuer, hash);
    dw_put(w, DER_OCTET_STRING, bytes_of(hash, hash_len(alg)));
    dw_put(w, DER_INTEGER, spec->cert->serial);
    dw_close(w);
    if (spec->status == 1) {
        const uint8_t reason = 1;
        dw_open(w, DER_CONTEXT_OF(1));
        sm_gen_time(w, SM_NOW - SM_DAY);
        dw_open(w, DER_CONTEXT_OF(0));
        dw_put(w, DER_ENUMERATED, bytes_of(&reason, 1));
        dw_close(w);
        dw_close(w);
    } else {
        dw_put(w, DER_CONTEXT(spec->status), bytes_of(NULL, 0));
    }
    sm_gen_time(w, spec->from == 0 ? SM_NOW - SM_DAY : spec->from);
    if (spec->to >= 0) {
        dw_open(w, DER_CONTEXT_OF(0));
        sm_gen_time(w, spec->to == 0 ? SM_NOW + SM_DAY : spec->to);
        dw_close(w);
    }
    if (spec->single_more != NULL) {
        dw_open(w, DER_CONTEXT_OF(1));
        dw_open(w, DER_SEQUENCE);
        sm_hex(w, spec->single_more);
        dw_close(w);
        dw_close(w);
    }
    dw_close(w);
}

static inline void sm_data(struct dw *w, const struct sm_ocsp *spec)
{
    uint8_t hash[HASH_MAX];
    dw_open(w, DER_SEQUENCE);
    dw_open(w, DER_CONTEXT_OF(spec->by_key ? 2 : 1));
    if (spec->by_key) {
        sm_key_hash(HASH_SHA1, spec->signer->cert, hash);
        dw_put(w, DER_OCTET_STRING, bytes_of(hash, hash_len(HASH_SHA1)));
    } else {
        dw_raw(w, cert_subject(spec->signer->cert));
    }
    dw_close(w);
    sm_gen_time(w, spec->from == 0 ? SM_NOW - SM_DAY : spec->from);
    dw_open(w, DER_SEQUENCE);
    sm_single(w, spec);
    dw_close(w);
    if (spec->nonce.len > 0 || spec->more != NULL) {
        dw_open(w, DER_CONTEXT_OF(1));
        dw_open(w, DER_SEQUENCE);
        if (spec->nonce.len > 0) {
            sm_ext(w, "1.3.6.1.5.5.7.48.1.2", false);
            dw_put(w, DER_OCTET_STRING, spec->nonce);
            sm_ext_end(w);
        }
        sm_hex(w, spec->more);
        dw_close(w);
        dw_close(w);
    }
    dw_close(w);
}

static inline void sm_make_ocsp(struct sm_der *out, const struct sm_ocsp *spec)
{
    struct dw w;
    struct sm_der data, basic;
    dw_init(&w, SM_DER_MAX);
    sm_data(&w, spec);
    sm_take(&w, &data);
    sm_seal(&w, &data, spec->signer->key);
    if (spec->send_signer) {
        dw_open(&w, DER_CONTEXT_OF(0));
        dw_open(&w, DER_SEQUENCE);
        dw_raw(&w, cert_der(spec->signer->cert));
        dw_close(&w);
        dw_close(&w);
    }
    dw_close(&w);
    sm_take(&w, &basic);
    dw_init(&w, SM_DER_MAX);
    dw_open(&w, DER_SEQUENCE);
    dw_put(&w, DER_ENUMERATED, bytes_of(&spec->response_status, 1));
    if (spec->response_status == 0) {
        dw_open(&w, DER_CONTEXT_OF(0));
        dw_open(&w, DER_SEQUENCE);
        dw_oid(&w, "1.3.6.1.5.5.7.48.1.1");
        dw_put(&w, DER_OCTET_STRING, sm_bytes(&basic));
        dw_close(&w);
        dw_close(&w);
    }
    dw_close(&w);
    sm_take(&w, out);
}

#endif
