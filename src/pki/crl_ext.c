/* crl_ext.c - extensions of a list and of its entries (RFC 5280 5.2, 5.3), and whom it is for. */
#include "base/error.h"
#include "pki/crl_parts.h"
#include "pki/der.h"
#include "pki/dname.h"

/* The last byte of 2.5.29.n. */
enum {
    CE_NUMBER = 20,
    CE_REASON = 21,
    CE_INVALIDITY = 24,
    CE_DELTA = 27,
    CE_ISSUING_POINT = 28,
    CE_CERTIFICATE_ISSUER = 29,
    CE_AUTHORITY_KEY_ID = 35,
    CE_FRESHEST = 46,
    CE_UNKNOWN = -1
};

enum { POINTS_MAX = 32, NAMES_MAX = 32 };

struct extension {
    int id;
    bool critical;
    cssl_bytes value;
};

static struct extension next_extension(struct rd *list);
static bool repeated(const struct extension *ext, uint64_t *seen);
static bool parse_one(struct crl *crl, const struct extension *ext);
static void parse_number(struct crl *crl, struct rd *value);
static void parse_issuing_point(struct crl *crl, struct rd *value);
static void parse_point_name(struct crl *crl, struct rd *r);
static void parse_authority_key_id(struct crl *crl, struct rd *value);
static bool point_matches(const struct crl *crl, struct rd *point, const struct cert *cert);
static bool names_meet(cssl_bytes a, cssl_bytes b);
static bool name_equal(const struct general_name *a, const struct general_name *b);
static bool has_issuer(cssl_bytes names, cssl_bytes issuer);

void crl_entry_parse(struct rd *list, struct crl_entry *entry, cssl_bytes *serial, bool *usable)
{
    struct rd r = der_enter(list, DER_SEQUENCE);
    *entry = (struct crl_entry){ .reason = CRL_UNSPECIFIED };
    cssl_bytes number = der_integer(&r, DER_INTEGER);
    entry->date = der_time(&r, NULL);
    if (serial != NULL) {
        *serial = number;
    }
    struct rd extensions;
    bool extended = der_enter_if(&r, DER_SEQUENCE, &extensions);
    size_t num = 0;
    uint64_t seen = 0;
    while (rd_more(&extensions)) {
        struct extension ext = next_extension(&extensions);
        struct rd value = rd_of(ext.value);
        bool bad = repeated(&ext, &seen) || ++num > CRL_EXTENSIONS_MAX;
        if (ext.id == CE_REASON) {
            uint8_t tag;
            cssl_bytes reason = der_any(&value, &tag);
            bool known = tag == DER_ENUMERATED && reason.len == 1 &&
                         crl_reason_name(reason.data[0]) != NULL;
            bad = bad || !known || !rd_done(&value);
            entry->reason = known ? reason.data[0] : CRL_UNSPECIFIED;
        } else if (ext.critical && ext.id != CE_INVALIDITY) {
            *usable = false; /* certificateIssuer, too: indirect lists are not looked at */
        }
        if (bad) {
            der_bad(&extensions);
        }
    }
    if (!rd_done(&r) || !rd_ok(&extensions) || (extended && num == 0)) {
        der_bad(list);
    }
}

int crl_parse_extensions(struct crl *crl, cssl_error *err)
{
    struct rd list = rd_of(crl->extensions);
    size_t num = 0;
    uint64_t seen = 0;
    while (rd_more(&list)) {
        struct extension ext = next_extension(&list);
        if (++num > CRL_EXTENSIONS_MAX || list.bad) {
            der_bad(&list);
            break;
        }
        if (ext.id == CE_UNKNOWN) {
            if (ext.critical) {
                crl->unusable = "it has a critical extension that cannot be processed";
            }
            continue;
        }
        if (repeated(&ext, &seen) || !parse_one(crl, &ext)) {
            return fail_text(err, CSSL_R_CRL_MALFORMED, "its extension 2.5.29.%d is malformed",
                             ext.id);
        }
    }
    if (!rd_done(&list)) {
        return fail_text(err, CSSL_R_CRL_MALFORMED, "its extensions are malformed");
    }
    /* 5.1.2.5, 5.2.3: what a conforming list has. */
    if (crl->unusable == NULL && crl->next_update == INT64_MIN) {
        crl->unusable = "it does not say when the next one comes (nextUpdate)";
    } else if (crl->unusable == NULL && crl->number.len == 0) {
        crl->unusable = "it has no cRLNumber (RFC 5280 5.2.3); with openssl ca, set crlnumber and "
                        "crl_extensions";
    }
    return 0;
}

