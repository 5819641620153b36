/* lists.c - lists of names become code points: split, found, checked. Knows no option's meaning. */
#include "config/lists.h"

#include "base/error.h"
#include "base/names.h"

enum { NAME_MAX_LEN = 64 };

static int add_all(struct codes *c, const struct list_rule *rule, const struct codes *possible,
                   const char *at, cssl_error *err);
static int list_add(struct codes *c, const struct list_rule *rule, const struct codes *possible,
                    const char *name, cssl_error *err);
static const char *left_out(const char *name);

int list_check(struct codes *c, const struct list_rule *rule, const char *const *names,
               cssl_error *err)
{
    if (names == NULL) {
        codes_default(c, rule->kind);
        return 0;
    }
    struct codes possible;
    codes_all(&possible, rule->kind);
    c->num = 0;
    for (size_t i = 0; names[i] != NULL; i++) {
        int ret = add_all(c, rule, &possible, names[i], err);
        if (ret != 0) {
            return ret;
        }
    }
    if (c->num == 0) {
        return fail_option(err, CSSL_R_OPTION_VALUE, rule->option, "%s is an empty list",
                           rule->option);
    }
    return 0;
}

/* add_all adds what one string names. */
static int add_all(struct codes *c, const struct list_rule *rule, const struct codes *possible,
                   const char *at, cssl_error *err)
{
    const bool sets = rule->of_name == suite_of_any_name;
    bool in_set = false;
    for (bool more = true; more;) {
        char name[NAME_MAX_LEN];
        bool begins = sets && !in_set && *at == '[';
        in_set = in_set || begins;
        at += begins ? 1 : 0;
        size_t len = strcspn(at, in_set ? "|]" : ":");
        if (len >= sizeof(name)) {
            return fail_option(err, CSSL_R_OPTION_NAME, rule->option,
                               "a name of %zu characters in %s", len, rule->option);
        }
        memcpy(name, at, len);
        name[len] = '\0';
        int ret = list_add(c, rule, possible, name, err);
        if (ret != 0) {
            return ret;
        }
        if (in_set) { /* a set is named after its first member */
            c->set[c->num - 1] = (uint8_t)(begins ? c->num : c->set[c->num - 2]);
        }
        at += len;
        if (in_set && *at != '|') {
            if (*at != ']' || (at[1] != ':' && at[1] != '\0')) {
                return fail_option(err, CSSL_R_OPTION_VALUE, rule->option,
                                   "a set of suites is written [A|B], with a colon before the "
                                   "next name");
            }
            in_set = false;
            at++;
        }
        more = *at != '\0';
        at++;
    }
    return 0;
}

static int list_add(struct codes *c, const struct list_rule *rule, const struct codes *possible,
                    const char *name, cssl_error *err)
{
    uint16_t code = rule->of_name(name);
    const char *why = code == 0 && rule->of_name == suite_of_any_name ? left_out(name) : NULL;
    if (why != NULL) {
        return fail_option(err, CSSL_R_OPTION_NOT_SUPPORTED, rule->option,
                           "%s in %s is left out: %s", name, rule->option, why);
    }
    if (code == 0) {
        return fail_option(err, CSSL_R_OPTION_NAME, rule->option,
                           "\"%s\" in %s; %s has the names there are", name, rule->option,
                           rule->hint);
    }
    if (!codes_has(possible, code)) {
        return fail_option(err, CSSL_R_OPTION_NOT_SUPPORTED, rule->option,
                           "%s in %s; %s has those that are", name, rule->option, rule->hint);
    }
    if (codes_has(c, code)) {
        return fail_option(err, CSSL_R_OPTION_VALUE, rule->option, "%s stands twice in %s", name,
                           rule->option);
    }
    codes_add(c, code);
    return 0;
}

/* Suites that others have and this library never will, by how their names begin, or a part. */
static const char *left_out(const char *name)
{
    static const struct {
        const char *part, *why; /* "^": at the beginning */
    } rows[] = {
        { "_anon_", "without a certificate anybody may be in the middle" },
        { "^ADH-", "without a certificate anybody may be in the middle" },
        { "^AECDH-", "without a certificate anybody may be in the middle" },
        { "SRP", "SRP rests on SHA-1 and has no suite with an AEAD" },
        { "3DES", "its blocks of 64 bits repeat too soon (RFC 8996, Sweet32)" },
        { "DES-CBC3", "its blocks of 64 bits repeat too soon (RFC 8996, Sweet32)" },
        { "DES", "DES was broken decades ago" },
        { "RC4", "RFC 7465 forbids RC4" },
        { "RC2", "RC2 was broken decades ago" },
        { "NULL", "it does not encrypt" },
        { "EXP", "it was made to be broken" },
        { "_DSS_", "DSS has left the standards (FIPS 186-5)" },
        { "DSS-", "DSS has left the standards (FIPS 186-5)" },
        { "^TLS_ECDH_", "a static key has no forward secrecy" },
        { "^ECDH-", "a static key has no forward secrecy" },
        { "^TLS_DH_", "a static key has no forward secrecy" },
        { "^DH-", "a static key has no forward secrecy" },
        { "RSA_PSK", "RSA without a key exchange has no forward secrecy" },
        { "RSA-PSK", "RSA without a key exchange has no forward secrecy" },
        { "CAMELLIA", "AES is there, on every machine" },
        { "ARIA", "AES is there, on every machine" },
        { "SEED", "AES is there, on every machine" },
        { "IDEA", "AES is there, on every machine" },
        { "MD5", "MD5 is broken" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *part = rows[i].part;
        if (part[0] == '^' ? strncmp(name, part + 1, strlen(part + 1)) == 0
                           : strstr(name, part) != NULL) {
            return rows[i].why;
        }
    }
    if (name[0] == '!' || name[0] == '-' || name[0] == '+' || name[0] == '@' ||
        strcmp(name, "HIGH") == 0 || strcmp(name, "DEFAULT") == 0 || strcmp(name, "ALL") == 0) {
        return "suites are named one by one; cssl_filter_cipher_suites makes a list";
    }
    return NULL;
}
