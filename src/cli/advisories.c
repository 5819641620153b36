/* advisories.c - `cssl advisories`: the libraries in use against what was published about them. */
#include "cli/advisory.h"
#include "cli/cli.h"
#include "cli/package.h"

#include "base/mem.h"
#include "crypto/info.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { OPT_FILE = OPT_OWN_FIRST, OPT_FOR, OPT_SEVERITY };
enum { FILES_MAX = 16 };

struct args {
    const char *files[FILES_MAX];
    size_t num_files;
    const char *version; /* --for */
    enum severity least;
    bool json;
};

/* One library, with what touches it. */
struct report {
    const char *name;
    char version[ADVISORY_VERSION_MAX];
    bool known; /* the table is about it */
    struct package package;
    const struct advisory **hits;
    size_t num_hits;
};

static int load(struct advisories *list, const struct args *args, cssl_error *err);
static void judge(struct report *report, const struct advisories *list, enum severity least);
static void print_report(const struct report *report, const struct args *args);
static json_t *report_json(const struct report *report);

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *a = state->input;
    switch (key) {
    case OPT_FILE:
        if (a->num_files == FILES_MAX) {
            argp_error(state, "--file is given at most %d times: name a folder", FILES_MAX);
        } else {
            a->files[a->num_files++] = arg;
        }
        return 0;
    case OPT_FOR:
        if (!version_valid(arg)) {
            argp_error(state, "--for takes a version, such as 3.0.19, not '%.40s'", arg);
        }
        a->version = arg;
        return 0;
    case OPT_SEVERITY:
        a->least = severity_parse(arg);
        if (a->least == SEVERITY_UNKNOWN) {
            argp_error(state, "--severity is low, moderate, high or critical, not '%.40s'", arg);
        }
        return 0;
    case OPT_JSON: a->json = true; return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "there is nothing to do with '%.40s': records are named by --file", arg);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int run(const struct args *args, const struct advisories *list);

int cmd_advisories(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "file", OPT_FILE, "FILE|DIR", 0,
          "read newer records too, as OpenSSL publishes them (CVE JSON 5): a file, or a folder of "
          "files CVE-....json",
          0 },
        { "for", OPT_FOR, "VERSION", 0,
          "ask about this version of OpenSSL, not the libraries in use", 0 },
        { "severity", OPT_SEVERITY, "LEVEL", 0,
          "count only what is at least low, moderate, high or critical; unrated ones always count",
          0 },
        OPT_ROW_JSON,
        { NULL, 0, NULL, 0, NULL, 0 },
    };
    static const char doc[] =
        "Shows which cryptographic libraries are in use, and which published advisories touch "
        "them.\v"
        "Exit code 0: none does; 1: at least one does.\n\n"
        "The answer goes by the version that the library's own project gave it. A distribution "
        "may have put a fix into its package without changing that version: its package's "
        "version is shown too, and its security tracker knows.\n\n"
        "Newer records: git clone https://github.com/openssl/release-metadata, then "
        "--file release-metadata/secjson";
    static const struct argp argp = { options, parse, NULL, doc, NULL, NULL, NULL };
    struct args args = { .least = SEVERITY_UNKNOWN };
    cli_parse(&argp, argc, argv, &args);
    struct advisories list = { 0 };
    cssl_error err;
    int code = load(&list, &args, &err) < 0 ? cli_fail("%s", err.text) : run(&args, &list);
    advisories_free(&list);
    return code;
}

/* ---- What is known ---- */

static int load_file(struct advisories *list, const char *path, cssl_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    cssl_error why;
    int status = cli_read(path, ADVISORY_FILE_MAX, &data, &len, err);
    if (status < 0) {
        return status;
    }
    status = advisories_json(list, bytes_of(data, len), &why);
    mem_free_wiped(data, len);
    if (status < 0) {
        /* the sentence begins anew, with the file's name */
        size_t prefix = why.reason == CSSL_R_ADVISORY ? strlen(reason_text(CSSL_R_ADVISORY)) : 0;
        const char *text = why.text + prefix + strspn(why.text + prefix, ": ");
        return fail_text(err, CSSL_R_ADVISORY, "%s: %s", path, text);
    }
    return 0;
}

static int load_folder(struct advisories *list, const char *path, cssl_error *err)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return fail_system(err, errno, "%s cannot be read", path);
    }
    int status = 0;
    size_t num = 0;
    struct dirent *entry = NULL;
    while (status == 0 && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len > 9 && strncmp(entry->d_name, "CVE-", 4) == 0 &&
            strcmp(entry->d_name + len - 5, ".json") == 0) {
            char *file = cli_path(path, entry->d_name);
            status = load_file(list, file, err);
            free(file);
            num++;
        }
    }
    (void)closedir(dir);
    if (status == 0 && num == 0) {
        return fail_text(err, CSSL_R_ADVISORY, "there is no file CVE-....json in %s", path);
    }
    return status;
}