bool crl_covers(const struct crl *crl, const struct cert *cert)
{
    if ((crl->only_users && cert->is_ca) || (crl->only_authorities && !cert->is_ca)) {
        return false;
    }
    if (crl->full_name.len == 0 && crl->relative.len == 0) {
        return true;
    }
    /* 6.3.3 b 2 i, for one of the certificate's points; without any it is the issuer's name. */
    struct rd value = rd_of(cert->crl_points);
    struct rd points;
    if (!der_enter_if(&value, DER_SEQUENCE, &points)) {
        return has_issuer(crl->full_name, cert->issuer);
    }
    for (size_t i = 0; rd_more(&points) && i < POINTS_MAX; i++) {
        struct rd point = der_enter(&points, DER_SEQUENCE);
        if (point_matches(crl, &point, cert)) {
            return true;
        }
    }
    return false;
}

static struct extension next_extension(struct rd *list)
{
    static const uint8_t known[] = { CE_NUMBER, CE_REASON, CE_INVALIDITY, CE_DELTA,
                                     CE_ISSUING_POINT, CE_CERTIFICATE_ISSUER,
                                     CE_AUTHORITY_KEY_ID, CE_FRESHEST };
    const struct cert_ext form = extension_next(list);
    struct extension ext = { CE_UNKNOWN, form.critical, form.value };
    bool standard = form.oid.len == 3 && form.oid.data[0] == 0x55 && form.oid.data[1] == 0x1d;
    if (standard && memchr(known, form.oid.data[2], sizeof(known)) != NULL) {
        ext.id = form.oid.data[2];
    }
    return ext;
}

/* repeated remembers in *seen which known extensions came, and says whether ext did before. */
static bool repeated(const struct extension *ext, uint64_t *seen)
{
    uint64_t bit = ext->id == CE_UNKNOWN ? 0 : UINT64_C(1) << ext->id;
    bool again = (*seen & bit) != 0;
    *seen |= bit;
    return again;
}

/* parse_one reads an extension of the list; false when it is malformed. */
static bool parse_one(struct crl *crl, const struct extension *ext)
{
    struct rd value = rd_of(ext->value);
    switch (ext->id) {
    case CE_NUMBER:
        parse_number(crl, &value);
        if (ext->critical) { /* 5.2.3 */
            crl->unusable = "its cRLNumber is critical, against RFC 5280 5.2.3";
        }
        break;
    case CE_AUTHORITY_KEY_ID:
        parse_authority_key_id(crl, &value);
        break;
    case CE_ISSUING_POINT:
        parse_issuing_point(crl, &value);
        break;
    case CE_DELTA:
        crl->unusable = "it is a delta list: it says only what changed, and the whole is needed";
        (void)der_integer(&value, DER_INTEGER);
        break;
    default:
        (void)rd_rest(&value);
        if (ext->critical) {
            crl->unusable = "it has a critical extension that cannot be processed";
        }
        break;
    }
    return rd_done(&value);
}

static void parse_number(struct crl *crl, struct rd *value)
{
    enum { NUMBER_MAX = 21 }; /* 20 octets, and a sign */
    crl->number = der_integer(value, DER_INTEGER);
    if (crl->number.len > NUMBER_MAX || (crl->number.len > 0 && crl->number.data[0] >= 0x80)) {
        der_bad(value);
    }
}

/* 5.2.5: IssuingDistributionPoint. */
static void parse_issuing_point(struct crl *crl, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    struct rd name;
    bool flags[6] = { false };
    bool untrimmed;
    if (der_enter_if(&r, DER_CONTEXT_OF(0), &name)) {
        parse_point_name(crl, &name);
        if (!rd_done(&name)) {
            der_bad(value);
        }
    }
    for (uint8_t i = 1; i <= 5; i++) {
        if (der_peek(&r) != DER_CONTEXT(i)) {
            continue;
        }
        if (i == 3) {
            (void)der_named_bits(&r, DER_CONTEXT(3), &untrimmed);
            crl->partial = true;
        } else if (!(flags[i] = der_boolean(&r, DER_CONTEXT(i)))) {
            der_bad(&r); /* X.690 11.5 */
        }
    }
    if (!rd_done(&r) || flags[1] + flags[2] + flags[5] > 1) {
        der_bad(value);
    }
    crl->only_users = flags[1];
    crl->only_authorities = flags[2];
    if (flags[4]) {
        crl->unusable = "it is an indirect list: those are not supported";
    } else if (flags[5]) {
        crl->unusable = "it is for attribute certificates";
    }
}

