/*
 * advisory.h - published security advisories: what they say, where they come from, and whether one
 * touches a version. Knows nothing of what is installed here.
 */
#ifndef CSSL_CLI_ADVISORY_H
#define CSSL_CLI_ADVISORY_H

#include "base/base.h"
#include "base/error.h"

enum severity {
    SEVERITY_UNKNOWN,
    SEVERITY_LOW,
    SEVERITY_MODERATE,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL,
    SEVERITY_NUM
};

/* Bounds of what a record may say. */
enum {
    ADVISORY_ID_MAX = 32,
    ADVISORY_VERSION_MAX = 32,
    ADVISORY_TITLE_MAX = 160,
    ADVISORY_RANGES_MAX = 32,
    ADVISORY_FILE_MAX = 4 << 20, /* bytes of a file of records */
    ADVISORIES_MAX = 20000       /* records in all */
};

/* Versions from..before, or from..before inclusive. An empty before has no end. */
struct version_range {
    char from[ADVISORY_VERSION_MAX];
    char before[ADVISORY_VERSION_MAX];
    bool inclusive;
};

struct advisory {
    char id[ADVISORY_ID_MAX];
    char date[11]; /* 2026-06-09, or empty */
    char cwe[16];  /* CWE-416, or empty */
    char title[ADVISORY_TITLE_MAX];
    enum severity severity;
    struct version_range ranges[ADVISORY_RANGES_MAX];
    size_t num_ranges;
};

/* Zeroed memory is an empty list. */
struct advisories {
    struct advisory *items;
    size_t num, cap;
    char date[11]; /* of the newest knowledge in it */
};

/* advisories_builtin takes the table that the program carries: the project's
 * data/openssl-advisories.tsv as of the build. */
int advisories_builtin(struct advisories *list, cssl_error *err) CHECK;
/* advisories_line reads one line of such a table: an advisory, a comment, or "# date: ...". */
int advisories_line(struct advisories *list, const char *line, cssl_error *err) CHECK;
/* advisories_json reads CVE records (CVE JSON 5, one or an array): what they say of the product
 * OpenSSL. A record of an identifier that is there replaces it; records of other products and
 * rejected ones are passed over. Anything malformed is CSSL_R_ADVISORY, with a sentence. */
int advisories_json(struct advisories *list, cssl_bytes text, cssl_error *err) CHECK;
/* advisories_put adds one, or replaces the one with its identifier. */
int advisories_put(struct advisories *list, const struct advisory *advisory, cssl_error *err) CHECK;
void advisories_free(struct advisories *list);

/* advisory_touches says whether version is in one of the ranges; that one in *range if not NULL. */
bool advisory_touches(const struct advisory *advisory, const char *version,
                      const struct version_range **range);

const char *severity_name(enum severity severity); /* "High" */
enum severity severity_parse(const char *text);    /* whatever its case; UNKNOWN for other words */

/* version_valid: a digit first, then digits, letters, dots, hyphens and pluses. */
bool version_valid(const char *version);
/* version_compare orders versions as OpenSSL numbers them: 1.0.2z < 1.0.2za, 3.0.0-alpha1 <
 * 3.0.0-beta1 < 3.0.0 < 3.0.1 < 3.0.10; what stands behind a + (or -fips, -dev) does not count
 * but that -dev comes before the release. Negative, 0, positive. */
int version_compare(const char *a, const char *b);

#endif
