/* issue.c - makes certificates and requests. What it made it reads again before it hands it out. */
#include "pki/issue.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "pki/cert_fields.h"
#include "pki/der_write.h"
#include "pki/dname.h"

enum { KEY_ID_LEN = 20 };

static int check_params(const struct issue_params *p, cssl_error *err);
static int check_issuer(const struct issue_params *p, cssl_error *err);
static int write_tbs(struct dw *w, const struct issue_params *p, uint16_t scheme, cssl_error *err);
static void write_request_info(struct dw *w, const struct issue_params *p, cssl_bytes spki);
static void write_subject(struct dw *w, const struct issue_params *p);
static void write_subject_extensions(struct dw *w, const struct issue_params *p);
static int write_key_ids(struct dw *w, const struct issue_params *p, cssl_error *err);
static int seal(struct dw *body, uint16_t scheme, const struct pkey *key, uint8_t **der,
                size_t *len, cssl_error *err);
static int check_made(cssl_bytes der, const struct issue_params *p, cssl_error *err);

int issue_cert(const struct issue_params *params, uint8_t **der, size_t *len, cssl_error *err)
{
    *der = NULL;
    *len = 0;
    int status = check_params(params, err);
    if (status == 0 && params->issuer != NULL) {
        status = check_issuer(params, err);
    }
    if (status == 0) {
        struct spki_info info;
        status = issue_check_key(params->spki, &info, err);
    }
    if (status < 0) {
        return status;
    }
    uint16_t scheme = issue_scheme(params->signer);
    if (scheme == 0) {
        return fail_text(err, CSSL_R_ISSUE_KEY, "it cannot sign certificates");
    }
    struct dw tbs;
    dw_init(&tbs, ISSUE_DER_MAX);
    status = write_tbs(&tbs, params, scheme, err);
    if (status == 0) {
        status = seal(&tbs, scheme, params->signer, der, len, err);
    }
    dw_free(&tbs);
    if (status == 0) {
        status = check_made(bytes_of(*der, *len), params, err);
    }
    if (status < 0) {
        mem_free(*der);
        *der = NULL;
        *len = 0;
    }
    return status;
}

int issue_request(const struct issue_params *params, const struct pkey *key, uint8_t **der,
                  size_t *len, cssl_error *err)
{
    *der = NULL;
    *len = 0;
    if (params->common_name == NULL && params->num_names == 0) {
        return fail(err, CSSL_R_ISSUE_SUBJECT);
    }
    uint16_t scheme = issue_scheme(key);
    struct spki_info spki;
    int status = issue_check_key(pkey_spki(key), &spki, err);
    if (status < 0) {
        return status;
    }
    if (scheme == 0) {
        return fail_text(err, CSSL_R_ISSUE_KEY, "it cannot sign requests");
    }
    struct dw info;
    dw_init(&info, ISSUE_DER_MAX);
    write_request_info(&info, params, pkey_spki(key));
    status = seal(&info, scheme, key, der, len, err);
    dw_free(&info);
    if (status == 0) {
        struct request again;
        status = request_parse(&again, bytes_of(*der, *len), err);
    }
    if (status < 0) {
        mem_free(*der);
        *der = NULL;
        *len = 0;
    }
    return status;
}

uint16_t issue_scheme(const struct pkey *key)
{
    /* RSA keys sign with PKCS#1 v1.5, which every verifier of certificates knows. */
    static const struct {
        enum key_type type;
        uint16_t scheme;
    } table[] = {
        { KEY_RSA, SCHEME_RSA_PKCS1_SHA256 },
        { KEY_RSA_PSS, SCHEME_RSA_PSS_PSS_SHA256 },
        { KEY_EC_P256, SCHEME_ECDSA_SECP256R1_SHA256 },
        { KEY_EC_P384, SCHEME_ECDSA_SECP384R1_SHA384 },
        { KEY_EC_P521, SCHEME_ECDSA_SECP521R1_SHA512 },
        { KEY_ED25519, SCHEME_ED25519 },
        { KEY_ED448, SCHEME_ED448 },
        { KEY_MLDSA44, SCHEME_MLDSA44 },
        { KEY_MLDSA65, SCHEME_MLDSA65 },
        { KEY_MLDSA87, SCHEME_MLDSA87 },
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (table[i].type == pkey_type(key)) {
            return pkey_can_sign(key, table[i].scheme) ? table[i].scheme : 0;
        }
    }
    return 0;
}

