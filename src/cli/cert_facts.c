/* cert_facts.c - a certificate in words. Prints nothing. */
#include "cli/cert_facts.h"

#include "base/mem.h"
#include "pki/cert_fields.h"
#include "pki/der.h"
#include "pki/dname.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>

enum { DAY = 86400, SOON_DAYS = 14, TEXTS_MAX = 1000 };

void texts_add(struct texts *list, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    if (list->num == TEXTS_MAX) {
        return;
    }
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if ((list->num & (list->num - 1)) == 0) { /* full: 0, 1, 2, 4 ... */
        size_t cap = list->num == 0 ? 1 : 2 * list->num;
        list->items = cli_memory(mem_resize(list->items, cap * sizeof(*list->items)));
    }
    list->items[list->num++] = cli_memory(n < 0 ? NULL : text);
}

void texts_free(struct texts *list)
{
    for (size_t i = 0; i < list->num; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct texts){ .num = 0 };
}

/* ---- Names ---- */

/* An address, with its prefix when it is one of a name constraint: address and mask. */
static void add_ip(struct texts *list, const char *before, cssl_bytes ip)
{
    bool masked = ip.len == 8 || ip.len == 32;
    size_t len = masked ? ip.len / 2 : ip.len;
    char text[INET6_ADDRSTRLEN] = "?";
    char mask[INET6_ADDRSTRLEN] = "?";
    if (len == 4 || len == 16) {
        int family = len == 4 ? AF_INET : AF_INET6;
        (void)inet_ntop(family, ip.data, text, sizeof(text));
        if (masked) {
            (void)inet_ntop(family, ip.data + len, mask, sizeof(mask));
        }
    }
    texts_add(list, "%s%s%s%s", before, text, masked ? " mask " : "", masked ? mask : "");
}

static void add_general_name(struct texts *list, const char *before,
                             const struct general_name *name)
{
    char dname[DNAME_TEXT_MAX];
    char *text = NULL;
    switch (name->kind) {
    case GENERAL_IP: add_ip(list, before, name->value); return;
    case GENERAL_DIRECTORY: texts_add(list, "%s%s", before, dname_text(dname, name->value)); return;
    case GENERAL_DNS:
    case GENERAL_EMAIL:
    case GENERAL_URI:
        text = cli_text(name->value, false);
        texts_add(list, "%s%s", before, text);
        free(text);
        return;
    default: texts_add(list, "%sa name of kind %d", before, (int)name->kind); return;
    }
}

void facts_general_names(struct texts *list, cssl_bytes names)
{
    struct rd r = rd_of(names);
    while (rd_more(&r)) {
        struct general_name name = general_name_next(&r, 4);
        if (rd_ok(&r)) {
            add_general_name(list, "", &name);
        }
    }
}

void facts_names(struct texts *list, const struct cert *cert)
{
    facts_general_names(list, cert->alt_names);
}

void facts_constraints(struct texts *list, const struct cert *cert)
{
    const cssl_bytes trees[] = { cert->permitted, cert->excluded };
    for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
        struct rd r = rd_of(trees[i]);
        while (rd_more(&r)) {
            struct rd tree = der_enter(&r, DER_SEQUENCE);
            struct general_name base = general_name_next(&tree, 8);
            if (rd_ok(&tree)) {
                add_general_name(list, i == 0 ? "only " : "not ", &base);
            }
        }
    }
}

char *facts_title(const struct cert *cert)
{
    static const uint8_t common_name[] = { 0x55, 4, 3 };
    cssl_bytes name = dname_attribute(cert->subject, bytes_of(common_name, 3), 0);
    if (name.len > 0) {
        return cli_text(name, true);
    }
    struct texts names = { 0 };
    char subject[DNAME_TEXT_MAX];
    facts_names(&names, cert);
    char *title =
        cli_memory(mem_str(names.num > 0 ? names.items[0] : dname_text(subject, cert->subject)));
    texts_free(&names);
    return title;
}

/* ---- Uses, extensions ---- */

static void add_purposes(struct texts *list, cssl_bytes value)
{
    static const struct {
        const char *oid, *text;
    } known[] = {
        { "1.3.6.1.5.5.7.3.1", "server" },     { "1.3.6.1.5.5.7.3.2", "client" },
        { "1.3.6.1.5.5.7.3.3", "sign code" },  { "1.3.6.1.5.5.7.3.4", "e-mail" },
        { "1.3.6.1.5.5.7.3.8", "sign times" }, { "1.3.6.1.5.5.7.3.9", "sign OCSP answers" },
        { "2.5.29.37.0", "any purpose" },
    };
    struct rd r = rd_of(value);
    struct rd purposes = der_enter(&r, DER_SEQUENCE);
    while (rd_more(&purposes)) {
        char oid[DER_OID_TEXT_MAX];
        const char *text = der_oid_text(oid, der_oid(&purposes));
        for (size_t i = 0; i < ARRAY_LEN(known); i++) {
            text = strcmp(oid, known[i].oid) == 0 ? known[i].text : text;
        }
        texts_add(list, "%s", text);
    }
}

