/* codes.c - which suites, groups and signature schemes there are, in order of preference. */
#include "config/config.h"

#include "base/names.h"
#include "crypto/suite.h"

#include <pthread.h>

/* When a code point is offered: never unless a list names it, when there is a pre-shared key, or
 * in any case. */
enum offered { ASKED_FOR, WITH_PSK, BY_DEFAULT };
struct code_row {
    uint16_t code;
    enum offered when;
};

static const struct code_row suite_rows[] = {
    { SUITE_AES_128_GCM_SHA256, BY_DEFAULT },
    { SUITE_AES_256_GCM_SHA384, BY_DEFAULT },
    { SUITE_CHACHA20_POLY1305_SHA256, BY_DEFAULT },
    { SUITE_AES_128_CCM_SHA256, BY_DEFAULT },
    { SUITE_AES_128_CCM_8_SHA256, ASKED_FOR }, /* 64 bits of tag: for constrained devices */
    /* TLS 1.2: fresh keys of elliptic curves, then of finite fields; AEADs. */
    { SUITE_ECDHE_PSK_AES_128_GCM_SHA256, WITH_PSK },
    { SUITE_ECDHE_PSK_AES_256_GCM_SHA384, WITH_PSK },
    { SUITE_ECDHE_PSK_CHACHA20_POLY1305_SHA256, WITH_PSK },
    { SUITE_ECDHE_PSK_AES_128_CCM_SHA256, WITH_PSK },
    { SUITE_ECDHE_PSK_AES_128_CCM_8_SHA256, ASKED_FOR },
    { SUITE_ECDHE_ECDSA_AES_128_GCM_SHA256, BY_DEFAULT },
    { SUITE_ECDHE_RSA_AES_128_GCM_SHA256, BY_DEFAULT },
    { SUITE_ECDHE_ECDSA_AES_256_GCM_SHA384, BY_DEFAULT },
    { SUITE_ECDHE_RSA_AES_256_GCM_SHA384, BY_DEFAULT },
    { SUITE_ECDHE_ECDSA_CHACHA20_POLY1305_SHA256, BY_DEFAULT },
    { SUITE_ECDHE_RSA_CHACHA20_POLY1305_SHA256, BY_DEFAULT },
    { SUITE_ECDHE_ECDSA_AES_128_CCM, BY_DEFAULT },
    { SUITE_ECDHE_ECDSA_AES_256_CCM, BY_DEFAULT },
    { SUITE_ECDHE_ECDSA_AES_128_CCM_8, ASKED_FOR },
    { SUITE_ECDHE_ECDSA_AES_256_CCM_8, ASKED_FOR },
    { SUITE_DHE_PSK_AES_128_GCM_SHA256, WITH_PSK },
    { SUITE_DHE_PSK_AES_256_GCM_SHA384, WITH_PSK },
    { SUITE_DHE_PSK_CHACHA20_POLY1305_SHA256, WITH_PSK },
    { SUITE_DHE_PSK_AES_128_CCM, WITH_PSK },
    { SUITE_DHE_PSK_AES_256_CCM, WITH_PSK },
    { SUITE_PSK_DHE_AES_128_CCM_8, ASKED_FOR },
    { SUITE_PSK_DHE_AES_256_CCM_8, ASKED_FOR },
    { SUITE_DHE_RSA_AES_128_GCM_SHA256, BY_DEFAULT },
    { SUITE_DHE_RSA_AES_256_GCM_SHA384, BY_DEFAULT },
    { SUITE_DHE_RSA_CHACHA20_POLY1305_SHA256, BY_DEFAULT },
    { SUITE_DHE_RSA_AES_128_CCM, BY_DEFAULT },
    { SUITE_DHE_RSA_AES_256_CCM, BY_DEFAULT },
    { SUITE_DHE_RSA_AES_128_CCM_8, ASKED_FOR },
    { SUITE_DHE_RSA_AES_256_CCM_8, ASKED_FOR },
    /* No forward secrecy: who learns the key later reads what was recorded. */
    { SUITE_PSK_AES_128_GCM_SHA256, WITH_PSK },
    { SUITE_PSK_AES_256_GCM_SHA384, WITH_PSK },
    { SUITE_PSK_CHACHA20_POLY1305_SHA256, WITH_PSK },
    { SUITE_PSK_AES_128_CCM, WITH_PSK },
    { SUITE_PSK_AES_256_CCM, WITH_PSK },
    { SUITE_PSK_AES_128_CCM_8, ASKED_FOR },
    { SUITE_PSK_AES_256_CCM_8, ASKED_FOR },
    { SUITE_RSA_AES_128_GCM_SHA256, ASKED_FOR },
    { SUITE_RSA_AES_256_GCM_SHA384, ASKED_FOR },
    { SUITE_RSA_AES_128_CCM, ASKED_FOR },
    { SUITE_RSA_AES_256_CCM, ASKED_FOR },
    { SUITE_RSA_AES_128_CCM_8, ASKED_FOR },
    { SUITE_RSA_AES_256_CCM_8, ASKED_FOR },
    /* CBC with a MAC, for peers that have nothing newer. */
    { SUITE_ECDHE_PSK_AES_128_CBC_SHA256, ASKED_FOR },
    { SUITE_ECDHE_PSK_AES_256_CBC_SHA384, ASKED_FOR },
    { SUITE_ECDHE_PSK_AES_128_CBC_SHA, ASKED_FOR },
    { SUITE_ECDHE_PSK_AES_256_CBC_SHA, ASKED_FOR },
    { SUITE_ECDHE_ECDSA_AES_128_CBC_SHA256, ASKED_FOR },
    { SUITE_ECDHE_RSA_AES_128_CBC_SHA256, ASKED_FOR },
    { SUITE_ECDHE_ECDSA_AES_256_CBC_SHA384, ASKED_FOR },
    { SUITE_ECDHE_RSA_AES_256_CBC_SHA384, ASKED_FOR },
    { SUITE_ECDHE_ECDSA_AES_128_CBC_SHA, ASKED_FOR },
    { SUITE_ECDHE_RSA_AES_128_CBC_SHA, ASKED_FOR },
    { SUITE_ECDHE_ECDSA_AES_256_CBC_SHA, ASKED_FOR },
    { SUITE_ECDHE_RSA_AES_256_CBC_SHA, ASKED_FOR },
    { SUITE_DHE_PSK_AES_128_CBC_SHA256, ASKED_FOR },
    { SUITE_DHE_PSK_AES_256_CBC_SHA384, ASKED_FOR },
    { SUITE_DHE_PSK_AES_128_CBC_SHA, ASKED_FOR },
    { SUITE_DHE_PSK_AES_256_CBC_SHA, ASKED_FOR },
    { SUITE_DHE_RSA_AES_128_CBC_SHA256, ASKED_FOR },
    { SUITE_DHE_RSA_AES_256_CBC_SHA256, ASKED_FOR },
    { SUITE_DHE_RSA_AES_128_CBC_SHA, ASKED_FOR },
    { SUITE_DHE_RSA_AES_256_CBC_SHA, ASKED_FOR },
    { SUITE_PSK_AES_128_CBC_SHA256, ASKED_FOR },
    { SUITE_PSK_AES_256_CBC_SHA384, ASKED_FOR },
    { SUITE_PSK_AES_128_CBC_SHA, ASKED_FOR },
    { SUITE_PSK_AES_256_CBC_SHA, ASKED_FOR },
    { SUITE_RSA_AES_128_CBC_SHA256, ASKED_FOR },
    { SUITE_RSA_AES_256_CBC_SHA256, ASKED_FOR },
    { SUITE_RSA_AES_128_CBC_SHA, ASKED_FOR },
    { SUITE_RSA_AES_256_CBC_SHA, ASKED_FOR },
};