/* DistributionPointName (4.2.1.13). */
static void parse_point_name(struct crl *crl, struct rd *r)
{
    struct rd names;
    if (der_enter_if(r, DER_CONTEXT_OF(0), &names)) {
        crl->full_name = bytes_of(names.p, names.left);
        size_t num = 0;
        do {
            (void)general_name_next(&names, 4);
        } while (rd_more(&names) && ++num < NAMES_MAX);
        if (!rd_done(&names)) {
            der_bad(r);
        }
    } else {
        crl->relative = der_value(r, DER_CONTEXT_OF(1));
        if (crl->relative.len == 0 || !der_valid(crl->relative)) {
            der_bad(r);
        }
    }
}

static void parse_authority_key_id(struct crl *crl, struct rd *value)
{
    struct rd r = der_enter(value, DER_SEQUENCE);
    if (der_peek(&r) == DER_CONTEXT(0)) {
        crl->key_id = der_value(&r, DER_CONTEXT(0));
    }
    if (!der_valid(rd_rest(&r)) || r.bad) {
        der_bad(value);
    }
}

/* point_matches compares one of a certificate's DistributionPoints (4.2.1.13) with the list's. One
 * with a cRLIssuer points to somebody else's list. */
static bool point_matches(const struct crl *crl, struct rd *point, const struct cert *cert)
{
    struct rd name;
    struct rd inner;
    bool named = der_enter_if(point, DER_CONTEXT_OF(0), &name);
    bool full = named && der_enter_if(&name, DER_CONTEXT_OF(0), &inner);
    cssl_bytes relative = named && !full ? der_value(&name, DER_CONTEXT_OF(1)) : bytes_of(NULL, 0);
    if (der_peek(point) == DER_CONTEXT(1)) {
        (void)der_value(point, DER_CONTEXT(1)); /* reasons */
    }
    if (der_peek(point) == DER_CONTEXT_OF(2)) {
        cssl_bytes issuers = der_value(point, DER_CONTEXT_OF(2));
        if (!has_issuer(issuers, cert->issuer)) {
            return false;
        }
    }
    if (point->bad || (named && name.bad)) {
        return false;
    }
    if (full) {
        return crl->full_name.len > 0 && names_meet(crl->full_name, bytes_of(inner.p, inner.left));
    }
    return relative.len > 0 && bytes_equal(crl->relative, relative);
}

static bool names_meet(cssl_bytes a, cssl_bytes b)
{
    struct rd x = rd_of(a);
    for (size_t i = 0; rd_more(&x) && i < NAMES_MAX; i++) {
        struct general_name one = general_name_next(&x, 4);
        struct rd y = rd_of(b);
        for (size_t j = 0; rd_ok(&x) && rd_more(&y) && j < NAMES_MAX; j++) {
            struct general_name other = general_name_next(&y, 4);
            if (rd_ok(&y) && name_equal(&one, &other)) {
                return true;
            }
        }
    }
    return false;
}

static bool name_equal(const struct general_name *a, const struct general_name *b)
{
    return a->kind == b->kind &&
           (a->kind == GENERAL_DIRECTORY ? dname_equal(a->value, b->value)
                                         : bytes_equal(a->value, b->value));
}

/* has_issuer: is the name among GeneralNames? */
static bool has_issuer(cssl_bytes names, cssl_bytes issuer)
{
    struct rd r = rd_of(names);
    for (size_t i = 0; rd_more(&r) && i < NAMES_MAX; i++) {
        struct general_name name = general_name_next(&r, 4);
        if (rd_ok(&r) && name.kind == GENERAL_DIRECTORY && dname_equal(name.value, issuer)) {
            return true;
        }
    }
    return false;
}
