/* sig_alg.c - which signature an AlgorithmIdentifier means (RFC 3279, 4055, 5758, 8410, 9881), and
 * where one stands. */
#include "base/names.h"
#include "pki/cert_fields.h"
#include "pki/der.h"

/* What stands behind the OID. */
enum params { PARAMS_NONE, PARAMS_NULL_OR_NONE, PARAMS_PSS };

struct sig_alg_row {
    uint8_t oid_len;
    uint8_t oid[10];
    enum params params;
    struct sig_alg alg;
};

static const struct sig_alg_row rows[] = {
    /* 1.2.840.113549.1.1.n */
    { 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11 }, PARAMS_NULL_OR_NONE,
      { SCHEME_RSA_PKCS1_SHA256, HASH_SHA256, false } },
    { 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12 }, PARAMS_NULL_OR_NONE,
      { SCHEME_RSA_PKCS1_SHA384, HASH_SHA384, false } },
    { 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13 }, PARAMS_NULL_OR_NONE,
      { SCHEME_RSA_PKCS1_SHA512, HASH_SHA512, false } },
    { 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10 }, PARAMS_PSS, { 0, HASH_NONE, false } },
    { 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5 }, PARAMS_NULL_OR_NONE,
      { SCHEME_RSA_PKCS1_SHA1, HASH_SHA1, true } },
    { 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4 }, PARAMS_NULL_OR_NONE,
      { 0, HASH_SHA256, true } }, /* MD5: channel bindings take SHA-256 instead (RFC 5929 4.1) */
    { 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 3 }, PARAMS_NULL_OR_NONE,
      { 0, HASH_NONE, true } }, /* MD4 */
    { 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 2 }, PARAMS_NULL_OR_NONE,
      { 0, HASH_NONE, true } }, /* MD2 */
    /* 1.2.840.10045.4 */
    { 7, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1 }, PARAMS_NONE,
      { SCHEME_ECDSA_SHA1, HASH_SHA1, true } },
    { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 }, PARAMS_NONE,
      { SCHEME_ECDSA_SECP256R1_SHA256, HASH_SHA256, false } },
    { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3 }, PARAMS_NONE,
      { SCHEME_ECDSA_SECP384R1_SHA384, HASH_SHA384, false } },
    { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4 }, PARAMS_NONE,
      { SCHEME_ECDSA_SECP521R1_SHA512, HASH_SHA512, false } },
    /* 1.3.101 */
    { 3, { 0x2b, 0x65, 0x70 }, PARAMS_NONE, { SCHEME_ED25519, HASH_NONE, false } },
    { 3, { 0x2b, 0x65, 0x71 }, PARAMS_NONE, { SCHEME_ED448, HASH_NONE, false } },
    /* 2.16.840.1.101.3.4.3 */
    { 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 3, 4, 3, 17 }, PARAMS_NONE,
      { SCHEME_MLDSA44, HASH_NONE, false } },
    { 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 3, 4, 3, 18 }, PARAMS_NONE,
      { SCHEME_MLDSA65, HASH_NONE, false } },
    { 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 3, 4, 3, 19 }, PARAMS_NONE,
      { SCHEME_MLDSA87, HASH_NONE, false } },
};

static struct sig_alg parse_pss(struct rd *r);

struct sig_alg sig_alg_parse(struct rd *r)
{
    cssl_bytes oid = der_oid(r);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct sig_alg_row *row = &rows[i];
        if (!bytes_equal(oid, bytes_of(row->oid, row->oid_len))) {
            continue;
        }
        if (row->params == PARAMS_PSS) {
            return parse_pss(r);
        }
        if (row->params == PARAMS_NULL_OR_NONE && rd_more(r)) { /* RFC 4055 5 */
            der_null(r);
        }
        if (!rd_done(r)) {
            der_bad(r);
        }
        return row->alg;
    }
    if (!der_valid(rd_rest(r))) {
        der_bad(r);
    }
    return (struct sig_alg){ 0 };
}

const char *signed_parse(cssl_bytes der, cssl_bytes *body, cssl_bytes *alg, cssl_bytes *signature)
{
    struct rd r = rd_of(der);
    struct rd outer = der_enter(&r, DER_SEQUENCE);
    if (!rd_done(&r)) {
        return r.bad ? "not a DER sequence" : "there are bytes behind its end";
    }
    *body = der_whole(&outer, DER_SEQUENCE);
    *alg = der_value(&outer, DER_SEQUENCE);
    *signature = der_octet_bits(&outer);
    return rd_done(&outer) ? NULL : "it is not a body, an algorithm and a signature";
}

