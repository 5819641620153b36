/* chain_text.c - says in a sentence what is wrong with a path. Decides nothing. */
#include <stdio.h>

#include "base/error.h"
#include "base/names.h"
#include "pki/chain_parts.h"
#include "pki/der.h"
#include "pki/dname.h"
#include "pki/hostname.h"

enum { DETAIL_MAX = 512 };

struct detail {
    const struct chain *chain;
    const struct cert *cert;
    size_t index;
    char name[DNAME_TEXT_MAX];   /* of the certificate */
    char issuer[DNAME_TEXT_MAX]; /* of whom issued it */
    char text[DETAIL_MAX];
};

typedef void explain_fn(struct detail *d);
static explain_fn explain_name, explain_unknown_ca, explain_self_signed, explain_expired,
    explain_not_yet_valid, explain_key, explain_signature, explain_criticality, explain_not_a_ca,
    explain_contradiction, explain_path_length, explain_depth, explain_not_permitted,
    explain_critical, explain_use, explain_key_usage, explain_name_constraints, explain_policy,
    explain_revoked, explain_revocation, explain_staple;

static const struct {
    cssl_reason reason;
    explain_fn *explain;
} rows[FAULT_NUM] = {
    [FAULT_UNKNOWN_CA] = { CSSL_R_UNKNOWN_CA, explain_unknown_ca },
    [FAULT_SELF_SIGNED] = { CSSL_R_SELF_SIGNED_PEER, explain_self_signed },
    [FAULT_WEAK_DIGEST] = { CSSL_R_WEAK_DIGEST, explain_name },
    [FAULT_UNSUPPORTED_SIGNATURE] = { CSSL_R_UNSUPPORTED_SIGNATURE, explain_name },
    [FAULT_SIGNATURE_NOT_ACCEPTED] = { CSSL_R_SIGNATURE_NOT_ACCEPTED, explain_signature },
    [FAULT_SIGNATURE] = { CSSL_R_CERT_SIGNATURE, explain_unknown_ca },
    [FAULT_EXPIRED] = { CSSL_R_CERT_EXPIRED, explain_expired },
    [FAULT_NOT_YET_VALID] = { CSSL_R_CERT_NOT_YET_VALID, explain_not_yet_valid },
    [FAULT_WEAK_KEY] = { CSSL_R_WEAK_KEY, explain_key },
    [FAULT_UNSUPPORTED_KEY] = { CSSL_R_UNSUPPORTED_KEY, explain_name },
    [FAULT_VERSION] = { CSSL_R_CERT_VERSION, explain_name },
    [FAULT_SERIAL] = { CSSL_R_CERT_SERIAL, explain_name },
    [FAULT_EMPTY_NAME] = { CSSL_R_CERT_EMPTY_NAME, explain_name },
    [FAULT_FORM] = { CSSL_R_CERT_FORM, explain_name },
    [FAULT_CRITICALITY] = { CSSL_R_CERT_CRITICALITY, explain_criticality },
    [FAULT_KEY_ID] = { CSSL_R_CERT_KEY_ID, explain_name },
    [FAULT_BAD_NAME_CONSTRAINTS] = { CSSL_R_BAD_NAME_CONSTRAINTS, explain_name_constraints },
    [FAULT_NOT_A_CA] = { CSSL_R_NOT_A_CA, explain_not_a_ca },
    [FAULT_CONTRADICTION] = { CSSL_R_CERT_CONTRADICTION, explain_contradiction },
    [FAULT_CA_KEY_USAGE] = { CSSL_R_CA_KEY_USAGE, explain_name },
    [FAULT_PATH_LENGTH] = { CSSL_R_PATH_LENGTH, explain_path_length },
    [FAULT_DEPTH] = { CSSL_R_CHAIN_TOO_DEEP, explain_depth },
    [FAULT_CA_EXT_KEY_USAGE] = { CSSL_R_CA_EXT_KEY_USAGE, explain_use },
    [FAULT_NAME_CONSTRAINT_KIND] = { CSSL_R_NAME_CONSTRAINT_KIND, explain_not_permitted },
    [FAULT_NAME_NOT_PERMITTED] = { CSSL_R_NAME_NOT_PERMITTED, explain_not_permitted },
    [FAULT_CRITICAL_EXTENSION] = { CSSL_R_CRITICAL_EXTENSION, explain_critical },
    [FAULT_EXT_KEY_USAGE] = { CSSL_R_EXT_KEY_USAGE, explain_use },
    [FAULT_KEY_USAGE] = { CSSL_R_CERT_KEY_USAGE, explain_key_usage },
    [FAULT_HOSTNAME] = { CSSL_R_HOSTNAME_MISMATCH, NULL }, /* hostname.c says it */
    [FAULT_POLICY] = { CSSL_R_POLICY, explain_policy },
    [FAULT_REVOKED] = { CSSL_R_CERT_REVOKED, explain_revoked },
    [FAULT_REVOCATION_UNKNOWN] = { CSSL_R_REVOCATION_UNKNOWN, explain_revocation },
    [FAULT_STAPLE] = { CSSL_R_STAPLE, explain_staple },
};

