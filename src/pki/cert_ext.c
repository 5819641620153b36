/* cert_ext.c - a certificate's extensions (RFC 5280 4.2): their form, and the profile's rules. */
#include <stdio.h>

#include "base/error.h"
#include "pki/cert_fields.h"
#include "pki/der.h"
#include "pki/dname.h"

enum { OID_LEN_MAX = 8, EXTENSIONS_MAX = 64, POLICIES_MAX = 128 };

/* What RFC 5280 says about the critical bit. */
enum criticality { MAY, MUST, MUST_NOT };

struct ext_row {
    uint8_t oid_len;
    uint8_t oid[OID_LEN_MAX];
    enum criticality criticality;
    void (*parse)(struct cert *cert, struct rd *value);
    const char *name;
};

static void parse_authority_key_id(struct cert *cert, struct rd *value);
static void parse_subject_key_id(struct cert *cert, struct rd *value);
static void parse_key_usage(struct cert *cert, struct rd *value);
static void parse_policies(struct cert *cert, struct rd *value);
static void parse_policy_mappings(struct cert *cert, struct rd *value);
static void parse_policy_constraints(struct cert *cert, struct rd *value);
static void parse_inhibit_any_policy(struct cert *cert, struct rd *value);
static void parse_subject_alt_name(struct cert *cert, struct rd *value);
static void parse_basic_constraints(struct cert *cert, struct rd *value);
static void parse_name_constraints(struct cert *cert, struct rd *value);
static void parse_ext_key_usage(struct cert *cert, struct rd *value);
static void parse_crl_points(struct cert *cert, struct rd *value);
static void parse_authority_info(struct cert *cert, struct rd *value);
static void parse_tls_feature(struct cert *cert, struct rd *value);
static void parse_sequence(struct cert *cert, struct rd *value);

/* basicConstraints must be critical in CA certificates only: chain_check.c looks at that. */
static const struct ext_row rows[EXTENSION_NUM] = {
    [EXTENSION_AUTHORITY_KEY_ID] = { 3, { 0x55, 0x1d, 35 }, MUST_NOT, parse_authority_key_id,
                                     "authorityKeyIdentifier" },
    [EXTENSION_SUBJECT_KEY_ID] = { 3, { 0x55, 0x1d, 14 }, MUST_NOT, parse_subject_key_id,
                                   "subjectKeyIdentifier" },
    [EXTENSION_KEY_USAGE] = { 3, { 0x55, 0x1d, 15 }, MAY, parse_key_usage, "keyUsage" },
    [EXTENSION_POLICIES] = { 3, { 0x55, 0x1d, 32 }, MAY, parse_policies, "certificatePolicies" },
    [EXTENSION_POLICY_MAPPINGS] = { 3, { 0x55, 0x1d, 33 }, MAY, parse_policy_mappings,
                                    "policyMappings" },
    [EXTENSION_SUBJECT_ALT_NAME] = { 3, { 0x55, 0x1d, 17 }, MAY, parse_subject_alt_name,
                                     "subjectAltName" },
    [EXTENSION_ISSUER_ALT_NAME] = { 3, { 0x55, 0x1d, 18 }, MAY, parse_sequence, "issuerAltName" },
    [EXTENSION_DIRECTORY_ATTRIBUTES] = { 3, { 0x55, 0x1d, 9 }, MUST_NOT, parse_sequence,
                                         "subjectDirectoryAttributes" },
    [EXTENSION_BASIC_CONSTRAINTS] = { 3, { 0x55, 0x1d, 19 }, MAY, parse_basic_constraints,
                                      "basicConstraints" },
    [EXTENSION_NAME_CONSTRAINTS] = { 3, { 0x55, 0x1d, 30 }, MUST, parse_name_constraints,
                                     "nameConstraints" },
    [EXTENSION_POLICY_CONSTRAINTS] = { 3, { 0x55, 0x1d, 36 }, MUST, parse_policy_constraints,
                                       "policyConstraints" },
    [EXTENSION_EXT_KEY_USAGE] = { 3, { 0x55, 0x1d, 37 }, MAY, parse_ext_key_usage, "extKeyUsage" },
    [EXTENSION_CRL_POINTS] = { 3, { 0x55, 0x1d, 31 }, MAY, parse_crl_points,
                               "cRLDistributionPoints" },
    [EXTENSION_INHIBIT_ANY_POLICY] = { 3, { 0x55, 0x1d, 54 }, MUST, parse_inhibit_any_policy,
                                       "inhibitAnyPolicy" },
    [EXTENSION_FRESHEST_CRL] = { 3, { 0x55, 0x1d, 46 }, MUST_NOT, parse_sequence, "freshestCRL" },
    [EXTENSION_AUTHORITY_INFO] = { 8, { 0x2b, 6, 1, 5, 5, 7, 1, 1 }, MUST_NOT,
                                   parse_authority_info, "authorityInfoAccess" },
    [EXTENSION_SUBJECT_INFO] = { 8, { 0x2b, 6, 1, 5, 5, 7, 1, 11 }, MUST_NOT, parse_sequence,
                                 "subjectInfoAccess" },
    [EXTENSION_TLS_FEATURE] = { 8, { 0x2b, 6, 1, 5, 5, 7, 1, 24 }, MAY, parse_tls_feature,
                                "tlsFeature" },
};