void facts_uses(struct texts *list, const struct cert *cert)
{
    static const struct {
        uint16_t bit;
        const char *text;
    } usages[] = {
        { 0x8000, "digital signature" }, { 0x4000, "non-repudiation" },
        { 0x2000, "key encipherment" },  { 0x1000, "data encipherment" },
        { 0x0800, "key agreement" },     { 0x0400, "sign certificates" },
        { 0x0200, "sign CRLs" },         { 0x0100, "encipher only" },
        { 0x0080, "decipher only" },
    };
    struct rd r = rd_of(cert->extensions);
    while (rd_more(&r)) {
        struct cert_ext ext = cert_next_extension(&r);
        if (ext.id == EXTENSION_EXT_KEY_USAGE) {
            add_purposes(list, ext.value);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(usages); i++) {
        if ((cert->key_usage & usages[i].bit) != 0) {
            texts_add(list, "%s", usages[i].text);
        }
    }
}

void facts_extensions(struct texts *list, const struct cert *cert)
{
    static const struct {
        const char *oid, *text;
    } known[] = {
        { "2.5.29.14", "subjectKeyIdentifier" },
        { "2.5.29.15", "keyUsage" },
        { "2.5.29.17", "subjectAltName" },
        { "2.5.29.18", "issuerAltName" },
        { "2.5.29.19", "basicConstraints" },
        { "2.5.29.30", "nameConstraints" },
        { "2.5.29.31", "cRLDistributionPoints" },
        { "2.5.29.32", "certificatePolicies" },
        { "2.5.29.33", "policyMappings" },
        { "2.5.29.35", "authorityKeyIdentifier" },
        { "2.5.29.36", "policyConstraints" },
        { "2.5.29.37", "extKeyUsage" },
        { "2.5.29.46", "freshestCRL" },
        { "2.5.29.54", "inhibitAnyPolicy" },
        { "1.3.6.1.5.5.7.1.1", "authorityInfoAccess" },
        { "1.3.6.1.5.5.7.1.11", "subjectInfoAccess" },
        { "1.3.6.1.5.5.7.1.24", "tlsFeature" },
        { "1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestamps" },
        { "1.3.6.1.4.1.11129.2.4.3", "ctPoison" },
    };
    struct rd r = rd_of(cert->extensions);
    while (rd_more(&r)) {
        char oid[DER_OID_TEXT_MAX];
        struct cert_ext ext = cert_next_extension(&r);
        const char *text = der_oid_text(oid, ext.oid);
        for (size_t i = 0; i < ARRAY_LEN(known); i++) {
            text = strcmp(oid, known[i].oid) == 0 ? known[i].text : text;
        }
        texts_add(list, "%s%s", text, ext.critical ? "!" : "");
    }
}

/* ---- Validity, warnings ---- */

const char *facts_validity(char out[FACTS_VALIDITY_MAX], const struct cert *cert, int64_t now)
{
    if (now > cert->not_after) {
        long long days = (long long)(now - cert->not_after) / DAY;
        (void)snprintf(out, FACTS_VALIDITY_MAX, "expired %lld day%s ago", days,
                       days == 1 ? "" : "s");
    } else if (now < cert->not_before) {
        long long days = (long long)(cert->not_before - now + DAY - 1) / DAY;
        (void)snprintf(out, FACTS_VALIDITY_MAX, "begins in %lld day%s", days, days == 1 ? "" : "s");
    } else {
        long long days = (long long)(cert->not_after - now) / DAY;
        (void)snprintf(out, FACTS_VALIDITY_MAX, "%lld day%s left", days, days == 1 ? "" : "s");
    }
    return out;
}

void facts_warnings(struct texts *list, const struct cert *cert, int64_t now)
{
    const struct spki_info *key = &cert->key;
    char validity[FACTS_VALIDITY_MAX];
    if (now > cert->not_after || now < cert->not_before) {
        texts_add(list, "it is not valid now: %s", facts_validity(validity, cert, now));
    } else if (cert->not_after - now < (int64_t)SOON_DAYS * DAY) {
        texts_add(list, "it expires soon: %s", facts_validity(validity, cert, now));
    }
    if ((key->type == KEY_RSA || key->type == KEY_RSA_PSS) && key->bits < PKEY_RSA_MIN_BITS) {
        texts_add(list, "its RSA key of %u bits is too weak: %d are the least", key->bits,
                  PKEY_RSA_MIN_BITS);
    }
    if (key->type == KEY_NONE) {
        texts_add(list, "its key is of a kind that cannot be used");
    }
    if (cert->sig.weak && !cert->self_issued) {
        texts_add(list, "its signature uses a hash that is broken (MD5 or SHA-1)");
    }
    if (!cert->is_ca && cert->alt_names.len == 0) {
        texts_add(list, "it has no subjectAltName: clients find no name to compare");
    }
    if (cert->contradiction_why != NULL) {
        texts_add(list, "%s", cert->contradiction_why);
    }
    if (cert->criticality_why != NULL) {
        texts_add(list, "its extension %s has the wrong critical bit", cert->criticality_why);
    }
    if ((cert->faults & FAULT_BIT(FAULT_CRITICAL_EXTENSION)) != 0) {
        texts_add(list, "it has a critical extension that is not known: verifiers refuse it");
    }
    if ((cert->faults & FAULT_BIT(FAULT_SERIAL)) != 0) {
        texts_add(list, "its serial number is zero or negative");
    }
    if ((cert->faults & FAULT_BIT(FAULT_EMPTY_NAME)) != 0) {
        texts_add(list, "it lacks a name that it needs");
    }
}
