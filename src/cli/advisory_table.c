/* advisory_table.c - the list of advisories: lines of the project's table, and what they touch. */
#include "cli/advisory.h"

#include "base/mem.h"

#include <stdio.h>
#include <strings.h>

/* Made from data/openssl-advisories.tsv when the program is built (cmake/Data.cmake). */
extern const char *const advisories_table[];

static int parse_ranges(struct advisory *a, const char *text, cssl_error *err);

int advisories_builtin(struct advisories *list, cssl_error *err)
{
    int status = 0;
    for (size_t i = 0; status == 0 && advisories_table[i] != NULL; i++) {
        status = advisories_line(list, advisories_table[i], err);
    }
    return status;
}

void advisories_free(struct advisories *list)
{
    mem_free(list->items);
    *list = (struct advisories){ .num = 0 };
}

int advisories_put(struct advisories *list, const struct advisory *advisory, cssl_error *err)
{
    if (strcmp(list->date, advisory->date) < 0) {
        memcpy(list->date, advisory->date, sizeof(list->date));
    }
    for (size_t i = 0; i < list->num; i++) {
        if (strcmp(list->items[i].id, advisory->id) == 0) {
            list->items[i] = *advisory;
            return 0;
        }
    }
    if (list->num == ADVISORIES_MAX) {
        return fail_text(err, CSSL_R_ADVISORY, "more than %d records", ADVISORIES_MAX);
    }
    if (list->num == list->cap) {
        size_t cap = list->cap == 0 ? 128 : 2 * list->cap;
        struct advisory *items = mem_resize(list->items, cap * sizeof(*items));
        if (items == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
        list->items = items;
        list->cap = cap;
    }
    list->items[list->num++] = *advisory;
    return 0;
}

/* ---- One line ---- */

/* The next column, copied into out: up to a tab, or for the last one to the end. False when it is
 * not there or does not fit. */
static bool take_column(const char **p, char *out, size_t size, bool last)
{
    size_t len = strcspn(*p, "\t");
    if (len >= size || (*p)[len] != (last ? '\0' : '\t')) {
        return false;
    }
    memcpy(out, *p, len);
    out[len] = '\0';
    *p += len + (last ? 0 : 1);
    return true;
}

int advisories_line(struct advisories *list, const char *line, cssl_error *err)
{
    static const char date_mark[] = "# date: ";
    if (strncmp(line, date_mark, strlen(date_mark)) == 0) {
        (void)snprintf(list->date, sizeof(list->date), "%.10s", line + strlen(date_mark));
        return 0;
    }
    if (line[0] == '#' || line[0] == '\0') {
        return 0;
    }
    struct advisory a = { .severity = SEVERITY_UNKNOWN };
    char severity[16];
    char ranges[512];
    const char *p = line;
    bool good = take_column(&p, a.id, sizeof(a.id), false) &&
                take_column(&p, a.date, sizeof(a.date), false) &&
                take_column(&p, severity, sizeof(severity), false) &&
                take_column(&p, a.cwe, sizeof(a.cwe), false) &&
                take_column(&p, ranges, sizeof(ranges), true) && a.id[0] != '\0';
    if (!good) {
        return fail_text(err, CSSL_R_ADVISORY, "'%.60s' is not a line of five columns", line);
    }
    a.severity = severity_parse(severity);
    int status = parse_ranges(&a, ranges, err);
    return status < 0 ? status : advisories_put(list, &a, err);
}

/* FROM..<BEFORE, separated by spaces; a version alone means itself. */
static int parse_ranges(struct advisory *a, const char *text, cssl_error *err)
{
    const char *p = text;
    while (*p != '\0') {
        size_t len = strcspn(p, " ");
        char word[2 * ADVISORY_VERSION_MAX + 4];
        struct version_range range = { .inclusive = false };
        if (len >= sizeof(word) || a->num_ranges == ADVISORY_RANGES_MAX) {
            return fail_text(err, CSSL_R_ADVISORY, "%s has too many or too long ranges", a->id);
        }
        memcpy(word, p, len);
        word[len] = '\0';
        char *dots = strstr(word, "..<");
        const char *before = dots == NULL ? word : dots + 3;
        if (dots != NULL) {
            *dots = '\0';
        }
        range.inclusive = dots == NULL;
        if (!version_valid(word) || !version_valid(before)) {
            return fail_text(err, CSSL_R_ADVISORY, "%s has a range that is none: '%s'", a->id,
                             word);
        }
        memcpy(range.from, word, strlen(word) + 1); /* version_valid: they fit */
        memcpy(range.before, before, strlen(before) + 1);
        a->ranges[a->num_ranges++] = range;
        p += len;
        p += strspn(p, " ");
    }
    return 0;
}

/* ---- Questions ---- */

bool advisory_touches(const struct advisory *advisory, const char *version,
                      const struct version_range **range)
{
    for (size_t i = 0; i < advisory->num_ranges; i++) {
        const struct version_range *r = &advisory->ranges[i];
        int end = r->before[0] == '\0' ? -1 : version_compare(version, r->before);
        if (version_compare(version, r->from) >= 0 && (end < 0 || (end == 0 && r->inclusive))) {
            if (range != NULL) {
                *range = r;
            }
            return true;
        }
    }
    return false;
}

static const char *const severity_names[SEVERITY_NUM] = {
    [SEVERITY_UNKNOWN] = "Unrated",   [SEVERITY_LOW] = "Low",
    [SEVERITY_MODERATE] = "Moderate", [SEVERITY_HIGH] = "High",
    [SEVERITY_CRITICAL] = "Critical",
};

const char *severity_name(enum severity severity)
{
    return severity_names[severity];
}

enum severity severity_parse(const char *text)
{
    for (int i = SEVERITY_LOW; i < SEVERITY_NUM; i++) {
        if (strcasecmp(text, severity_names[i]) == 0) {
            return (enum severity)i;
        }
    }
    return strcasecmp(text, "medium") == 0 ? SEVERITY_MODERATE : SEVERITY_UNKNOWN;
}
