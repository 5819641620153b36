/* codes.c - which suites, groups and signature schemes there are, in order of preference. */
#include "config/config.h"

#include "base/names.h"
#include "crypto/suite.h"

#include <pthread.h>

/* One row: a code point and whether it is offered without being asked for. */
struct code_row {
    uint16_t code;
    bool by_default;
};

static const struct code_row suite_rows[] = {
    { SUITE_AES_128_GCM_SHA256, true },       { SUITE_AES_256_GCM_SHA384, true },
    { SUITE_CHACHA20_POLY1305_SHA256, true }, { SUITE_AES_128_CCM_SHA256, true },
    { SUITE_AES_128_CCM_8_SHA256, false }, /* a tag of 64 bits is for constrained devices */
    { SUITE_ECDHE_ECDSA_AES_128_GCM_SHA256, true },
    { SUITE_ECDHE_RSA_AES_128_GCM_SHA256, true },
    { SUITE_ECDHE_ECDSA_AES_256_GCM_SHA384, true },
    { SUITE_ECDHE_RSA_AES_256_GCM_SHA384, true },
    { SUITE_ECDHE_ECDSA_CHACHA20_POLY1305_SHA256, true },
    { SUITE_ECDHE_RSA_CHACHA20_POLY1305_SHA256, true },
    { SUITE_ECDHE_ECDSA_AES_128_CCM, true },
    { SUITE_ECDHE_ECDSA_AES_128_CCM_8, false },
};

static const struct code_row group_rows[] = {
    { GROUP_X25519MLKEM768, true }, { GROUP_X25519, true },
    { GROUP_SECP256R1, true },      { GROUP_SECP256R1MLKEM768, true },
    { GROUP_X448, true },           { GROUP_SECP384R1, true },
    { GROUP_SECP384R1MLKEM1024, true }, { GROUP_SECP521R1, true },
    { GROUP_FFDHE2048, true },      { GROUP_FFDHE3072, true },
    { GROUP_FFDHE4096, true },
};

static const struct code_row scheme_rows[] = {
    { SCHEME_ECDSA_SECP256R1_SHA256, true }, { SCHEME_ED25519, true },
    { SCHEME_RSA_PSS_RSAE_SHA256, true },    { SCHEME_RSA_PSS_PSS_SHA256, true },
    { SCHEME_ECDSA_SECP384R1_SHA384, true }, { SCHEME_RSA_PSS_RSAE_SHA384, true },
    { SCHEME_RSA_PSS_PSS_SHA384, true },     { SCHEME_ECDSA_SECP521R1_SHA512, true },
    { SCHEME_ED448, true },                  { SCHEME_RSA_PSS_RSAE_SHA512, true },
    { SCHEME_RSA_PSS_PSS_SHA512, true },     { SCHEME_MLDSA44, true },
    { SCHEME_MLDSA65, true },                { SCHEME_MLDSA87, true },
};

/* In chains and in TLS 1.2: RFC 8446 4.2.3 has no PKCS #1 v1.5 in its own messages. */
static const struct code_row chain_rows[] = {
    { SCHEME_RSA_PKCS1_SHA256, true },
    { SCHEME_RSA_PKCS1_SHA384, true },
    { SCHEME_RSA_PKCS1_SHA512, true },
};

static void codes_add_rows(struct codes *c, enum codes_kind kind, const struct code_row *rows,
                           size_t num, bool all);
static void codes_fill(struct codes *c, enum codes_kind kind, bool all);
static bool code_available(enum codes_kind kind, uint16_t code);

void codes_add(struct codes *c, uint16_t code)
{
    c->wire[2 * c->num] = (uint8_t)(code >> 8);
    c->wire[2 * c->num + 1] = (uint8_t)code;
    c->list[c->num++] = code;
}

bool codes_has(const struct codes *c, uint16_t code)
{
    for (size_t i = 0; i < c->num; i++) {
        if (c->list[i] == code) {
            return true;
        }
    }
    return false;
}

void codes_default(struct codes *c, enum codes_kind kind)
{
    codes_fill(c, kind, false);
}

void codes_all(struct codes *c, enum codes_kind kind)
{
    codes_fill(c, kind, true);
}

static bool is_suites(enum codes_kind kind)
{
    return kind == CODES_SUITES || kind == CODES_SUITES_12 || kind == CODES_SUITES_13;
}