static const struct code_row group_rows[] = {
    { GROUP_X25519MLKEM768, BY_DEFAULT }, { GROUP_X25519, BY_DEFAULT },
    { GROUP_SECP256R1, BY_DEFAULT },      { GROUP_SECP256R1MLKEM768, BY_DEFAULT },
    { GROUP_X448, BY_DEFAULT },           { GROUP_SECP384R1, BY_DEFAULT },
    { GROUP_SECP384R1MLKEM1024, BY_DEFAULT }, { GROUP_SECP521R1, BY_DEFAULT },
    { GROUP_FFDHE2048, BY_DEFAULT },      { GROUP_FFDHE3072, BY_DEFAULT },
    { GROUP_FFDHE4096, BY_DEFAULT },
    /* ML-KEM alone, without a classic group that holds should it ever break. */
    { GROUP_MLKEM1024, ASKED_FOR },       { GROUP_MLKEM768, ASKED_FOR },
    { GROUP_MLKEM512, ASKED_FOR },
};

static const struct code_row scheme_rows[] = {
    { SCHEME_ECDSA_SECP256R1_SHA256, BY_DEFAULT }, { SCHEME_ED25519, BY_DEFAULT },
    { SCHEME_RSA_PSS_RSAE_SHA256, BY_DEFAULT },    { SCHEME_RSA_PSS_PSS_SHA256, BY_DEFAULT },
    { SCHEME_ECDSA_SECP384R1_SHA384, BY_DEFAULT }, { SCHEME_RSA_PSS_RSAE_SHA384, BY_DEFAULT },
    { SCHEME_RSA_PSS_PSS_SHA384, BY_DEFAULT },     { SCHEME_ECDSA_SECP521R1_SHA512, BY_DEFAULT },
    { SCHEME_ED448, BY_DEFAULT },                  { SCHEME_RSA_PSS_RSAE_SHA512, BY_DEFAULT },
    { SCHEME_RSA_PSS_PSS_SHA512, BY_DEFAULT },     { SCHEME_MLDSA44, BY_DEFAULT },
    { SCHEME_MLDSA65, BY_DEFAULT },                { SCHEME_MLDSA87, BY_DEFAULT },
};

