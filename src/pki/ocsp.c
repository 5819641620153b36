/* ocsp.c - judges a stapled OCSP response for one certificate (RFC 6960 3.2, 4.2). */
#include "pki/ocsp.h"

#include "base/error.h"
#include "pki/dname.h"
#include "pki/ocsp_parts.h"

static const char *find_answer(const struct ocsp_response *r, const struct ocsp_question *q,
                               struct ocsp_single *answer);
static bool is_about(const struct ocsp_single *single, const struct ocsp_question *q);
static const char *check_times(const struct ocsp_response *r, const struct ocsp_single *answer,
                               int64_t now);
static int check_signer(const struct ocsp_response *r, const struct ocsp_question *q,
                        const char **why, cssl_error *err);
static int find_delegate(const struct ocsp_response *r, struct cert **delegate, cssl_error *err);
static bool responder_is(const struct ocsp_response *r, const struct cert *cert);
static int check_delegate(const struct cert *delegate, const struct ocsp_question *q,
                          const char **why, cssl_error *err);
static int verify(const struct cert *by, const struct sig_alg *alg, cssl_bytes tbs, cssl_bytes sig,
                  const struct ocsp_question *q, bool *good, cssl_error *err);
static bool key_hash_is(const struct cert *cert, enum hash_alg alg, cssl_bytes hash);

int ocsp_judge(cssl_bytes response, const struct ocsp_question *q, struct ocsp_result *result,
               cssl_error *err)
{
    struct ocsp_response r;
    struct ocsp_single answer = { 0 };
    *result = (struct ocsp_result){ .verdict = OCSP_USELESS };
    if (!ocsp_parse(&r, response)) {
        result->why = "it is malformed";
        return 0;
    }
    if (r.status != 0) {
        result->why = r.status == 3 ? "the responder was busy (tryLater)"
                                    : "the responder gave no answer";
        return 0;
    }
    if (r.unknown_critical) {
        result->why = "it has a critical extension that cannot be processed";
        return 0;
    }
    if ((result->why = find_answer(&r, q, &answer)) != NULL ||
        (result->why = check_times(&r, &answer, q->now)) != NULL) {
        return 0;
    }
    if (q->nonce.len > 0 && !bytes_equal(q->nonce, r.nonce)) {
        result->why = r.nonce.len == 0 ? "it lacks the nonce that was sent"
                                       : "its nonce is not the one that was sent";
        return 0;
    }
    int ret = check_signer(&r, q, &result->why, err);
    if (ret != 0 || result->why != NULL) {
        return ret;
    }
    if (answer.status == OCSP_STATUS_UNKNOWN) {
        result->why = "the responder does not know the certificate";
        return 0;
    }
    result->verdict = answer.status == OCSP_STATUS_REVOKED ? OCSP_REVOKED : OCSP_GOOD;
    result->reason = answer.reason;
    result->revoked_at = answer.revoked_at;
    result->this_update = answer.this_update;
    result->next_update = answer.next_update;
    return 0;
}

int ocsp_inspect(cssl_bytes response, struct ocsp_facts *facts, cssl_error *err)
{
    struct ocsp_response r;
    *facts = (struct ocsp_facts){ 0 };
    if (!ocsp_parse(&r, response)) {
        return fail(err, CSSL_R_OCSP_MALFORMED);
    }
    facts->status = r.status;
    if (r.status == 0) {
        struct rd list = rd_of(r.singles);
        struct ocsp_single single;
        facts->singles = r.singles;
        facts->next_update = INT64_MAX;
        for (; rd_more(&list) && ocsp_single_next(&list, &single); facts->num_singles++) {
            if (facts->num_singles == 0) {
                facts->this_update = single.this_update;
            }
            int64_t end = single.next_update == INT64_MIN ? INT64_MAX : single.next_update;
            facts->next_update = end < facts->next_update ? end : facts->next_update;
        }
    }
    return 0;
}

/* find_answer takes the newest answer about the certificate. */
static const char *find_answer(const struct ocsp_response *r, const struct ocsp_question *q,
                               struct ocsp_single *answer)
{
    struct rd list = rd_of(r->singles);
    struct ocsp_single single;
    bool found = false;
    while (rd_more(&list) && ocsp_single_next(&list, &single)) {
        if (is_about(&single, q) && (!found || single.this_update > answer->this_update)) {
            *answer = single;
            found = true;
        }
    }
    return !found                     ? "it is about another certificate"
           : answer->unknown_critical ? "it has a critical extension that cannot be processed"
                                      : NULL;
}

/* 4.1.1: issuer's name and key by their hashes, and the serial number. */
static bool is_about(const struct ocsp_single *single, const struct ocsp_question *q)
{
    uint8_t hash[HASH_MAX];
    enum hash_alg alg = single->hash;
    if (alg == HASH_NONE || !bytes_equal(single->serial, q->cert->serial) ||
        single->name_hash.len != hash_len(alg)) {
        return false;
    }
    hash_once(alg, q->cert->issuer.data, q->cert->issuer.len, hash);
    if (!bytes_equal(single->name_hash, bytes_of(hash, hash_len(alg)))) {
        /* The certificate may spell its issuer otherwise than the issuer does. */
        hash_once(alg, q->issuer->subject.data, q->issuer->subject.len, hash);
        if (!bytes_equal(single->name_hash, bytes_of(hash, hash_len(alg)))) {
            return false;
        }
    }
    return key_hash_is(q->issuer, alg, single->key_hash);
}