uint16_t sig_scheme_of_key(uint16_t scheme, enum key_type type)
{
    enum { APART = SCHEME_RSA_PSS_PSS_SHA256 - SCHEME_RSA_PSS_RSAE_SHA256 };
    bool rsae = scheme >= SCHEME_RSA_PSS_RSAE_SHA256 && scheme <= SCHEME_RSA_PSS_RSAE_SHA512;
    return rsae && type == KEY_RSA_PSS ? (uint16_t)(scheme + APART) : scheme;
}

bool sig_scheme_in(uint16_t scheme, const uint16_t *list, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (sig_scheme_of_key(list[i], KEY_RSA_PSS) == sig_scheme_of_key(scheme, KEY_RSA_PSS)) {
            return true;
        }
    }
    return false;
}

/* parse_pss reads RSASSA-PSS-params (RFC 4055 3.1). TLS knows three combinations: one hash for
 * both uses and a salt of its length. Any other is an unknown scheme. */
static struct sig_alg parse_pss(struct rd *r)
{
    struct rd params = der_enter(r, DER_SEQUENCE);
    struct rd field;
    enum hash_alg hash = HASH_SHA1;
    enum hash_alg mask = HASH_SHA1;
    uint32_t salt = 20;
    if (der_enter_if(&params, DER_CONTEXT_OF(0), &field)) {
        hash = hash_alg_parse(&field);
    }
    bool good = !field.bad && field.left == 0;
    if (der_enter_if(&params, DER_CONTEXT_OF(1), &field)) {
        static const uint8_t mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8 };
        struct rd alg = der_enter(&field, DER_SEQUENCE);
        mask = bytes_equal(der_oid(&alg), bytes_of(mgf1, sizeof(mgf1))) ? hash_alg_parse(&alg)
                                                                        : HASH_NONE;
        good = good && (mask == HASH_NONE ? !alg.bad : rd_done(&alg));
    }
    good = good && !field.bad && field.left == 0;
    if (der_enter_if(&params, DER_CONTEXT_OF(2), &field)) {
        salt = der_small(&field, DER_INTEGER, 0xffff);
    }
    good = good && !field.bad && field.left == 0;
    if (der_enter_if(&params, DER_CONTEXT_OF(3), &field)) {
        good = good && der_small(&field, DER_INTEGER, 1) == 1;
    }
    good = good && !field.bad && field.left == 0;
    if (!good || !rd_done(&params) || !rd_done(r)) {
        der_bad(r);
        return (struct sig_alg){ 0 };
    }
    struct sig_alg alg = { .hash = hash == mask ? hash : HASH_NONE,
                           .weak = hash == HASH_SHA1 || mask == HASH_SHA1 };
    if (hash == mask && salt == 32 && hash == HASH_SHA256) {
        alg.scheme = SCHEME_RSA_PSS_RSAE_SHA256;
    } else if (hash == mask && salt == 48 && hash == HASH_SHA384) {
        alg.scheme = SCHEME_RSA_PSS_RSAE_SHA384;
    } else if (hash == mask && salt == 64 && hash == HASH_SHA512) {
        alg.scheme = SCHEME_RSA_PSS_RSAE_SHA512;
    }
    return alg;
}

enum hash_alg hash_alg_parse(struct rd *r)
{
    static const uint8_t sha1[] = { 0x2b, 0x0e, 3, 2, 0x1a };
    static const uint8_t sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 3, 4, 2 };
    struct rd alg = der_enter(r, DER_SEQUENCE);
    cssl_bytes oid = der_oid(&alg);
    if (rd_more(&alg)) {
        der_null(&alg);
    }
    if (!rd_done(&alg)) {
        der_bad(r);
        return HASH_NONE;
    }
    if (bytes_equal(oid, bytes_of(sha1, sizeof(sha1)))) {
        return HASH_SHA1;
    }
    if (oid.len == 9 && memcmp(oid.data, sha2, sizeof(sha2)) == 0) {
        switch (oid.data[8]) {
        case 1:
            return HASH_SHA256;
        case 2:
            return HASH_SHA384;
        case 3:
            return HASH_SHA512;
        default:
            break;
        }
    }
    return HASH_NONE;
}