static void codes_fill(struct codes *c, enum codes_kind kind, bool all)
{
    c->num = 0;
    switch (kind) {
    case CODES_SUITES:
    case CODES_SUITES_12:
    case CODES_SUITES_13:
        codes_add_rows(c, kind, suite_rows, ARRAY_LEN(suite_rows), all);
        break;
    case CODES_GROUPS:
        codes_add_rows(c, kind, group_rows, ARRAY_LEN(group_rows), all);
        break;
    case CODES_CERT_SCHEMES:
        codes_add_rows(c, kind, scheme_rows, ARRAY_LEN(scheme_rows), all);
        codes_add_rows(c, kind, chain_rows, ARRAY_LEN(chain_rows), all);
        break;
    case CODES_SCHEMES:
        codes_add_rows(c, kind, scheme_rows, ARRAY_LEN(scheme_rows), all);
        codes_add_rows(c, kind, chain_rows, ARRAY_LEN(chain_rows), all);
        break;
    case CODES_SCHEMES_13:
        codes_add_rows(c, kind, scheme_rows, ARRAY_LEN(scheme_rows), all);
        break;
    }
}

static void codes_add_rows(struct codes *c, enum codes_kind kind, const struct code_row *rows,
                           size_t num, bool all)
{
    for (size_t i = 0; i < num && c->num < CONFIG_SCHEMES_MAX; i++) {
        if ((all || rows[i].by_default) && code_available(kind, rows[i].code)) {
            codes_add(c, rows[i].code);
        }
    }
}

static bool code_available(enum codes_kind kind, uint16_t code)
{
    switch (kind) {
    case CODES_SUITES:
        return true;
    case CODES_SUITES_12:
        return suite_version(code) == TLS_1_2;
    case CODES_SUITES_13:
        return suite_version(code) == TLS_1_3;
    case CODES_GROUPS:
        return kx_available(code);
    case CODES_SCHEMES:
    case CODES_SCHEMES_13:
    case CODES_CERT_SCHEMES:
        return scheme_available(code);
    }
    return false;
}

/* The lists of names for programs are made once a process, when they are first asked for. */
enum { LISTS = 5 };
struct name_list {
    enum codes_kind kind;
    const char *of_default[CONFIG_SCHEMES_MAX + 1];
    const char *of_all[CONFIG_SCHEMES_MAX + 1];
};

static struct name_list lists[LISTS] = {
    { .kind = CODES_SUITES_13 }, { .kind = CODES_SUITES_12 }, { .kind = CODES_GROUPS },
    { .kind = CODES_SCHEMES_13 }, { .kind = CODES_SCHEMES },
};
static pthread_once_t lists_once = PTHREAD_ONCE_INIT;

static void lists_make_one(const char **names, const struct name_list *list, bool all)
{
    struct codes c;
    codes_fill(&c, list->kind, all);
    for (size_t i = 0; i < c.num; i++) {
        names[i] = is_suites(list->kind)        ? name_of_suite(c.list[i])
                   : list->kind == CODES_GROUPS ? name_of_group(c.list[i])
                                                : name_of_scheme(c.list[i]);
    }
}

static void lists_make(void)
{
    for (size_t i = 0; i < LISTS; i++) {
        lists_make_one(lists[i].of_default, &lists[i], false);
        lists_make_one(lists[i].of_all, &lists[i], true);
    }
}

static const char *const *list_of(enum codes_kind kind, const char *which)
{
    (void)pthread_once(&lists_once, lists_make);
    for (size_t i = 0; i < LISTS; i++) {
        if (lists[i].kind == kind && (which == NULL || strcmp(which, "default") == 0)) {
            return lists[i].of_default;
        }
        if (lists[i].kind == kind && strcmp(which, "all") == 0) {
            return lists[i].of_all;
        }
    }
    return NULL;
}

const char *const *cssl_cipher_suites(const char *which, unsigned version)
{
    return version == CSSL_TLSV1_3   ? list_of(CODES_SUITES_13, which)
           : version == CSSL_TLSV1_2 ? list_of(CODES_SUITES_12, which)
                                     : NULL;
}

const char *const *cssl_groups(const char *which)
{
    return list_of(CODES_GROUPS, which);
}

const char *const *cssl_signature_algs(const char *which, unsigned version)
{
    return version == CSSL_TLSV1_3   ? list_of(CODES_SCHEMES_13, which)
           : version == CSSL_TLSV1_2 ? list_of(CODES_SCHEMES, which)
                                     : NULL;
}

const char *cssl_version(void)
{
    return CSSL_VERSION;
}