int issue_check_key(cssl_bytes spki, struct spki_info *info, cssl_error *err)
{
    int status = spki_inspect(spki, info, err);
    if (status < 0) {
        return status;
    }
    if (info->type == KEY_NONE) {
        return fail_text(err, CSSL_R_ISSUE_KEY, "its kind is not known");
    }
    if ((info->type == KEY_RSA || info->type == KEY_RSA_PSS) &&
        (info->bits < PKEY_RSA_MIN_BITS || info->bits > PKEY_RSA_MAX_BITS)) {
        return fail_text(err, CSSL_R_ISSUE_KEY, "RSA keys have %d to %d bits, this one has %u",
                         PKEY_RSA_MIN_BITS, PKEY_RSA_MAX_BITS, info->bits);
    }
    return 0;
}

/* ---- What is refused ---- */

static int check_common_name(const char *name, cssl_error *err)
{
    cssl_bytes left = bytes_str(name);
    size_t characters = 0;
    while (left.len > 0) {
        uint32_t c = 0;
        size_t n = utf8_char(left.data, left.len, &c);
        if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            return fail_text(err, CSSL_R_ISSUE_NAME, "'%s' is not UTF-8 without control characters",
                             name);
        }
        left = bytes_of(left.data + n, left.len - n);
        characters++;
    }
    if (characters == 0 || characters > ISSUE_COMMON_NAME_MAX) {
        return fail_text(err, CSSL_R_ISSUE_NAME,
                         "'%s': the subject's name and organization have 1 to %d characters each",
                         name, ISSUE_COMMON_NAME_MAX);
    }
    return 0;
}

static int check_subject(const struct issue_params *p, cssl_error *err)
{
    const char *const texts[] = { p->common_name, p->organization };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int status = texts[i] == NULL ? 0 : check_common_name(texts[i], err);
        if (status < 0) {
            return status;
        }
    }
    if (p->num_names > ISSUE_NAMES_MAX) {
        return fail_text(err, CSSL_R_ISSUE_NAME, "more than %d in one certificate",
                         ISSUE_NAMES_MAX);
    }
    if (p->ca ? p->common_name == NULL : p->num_names == 0) {
        return fail(err, CSSL_R_ISSUE_SUBJECT);
    }
    return 0;
}

static int check_params(const struct issue_params *p, cssl_error *err)
{
    int status = check_subject(p, err);
    if (status < 0) {
        return status;
    }
    if (p->ca == (p->server || p->client)) {
        return fail_text(err, CSSL_R_ISSUE_PURPOSE,
                         "it is for a CA, or else for a server, a client or both");
    }
    if (p->not_after < p->not_before) {
        return fail(err, CSSL_R_ISSUE_VALIDITY);
    }
    if (p->not_before < DW_TIME_MIN || p->not_after > DW_TIME_MAX) {
        return fail_text(err, CSSL_R_ISSUE_VALIDITY, "years from 1950 to 9999 can be written");
    }
    return 0;
}

static int check_issuer(const struct issue_params *p, cssl_error *err)
{
    const struct cert *ca = p->issuer;
    char name[DNAME_TEXT_MAX];
    (void)dname_text(name, ca->subject);
    if (!bytes_equal(pkey_spki(p->signer), ca->spki)) {
        return fail_text(err, CSSL_R_ISSUE_SIGNER, "the certificate is that of %s", name);
    }
    if (!ca->is_ca) {
        return fail_text(err, CSSL_R_ISSUE_ISSUER, "%s is not a certificate authority", name);
    }
    if (cert_has(ca, EXTENSION_KEY_USAGE) && (ca->key_usage & KU_KEY_CERT_SIGN) == 0) {
        return fail_text(err, CSSL_R_ISSUE_ISSUER, "%s may not sign certificates (its key usage)",
                         name);
    }
    if (p->ca && ca->path_len == 0) {
        return fail_text(err, CSSL_R_ISSUE_ISSUER,
                         "%s may have no other CA below it (its path length is 0)", name);
    }
    if (p->ca && ca->path_len > 0 && p->path_len >= ca->path_len) {
        return fail_text(err, CSSL_R_ISSUE_ISSUER,
                         "%s has path length %d: that of a CA below it is smaller", name,
                         ca->path_len);
    }
    return 0;
}

/* The last look: what was made reads well and its signature fits. */
static int check_made(cssl_bytes der, const struct issue_params *p, cssl_error *err)
{
    struct cert *made = cert_parse(der, err);
    if (made == NULL) {
        return CSSL_STATE;
    }
    cssl_bytes spki = p->issuer == NULL ? made->spki : p->issuer->spki;
    int status = 0;
    if (made->faults != 0) {
        status = fail_text(err, CSSL_R_INTERNAL, "a certificate was made with fault %#x",
                           (unsigned)made->faults);
    } else if (!bytes_equal(spki, pkey_spki(p->signer))) {
        status = fail_text(err, CSSL_R_ISSUE_SIGNER,
                           "a self-signed certificate is signed with its own key");
    } else {
        status = spki_verify(spki, issue_scheme(p->signer), made->tbs, made->signature, err);
    }
    cert_free(made);
    return status;
}