static int parse_one(struct cert *cert, const struct cert_ext *ext, cssl_error *err);
static bool repeated(const struct cert *cert, const struct cert_ext *ext, struct rd rest);
static void check_profile(struct cert *cert);
static bool subtrees_valid(struct rd list, bool *well_made);
static bool constraint_well_made(const struct general_name *base);

int cert_parse_extensions(struct cert *cert, cssl_error *err)
{
    struct rd list = rd_of(cert->extensions);
    size_t num = 0;
    while (rd_more(&list)) {
        struct cert_ext ext = cert_next_extension(&list);
        if (++num > EXTENSIONS_MAX) {
            der_bad(&list);
        }
        if (list.bad) {
            break;
        }
        if (repeated(cert, &ext, list)) {
            char oid[DER_OID_TEXT_MAX];
            return fail_text(err, CSSL_R_BAD_CERTIFICATE, "extension %s is there twice",
                             der_oid_text(oid, ext.oid));
        }
        int status = parse_one(cert, &ext, err);
        if (status != 0) {
            return status;
        }
    }
    if (!rd_done(&list)) {
        return fail_text(err, CSSL_R_BAD_CERTIFICATE, "its extensions are malformed");
    }
    check_profile(cert);
    return 0;
}

struct cert_ext extension_next(struct rd *list)
{
    struct rd r = der_enter(list, DER_SEQUENCE);
    struct cert_ext ext = { .id = EXTENSION_UNKNOWN };
    ext.oid = der_oid(&r);
    ext.critical = der_flag(&r);
    ext.value = der_value(&r, DER_OCTET_STRING);
    if (!rd_done(&r)) {
        der_bad(list);
        return (struct cert_ext){ 0 };
    }
    return ext;
}

struct cert_ext cert_next_extension(struct rd *list)
{
    struct cert_ext ext = extension_next(list);
    for (size_t i = 1; i < EXTENSION_NUM; i++) {
        if (bytes_equal(ext.oid, bytes_of(rows[i].oid, rows[i].oid_len))) {
            ext.id = (enum cert_extension)i;
        }
    }
    return ext;
}

struct general_name general_name_next(struct rd *names, size_t ip_len)
{
    uint8_t tag;
    struct general_name name = { 0 };
    name.value = der_any(names, &tag);
    uint8_t number = tag & 0x1f;
    bool constructed = number == GENERAL_OTHER || number == GENERAL_X400 ||
                       number == GENERAL_DIRECTORY || number == GENERAL_EDI_PARTY;
    bool good = rd_ok(names) && number <= GENERAL_OID &&
                tag == (constructed ? DER_CONTEXT_OF(number) : DER_CONTEXT(number));
    name.kind = (enum general_kind)number;
    bool ascii = name.kind == GENERAL_EMAIL || name.kind == GENERAL_DNS || name.kind == GENERAL_URI;
    if (good && ascii) {
        for (size_t i = 0; i < name.value.len; i++) {
            good = good && name.value.data[i] < 0x80; /* IA5String */
        }
    } else if (good && name.kind == GENERAL_DIRECTORY) {
        good = dname_valid(name.value);
    } else if (good && name.kind == GENERAL_IP) {
        good = name.value.len == ip_len || name.value.len == 4 * ip_len;
    } else if (good && constructed) {
        good = der_valid(name.value);
    }
    if (!good) {
        der_bad(names);
        return (struct general_name){ 0 };
    }
    return name;
}

