/* chain_check.c - what RFC 5280 6.1 asks of each certificate in its place. Searches nothing. */
#include "base/names.h"
#include "pki/chain_parts.h"
#include "pki/hostname.h"

static bool has_name(const struct chain *c, const struct cert *leaf);
static uint64_t faults_of_anchor(const struct cert *cert);
static uint64_t check_validity(const struct chain *c, const struct cert *cert);
static uint64_t check_key(const struct cert *cert);
static uint8_t purpose_bit(const struct chain *c);
static uint64_t check_algorithm(const struct chain *c, uint16_t scheme, const struct cert *child);

uint64_t check_leaf(const struct chain *c, const struct cert *leaf, bool anchor)
{
    uint16_t usage = c->params.key_usage != 0 ? c->params.key_usage : KU_DIGITAL_SIGNATURE;
    uint64_t faults = check_validity(c, leaf) | check_key(leaf) |
                      (anchor ? faults_of_anchor(leaf) : leaf->faults);
    /* anyExtendedKeyUsage is not enough: this certificate was not made to be shown here. */
    if (cert_has(leaf, EXTENSION_EXT_KEY_USAGE) && (leaf->ext_key_usage & purpose_bit(c)) == 0) {
        faults |= FAULT_BIT(FAULT_EXT_KEY_USAGE);
    }
    if (!c->params.any_key_usage && cert_has(leaf, EXTENSION_KEY_USAGE) &&
        (leaf->key_usage & usage) != usage) {
        faults |= FAULT_BIT(FAULT_KEY_USAGE);
    }
    if (!has_name(c, leaf)) {
        faults |= FAULT_BIT(FAULT_HOSTNAME);
    }
    return faults;
}

static bool has_name(const struct chain *c, const struct cert *leaf)
{
    bool has = c->params.name == NULL || hostname_check(leaf, c->params.name, NULL) == 0;
    for (size_t i = 0; i < c->params.num_names && !has; i++) {
        has = hostname_check(leaf, c->params.names[i], NULL) == 0;
    }
    return has;
}

/* An anchor is a name and a key that somebody chose (RFC 5280 6.1.1 d): that its serial number is
 * zero or its dates are of the wrong form does not matter, nor that its basicConstraints are not
 * critical. Authorities in wide use are so. */
static uint64_t faults_of_anchor(const struct cert *cert)
{
    bool negative = cert->serial.data[0] >= 0x80;
    uint64_t borne = FAULT_BIT(FAULT_FORM) | (negative ? 0 : FAULT_BIT(FAULT_SERIAL));
    return cert->faults & ~borne;
}

uint64_t check_authority(const struct chain *c, const struct cert *cert, bool anchor)
{
    uint64_t faults = check_validity(c, cert) | check_key(cert) |
                      (anchor ? faults_of_anchor(cert) : cert->faults);
    bool critical = (cert->critical >> EXTENSION_BASIC_CONSTRAINTS & 1) != 0;
    int below = 0; /* intermediates that count (6.1.4 l) */
    for (size_t i = 1; i < c->path.len; i++) {
        below += c->path.links[i].cert->self_issued ? 0 : 1;
    }
    if (!cert->is_ca) {
        faults |= FAULT_BIT(FAULT_NOT_A_CA);
    } else if (cert_has(cert, EXTENSION_KEY_USAGE) && (cert->key_usage & KU_KEY_CERT_SIGN) == 0) {
        faults = (faults & ~FAULT_BIT(FAULT_CONTRADICTION)) | FAULT_BIT(FAULT_CA_KEY_USAGE);
    }
    if (cert->is_ca && !critical && !anchor) {
        faults |= FAULT_BIT(FAULT_CRITICALITY);
    }
    if (cert->path_len >= 0 && below > cert->path_len) {
        faults |= FAULT_BIT(FAULT_PATH_LENGTH);
    }
    if (!anchor && !cert->self_issued && below + 1 > c->params.depth) {
        faults |= FAULT_BIT(FAULT_DEPTH);
    }
    if (!c->params.any_ca_purpose && cert_has(cert, EXTENSION_EXT_KEY_USAGE) &&
        (cert->ext_key_usage & (purpose_bit(c) | EKU_ANY)) == 0) {
        faults |= FAULT_BIT(FAULT_CA_EXT_KEY_USAGE);
    }
    return faults;
}

