/* cert_fields.h - the inside of a certificate, for src/pki and for cli/cert_*.c, which show it. */
#ifndef CSSL_PKI_CERT_FIELDS_H
#define CSSL_PKI_CERT_FIELDS_H

#include <stdatomic.h>

#include "base/wire.h"
#include "pki/cert.h"
#include "pki/fault.h"

/* Key usage bits, as der_named_bits gives them (RFC 5280 4.2.1.3). */
enum {
    KU_DIGITAL_SIGNATURE = 0x8000,
    KU_NON_REPUDIATION = 0x4000,
    KU_KEY_ENCIPHERMENT = 0x2000,
    KU_DATA_ENCIPHERMENT = 0x1000,
    KU_KEY_AGREEMENT = 0x0800,
    KU_KEY_CERT_SIGN = 0x0400,
    KU_CRL_SIGN = 0x0200
};

/* Extended key usages that matter here. */
enum { EKU_SERVER = 1, EKU_CLIENT = 2, EKU_ANY = 4, EKU_OCSP = 8 };

/* Extensions that are known; anything else is EXTENSION_UNKNOWN. */
enum cert_extension {
    EXTENSION_UNKNOWN,
    EXTENSION_AUTHORITY_KEY_ID,
    EXTENSION_SUBJECT_KEY_ID,
    EXTENSION_KEY_USAGE,
    EXTENSION_POLICIES,
    EXTENSION_POLICY_MAPPINGS,
    EXTENSION_SUBJECT_ALT_NAME,
    EXTENSION_ISSUER_ALT_NAME,
    EXTENSION_DIRECTORY_ATTRIBUTES,
    EXTENSION_BASIC_CONSTRAINTS,
    EXTENSION_NAME_CONSTRAINTS,
    EXTENSION_POLICY_CONSTRAINTS,
    EXTENSION_EXT_KEY_USAGE,
    EXTENSION_CRL_POINTS,
    EXTENSION_INHIBIT_ANY_POLICY,
    EXTENSION_FRESHEST_CRL,
    EXTENSION_AUTHORITY_INFO,
    EXTENSION_SUBJECT_INFO,
    EXTENSION_TLS_FEATURE,
    EXTENSION_NUM
};

/* A signature's algorithm as an AlgorithmIdentifier says it. */
struct sig_alg {
    uint16_t scheme; /* 0: not known. RSASSA-PSS is rsa_pss_rsae_..., whatever the key's type */
    enum hash_alg hash;
    bool weak; /* MD2, MD4, MD5, SHA-1 */
};

/* All views are into der, which stands in the same block behind the struct. */
struct cert {
    atomic_uint refs;
    uint8_t version; /* 1 to 3 */
    bool is_ca;
    bool self_issued; /* issuer and subject are the same name */
    int path_len;     /* -1: none */
    uint16_t key_usage;
    uint8_t ext_key_usage;
    bool must_staple;     /* TLS feature status_request (RFC 7633) */
    /* Certificates to come before it holds; -1: there is no such field. */
    int require_explicit_policy, inhibit_policy_mapping, inhibit_any_policy;
    uint32_t present;     /* extensions that are there, 1 << enum cert_extension */
    uint32_t critical;    /* and those that are critical */
    uint64_t faults;      /* FAULT_BIT of what is wrong with it wherever it stands */
    uint32_t subject_hash, issuer_hash; /* dname_hash */
    const char *criticality_why;        /* FAULT_CRITICALITY */
    const char *contradiction_why;      /* FAULT_CONTRADICTION */
    struct spki_info key;
    struct sig_alg sig;
    int64_t not_before, not_after;
    cssl_bytes der, tbs, serial, issuer, subject, spki, signature;
    cssl_bytes extensions;                    /* the list's contents */
    cssl_bytes key_id, authority_key_id;      /* empty: none */
    cssl_bytes alt_names;                     /* GeneralNames' contents */
    cssl_bytes permitted, excluded;           /* GeneralSubtrees' contents */
    cssl_bytes policies, policy_mappings; /* the lists' contents */
    cssl_bytes crl_points, authority_info; /* extension values */
};

static inline bool cert_has(const struct cert *cert, enum cert_extension id)
{
    return (cert->present >> id & 1) != 0;
}

/* One extension as it stands in the list. */
struct cert_ext {
    enum cert_extension id;
    bool critical;
    cssl_bytes oid, value;
};

/* cert_next_extension takes the next extension from list (a reader of cert->extensions);
 * extension_next does so where the extensions of certificates mean nothing, and leaves id
 * EXTENSION_UNKNOWN. */
struct cert_ext cert_next_extension(struct rd *list);
struct cert_ext extension_next(struct rd *list);
/* cert_parse_extensions fills cert from its extensions. Malformed ones are errors, ones against
 * RFC 5280's profile are faults. */
int cert_parse_extensions(struct cert *cert, cssl_error *err) CHECK;
/* cert_spki_bits views the bytes of the BIT STRING in a SubjectPublicKeyInfo, which hashes of keys
 * are taken of (RFC 5280 4.2.1.2, RFC 6960 4.1.1); empty when it is malformed. */
cssl_bytes cert_spki_bits(cssl_bytes spki);
/* hash_alg_parse reads a hash's AlgorithmIdentifier (parameters NULL or absent); HASH_NONE when it
 * is not known. */
enum hash_alg hash_alg_parse(struct rd *r);
/* sig_alg_parse reads the contents of an AlgorithmIdentifier; malformed parameters make r bad. */
struct sig_alg sig_alg_parse(struct rd *r);
/* signed_parse takes a certificate, list or request apart (RFC 5280 4.1.1, 5.1.1): the body with
 * its header, the AlgorithmIdentifier's contents and the signature's bytes. It looks into none of
 * them and returns NULL, or what is wrong (static). */
const char *signed_parse(cssl_bytes der, cssl_bytes *body, cssl_bytes *alg, cssl_bytes *signature);
/* A certificate says RSASSA-PSS whatever kind of RSA key signed it; TLS has a name for each.
 * sig_scheme_of_key gives the one for a key of type; sig_scheme_in looks for scheme in a list,
 * where either name will do. */
uint16_t sig_scheme_of_key(uint16_t scheme, enum key_type type);
bool sig_scheme_in(uint16_t scheme, const uint16_t *list, size_t num);

/* A GeneralName (RFC 5280 4.2.1.6). */
enum general_kind {
    GENERAL_OTHER,
    GENERAL_EMAIL,
    GENERAL_DNS,
    GENERAL_X400,
    GENERAL_DIRECTORY,
    GENERAL_EDI_PARTY,
    GENERAL_URI,
    GENERAL_IP,
    GENERAL_OID
};
struct general_name {
    enum general_kind kind;
    cssl_bytes value; /* text, address bytes, a whole Name; other kinds: the contents */
};
/* general_name_next reads one and checks its form: ASCII texts, valid names. ip_len is what an
 * address may have besides 4 times itself: 4 in names (4 or 16 bytes), 8 in constraints (8 or
 * 32). */
struct general_name general_name_next(struct rd *names, size_t ip_len);
/* cert_is_host: labels of 1 to 63 letters, digits, hyphens and underscores, with dots between. */
bool cert_is_host(cssl_bytes host);

#endif