/* ---- Writing ---- */

static void write_hash_alg(struct dw *w)
{
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, "2.16.840.1.101.3.4.2.1"); /* SHA-256 */
    dw_null(w);
    dw_close(w);
}

/* The AlgorithmIdentifier of a scheme of issue_scheme. */
static void write_sig_alg(struct dw *w, uint16_t scheme)
{
    static const struct {
        uint16_t scheme;
        const char *oid;
    } oids[] = {
        { SCHEME_RSA_PKCS1_SHA256, "1.2.840.113549.1.1.11" },
        { SCHEME_RSA_PSS_PSS_SHA256, "1.2.840.113549.1.1.10" },
        { SCHEME_ECDSA_SECP256R1_SHA256, "1.2.840.10045.4.3.2" },
        { SCHEME_ECDSA_SECP384R1_SHA384, "1.2.840.10045.4.3.3" },
        { SCHEME_ECDSA_SECP521R1_SHA512, "1.2.840.10045.4.3.4" },
        { SCHEME_ED25519, "1.3.101.112" },
        { SCHEME_ED448, "1.3.101.113" },
        { SCHEME_MLDSA44, "2.16.840.1.101.3.4.3.17" },
        { SCHEME_MLDSA65, "2.16.840.1.101.3.4.3.18" },
        { SCHEME_MLDSA87, "2.16.840.1.101.3.4.3.19" },
    };
    const char *oid = "";
    for (size_t i = 0; i < ARRAY_LEN(oids); i++) {
        if (oids[i].scheme == scheme) {
            oid = oids[i].oid;
        }
    }
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, oid);
    if (scheme == SCHEME_RSA_PKCS1_SHA256) {
        dw_null(w); /* RFC 4055 5: MUST be there */
    } else if (scheme == SCHEME_RSA_PSS_PSS_SHA256) {
        dw_open(w, DER_SEQUENCE);
        dw_open(w, DER_CONTEXT_OF(0));
        write_hash_alg(w);
        dw_close(w);
        dw_open(w, DER_CONTEXT_OF(1));
        dw_open(w, DER_SEQUENCE);
        dw_oid(w, "1.2.840.113549.1.1.8"); /* MGF1 */
        write_hash_alg(w);
        dw_close(w);
        dw_close(w);
        dw_open(w, DER_CONTEXT_OF(2));
        dw_integer(w, 32);
        dw_close(w);
        dw_close(w);
    }
    dw_close(w);
}

static int write_tbs(struct dw *w, const struct issue_params *p, uint16_t scheme, cssl_error *err)
{
    uint8_t serial[ISSUE_SERIAL_LEN];
    int status = rand_fill(p->random, serial, sizeof(serial), err);
    if (status < 0) {
        return status;
    }
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and always of one length */
    dw_open(w, DER_SEQUENCE);
    dw_open(w, DER_CONTEXT_OF(0));
    dw_integer(w, 2); /* version 3 */
    dw_close(w);
    dw_natural(w, bytes_of(serial, sizeof(serial)));
    write_sig_alg(w, scheme);
    if (p->issuer == NULL) {
        write_subject(w, p);
    } else {
        dw_raw(w, p->issuer->subject);
    }
    dw_open(w, DER_SEQUENCE);
    dw_time(w, p->not_before);
    dw_time(w, p->not_after);
    dw_close(w);
    write_subject(w, p);
    dw_raw(w, p->spki);
    dw_open(w, DER_CONTEXT_OF(3));
    dw_open(w, DER_SEQUENCE);
    write_subject_extensions(w, p);
    status = write_key_ids(w, p, err);
    dw_close(w);
    dw_close(w);
    dw_close(w);
    return status;
}

static void write_request_info(struct dw *w, const struct issue_params *p, cssl_bytes spki)
{
    dw_open(w, DER_SEQUENCE);
    dw_integer(w, 0); /* version 1 */
    write_subject(w, p);
    dw_raw(w, spki);
    dw_open(w, DER_CONTEXT_OF(0));
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, "1.2.840.113549.1.9.14"); /* extensionRequest */
    dw_open(w, DER_SET);
    dw_open(w, DER_SEQUENCE);
    write_subject_extensions(w, p);
    dw_close(w);
    dw_close(w);
    dw_close(w);
    dw_close(w);
    dw_close(w);
}

static void write_attribute(struct dw *w, const char *oid, const char *text)
{
    if (text == NULL) {
        return;
    }
    dw_open(w, DER_SET);
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, oid);
    dw_utf8(w, text);
    dw_close(w);
    dw_close(w);
}