uint64_t check_signature(struct chain *c, const struct cert *child, const struct cert *issuer)
{
    for (size_t i = 0; i < c->used.signatures; i++) {
        /* Authorities have many certificates for one key. */
        if (c->checked[i].child == child && bytes_equal(c->checked[i].issuer->spki, issuer->spki)) {
            return c->checked[i].faults;
        }
    }
    if (c->used.signatures == CHAIN_SIGNATURES_MAX) {
        c->used.steps = CHAIN_STEPS_MAX + 1; /* chain_build gives up */
        return FAULT_BIT(FAULT_SIGNATURE);
    }
    cssl_error err;
    uint16_t scheme = sig_scheme_of_key(child->sig.scheme, issuer->key.type);
    uint64_t faults = check_algorithm(c, scheme, child);
    /* Tried even where the algorithm is refused: whoever is asked may accept it, and must not
     * accept a forgery with it. */
    if (scheme == 0 || !scheme_fits_key(scheme, issuer->key.type, false)) {
        faults |= FAULT_BIT(FAULT_SIGNATURE);
    } else if (spki_verify(issuer->spki, scheme, child->tbs, child->signature, &err) != 0) {
        c->used.nomem = c->used.nomem || err.status == CSSL_NOMEM;
        faults |= FAULT_BIT(FAULT_SIGNATURE);
    }
    c->checked[c->used.signatures++] = (struct checked){ child, issuer, faults };
    return faults;
}

void check_constraints(struct chain *c, struct link *link)
{
    link->not_permitted = 0;
    link->wrong_kind = 0;
    if (!cert_has(link->cert, EXTENSION_NAME_CONSTRAINTS)) {
        return;
    }
    for (size_t i = 0; i < c->path.len; i++) {
        const struct cert *cert = c->path.links[i].cert;
        if (i > 0 && cert->self_issued) { /* 6.1.3 b */
            continue;
        }
        uint64_t faults = names_check(link->cert, cert, &c->used.names, NULL);
        if ((faults & FAULT_BIT(FAULT_NAME_NOT_PERMITTED)) != 0) {
            link->not_permitted |= UINT32_C(1) << i;
        }
        if ((faults & FAULT_BIT(FAULT_NAME_CONSTRAINT_KIND)) != 0) {
            link->wrong_kind |= UINT32_C(1) << i;
        }
    }
}

/* The anchor is not part of what policies are about (6.1.1); a trusted leaf is all there is. */
void check_policies(struct chain *c)
{
    const struct cert *path[PATH_MAX_LEN];
    size_t num = c->path.len > 1 ? c->path.len - 1 : 1;
    for (size_t i = 0; i < num; i++) {
        path[i] = c->path.links[i].cert;
    }
    size_t at = policy_check(&c->params.policy, path, num, &c->used.names, CHAIN_NAMES_MAX);
    c->path.no_policy = at == num ? 0 : at + 1;
}

uint64_t path_faults(const struct path *path, size_t i)
{
    uint64_t faults = path->links[i].own | path->links[i].edge;
    faults |= path->no_policy == i + 1 ? FAULT_BIT(FAULT_POLICY) : 0;
    for (size_t above = i + 1; above < path->len; above++) {
        if ((path->links[above].not_permitted >> i & 1) != 0) {
            faults |= FAULT_BIT(FAULT_NAME_NOT_PERMITTED);
        }
        if ((path->links[above].wrong_kind >> i & 1) != 0) {
            faults |= FAULT_BIT(FAULT_NAME_CONSTRAINT_KIND);
        }
    }
    return faults;
}

/* 4.1.2.5: both ends belong to it. */
static uint64_t check_validity(const struct chain *c, const struct cert *cert)
{
    return c->params.now > cert->not_after    ? FAULT_BIT(FAULT_EXPIRED)
           : c->params.now < cert->not_before ? FAULT_BIT(FAULT_NOT_YET_VALID)
                                              : 0;
}

static uint64_t check_key(const struct cert *cert)
{
    bool rsa = cert->key.type == KEY_RSA || cert->key.type == KEY_RSA_PSS;
    if (cert->key.type == KEY_NONE || (rsa && cert->key.bits > PKEY_RSA_MAX_BITS)) {
        return FAULT_BIT(FAULT_UNSUPPORTED_KEY);
    }
    return rsa && cert->key.bits < PKEY_RSA_MIN_BITS ? FAULT_BIT(FAULT_WEAK_KEY) : 0;
}

static uint8_t purpose_bit(const struct chain *c)
{
    return c->params.purpose == PURPOSE_SERVER ? EKU_SERVER : EKU_CLIENT;
}

static uint64_t check_algorithm(const struct chain *c, uint16_t scheme, const struct cert *child)
{
    if (child->sig.weak) {
        return FAULT_BIT(FAULT_WEAK_DIGEST);
    }
    if (scheme == 0 || !scheme_available(scheme)) {
        return FAULT_BIT(FAULT_UNSUPPORTED_SIGNATURE);
    }
    return c->params.num_schemes == 0 ||
                   sig_scheme_in(scheme, c->params.schemes, c->params.num_schemes)
               ? 0
               : FAULT_BIT(FAULT_SIGNATURE_NOT_ACCEPTED);
}
