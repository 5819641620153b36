/* advisory_json.c - CVE records as OpenSSL's project publishes them (CVE JSON 5). */
#include "cli/advisory.h"

#include <jansson.h>
#include <stdio.h>
#include <strings.h>

static int read_record(struct advisories *list, const json_t *record, cssl_error *err);
static int read_affected(struct advisory *a, const json_t *cna, cssl_error *err);
static int read_version(struct advisory *a, const json_t *version, cssl_error *err);
static enum severity read_severity(const json_t *cna);
static void read_cwe(struct advisory *a, const json_t *cna);

int advisories_json(struct advisories *list, cssl_bytes text, cssl_error *err)
{
    json_error_t why;
    if (text.len > ADVISORY_FILE_MAX) {
        return fail_text(err, CSSL_R_ADVISORY, "it has more than %d bytes", ADVISORY_FILE_MAX);
    }
    json_t *root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL) {
        return fail_text(err, CSSL_R_ADVISORY, "line %d: %s", why.line, why.text);
    }
    int status = 0;
    if (json_is_array(root)) {
        for (size_t i = 0; status == 0 && i < json_array_size(root); i++) {
            status = read_record(list, json_array_get(root, i), err);
        }
    } else {
        status = read_record(list, root, err);
    }
    json_decref(root);
    return status;
}

/* A text member, copied when it is there and short enough; false when it is not a text at all. */
static bool copy_text(char *out, size_t size, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL || strlen(text) >= size) {
        return false;
    }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool valid_id(const char *id)
{
    return strlen(id) > 4 && strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(id);
}

static bool valid_date(const char *date)
{
    for (size_t i = 0; i < 10; i++) {
        bool dash = i == 4 || i == 7;
        if (dash ? date[i] != '-' : date[i] < '0' || date[i] > '9') {
            return false;
        }
    }
    return true;
}

static int read_record(struct advisories *list, const json_t *record, cssl_error *err)
{
    struct advisory a = { .severity = SEVERITY_UNKNOWN };
    const json_t *meta = json_object_get(record, "cveMetadata");
    const json_t *cna = json_object_get(json_object_get(record, "containers"), "cna");
    const char *type = json_string_value(json_object_get(record, "dataType"));
    if (type == NULL || strcmp(type, "CVE_RECORD") != 0 || !json_is_object(cna)) {
        return fail_text(err, CSSL_R_ADVISORY,
                         "it has no dataType CVE_RECORD, or no containers.cna: is it CVE JSON 5?");
    }
    if (!copy_text(a.id, sizeof(a.id), meta, "cveId") || !valid_id(a.id)) {
        return fail_text(err, CSSL_R_ADVISORY, "cveMetadata.cveId is not an identifier");
    }
    const char *state = json_string_value(json_object_get(meta, "state"));
    if (state != NULL && strcmp(state, "REJECTED") == 0) {
        return 0;
    }
    const char *date = json_string_value(json_object_get(cna, "datePublic"));
    if (date == NULL) {
        date = json_string_value(json_object_get(meta, "datePublished"));
    }
    if (date != NULL && strlen(date) >= 10) {
        if (!valid_date(date)) {
            return fail_text(err, CSSL_R_ADVISORY, "%s has a date that is none", a.id);
        }
        (void)snprintf(a.date, sizeof(a.date), "%.10s", date);
    }
    const char *title = json_string_value(json_object_get(cna, "title"));
    if (title != NULL) {
        text_printable(a.title, sizeof(a.title), title, strlen(title));
    }
    a.severity = read_severity(cna);
    read_cwe(&a, cna);
    int status = read_affected(&a, cna, err);
    if (status < 0 || a.num_ranges == 0) {
        return status; /* another product's, or one that is not affected */
    }
    return advisories_put(list, &a, err);
}

static int read_affected(struct advisory *a, const json_t *cna, cssl_error *err)
{
    const json_t *affected = json_object_get(cna, "affected");
    if (!json_is_array(affected)) {
        return fail_text(err, CSSL_R_ADVISORY, "%s has no list of what is affected", a->id);
    }
    int status = 0;
    for (size_t i = 0; status == 0 && i < json_array_size(affected); i++) {
        const json_t *product = json_array_get(affected, i);
        const char *name = json_string_value(json_object_get(product, "product"));
        const char *usual = json_string_value(json_object_get(product, "defaultStatus"));
        const json_t *versions = json_object_get(product, "versions");
        if (name == NULL || strcasecmp(name, "openssl") != 0) {
            continue;
        }
        if (usual != NULL && strcmp(usual, "affected") == 0) {
            /* a form that OpenSSL does not use: to guess at it would make somebody feel safe */
            return fail_text(err, CSSL_R_ADVISORY,
                             "%s has defaultStatus \"affected\", which is not understood", a->id);
        }
        if (!json_is_array(versions)) {
            return fail_text(err, CSSL_R_ADVISORY, "%s has no list of versions", a->id);
        }
        for (size_t j = 0; status == 0 && j < json_array_size(versions); j++) {
            status = read_version(a, json_array_get(versions, j), err);
        }
    }
    return status;
}