bool cert_is_host(cssl_bytes host)
{
    size_t label = 0;
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_';
        if (c == '.' ? label == 0 : !plain || label == 63) {
            return false;
        }
        label = c == '.' ? 0 : label + 1;
    }
    return label > 0;
}

static int parse_one(struct cert *cert, const struct cert_ext *ext, cssl_error *err)
{
    if (ext->id == EXTENSION_UNKNOWN) {
        if (ext->critical) {
            cert->faults |= FAULT_BIT(FAULT_CRITICAL_EXTENSION);
        }
        return 0;
    }
    const struct ext_row *row = &rows[ext->id];
    cert->present |= UINT32_C(1) << ext->id;
    if (ext->critical) {
        cert->critical |= UINT32_C(1) << ext->id;
    }
    if ((row->criticality == MUST && !ext->critical) ||
        (row->criticality == MUST_NOT && ext->critical)) {
        cert->faults |= FAULT_BIT(FAULT_CRITICALITY);
        cert->criticality_why = row->name;
    }
    struct rd value = rd_of(ext->value);
    row->parse(cert, &value);
    if (!rd_done(&value)) {
        return fail_text(err, CSSL_R_BAD_CERTIFICATE, "its extension %s is malformed", row->name);
    }
    return 0;
}

/* repeated looks whether ext comes once more (RFC 5280 4.2: not more than one of a kind). */
static bool repeated(const struct cert *cert, const struct cert_ext *ext, struct rd rest)
{
    if (ext->id != EXTENSION_UNKNOWN) {
        return cert_has(cert, ext->id);
    }
    while (rd_more(&rest)) {
        struct cert_ext other = cert_next_extension(&rest);
        if (!rest.bad && bytes_equal(other.oid, ext->oid)) {
            return true;
        }
    }
    return false;
}

/* check_profile applies the rules that span several extensions (RFC 5280 4.2.1.3, 4.2.1.9). */
static void check_profile(struct cert *cert)
{
    bool usage = cert_has(cert, EXTENSION_KEY_USAGE);
    bool signs_certs = (cert->key_usage & KU_KEY_CERT_SIGN) != 0;
    if (usage && cert->key_usage == 0) {
        cert->contradiction_why = "its keyUsage allows nothing";
    } else if (usage && cert->is_ca && !signs_certs) {
        cert->contradiction_why = "it is an authority's whose key may not sign certificates";
    } else if (usage && !cert->is_ca && signs_certs) {
        cert->contradiction_why = "its key may sign certificates, but it is no authority's";
    } else if (!cert->is_ca && cert->path_len >= 0) {
        cert->contradiction_why = "it has a path length, but is no authority's";
    }
    if (cert->contradiction_why != NULL) {
        cert->faults |= FAULT_BIT(FAULT_CONTRADICTION);
    }
    if (!cert->is_ca && cert_has(cert, EXTENSION_NAME_CONSTRAINTS)) {
        cert->faults |= FAULT_BIT(FAULT_BAD_NAME_CONSTRAINTS);
    }
}

static void parse_authority_key_id(struct cert *cert, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    if (der_peek(&r) == DER_CONTEXT(0)) {
        cert->authority_key_id = der_value(&r, DER_CONTEXT(0));
    }
    struct rd issuers;
    bool issuer = der_enter_if(&r, DER_CONTEXT_OF(1), &issuers);
    if (issuer) {
        do {
            (void)general_name_next(&issuers, 4);
        } while (rd_more(&issuers));
    }
    bool serial = der_peek(&r) == DER_CONTEXT(2);
    if (serial) {
        (void)der_integer(&r, DER_CONTEXT(2));
    }
    if (!rd_done(&r) || issuers.bad || issuer != serial) {
        der_bad(value);
    }
    if (cert->authority_key_id.len == 0) { /* 4.2.1.1: it MUST be there */
        cert->faults |= FAULT_BIT(FAULT_KEY_ID);
    }
}