/* In chains and in TLS 1.2: RFC 8446 4.2.3 has no PKCS #1 v1.5 in its own messages. */
static const struct code_row chain_rows[] = {
    { SCHEME_RSA_PKCS1_SHA256, BY_DEFAULT },
    { SCHEME_RSA_PKCS1_SHA384, BY_DEFAULT },
    { SCHEME_RSA_PKCS1_SHA512, BY_DEFAULT },
};

static void codes_add_rows(struct codes *c, enum codes_kind kind, const struct code_row *rows,
                           size_t num, enum offered least);
static void codes_fill(struct codes *c, enum codes_kind kind, enum offered least);
static bool code_available(enum codes_kind kind, uint16_t code);

void codes_add(struct codes *c, uint16_t code)
{
    c->wire[2 * c->num] = (uint8_t)(code >> 8);
    c->wire[2 * c->num + 1] = (uint8_t)code;
    c->set[c->num] = 0;
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
    codes_fill(c, kind, kind == CODES_SUITES_PSK ? WITH_PSK : BY_DEFAULT);
}

void codes_all(struct codes *c, enum codes_kind kind)
{
    codes_fill(c, kind, ASKED_FOR);
}

static bool is_suites(enum codes_kind kind)
{
    return kind == CODES_SUITES || kind == CODES_SUITES_PSK || kind == CODES_SUITES_12 ||
           kind == CODES_SUITES_13;
}

static void codes_fill(struct codes *c, enum codes_kind kind, enum offered least)
{
    c->num = 0;
    switch (kind) {
    case CODES_SUITES:
    case CODES_SUITES_PSK:
    case CODES_SUITES_12:
    case CODES_SUITES_13:
        codes_add_rows(c, kind, suite_rows, ARRAY_LEN(suite_rows), least);
        break;
    case CODES_GROUPS:
        codes_add_rows(c, kind, group_rows, ARRAY_LEN(group_rows), least);
        break;
    case CODES_CERT_SCHEMES:
        codes_add_rows(c, kind, scheme_rows, ARRAY_LEN(scheme_rows), least);
        codes_add_rows(c, kind, chain_rows, ARRAY_LEN(chain_rows), least);
        break;
    case CODES_SCHEMES:
        codes_add_rows(c, kind, scheme_rows, ARRAY_LEN(scheme_rows), least);
        codes_add_rows(c, kind, chain_rows, ARRAY_LEN(chain_rows), least);
        break;
    case CODES_SCHEMES_13:
        codes_add_rows(c, kind, scheme_rows, ARRAY_LEN(scheme_rows), least);
        break;
    }
}

static void codes_add_rows(struct codes *c, enum codes_kind kind, const struct code_row *rows,
                           size_t num, enum offered least)
{
    for (size_t i = 0; i < num && c->num < CONFIG_CODES_MAX; i++) {
        if (rows[i].when >= least && code_available(kind, rows[i].code)) {
            codes_add(c, rows[i].code);
        }
    }
}

static bool code_available(enum codes_kind kind, uint16_t code)
{
    switch (kind) {
    case CODES_SUITES:
    case CODES_SUITES_PSK:
        return suite_available(code);
    case CODES_SUITES_12:
        return suite_available(code) && suite_version(code) == TLS_1_2;
    case CODES_SUITES_13:
        return suite_available(code) && suite_version(code) == TLS_1_3;
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
    const char *of_default[CONFIG_CODES_MAX + 1];
    const char *of_all[CONFIG_CODES_MAX + 1];
};

static struct name_list lists[LISTS] = {
    { .kind = CODES_SUITES_13 }, { .kind = CODES_SUITES_12 }, { .kind = CODES_GROUPS },
    { .kind = CODES_SCHEMES_13 }, { .kind = CODES_SCHEMES },
};
static pthread_once_t lists_once = PTHREAD_ONCE_INIT;

static void lists_make_one(const char **names, const struct name_list *list, enum offered least)
{
    struct codes c;
    codes_fill(&c, list->kind, least);
    for (size_t i = 0; i < c.num; i++) {
        names[i] = is_suites(list->kind)        ? name_of_suite(c.list[i])
                   : list->kind == CODES_GROUPS ? name_of_group(c.list[i])
                                                : name_of_scheme(c.list[i]);
    }
}

static void lists_make(void)
{
    for (size_t i = 0; i < LISTS; i++) {
        lists_make_one(lists[i].of_default, &lists[i], BY_DEFAULT);
        lists_make_one(lists[i].of_all, &lists[i], ASKED_FOR);
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