static int by_date(const void *a, const void *b)
{
    const struct advisory *x = a;
    const struct advisory *y = b;
    if (x->severity != y->severity) {
        return x->severity > y->severity ? -1 : 1;
    }
    int date = strcmp(y->date, x->date);
    return date != 0 ? date : strcmp(x->id, y->id);
}

static int load(struct advisories *list, const struct args *args, cssl_error *err)
{
    int status = advisories_builtin(list, err);
    for (size_t i = 0; status == 0 && i < args->num_files; i++) {
        struct stat st;
        bool folder = stat(args->files[i], &st) == 0 && S_ISDIR(st.st_mode);
        status =
            folder ? load_folder(list, args->files[i], err) : load_file(list, args->files[i], err);
    }
    if (status == 0) {
        qsort(list->items, list->num, sizeof(*list->items), by_date); /* the worst first */
    }
    return status;
}

/* ---- What is here ---- */

static void judge(struct report *report, const struct advisories *list, enum severity least)
{
    report->hits = cli_memory(mem_new_array(list->num, sizeof(struct advisory *)));
    for (size_t i = 0; report->known && i < list->num; i++) {
        bool counts = list->items[i].severity >= least ||
                      list->items[i].severity == SEVERITY_UNKNOWN; /* it may be the worst */
        if (counts && advisory_touches(&list->items[i], report->version, NULL)) {
            report->hits[report->num_hits++] = &list->items[i];
        }
    }
}

/* The table is about OpenSSL alone. Its version is "OpenSSL 3.0.19 27 Jan 2026" in its own words:
 * the second of them, or nothing when it is not a version (another project's libcrypto). */
static bool openssl_version(char out[ADVISORY_VERSION_MAX], const struct crypto_library *library)
{
    const char *p = strstr(library->version, "OpenSSL ");
    out[0] = '\0';
    if (strcmp(library->name, "OpenSSL") != 0 || p == NULL) {
        return false;
    }
    p += strlen("OpenSSL ");
    size_t len = strcspn(p, " ");
    if (len >= ADVISORY_VERSION_MAX) {
        return false;
    }
    memcpy(out, p, len);
    out[len] = '\0';
    return version_valid(out);
}

static size_t collect(struct report reports[CRYPTO_LIBRARIES_MAX], const struct args *args)
{
    if (args->version != NULL) {
        reports[0] = (struct report){ .name = "OpenSSL", .known = true };
        (void)snprintf(reports[0].version, sizeof(reports[0].version), "%s", args->version);
        return 1;
    }
    struct crypto_library libraries[CRYPTO_LIBRARIES_MAX];
    size_t num = crypto_libraries(libraries, CRYPTO_LIBRARIES_MAX);
    for (size_t i = 0; i < num; i++) {
        const struct crypto_library *library = &libraries[i];
        char file[64];
        reports[i] = (struct report){ .name = library->name };
        reports[i].known = openssl_version(reports[i].version, library);
        if (!reports[i].known) {
            (void)snprintf(reports[i].version, sizeof(reports[i].version), "%u.%u.%u",
                           library->major, library->minor, library->patch);
        }
        (void)snprintf(file, sizeof(file), "%s.so", reports[i].known ? "libcrypto" : library->name);
        package_of(&reports[i].package, file);
    }
    return num;
}

static int run(const struct args *args, const struct advisories *list)
{
    struct report reports[CRYPTO_LIBRARIES_MAX];
    size_t num = collect(reports, args);
    size_t hits = 0;
    for (size_t i = 0; i < num; i++) {
        judge(&reports[i], list, args->least);
        hits += reports[i].num_hits;
    }
    int code = CLI_OK;
    if (args->json) {
        json_t *libraries = cli_memory(json_array());
        for (size_t i = 0; i < num; i++) {
            cli_json_add(libraries, report_json(&reports[i]));
        }
        json_t *o = cli_memory(json_object());
        cli_json_set(o, "data_date", json_string(list->date));
        cli_json_set(o, "libraries", libraries);
        code = cli_json_print(o);
    } else {
        for (size_t i = 0; i < num; i++) {
            print_report(&reports[i], args);
        }
        (void)printf("%zu advisories are known, as of %s.\n", list->num, list->date);
        if (hits > 0 && args->version == NULL) {
            (void)printf("Your distribution may have fixed some in its package without changing "
                         "the version:\nsee its security tracker (Debian: "
                         "https://security-tracker.debian.org/tracker/source-package/openssl).\n");
        }
    }
    for (size_t i = 0; i < num; i++) {
        mem_free(reports[i].hits);
    }
    return code == CLI_OK && hits > 0 ? CLI_NO : code;
}