static void parse_subject_key_id(struct cert *cert, struct rd *value)
{
    cert->key_id = der_value(value, DER_OCTET_STRING);
    if (cert->key_id.len == 0) {
        der_bad(value);
    }
}

static void parse_key_usage(struct cert *cert, struct rd *value)
{
    bool untrimmed;
    cert->key_usage = der_named_bits(value, DER_BIT_STRING, &untrimmed);
    if (untrimmed) {
        cert->faults |= FAULT_BIT(FAULT_FORM);
    }
}

/* 4.2.1.4: at least one policy, none of them twice. Comparing them all takes a bound. */
static void parse_policies(struct cert *cert, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    cert->policies = bytes_of(r.p, r.left);
    size_t num = 0;
    do {
        struct rd info = der_enter(&r, DER_SEQUENCE);
        cssl_bytes oid = der_oid(&info);
        bool bad = info.bad || ++num > POLICIES_MAX || !der_valid(rd_rest(&info));
        for (struct rd rest = r; rd_more(&rest) && !bad;) {
            struct rd other = der_enter(&rest, DER_SEQUENCE);
            bad = bytes_equal(der_oid(&other), oid);
        }
        if (bad) {
            der_bad(value);
            return;
        }
    } while (rd_more(&r));
}

/* 4.2.1.5: pairs of a policy of the issuer's and one of the subject's. */
static void parse_policy_mappings(struct cert *cert, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    cert->policy_mappings = bytes_of(r.p, r.left);
    size_t num = 0;
    do {
        struct rd pair = der_enter(&r, DER_SEQUENCE);
        (void)der_oid(&pair);
        (void)der_oid(&pair);
        if (!rd_done(&pair) || ++num > POLICIES_MAX) {
            der_bad(&r);
        }
    } while (rd_more(&r));
    if (!rd_done(&r)) {
        der_bad(value);
    }
}

/* 4.2.1.11: not empty. */
static void parse_policy_constraints(struct cert *cert, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    bool empty = !rd_more(&r);
    if (der_peek(&r) == DER_CONTEXT(0)) {
        cert->require_explicit_policy = (int)der_small(&r, DER_CONTEXT(0), INT32_MAX);
    }
    if (der_peek(&r) == DER_CONTEXT(1)) {
        cert->inhibit_policy_mapping = (int)der_small(&r, DER_CONTEXT(1), INT32_MAX);
    }
    if (empty || !rd_done(&r)) {
        der_bad(value);
    }
}

static void parse_inhibit_any_policy(struct cert *cert, struct rd *value)
{
    cert->inhibit_any_policy = (int)der_small(value, DER_INTEGER, INT32_MAX);
}

/* RFC 7633 4: numbers of TLS extensions that a server has to answer. */
static void parse_tls_feature(struct cert *cert, struct rd *value)
{
    enum { STATUS_REQUEST = 5 };
    struct rd r = der_enter(value, DER_SEQUENCE);
    do {
        uint32_t feature = der_small(&r, DER_INTEGER, 0xffff);
        cert->must_staple = cert->must_staple || feature == STATUS_REQUEST;
    } while (rd_more(&r));
    if (!rd_done(&r)) {
        der_bad(value);
    }
}

static void parse_subject_alt_name(struct cert *cert, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    cert->alt_names = bytes_of(r.p, r.left);
    do {
        (void)general_name_next(&r, 4);
    } while (rd_more(&r));
    if (!rd_done(&r)) {
        der_bad(value);
    }
}

static void parse_basic_constraints(struct cert *cert, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    cert->is_ca = der_flag(&r);
    if (rd_more(&r)) {
        cssl_bytes len = der_integer(&r, DER_INTEGER);
        if (len.len == 0 || len.data[0] >= 0x80) {
            der_bad(&r);
        } else {
            cert->path_len = len.len == 1 ? len.data[0] : 255; /* more than any path has */
        }
    }
    if (!rd_done(&r)) {
        der_bad(value);
    }
}

/* 4.2.1.10: at least one of two lists, each with at least one subtree. Constraints that nothing
 * can be compared with are a fault. */
