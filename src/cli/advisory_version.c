/* advisory_version.c - the order of OpenSSL's version numbers, old letters and all. */
#include "cli/advisory.h"

#include <ctype.h>

enum { PARTS = 4 };

/* A version taken apart: 1.0.2zk is 1 0 2 "zk"; 3.0.0-beta1 is 3 0 0, a step before the release. */
struct parts {
    unsigned long number[PARTS];
    char letters[8];
    int before;          /* 0: the release; else how far before it: -4 dev to -1 rc */
    unsigned long count; /* of alpha1, beta2 */
};

static struct parts take_apart(const char *version);
static const char *take_number(const char *p, unsigned long *n);

bool version_valid(const char *version)
{
    size_t len = strlen(version);
    if (len == 0 || len >= ADVISORY_VERSION_MAX || !isdigit((unsigned char)version[0])) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)version[i]) && strchr(".-+", version[i]) == NULL) {
            return false;
        }
    }
    return true;
}

int version_compare(const char *a, const char *b)
{
    struct parts x = take_apart(a);
    struct parts y = take_apart(b);
    for (size_t i = 0; i < PARTS; i++) {
        if (x.number[i] != y.number[i]) {
            return x.number[i] < y.number[i] ? -1 : 1;
        }
    }
    /* a longer row of letters is later: z, za, zb */
    size_t x_len = strlen(x.letters);
    size_t y_len = strlen(y.letters);
    if (x_len != y_len) {
        return x_len < y_len ? -1 : 1;
    }
    int letters = strcmp(x.letters, y.letters);
    if (letters != 0) {
        return letters;
    }
    if (x.before != y.before) {
        return x.before < y.before ? -1 : 1;
    }
    return x.count < y.count ? -1 : x.count > y.count ? 1 : 0;
}

static struct parts take_apart(const char *version)
{
    static const struct {
        const char *word;
        int before;
    } steps[] = {
        { "-dev", -4 }, { "-alpha", -3 }, { "-beta", -2 }, { "-pre", -2 }, { "-rc", -1 }
    };
    struct parts parts = { .before = 0 };
    const char *p = version;
    for (size_t i = 0; i < PARTS && isdigit((unsigned char)*p); i++) {
        p = take_number(p, &parts.number[i]);
        if (*p != '.') {
            break;
        }
        p++;
    }
    for (size_t i = 0; islower((unsigned char)*p) && i + 1 < sizeof(parts.letters); i++) {
        parts.letters[i] = *p++;
    }
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        size_t len = strlen(steps[i].word);
        if (strncmp(p, steps[i].word, len) == 0) {
            parts.before = steps[i].before;
            (void)take_number(p + len, &parts.count);
        }
    }
    return parts;
}

static const char *take_number(const char *p, unsigned long *n)
{
    *n = 0;
    while (isdigit((unsigned char)*p)) {
        if (*n < 1000000000UL) { /* more digits make no different order that matters */
            *n = 10 * *n + (unsigned long)(*p - '0');
        }
        p++;
    }
    return p;
}