static bool read_end(struct version_range *range, const json_t *version, const char *key)
{
    if (!copy_text(range->before, sizeof(range->before), version, key)) {
        return false;
    }
    if (strcmp(range->before, "*") == 0) {
        range->before[0] = '\0'; /* no end */
        return true;
    }
    return version_valid(range->before);
}

static int read_version(struct advisory *a, const json_t *version, cssl_error *err)
{
    struct version_range range = { .inclusive = false };
    const char *state = json_string_value(json_object_get(version, "status"));
    const char *type = json_string_value(json_object_get(version, "versionType"));
    if (state == NULL) {
        return fail_text(err, CSSL_R_ADVISORY, "%s has a version without a status", a->id);
    }
    /* the FIPS object module of old had numbers of its own: fips-1.1.1 */
    const char *number = json_string_value(json_object_get(version, "version"));
    bool fips_module = number != NULL && strncmp(number, "fips-", 5) == 0;
    if (strcmp(state, "affected") != 0 || fips_module ||
        (type != NULL && strcmp(type, "git") == 0)) {
        return 0;
    }
    if (a->num_ranges == ADVISORY_RANGES_MAX) {
        return fail_text(err, CSSL_R_ADVISORY, "%s has more than %d ranges", a->id,
                         ADVISORY_RANGES_MAX);
    }
    bool good =
        copy_text(range.from, sizeof(range.from), version, "version") && version_valid(range.from);
    if (json_object_get(version, "lessThan") != NULL) {
        good = good && read_end(&range, version, "lessThan");
    } else if (json_object_get(version, "lessThanOrEqual") != NULL) {
        range.inclusive = true;
        good = good && read_end(&range, version, "lessThanOrEqual");
    } else {
        range.inclusive = true; /* itself alone */
        memcpy(range.before, range.from, sizeof(range.before));
    }
    if (!good) {
        return fail_text(err, CSSL_R_ADVISORY, "%s has a version that is none", a->id);
    }
    a->ranges[a->num_ranges++] = range;
    return 0;
}

/* OpenSSL's own rating, a word; else CVSS's, which is coarser but better than none. */
static enum severity read_severity(const json_t *cna)
{
    static const char *const cvss[] = { "cvssV4_0", "cvssV3_1", "cvssV3_0" };
    const json_t *metrics = json_object_get(cna, "metrics");
    enum severity best = SEVERITY_UNKNOWN;
    for (size_t i = 0; i < json_array_size(metrics); i++) {
        const json_t *metric = json_array_get(metrics, i);
        const json_t *content = json_object_get(json_object_get(metric, "other"), "content");
        const char *text = json_string_value(json_object_get(content, "text"));
        if (text != NULL && severity_parse(text) != SEVERITY_UNKNOWN) {
            return severity_parse(text);
        }
        for (size_t j = 0; j < ARRAY_LEN(cvss); j++) {
            const json_t *score = json_object_get(metric, cvss[j]);
            text = json_string_value(json_object_get(score, "baseSeverity"));
            if (text != NULL && severity_parse(text) > best) {
                best = severity_parse(text);
            }
        }
    }
    return best;
}

static void read_cwe(struct advisory *a, const json_t *cna)
{
    const json_t *types = json_object_get(cna, "problemTypes");
    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *texts = json_object_get(json_array_get(types, i), "descriptions");
        for (size_t j = 0; j < json_array_size(texts); j++) {
            char cwe[sizeof(a->cwe)];
            bool there = copy_text(cwe, sizeof(cwe), json_array_get(texts, j), "cweId");
            if (there && strncmp(cwe, "CWE-", 4) == 0 && strlen(cwe) > 4 &&
                strspn(cwe + 4, "0123456789") == strlen(cwe + 4)) {
                memcpy(a->cwe, cwe, sizeof(cwe));
                return;
            }
        }
    }
}
