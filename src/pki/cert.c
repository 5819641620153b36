/* cert.c - parses a certificate into views of its own copy. Judges no path, checks no signature. */
#include "pki/cert_fields.h"

#include "base/error.h"
#include "base/mem.h"
#include "pki/der.h"
#include "pki/dname.h"

/* More than any certificate that TLS can carry. */
enum { CERT_LEN_MAX = 0xffffff, SERIAL_LEN_MAX = 20 };

static int parse(struct cert *cert, cssl_error *err);
static void parse_tbs(struct cert *cert, struct rd *tbs, const char **wrong);
static void parse_validity(struct cert *cert, struct rd *tbs);
static void parse_unique_ids(struct cert *cert, struct rd *tbs);
static void check_names(struct cert *cert);

struct cert *cert_parse(cssl_bytes der, cssl_error *err)
{
    if (der.len == 0 || der.len > CERT_LEN_MAX) {
        (void)fail_text(err, CSSL_R_BAD_CERTIFICATE, der.len == 0 ? "it is empty" : "too long");
        return NULL;
    }
    struct cert *cert = mem_new(sizeof(*cert) + der.len);
    if (cert == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    uint8_t *copy = (uint8_t *)(cert + 1);
    memcpy(copy, der.data, der.len);
    cert->der = bytes_of(copy, der.len);
    atomic_init(&cert->refs, 1);
    if (parse(cert, err) != 0) {
        mem_free(cert);
        return NULL;
    }
    return cert;
}

struct cert *cert_ref(struct cert *cert)
{
    atomic_fetch_add_explicit(&cert->refs, 1, memory_order_relaxed);
    return cert;
}

void cert_free(struct cert *cert)
{
    if (cert != NULL && atomic_fetch_sub_explicit(&cert->refs, 1, memory_order_acq_rel) == 1) {
        mem_free(cert);
    }
}

cssl_bytes cert_der(const struct cert *cert)
{
    return cert->der;
}

cssl_bytes cert_spki(const struct cert *cert)
{
    return cert->spki;
}

cssl_bytes cert_subject(const struct cert *cert)
{
    return cert->subject;
}

cssl_bytes cert_issuer(const struct cert *cert)
{
    return cert->issuer;
}

const struct spki_info *cert_key(const struct cert *cert)
{
    return &cert->key;
}

int64_t cert_not_after(const struct cert *cert)
{
    return cert->not_after;
}

int64_t cert_not_before(const struct cert *cert)
{
    return cert->not_before;
}

enum hash_alg cert_signature_hash(const struct cert *cert)
{
    return cert->sig.hash == HASH_SHA1 ? HASH_SHA256 : cert->sig.hash;
}

uint16_t cert_signature_scheme(const struct cert *cert)
{
    return cert->sig.scheme;
}

cssl_bytes cert_spki_bits(cssl_bytes spki)
{
    struct rd r = rd_of(spki);
    struct rd info = der_enter(&r, DER_SEQUENCE);
    (void)der_value(&info, DER_SEQUENCE);
    cssl_bytes bits = der_octet_bits(&info);
    return rd_done(&info) && rd_done(&r) ? bits : bytes_of(NULL, 0);
}

static int parse(struct cert *cert, cssl_error *err)
{
    cssl_bytes outer_alg;
    const char *wrong = signed_parse(cert->der, &cert->tbs, &outer_alg, &cert->signature);
    if (wrong != NULL) {
        return fail_text(err, CSSL_R_BAD_CERTIFICATE, "%s", wrong);
    }
    struct rd whole = rd_of(cert->tbs);
    struct rd tbs = der_enter(&whole, DER_SEQUENCE);
    parse_tbs(cert, &tbs, &wrong);
    if (!rd_done(&tbs) || wrong != NULL) {
        return fail_text(err, CSSL_R_BAD_CERTIFICATE, "%s",
                         wrong == NULL || tbs.bad ? "its body is not as RFC 5280 4.1 says" : wrong);
    }
    struct rd alg = rd_of(outer_alg);
    (void)sig_alg_parse(&alg);
    struct rd inner = rd_of(cert->tbs); /* 4.1.1.2: both say the same */
    struct rd skip = der_enter(&inner, DER_SEQUENCE);
    struct rd version;
    (void)der_enter_if(&skip, DER_CONTEXT_OF(0), &version);
    (void)der_integer(&skip, DER_INTEGER);
    if (alg.bad || !bytes_equal(der_value(&skip, DER_SEQUENCE), outer_alg)) {
        return fail_text(err, CSSL_R_BAD_CERTIFICATE, "its two signature algorithms differ");
    }
    cssl_error key_error;
    if (spki_inspect(cert->spki, &cert->key, &key_error) != 0) {
        return key_error.status == CSSL_NOMEM
                   ? error_copy(err, &key_error)
                   : fail_text(err, CSSL_R_BAD_CERTIFICATE, "its public key is malformed");
    }
    cert->path_len = -1;
    cert->require_explicit_policy = cert->inhibit_policy_mapping = -1;
    cert->inhibit_any_policy = -1;
    cert->self_issued = dname_equal(cert->issuer, cert->subject);
    cert->subject_hash = dname_hash(cert->subject);
    cert->issuer_hash = dname_hash(cert->issuer);
    int status = cert_parse_extensions(cert, err);
    if (status == 0) {
        check_names(cert);
    }
    return status;
}

/* parse_tbs reads RFC 5280 4.1's TBSCertificate. */
static void parse_tbs(struct cert *cert, struct rd *tbs, const char **wrong)
{
    struct rd field;
    cert->version = 1;
    if (der_enter_if(tbs, DER_CONTEXT_OF(0), &field)) {
        cert->version = (uint8_t)(der_small(&field, DER_INTEGER, 2) + 1);
        if (!rd_done(&field) || cert->version == 1) { /* version 1 is the default: left out */
            *wrong = "its version is malformed";
        }
    }
    cert->serial = der_integer(tbs, DER_INTEGER);
    if (cert->serial.len > SERIAL_LEN_MAX) {
        *wrong = "its serial number is longer than 20 bytes";
    }
    struct rd alg = der_enter(tbs, DER_SEQUENCE);
    cert->sig = sig_alg_parse(&alg);
    if (alg.bad) {
        *wrong = "its signature algorithm is malformed";
    }
    cert->issuer = der_whole(tbs, DER_SEQUENCE);
    parse_validity(cert, tbs);
    cert->subject = der_whole(tbs, DER_SEQUENCE);
    if (rd_ok(tbs) && (!dname_valid(cert->issuer) || !dname_valid(cert->subject))) {
        *wrong = "its issuer or subject is not a name";
    }
    cert->spki = der_whole(tbs, DER_SEQUENCE);
    parse_unique_ids(cert, tbs);
    if (der_enter_if(tbs, DER_CONTEXT_OF(3), &field)) {
        cert->extensions = der_value(&field, DER_SEQUENCE);
        if (!rd_done(&field) || cert->extensions.len == 0 || cert->version != 3) {
            *wrong = "its extensions are empty, malformed or not allowed in its version";
        }
    }
    if (cert->version != 3) {
        cert->faults |= FAULT_BIT(FAULT_VERSION);
    }
    bool zero = cert->serial.len == 1 && cert->serial.data[0] == 0;
    if (cert->serial.len > 0 && (zero || cert->serial.data[0] >= 0x80)) {
        cert->faults |= FAULT_BIT(FAULT_SERIAL);
    }
}

static void parse_validity(struct cert *cert, struct rd *tbs)
{
    struct rd validity = der_enter(tbs, DER_SEQUENCE);
    bool late_from = false;
    bool late_to = false;
    cert->not_before = der_time(&validity, &late_from);
    cert->not_after = der_time(&validity, &late_to);
    if (!rd_done(&validity)) {
        der_bad(tbs);
    }
    if (late_from || late_to) {
        cert->faults |= FAULT_BIT(FAULT_FORM);
    }
}

static void parse_unique_ids(struct cert *cert, struct rd *tbs)
{
    unsigned unused;
    for (uint8_t tag = DER_CONTEXT(1); tag <= DER_CONTEXT(2); tag++) {
        if (der_peek(tbs) == tag) {
            (void)der_bits(tbs, tag, &unused);
            if (cert->version == 1) {
                der_bad(tbs);
            }
        }
    }
}

/* check_names: RFC 5280 4.1.2.4, 4.1.2.6 and 4.2.1.6. */
static void check_names(struct cert *cert)
{
    bool named = !dname_empty(cert->subject);
    bool alt_name_stands_in = (cert->critical >> EXTENSION_SUBJECT_ALT_NAME & 1) != 0;
    if (dname_empty(cert->issuer) || (!named && (cert->is_ca || !alt_name_stands_in))) {
        cert->faults |= FAULT_BIT(FAULT_EMPTY_NAME);
    }
}