/* 4.2.2.1, 3.2: a response without an end could be shown for ever. */
static const char *check_times(const struct ocsp_response *r, const struct ocsp_single *answer,
                               int64_t now)
{
    if (answer->next_update == INT64_MIN) {
        return "it does not say when the next one comes (nextUpdate)";
    }
    if (answer->next_update < answer->this_update) {
        return "it ends before it begins";
    }
    if (answer->this_update > now + OCSP_SKEW || r->produced_at > now + OCSP_SKEW) {
        return "it is from the future: is this machine's clock right?";
    }
    return answer->next_update < now - OCSP_SKEW ? "it has expired" : NULL;
}

/* 4.2.2.2: the issuer itself, or one whom it has named with a certificate. */
static int check_signer(const struct ocsp_response *r, const struct ocsp_question *q,
                        const char **why, cssl_error *err)
{
    struct cert *delegate = NULL;
    const struct cert *signer = q->issuer;
    int ret = 0;
    if (!responder_is(r, q->issuer)) {
        ret = find_delegate(r, &delegate, err);
        signer = delegate;
        if (ret == 0 && delegate == NULL) {
            *why = "it is signed neither by the issuer nor by a responder whose certificate came";
        } else if (ret == 0) {
            ret = check_delegate(delegate, q, why, err);
        }
    } else if (cert_has(signer, EXTENSION_KEY_USAGE) &&
               (signer->key_usage & (KU_DIGITAL_SIGNATURE | KU_CRL_SIGN | KU_KEY_CERT_SIGN)) == 0) {
        *why = "the issuer's key may not sign";
    }
    if (ret == 0 && *why == NULL) {
        bool good = false;
        ret = verify(signer, &r->sig, r->tbs, r->signature, q, &good, err);
        *why = ret != 0 || good ? *why : "its signature does not fit";
    }
    cert_free(delegate);
    return ret;
}

static int find_delegate(const struct ocsp_response *r, struct cert **delegate, cssl_error *err)
{
    struct rd list = rd_of(r->certs);
    while (rd_more(&list)) {
        cssl_error inner;
        struct cert *cert = cert_parse(der_whole(&list, DER_SEQUENCE), &inner);
        if (cert == NULL && inner.status == CSSL_NOMEM) {
            return error_copy(err, &inner);
        }
        if (cert != NULL && responder_is(r, cert)) {
            *delegate = cert;
            return 0;
        }
        cert_free(cert);
    }
    return 0;
}

static bool responder_is(const struct ocsp_response *r, const struct cert *cert)
{
    return r->responder_name.len > 0 ? dname_equal(r->responder_name, cert->subject)
                                     : key_hash_is(cert, HASH_SHA1, r->responder_key);
}

/* A responder's certificate: by the issuer itself, for this purpose, valid now. Whether it is
 * revoked is not looked at, as id-pkix-ocsp-nocheck (4.2.2.2.1) allows and as nobody could tell. */
static int check_delegate(const struct cert *delegate, const struct ocsp_question *q,
                          const char **why, cssl_error *err)
{
    bool good = false;
    if (!dname_equal(delegate->issuer, q->issuer->subject)) {
        *why = "the responder's certificate is by another issuer";
    } else if ((delegate->ext_key_usage & EKU_OCSP) == 0) {
        *why = "the responder's certificate is not for OCSP";
    } else if (q->now < delegate->not_before || q->now > delegate->not_after) {
        *why = "the responder's certificate is not valid now";
    } else if (delegate->faults != 0 ||
               (cert_has(delegate, EXTENSION_KEY_USAGE) &&
                (delegate->key_usage & KU_DIGITAL_SIGNATURE) == 0)) {
        *why = "the responder's certificate is not in order";
    } else {
        int ret = verify(q->issuer, &delegate->sig, delegate->tbs, delegate->signature, q, &good,
                         err);
        if (ret != 0) {
            return ret;
        }
        *why = good ? NULL : "the responder's certificate is not signed by the issuer";
    }
    return 0;
}

/* What spki_verify refuses by itself is not looked at here: schemes that are not there or not for
 * keys of that type, and RSA keys of a size that is not borne. */
static int verify(const struct cert *by, const struct sig_alg *alg, cssl_bytes tbs, cssl_bytes sig,
                  const struct ocsp_question *q, bool *good, cssl_error *err)
{
    cssl_error why;
    uint16_t scheme = sig_scheme_of_key(alg->scheme, by->key.type);
    *good = false;
    if (alg->weak ||
        (q->num_schemes > 0 && !sig_scheme_in(scheme, q->schemes, q->num_schemes))) {
        return 0;
    }
    int ret = spki_verify(by->spki, scheme, tbs, sig, &why);
    *good = ret == 0;
    return ret != 0 && why.status == CSSL_NOMEM ? error_copy(err, &why) : 0;
}

/* The hash of a public key is that of its bit string's bytes (4.1.1). */
static bool key_hash_is(const struct cert *cert, enum hash_alg alg, cssl_bytes hash)
{
    uint8_t ours[HASH_MAX];
    cssl_bytes key = cert_spki_bits(cert->spki);
    if (key.len == 0 || hash.len != hash_len(alg)) {
        return false;
    }
    hash_once(alg, key.data, key.len, ours);
    return bytes_equal(hash, bytes_of(ours, hash_len(alg)));
}
