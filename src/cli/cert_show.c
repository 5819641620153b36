/* cert_show.c - `cssl cert show`: certificates, requests and keys for people, or as JSON. */
#include "cli/cert_facts.h"

#include "base/mem.h"
#include "base/names.h"
#include "pki/cert_fields.h"
#include "pki/dname.h"
#include "pki/issue.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { SOURCES_MAX = 64 };

struct show_args {
    const char *sources[SOURCES_MAX];
    size_t num_sources;
    const char *name;
    bool json;
};

/* All of them are loaded before the first is shown: a key may belong to a later one. */
struct show {
    struct cert_items sources[SOURCES_MAX];
    size_t num;
};

static int show_items(const struct show *show, size_t nth, const char *source, json_t *all);
static void print_item(const struct cert_item *item, const struct show *show);
static json_t *item_json(const struct cert_item *item, const struct show *show);

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct show_args *a = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (a->num_sources == SOURCES_MAX) {
            argp_error(state, "at most %d at once", SOURCES_MAX);
        } else {
            a->sources[a->num_sources++] = arg;
        }
        return 0;
    case OPT_NAME: a->name = arg; return 0;
    case OPT_JSON: a->json = true; return 0;
    case ARGP_KEY_END:
        if (a->num_sources == 0 && isatty(STDIN_FILENO)) {
            argp_error(state, "name a file, HOST:PORT, or `-' for stdin");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int cert_show(int argc, char **argv)
{
    static const struct argp_option options[] = {
        OPT_ROW_NAME("the name to ask a server for (HOST)"),
        OPT_ROW_JSON,
        { NULL, 0, NULL, 0, NULL, 0 },
    };
    static const char doc[] =
        "Shows what certificates say.\v"
        "Shows every certificate of a file (PEM, or one in DER), of stdin (-, or no argument), "
        "or those that a server at HOST:PORT sends. Requests and private keys in PEM are told "
        "apart "
        "too; nothing secret is shown.\n\n"
        "What a server sends is shown without being verified: `cssl cert verify' and `cssl "
        "connect' say whether it is to be trusted.";
    static const struct argp argp = { options, parse, "[FILE | HOST:PORT | -]...", doc, NULL,
                                      NULL,    NULL };
    struct show_args args = { .json = false };
    cli_parse(&argp, argc, argv, &args);
    if (args.num_sources == 0) {
        args.sources[args.num_sources++] = "-";
    }
    struct show show = { .num = 0 };
    int code = CLI_OK;
    for (size_t i = 0; i < args.num_sources; i++) {
        cssl_error err;
        if (cert_items_load(&show.sources[show.num++], args.sources[i], args.name, false, &err) <
            0) {
            code = cli_fail("%s", err.text);
        }
    }
    json_t *all = args.json ? cli_memory(json_array()) : NULL;
    for (size_t i = 0; i < show.num; i++) {
        int one = show_items(&show, i, args.sources[i], all);
        code = code == CLI_OK ? one : code;
    }
    if (args.json) {
        int printed = cli_json_print(all);
        code = code == CLI_OK ? printed : code;
    }
    for (size_t i = 0; i < show.num; i++) {
        cert_items_free(&show.sources[i]);
    }
    return code;
}

static int show_items(const struct show *show, size_t nth, const char *source, json_t *all)
{
    const struct cert_items *items = &show->sources[nth];
    int code = CLI_OK;
    if (all == NULL && items->host[0] != '\0') {
        term_print(stdout, STYLE_DIM, "What %s sent (not verified):\n", source);
    }
    for (size_t i = 0; i < items->num; i++) {
        const struct cert_item *item = &items->items[i];
        if (all != NULL) {
            json_t *one = item_json(item, show);
            cli_json_set(one, "source", cli_json_text(bytes_str(source)));
            cli_json_add(all, one);
        } else {
            if (nth > 0 || i > 0) {
                (void)putchar('\n');
            }
            print_item(item, show);
        }
        if (item->cert == NULL && item->why.status < 0) {
            code = CLI_NO; /* a certificate that does not parse */
        }
    }
    return code;
}

/* ---- For people ---- */

static void row(const char *label, const char *format, ...) PRINTF_LIKE(2, 3);
static void row(const char *label, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("  ", stdout);
    term_print(stdout, STYLE_DIM, "%-13s", label);
    (void)putchar(' ');
    (void)vprintf(format, args);
    (void)putchar('\n');
    va_end(args);
}

/* A list behind its label, broken where the terminal ends. */
static void row_list(const char *label, struct texts *list, const char *between)
{
    enum { INDENT = 16 };
    unsigned width = term_width(stdout);
    size_t column = INDENT;
    if (list->num > 0) {
        (void)fputs("  ", stdout);
        term_print(stdout, STYLE_DIM, "%-13s", label);
        (void)putchar(' ');
    }
    for (size_t i = 0; i < list->num; i++) {
        const char *comma = i + 1 < list->num ? between : "";
        size_t len = strlen(list->items[i]) + strlen(comma);
        if (i > 0 && column + 1 + len > width) {
            (void)printf("\n%*s", INDENT, "");
            column = INDENT;
        } else if (i > 0) {
            (void)putchar(' ');
            column++;
        }
        (void)printf("%s%s", list->items[i], comma);
        column += len;
    }
    if (list->num > 0) {
        (void)putchar('\n');
    }
    texts_free(list);
}

static const char *signature_text(const struct cert *cert)
{
    const char *name = name_of_scheme(cert->sig.scheme);
    return name == NULL ? "an algorithm that is not known" : name;
}

static void print_authority(const struct cert *cert)
{
    struct texts list = { 0 };
    if (cert->is_ca && cert->path_len >= 0) {
        row("authority", "yes, with at most %d below it", cert->path_len);
    } else if (cert->is_ca) {
        row("authority", "yes");
    }
    facts_constraints(&list, cert);
    row_list("constraints", &list, ",");
}

static void print_ids(const struct cert *cert)
{
    uint8_t digest[HASH_MAX];
    char *text = cli_hex(cert->serial, ":");
    row("serial", "%s", text);
    free(text);
    if (cert->key_id.len > 0) {
        text = cli_hex(cert->key_id, ":");
        row("key id", "%s", text);
        free(text);
    }
    if (cert->authority_key_id.len > 0) {
        text = cli_hex(cert->authority_key_id, ":");
        row("issuer's id", "%s", text);
        free(text);
    }
    hash_once(HASH_SHA256, cert->der.data, cert->der.len, digest);
    text = cli_hex(bytes_of(digest, hash_len(HASH_SHA256)), ":");
    row("SHA-256", "%s", text);
    free(text);
}

static void print_warnings(const struct cert *cert, int64_t now)
{
    struct texts list = { 0 };
    facts_warnings(&list, cert, now);
    for (size_t i = 0; i < list.num; i++) {
        (void)fputs("  ", stdout);
        term_print(stdout, STYLE_WARN, "%-13s", "warning");
        (void)printf(" %s\n", list.items[i]);
    }
    texts_free(&list);
}

static void print_cert(const struct cert *cert)
{
    int64_t now = (int64_t)time(NULL);
    struct texts list = { 0 };
    char dname[DNAME_TEXT_MAX];
    char from[CLI_TIME_MAX];
    char to[CLI_TIME_MAX];
    char left[FACTS_VALIDITY_MAX];
    char key[CERT_KEY_TEXT_MAX];
    facts_names(&list, cert);
    row_list("for", &list, ",");
    row("subject", "%s", dname_text(dname, cert->subject));
    row("issuer", "%s",
        cert->self_issued ? "itself (self-signed)" : dname_text(dname, cert->issuer));
    cli_time(from, cert->not_before);
    cli_time(to, cert->not_after);
    row("valid", "%s to %s (%s)", from, to, facts_validity(left, cert, now));
    row("key", "%s", cert_key_text(key, cert->key.type, cert->key.bits));
    row("signature", "%s", signature_text(cert));
    facts_uses(&list, cert);
    row_list("use", &list, ",");
    print_authority(cert);
    print_ids(cert);
    facts_extensions(&list, cert);
    row_list("extensions", &list, "");
    print_warnings(cert, now);
}

static void print_request(const struct cert_item *item)
{
    struct request r;
    cssl_error err;
    char text[DNAME_TEXT_MAX];
    term_print(stdout, STYLE_BOLD, "Request for a certificate\n");
    if (request_parse(&r, bytes_of(item->block.der, item->block.len), &err) < 0) {
        row("refused", "%s", err.text);
        return;
    }
    struct texts list = { 0 };
    facts_general_names(&list, r.alt_names);
    row_list("asks for", &list, ",");
    row("subject", "%s", dname_text(text, r.subject));
    row("key", "%s", cert_key_text(text, r.key.type, r.key.bits));
    row("signature", "%s, and it fits", name_of_scheme(r.scheme));
}

/* Whose key it is, of the certificates beside it. */
static const struct cert *owner(const struct pkey *key, const struct show *show)
{
    for (size_t i = 0; i < show->num; i++) {
        for (size_t j = 0; j < show->sources[i].num; j++) {
            const struct cert *cert = show->sources[i].items[j].cert;
            if (cert != NULL && bytes_equal(cert_spki(cert), pkey_spki(key))) {
                return cert;
            }
        }
    }
    return NULL;
}

static void print_key(const struct cert_item *item, const struct show *show)
{
    const struct pem_block *block = &item->block;
    char text[CERT_KEY_TEXT_MAX];
    if (strcmp(block->label, "ENCRYPTED PRIVATE KEY") == 0) {
        term_print(stdout, STYLE_BOLD, "Private key\n");
        row("key", "encrypted under a password");
        return;
    }
    cssl_error err;
    struct pkey *key = pkey_from_der(bytes_of(block->der, block->len), NULL, &err);
    term_print(stdout, STYLE_BOLD, "Private key\n");
    if (key == NULL) {
        row("refused", "%s", err.text);
        return;
    }
    row("key", "%s", cert_key_text(text, pkey_type(key), pkey_bits(key)));
    const struct cert *cert = owner(key, show);
    if (cert != NULL) {
        char *title = facts_title(cert);
        row("belongs to", "%s", title);
        free(title);
    }
    pkey_free(key);
}

static void print_item(const struct cert_item *item, const struct show *show)
{
    if (item->cert != NULL) {
        char *title = facts_title(item->cert);
        term_print(stdout, STYLE_BOLD, "%s\n", title);
        free(title);
        print_cert(item->cert);
    } else if (item->why.status < 0) {
        term_print(stdout, STYLE_BOLD, "Certificate\n");
        row("refused", "%s", item->why.text);
    } else if (strstr(item->block.label, "CERTIFICATE REQUEST") != NULL) {
        print_request(item);
    } else if (strstr(item->block.label, "PRIVATE KEY") != NULL) {
        print_key(item, show);
    } else {
        char *label = cli_text(bytes_str(item->block.label), false);
        term_print(stdout, STYLE_BOLD, "%s\n", label);
        row("size", "%zu bytes", item->block.len);
        free(label);
    }
}

/* ---- JSON ---- */

static json_t *list_json(struct texts *list)
{
    json_t *array = cli_memory(json_array());
    for (size_t i = 0; i < list->num; i++) {
        cli_json_add(array, cli_json_text(bytes_str(list->items[i])));
    }
    texts_free(list);
    return array;
}

static json_t *key_json(enum key_type type, unsigned bits)
{
    char text[CERT_KEY_TEXT_MAX];
    json_t *o = cli_memory(json_object());
    cli_json_set(o, "type", json_string(cert_key_text(text, type, bits)));
    cli_json_set(o, "bits", json_integer((json_int_t)bits));
    return o;
}

static json_t *cert_json(const struct cert *cert)
{
    struct texts list = { 0 };
    char dname[DNAME_TEXT_MAX];
    uint8_t digest[HASH_MAX];
    json_t *o = cli_memory(json_object());
    const char *scheme = name_of_scheme(cert->sig.scheme);
    cli_json_set(o, "kind", json_string("certificate"));
    facts_names(&list, cert);
    cli_json_set(o, "names", list_json(&list));
    cli_json_set(o, "subject", cli_json_text(bytes_str(dname_text(dname, cert->subject))));
    cli_json_set(o, "issuer", cli_json_text(bytes_str(dname_text(dname, cert->issuer))));
    cli_json_set(o, "not_before", cli_json_time(cert->not_before));
    cli_json_set(o, "not_after", cli_json_time(cert->not_after));
    cli_json_set(o, "key", key_json(cert->key.type, cert->key.bits));
    cli_json_set(o, "signature", scheme == NULL ? json_null() : json_string(scheme));
    facts_uses(&list, cert);
    cli_json_set(o, "uses", list_json(&list));
    cli_json_set(o, "ca", json_boolean(cert->is_ca));
    cli_json_set(o, "path_len", cert->path_len < 0 ? json_null() : json_integer(cert->path_len));
    facts_constraints(&list, cert);
    cli_json_set(o, "constraints", list_json(&list));
    cli_json_set(o, "version", json_integer(cert->version));
    cli_json_set(o, "serial", cli_json_hex(cert->serial));
    cli_json_set(o, "key_id", cli_json_hex(cert->key_id));
    cli_json_set(o, "authority_key_id", cli_json_hex(cert->authority_key_id));
    hash_once(HASH_SHA256, cert->der.data, cert->der.len, digest);
    cli_json_set(o, "sha256", cli_json_hex(bytes_of(digest, hash_len(HASH_SHA256))));
    facts_extensions(&list, cert);
    cli_json_set(o, "extensions", list_json(&list));
    facts_warnings(&list, cert, (int64_t)time(NULL));
    cli_json_set(o, "warnings", list_json(&list));
    return o;
}

static json_t *request_json(const struct cert_item *item)
{
    struct request r;
    cssl_error err;
    char dname[DNAME_TEXT_MAX];
    struct texts list = { 0 };
    json_t *o = cli_memory(json_object());
    cli_json_set(o, "kind", json_string("request"));
    if (request_parse(&r, bytes_of(item->block.der, item->block.len), &err) < 0) {
        cli_json_set(o, "error", cli_json_text(bytes_str(err.text)));
        return o;
    }
    facts_general_names(&list, r.alt_names);
    cli_json_set(o, "names", list_json(&list));
    cli_json_set(o, "subject", cli_json_text(bytes_str(dname_text(dname, r.subject))));
    cli_json_set(o, "key", key_json(r.key.type, r.key.bits));
    cli_json_set(o, "signature", json_string(name_of_scheme(r.scheme)));
    return o;
}

static json_t *private_key_json(const struct cert_item *item, const struct show *show)
{
    const struct pem_block *block = &item->block;
    bool encrypted = strcmp(block->label, "ENCRYPTED PRIVATE KEY") == 0;
    json_t *o = cli_memory(json_object());
    cli_json_set(o, "kind", json_string("private_key"));
    cli_json_set(o, "encrypted", json_boolean(encrypted));
    if (!encrypted) {
        cssl_error err;
        struct pkey *key = pkey_from_der(bytes_of(block->der, block->len), NULL, &err);
        if (key == NULL) {
            cli_json_set(o, "error", cli_json_text(bytes_str(err.text)));
        } else {
            cli_json_set(o, "key", key_json(pkey_type(key), pkey_bits(key)));
            cli_json_set(o, "belongs_to_a_certificate_here",
                         json_boolean(owner(key, show) != NULL));
        }
        pkey_free(key);
    }
    return o;
}

static json_t *item_json(const struct cert_item *item, const struct show *show)
{
    if (item->cert != NULL) {
        return cert_json(item->cert);
    }
    if (item->why.status < 0) {
        json_t *o = cli_memory(json_object());
        cli_json_set(o, "kind", json_string("certificate"));
        cli_json_set(o, "error", cli_json_text(bytes_str(item->why.text)));
        return o;
    }
    if (strstr(item->block.label, "CERTIFICATE REQUEST") != NULL) {
        return request_json(item);
    }
    if (strstr(item->block.label, "PRIVATE KEY") != NULL) {
        return private_key_json(item, show);
    }
    json_t *o = cli_memory(json_object());
    cli_json_set(o, "kind", cli_json_text(bytes_str(item->block.label)));
    return o;
}
