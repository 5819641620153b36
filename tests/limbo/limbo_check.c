/*
 * limbo_check.c - compares cssl's verdict with the cases of x509-limbo files.
 *
 *     limbo_check [--defended LIST] [--verbose] FILE...
 *
 * Each disagreement is listed with what was expected and why cssl decided otherwise. Those that the
 * list of defended ones names (docs/internals/limbo.md says why) do not count. Exit code 0: no
 * other disagreement, 1: some, 2: a file cannot be read.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "limbo.h"

struct defended {
    char pattern[160];
    const char *expected;
    unsigned hits;
};

enum { DEFENDED_MAX = 256, EXIT_DISAGREE = 1, EXIT_TROUBLE = 2 };

struct totals {
    unsigned cases, agreed, skipped, accepted_wrongly, refused_wrongly, defended;
};

struct check {
    struct defended list[DEFENDED_MAX];
    size_t num;
    bool verbose;
    int64_t now;
    struct totals totals;
};

static bool read_defended(struct check *check, const char *path);
static bool check_file(struct check *check, const char *path);
static void check_case(struct check *check, const json_t *test_case);
static bool is_defended(struct check *check, const char *id, const char *expected);
static int report(const struct check *check);

int main(int argc, char **argv)
{
    static struct check check;
    char list[4096];
    /* The list stands beside this file; --defended names another one. */
    (void)snprintf(list, sizeof(list), "%s", __FILE__);
    char *slash = strrchr(list, '/');
    (void)snprintf(slash == NULL ? list : slash + 1, 16, "defended.txt");
    check.now = (int64_t)time(NULL);
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--defended") == 0 && at + 1 < argc) {
            (void)snprintf(list, sizeof(list), "%s", argv[++at]);
        } else if (strcmp(argv[at], "--verbose") == 0) {
            check.verbose = true;
        } else {
            at = argc;
            break;
        }
    }
    if (at >= argc) {
        fprintf(stderr, "usage: %s [--defended LIST] [--verbose] FILE...\n", argv[0]);
        return EXIT_TROUBLE;
    }
    if (!read_defended(&check, list)) {
        return EXIT_TROUBLE;
    }
    for (; at < argc; at++) {
        if (!check_file(&check, argv[at])) {
            return EXIT_TROUBLE;
        }
    }
    return report(&check);
}

/* Lines are "EXPECTED pattern  # reason"; the pattern is a shell's. */
static bool read_defended(struct check *check, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];
    if (file == NULL) {
        perror(path);
        return false;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        struct defended *d = &check->list[check->num];
        char expected[16];
        line[strcspn(line, "#\n")] = '\0';
        if (sscanf(line, "%15s %159s", expected, d->pattern) != 2) {
            continue;
        }
        if (check->num == DEFENDED_MAX - 1) {
            fprintf(stderr, "%s: too long\n", path);
            (void)fclose(file);
            return false;
        }
        d->expected = strcmp(expected, "SUCCESS") == 0 ? "SUCCESS" : "FAILURE";
        check->num++;
    }
    (void)fclose(file);
    return true;
}

static bool check_file(struct check *check, const char *path)
{
    json_t *root = limbo_read(path);
    if (root == NULL) {
        return false;
    }
    size_t i;
    json_t *test_case;
    const json_t *cases = json_object_get(root, "testcases");
    bool good = json_array_size(cases) > 0;
    if (!good) {
        fprintf(stderr, "%s: there are no test cases in it\n", path);
    }
    json_array_foreach(cases, i, test_case) {
        check_case(check, test_case);
    }
    json_decref(root);
    return good;
}

static void check_case(struct check *check, const json_t *test_case)
{
    const char *id = json_string_value(json_object_get(test_case, "id"));
    const char *expected = json_string_value(json_object_get(test_case, "expected_result"));
    struct limbo_result result;
    limbo_run(test_case, check->now, &result);
    check->totals.cases++;
    if (result.outcome == LIMBO_SKIPPED) {
        check->totals.skipped++;
        printf("skipped   %s: %s\n", id, result.reason);
        return;
    }
    const char *got = result.outcome == LIMBO_SUCCESS ? "SUCCESS" : "FAILURE";
    if (strcmp(expected, got) == 0) {
        check->totals.agreed++;
        if (check->verbose) {
            printf("agreed    %s: %s %s\n", id, got, result.reason);
        }
        return;
    }
    bool defended = is_defended(check, id, expected);
    if (defended) {
        check->totals.defended++;
    } else if (result.outcome == LIMBO_SUCCESS) {
        check->totals.accepted_wrongly++;
    } else {
        check->totals.refused_wrongly++;
    }
    printf("%s %s: expected %s, got %s%s%s\n", defended ? "defended " : "DISAGREES", id, expected,
           got, result.reason[0] == '\0' ? "" : ": ", result.reason);
}

static bool is_defended(struct check *check, const char *id, const char *expected)
{
    for (size_t i = 0; i < check->num; i++) {
        struct defended *d = &check->list[i];
        if (strcmp(d->expected, expected) == 0 && fnmatch(d->pattern, id, 0) == 0) {
            d->hits++;
            return true;
        }
    }
    return false;
}

static int report(const struct check *check)
{
    const struct totals *t = &check->totals;
    unsigned wrong = t->accepted_wrongly + t->refused_wrongly;
    printf("%u cases: %u agreed, %u disagreed (%u accepted, %u refused), %u defended, "
           "%u skipped\n", t->cases, t->agreed, wrong, t->accepted_wrongly, t->refused_wrongly,
           t->defended, t->skipped);
    return wrong == 0 ? EXIT_SUCCESS : EXIT_DISAGREE;
}