static void parse_name_constraints(struct cert *cert, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    struct rd list;
    bool well_made = true;
    bool good = rd_more(&r);
    if (der_enter_if(&r, DER_CONTEXT_OF(0), &list)) {
        cert->permitted = bytes_of(list.p, list.left);
        good = good && subtrees_valid(list, &well_made);
    }
    if (der_enter_if(&r, DER_CONTEXT_OF(1), &list)) {
        cert->excluded = bytes_of(list.p, list.left);
        good = good && subtrees_valid(list, &well_made);
    }
    if (!good || !rd_done(&r)) {
        der_bad(value);
    }
    if (!well_made) {
        cert->faults |= FAULT_BIT(FAULT_BAD_NAME_CONSTRAINTS);
    }
}

static void parse_ext_key_usage(struct cert *cert, struct rd *value)
{
    static const uint8_t purpose[] = { 0x2b, 6, 1, 5, 5, 7, 3 };
    static const uint8_t any[] = { 0x55, 0x1d, 37, 0 };
    struct rd r = der_enter(value, DER_SEQUENCE);
    do {
        cssl_bytes oid = der_oid(&r);
        if (bytes_equal(oid, bytes_of(any, sizeof(any)))) {
            cert->ext_key_usage |= EKU_ANY;
        } else if (oid.len == 8 && memcmp(oid.data, purpose, sizeof(purpose)) == 0) {
            cert->ext_key_usage |= oid.data[7] == 1   ? EKU_SERVER
                                   : oid.data[7] == 2 ? EKU_CLIENT
                                   : oid.data[7] == 9 ? EKU_OCSP
                                                      : 0;
        }
    } while (rd_more(&r));
    if (!rd_done(&r)) {
        der_bad(value);
    }
}

static void parse_crl_points(struct cert *cert, struct rd *value)
{
    cert->crl_points = bytes_of(value->p, value->left);
    parse_sequence(cert, value);
}

static void parse_authority_info(struct cert *cert, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    cert->authority_info = bytes_of(r.p, r.left);
    do {
        struct rd access = der_enter(&r, DER_SEQUENCE);
        (void)der_oid(&access);
        (void)general_name_next(&access, 4);
        if (!rd_done(&access)) {
            der_bad(value);
            return;
        }
    } while (rd_more(&r));
}

/* parse_sequence is for extensions that are recognised only: a sequence that is not empty. */
static void parse_sequence(struct cert *cert, struct rd *value)
{
    (void)cert;
    cssl_bytes inner = der_value(value, DER_SEQUENCE);
    if (inner.len == 0 || !der_valid(inner)) {
        der_bad(value);
    }
}

/* subtrees_valid reads GeneralSubtrees: not empty, minimum 0 (the default), no maximum. */
static bool subtrees_valid(struct rd list, bool *well_made)
{
    do {
        struct rd tree = der_enter(&list, DER_SEQUENCE);
        struct general_name base = general_name_next(&tree, 8);
        if (!rd_ok(&tree)) {
            return false;
        }
        if (rd_more(&tree) || !constraint_well_made(&base)) {
            *well_made = false;
            (void)rd_rest(&tree);
        }
    } while (rd_more(&list));
    return rd_done(&list);
}

static bool constraint_well_made(const struct general_name *base)
{
    cssl_bytes v = base->value;
    const uint8_t *at = v.len == 0 ? NULL : memchr(v.data, '@', v.len);
    bool dot = v.len > 0 && v.data[0] == '.';
    switch (base->kind) {
    case GENERAL_DNS: /* no period in front: that is for URIs */
        return v.len == 0 || cert_is_host(v);
    case GENERAL_URI:
        return cert_is_host(dot ? bytes_of(v.data + 1, v.len - 1) : v);
    case GENERAL_EMAIL:
        if (at != NULL) {
            size_t local = (size_t)(at - v.data);
            return local > 0 && cert_is_host(bytes_of(at + 1, v.len - local - 1));
        }
        return cert_is_host(dot ? bytes_of(v.data + 1, v.len - 1) : v);
    case GENERAL_IP: {
        size_t half = v.len / 2;
        bool ended = false; /* a mask is ones, then zeros (RFC 4632 3.1) */
        for (size_t i = half * 8; i < v.len * 8; i++) {
            bool one = (v.data[i / 8] >> (7 - i % 8) & 1) != 0;
            if (one && ended) {
                return false;
            }
            ended = !one;
        }
        return true;
    }
    default:
        return true;
    }
}