static const char *name_of_value(char out[96], const struct general_name *name);

cssl_reason fault_reason(enum fault fault)
{
    return rows[fault].reason;
}

int chain_explain(const struct chain *c, size_t i, enum fault fault, cssl_error *err)
{
    struct detail d = { .chain = c, .cert = c->path.links[i].cert, .index = i };
    if (rows[fault].explain == NULL) {
        return hostname_check(d.cert, c->params.name, err);
    }
    (void)dname_text(d.name, d.cert->subject);
    (void)dname_text(d.issuer, d.cert->issuer);
    rows[fault].explain(&d);
    return fail_cert(err, rows[fault].reason, (int)i, "%s", d.text);
}

static void explain_name(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\"", d->name);
}

/* For what no key of an authority fits, too. */
static void explain_unknown_ca(struct detail *d)
{
    const struct store *anchors = d->chain->params.anchors;
    const char *hint = ", which is neither among the trusted authorities nor was it sent";
    if (store_find(anchors, d->cert->issuer, 0) < store_size(anchors)) {
        hint = "; an authority of that name is trusted, but its key did not sign this";
    } else if (store_size(anchors) == 0) {
        hint = ", and no authority is trusted: give option cacertfile";
    } else {
        for (size_t i = 0; i < d->chain->num; i++) {
            if (dname_equal(d->chain->sent[i].cert->subject, d->cert->issuer)) {
                hint = ", which was sent along but is not trusted";
            }
        }
    }
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\" was issued by \"%s\"%s", d->name, d->issuer, hint);
}

static void explain_self_signed(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX,
                   "\"%s\"; if this is the one that you expect, put it into cacertfile", d->name);
}

static void explain_expired(struct detail *d)
{
    char end[DER_TIME_TEXT_MAX];
    char now[DER_TIME_TEXT_MAX];
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\" was valid until %s, and it is %s", d->name,
                   der_time_text(end, d->cert->not_after),
                   der_time_text(now, d->chain->params.now));
}

static void explain_not_yet_valid(struct detail *d)
{
    char begin[DER_TIME_TEXT_MAX];
    char now[DER_TIME_TEXT_MAX];
    (void)snprintf(d->text, DETAIL_MAX,
                   "\"%s\" will be valid from %s, and this machine's clock says %s", d->name,
                   der_time_text(begin, d->cert->not_before),
                   der_time_text(now, d->chain->params.now));
}

static void explain_key(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\" has an RSA key of %u bits, %d are needed", d->name,
                   d->cert->key.bits, PKEY_RSA_MIN_BITS);
}

static void explain_signature(struct detail *d)
{
    const char *scheme = name_of_scheme(d->cert->sig.scheme);
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\" (%s)", d->name, scheme == NULL ? "?" : scheme);
}

