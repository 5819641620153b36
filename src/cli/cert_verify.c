/* cert_verify.c - `cssl cert verify`: is it to be trusted, by whom, and if not, why? */
#include "cli/cert_facts.h"

#include "base/mem.h"
#include "pki/chain.h"
#include "pki/dname.h"

#include <stdlib.h>
#include <time.h>

enum { OPT_PURPOSE = OPT_OWN_FIRST, OPT_TIME };

struct verify_args {
    const char *source;
    const char *cacert;
    const char *name;
    enum chain_purpose purpose;
    bool has_time;
    int64_t time;
    bool json;
};

static int verify(const struct verify_args *args, const struct cert_items *items,
                  const struct store *anchors);

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct verify_args *a = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (a->source != NULL) {
            argp_error(state, "one chain at a time: the leaf first, what is above it behind it");
        }
        a->source = arg;
        return 0;
    case OPT_CACERT: a->cacert = arg; return 0;
    case OPT_NAME: a->name = arg; return 0;
    case OPT_PURPOSE:
        if (strcmp(arg, "server") != 0 && strcmp(arg, "client") != 0) {
            argp_error(state, "--purpose is server or client, not '%.40s'", arg);
        }
        a->purpose = strcmp(arg, "client") == 0 ? PURPOSE_CLIENT : PURPOSE_SERVER;
        return 0;
    case OPT_TIME:
        a->time = cert_time_parse(state, "time", arg);
        a->has_time = true;
        return 0;
    case OPT_JSON: a->json = true; return 0;
    case ARGP_KEY_END:
        if (a->source == NULL) {
            argp_error(state, "name a file, HOST:PORT, or `-' for stdin");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int cert_verify(int argc, char **argv)
{
    static const struct argp_option options[] = {
        OPT_ROW_CACERT("whom to trust (the system's authorities)"),
        OPT_ROW_NAME("the host, address or DNS name that it has to be for (HOST, for HOST:PORT)"),
        { "purpose", OPT_PURPOSE, "server|client", 0, "what it is to be used as (server)", 0 },
        { "time", OPT_TIME, "TIME", 0, "when, as 2026-03-01 or 2026-03-01T12:00:00Z (now)", 0 },
        OPT_ROW_JSON,
        { NULL, 0, NULL, 0, NULL, 0 },
    };
    static const char doc[] =
        "Says whether a certificate is to be trusted, by whom, and if not, why.\v"
        "The first certificate is the one in question; those behind it, in any order, may lead "
        "to a trusted one. The checks are those of a connection. Exit code 0: it is to be "
        "trusted; 1: it is not.";
    static const struct argp argp = {
        options, parse, "FILE | HOST:PORT | -", doc, NULL, NULL, NULL
    };
    struct verify_args args = { .purpose = PURPOSE_SERVER };
    cli_parse(&argp, argc, argv, &args);
    struct cert_items items;
    cssl_error err;
    if (cert_items_load(&items, args.source, args.name, true, &err) < 0) {
        return cli_fail("%s", err.text);
    }
    if (args.name == NULL && items.host[0] != '\0') {
        args.name = items.host;
    }
    struct store *anchors =
        args.cacert == NULL ? store_system(&err) : store_from_file(args.cacert, &err);
    int code = anchors == NULL ? cli_fail("%s", err.text) : verify(&args, &items, anchors);
    store_free(anchors);
    cert_items_free(&items);
    return code;
}

/* ---- Saying what came out ---- */

static json_t *path_json(const struct chain *chain)
{
    json_t *path = cli_memory(json_array());
    const struct cert *cert = NULL;
    for (size_t i = 0; (cert = chain_path(chain, i)) != NULL; i++) {
        char dname[DNAME_TEXT_MAX];
        cli_json_add(path, cli_json_text(bytes_str(dname_text(dname, cert_subject(cert)))));
    }
    return path;
}

static int say_json(const struct verify_args *args, const struct chain *chain, bool good,
                    const cssl_error *err)
{
    json_t *o = cli_memory(json_object());
    cli_json_set(o, "trusted", json_boolean(good));
    cli_json_set(o, "name",
                 args->name == NULL ? json_null() : cli_json_text(bytes_str(args->name)));
    cli_json_set(o, "path", path_json(chain));
    if (!good) {
        const char *reason = cssl_reason_name(err->reason);
        cli_json_set(o, "reason", reason == NULL ? json_null() : json_string(reason));
        cli_json_set(o, "text", cli_json_text(bytes_str(err->text)));
        cli_json_set(o, "certificate",
                     err->cert_index < 0 ? json_null() : json_integer(err->cert_index));
    }
    int code = cli_json_print(o);
    return good ? code : CLI_NO;
}

static void print_path(const struct chain *chain)
{
    const struct cert *cert = NULL;
    for (size_t i = 0; (cert = chain_path(chain, i)) != NULL; i++) {
        bool last = chain_path(chain, i + 1) == NULL;
        char *title = facts_title(cert);
        (void)printf("  %zu %s%s\n", i, title, last ? " (trusted)" : "");
        free(title);
    }
}

static int say(const struct verify_args *args, const struct chain *chain, bool good,
               const struct cert *leaf, int64_t now, const cssl_error *err)
{
    char *title = facts_title(leaf);
    if (!good) {
        term_print(stdout, STYLE_BAD, "not trusted:");
        (void)printf(" %s: %s\n", title, err->text);
        free(title);
        return CLI_NO;
    }
    char left[FACTS_VALIDITY_MAX];
    term_print(stdout, STYLE_GOOD, "trusted:");
    (void)printf(" %s, %s\n", title, facts_validity(left, leaf, now));
    print_path(chain);
    if (args->name == NULL && args->purpose == PURPOSE_SERVER) {
        cli_warn("no name was compared: say with --name whom you mean to talk to");
    }
    free(title);
    return CLI_OK;
}

static int verify(const struct verify_args *args, const struct cert_items *items,
                  const struct store *anchors)
{
    cssl_error err;
    struct cert *certs[CHAIN_CERTS_MAX];
    size_t num = min_size(items->num, CHAIN_CERTS_MAX);
    for (size_t i = 0; i < num; i++) {
        certs[i] = items->items[i].cert;
    }
    if (items->num > CHAIN_CERTS_MAX) {
        cli_warn("only the first %d of %zu certificates are looked at", CHAIN_CERTS_MAX,
                 items->num);
    }
    const struct chain_params params = {
        .anchors = anchors,
        .purpose = args->purpose,
        .name = args->name,
        .now = args->has_time ? args->time : (int64_t)time(NULL),
        .depth = CHAIN_DEPTH_DEFAULT,
    };
    struct chain *chain = chain_new(&params, certs, num, &err);
    if (chain == NULL) {
        return cli_fail("%s", err.text);
    }
    bool good = chain_run(chain, &err) == CHAIN_OK;
    int code = args->json ? say_json(args, chain, good, &err)
                          : say(args, chain, good, certs[0], params.now, &err);
    chain_free(chain);
    return code;
}