/* ---- For people, for scripts ---- */

static enum style severity_style(enum severity severity)
{
    return severity >= SEVERITY_HIGH       ? STYLE_BAD
           : severity == SEVERITY_MODERATE ? STYLE_WARN
                                           : STYLE_PLAIN;
}

static const char *first_fixed(const struct advisory *advisory, const char *version)
{
    const struct version_range *range = NULL;
    if (!advisory_touches(advisory, version, &range) || range->inclusive ||
        range->before[0] == '\0') {
        return "";
    }
    return range->before;
}

static void print_report(const struct report *report, const struct args *args)
{
    size_t count[SEVERITY_NUM] = { 0 };
    term_print(stdout, STYLE_BOLD, "%s %s", report->name, report->version);
    if (report->package.version[0] != '\0') {
        (void)printf(", package %s %s", report->package.name, report->package.version);
    }
    (void)putchar('\n');
    for (size_t i = 0; i < report->num_hits; i++) {
        const struct advisory *a = report->hits[i];
        const char *fixed = first_fixed(a, report->version);
        count[a->severity]++;
        (void)fputs("  ", stdout);
        term_print(stdout, severity_style(a->severity), "%-9s", severity_name(a->severity));
        (void)printf(" %-15s %s  %s%s%s%s\n", a->id, a->date,
                     fixed[0] == '\0' ? "not fixed" : "fixed in ", fixed,
                     a->cwe[0] == '\0' ? "" : "  ", a->cwe);
    }
    if (!report->known) {
        (void)printf("  no advisories are known of it here: see its own project\n");
    } else if (report->num_hits == 0) {
        term_print(stdout, STYLE_GOOD, "  no known advisory%s touches it\n",
                   args->least > SEVERITY_LOW ? " of that severity" : "");
    } else {
        (void)printf("  %zu touch it:", report->num_hits);
        for (int s = SEVERITY_CRITICAL; s >= SEVERITY_UNKNOWN; s--) {
            if (count[s] > 0) {
                (void)printf(" %zu %s", count[s], severity_name((enum severity)s));
            }
        }
        (void)putchar('\n');
    }
}

static json_t *text_or_null(const char *text)
{
    return cli_memory(text[0] == '\0' ? json_null() : cli_json_text(bytes_str(text)));
}

static json_t *report_json(const struct report *report)
{
    json_t *hits = cli_memory(json_array());
    for (size_t i = 0; i < report->num_hits; i++) {
        const struct advisory *a = report->hits[i];
        json_t *hit = cli_memory(json_object());
        cli_json_set(hit, "id", text_or_null(a->id));
        cli_json_set(hit, "severity", text_or_null(severity_name(a->severity)));
        cli_json_set(hit, "date", text_or_null(a->date));
        cli_json_set(hit, "first_fixed", text_or_null(first_fixed(a, report->version)));
        cli_json_set(hit, "cwe", text_or_null(a->cwe));
        cli_json_set(hit, "title", text_or_null(a->title));
        cli_json_add(hits, hit);
    }
    json_t *o = cli_memory(json_object());
    cli_json_set(o, "name", text_or_null(report->name));
    cli_json_set(o, "version", text_or_null(report->version));
    cli_json_set(o, "file", text_or_null(report->package.file));
    cli_json_set(o, "package", text_or_null(report->package.name));
    cli_json_set(o, "package_version", text_or_null(report->package.version));
    cli_json_set(o, "known", json_boolean(report->known));
    cli_json_set(o, "advisories", hits);
    return o;
}

/* ---- For serve and connect ---- */

void advisories_warn_once(FILE *f)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    struct advisories list = { 0 };
    struct crypto_library libraries[CRYPTO_LIBRARIES_MAX];
    if (atomic_flag_test_and_set(&said) || advisories_builtin(&list, NULL) < 0) {
        advisories_free(&list);
        return;
    }
    size_t num = crypto_libraries(libraries, CRYPTO_LIBRARIES_MAX);
    for (size_t i = 0; i < num; i++) {
        char version[ADVISORY_VERSION_MAX];
        bool known = openssl_version(version, &libraries[i]);
        for (size_t j = 0; known && j < list.num; j++) {
            const struct advisory *a = &list.items[j];
            if (a->severity < SEVERITY_HIGH || !advisory_touches(a, version, NULL)) {
                continue;
            }
            term_print(f, STYLE_WARN, "%s: warning:", program_invocation_short_name);
            (void)fprintf(f,
                          " OpenSSL %s is touched by %s (%s, fixed in %s), unless your "
                          "distribution mended it: see `cssl advisories'\n",
                          version, a->id, severity_name(a->severity), first_fixed(a, version));
            advisories_free(&list);
            return;
        }
    }
    advisories_free(&list);
}