static void explain_criticality(struct detail *d)
{
    const char *name = d->cert->criticality_why;
    (void)snprintf(d->text, DETAIL_MAX, "%s of \"%s\"", name == NULL ? "basicConstraints" : name,
                   d->name);
}

static void explain_not_a_ca(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\" has no basicConstraints that say CA", d->name);
}

static void explain_contradiction(struct detail *d)
{
    const char *why = d->cert->contradiction_why;
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\": %s", d->name, why == NULL ? "" : why);
}

static void explain_path_length(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\" allows %d", d->name, d->cert->path_len);
}

static void explain_depth(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "%d, and \"%s\" is one more", d->chain->params.depth,
                   d->name);
}

static void explain_name_constraints(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\" %s", d->name,
                   d->cert->is_ca ? "constrains names in a way that RFC 5280 4.2.1.10 does not know"
                                  : "has some, but is no authority's");
}

static void explain_not_permitted(struct detail *d)
{
    const struct path *path = &d->chain->path;
    for (size_t above = d->index + 1; above < path->len; above++) {
        unsigned used = 0;
        struct name_fault first = { 0 };
        char authority[DNAME_TEXT_MAX];
        char value[96];
        if (names_check(path->links[above].cert, d->cert, &used, &first) != 0) {
            (void)snprintf(d->text, DETAIL_MAX, "\"%s\" in \"%s\", by the constraints of \"%s\"",
                           name_of_value(value, &first.name), d->name,
                           dname_text(authority, path->links[above].cert->subject));
            return;
        }
    }
    explain_name(d);
}

static void explain_critical(struct detail *d)
{
    struct rd list = rd_of(d->cert->extensions);
    char oid[DER_OID_TEXT_MAX] = "(none)";
    while (rd_more(&list)) {
        struct cert_ext ext = cert_next_extension(&list);
        if (ext.id == EXTENSION_UNKNOWN && ext.critical) {
            (void)der_oid_text(oid, ext.oid);
            break;
        }
    }
    (void)snprintf(d->text, DETAIL_MAX, "%s in \"%s\"", oid, d->name);
}

static void explain_use(struct detail *d)
{
    const char *use = d->chain->params.purpose == PURPOSE_SERVER ? "serverAuth" : "clientAuth";
    (void)snprintf(d->text, DETAIL_MAX, "the extended key usage of \"%s\" lacks %s", d->name, use);
}

static void explain_key_usage(struct detail *d)
{
    uint16_t wanted = d->chain->params.key_usage;
    (void)snprintf(d->text, DETAIL_MAX, "the key usage of \"%s\" lacks %s", d->name,
                   wanted == 0 || wanted == KU_DIGITAL_SIGNATURE ? "digitalSignature"
                                                                 : "what is asked for");
}

static void explain_policy(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "none is left at \"%s\"", d->name);
}

static void explain_revoked(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\" %s", d->name, d->chain->revoked_why);
}

static void explain_revocation(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\": %s", d->name, d->chain->unknown_why);
}

static void explain_staple(struct detail *d)
{
    (void)snprintf(d->text, DETAIL_MAX, "\"%s\": %s", d->name, d->chain->staple_why);
}

static const char *name_of_value(char out[96], const struct general_name *name)
{
    char text[DNAME_TEXT_MAX];
    if (name->kind == GENERAL_DIRECTORY) {
        (void)snprintf(out, 96, "%.90s", dname_text(text, name->value));
    } else if (name->kind == GENERAL_IP && name->value.len == 4) {
        const uint8_t *v = name->value.data;
        (void)snprintf(out, 96, "%u.%u.%u.%u", v[0], v[1], v[2], v[3]);
    } else if (name->kind == GENERAL_IP) {
        (void)snprintf(out, 96, "an IPv6 address");
    } else {
        text_printable(out, 96, name->value.data, name->value.len);
    }
    return out;
}