static void write_subject(struct dw *w, const struct issue_params *p)
{
    dw_open(w, DER_SEQUENCE);
    write_attribute(w, "2.5.4.10", p->organization);
    write_attribute(w, "2.5.4.3", p->common_name);
    dw_close(w);
}

static void open_extension(struct dw *w, const char *oid, bool critical)
{
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, oid);
    if (critical) {
        dw_true(w);
    }
    dw_open(w, DER_OCTET_STRING);
}

static void close_extension(struct dw *w)
{
    dw_close(w);
    dw_close(w);
}

static void write_alt_names(struct dw *w, const struct issue_params *p)
{
    if (p->num_names == 0) {
        return;
    }
    /* RFC 5280 4.2.1.6: critical when there is no other name */
    open_extension(w, "2.5.29.17", p->common_name == NULL && p->organization == NULL);
    dw_open(w, DER_SEQUENCE);
    for (size_t i = 0; i < p->num_names; i++) {
        const struct issue_name *name = &p->names[i];
        dw_put(w, DER_CONTEXT(name->type), bytes_of(name->data, name->len));
    }
    dw_close(w);
    close_extension(w);
}

/* What depends on the subject alone, and stands in requests too. */
static void write_subject_extensions(struct dw *w, const struct issue_params *p)
{
    open_extension(w, "2.5.29.19", true); /* basicConstraints */
    dw_open(w, DER_SEQUENCE);
    if (p->ca) {
        dw_true(w);
        if (p->path_len >= 0) {
            dw_integer(w, (uint64_t)p->path_len);
        }
    }
    dw_close(w);
    close_extension(w);
    open_extension(w, "2.5.29.15", true); /* keyUsage */
    dw_named_bits(w, p->ca ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE);
    close_extension(w);
    if (p->server || p->client) {
        open_extension(w, "2.5.29.37", false); /* extKeyUsage */
        dw_open(w, DER_SEQUENCE);
        if (p->server) {
            dw_oid(w, "1.3.6.1.5.5.7.3.1");
        }
        if (p->client) {
            dw_oid(w, "1.3.6.1.5.5.7.3.2");
        }
        dw_close(w);
        close_extension(w);
    }
    write_alt_names(w, p);
}

/* RFC 7093 2 (1): the leftmost 160 bits of the SHA-256 of the public key's bits. */
static int key_id(cssl_bytes spki, uint8_t out[KEY_ID_LEN], cssl_error *err)
{
    cssl_bytes bits = cert_spki_bits(spki);
    if (bits.len == 0) {
        return fail(err, CSSL_R_BAD_PUBLIC_KEY);
    }
    uint8_t digest[HASH_MAX];
    hash_once(HASH_SHA256, bits.data, bits.len, digest);
    memcpy(out, digest, KEY_ID_LEN);
    return 0;
}

static int write_key_ids(struct dw *w, const struct issue_params *p, cssl_error *err)
{
    uint8_t id[KEY_ID_LEN];
    int status = key_id(p->spki, id, err);
    if (status < 0) {
        return status;
    }
    open_extension(w, "2.5.29.14", false); /* subjectKeyIdentifier */
    dw_put(w, DER_OCTET_STRING, bytes_of(id, sizeof(id)));
    close_extension(w);
    /* The issuer's is what its certificate says; an issuer without one is found by its name. */
    cssl_bytes above = p->issuer == NULL ? bytes_of(id, sizeof(id)) : p->issuer->key_id;
    if (above.len > 0) {
        open_extension(w, "2.5.29.35", false); /* authorityKeyIdentifier */
        dw_open(w, DER_SEQUENCE);
        dw_put(w, DER_CONTEXT(0), above);
        dw_close(w);
        close_extension(w);
    }
    return 0;
}

/* SIGNED{body}: the body, the algorithm, the signature. */
static int seal(struct dw *body, uint16_t scheme, const struct pkey *key, uint8_t **der,
                size_t *len, cssl_error *err)
{
    if (!dw_ok(body)) {
        return fail(err, CSSL_R_NOMEM); /* the bounds of issue_params keep it below ISSUE_DER_MAX */
    }
    uint8_t sig[PKEY_SIGNATURE_MAX];
    size_t sig_len = 0;
    int status = pkey_sign(key, scheme, dw_view(body), sig, &sig_len, err);
    if (status < 0) {
        return status;
    }
    struct dw w;
    dw_init(&w, ISSUE_DER_MAX);
    dw_open(&w, DER_SEQUENCE);
    dw_raw(&w, dw_view(body));
    write_sig_alg(&w, scheme);
    dw_bits(&w, bytes_of(sig, sig_len));
    dw_close(&w);
    *der = dw_take(&w, len);
    dw_free(&w);
    return *der == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}
