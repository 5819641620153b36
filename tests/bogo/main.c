/* main.c - BoGo's shim: does with the library what the runner's flags say, and echoes. */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { READ_MAX = 65536, EXPORT_MAX = 65536 };

/* The runner looks for one of ":NAME:" in our output; config.json says which are BoringSSL's. */
static int report(const cssl_error *e)
{
    if (e->alert_from_peer) {
        (void)fprintf(stderr, ":PEER_ALERT_%s: %s\n", cssl_alert_name(e->alert), e->text);
    } else if (e->status != CSSL_OK) {
        const char *name = cssl_reason_name(e->reason);
        (void)fprintf(stderr, ":%s: %s\n", name == NULL ? "?" : name, e->text);
    } else {
        (void)fprintf(stderr, "the runner hung up\n");
    }
    return EXIT_FAIL;
}

/* In TLS 1.3 there is none. */
static bool write_unique(const struct settings *s, struct connection *c)
{
    uint8_t unique[64];
    size_t len = sizeof(unique);
    if (!s->tls_unique) {
        return true;
    }
    if (cssl_engine_channel_binding(c->engine, "tls-unique", unique, &len, &c->error) != 0) {
        (void)fprintf(stderr, "failed to get tls-unique\n");
        return false;
    }
    return connection_write(c, unique, len);
}

/* A client's ticket comes after the handshake in TLS 1.3, within a full one in TLS 1.2. */
static bool check_ticket(const struct settings *s, const struct connection *c)
{
    cssl_info info;
    cssl_engine_information(c->engine, &info);
    bool of12 = strcmp(info.protocol, "tlsv1.2") == 0;
    if (of12 && info.session_resumption && !s->expect_ticket_renewal) {
        return true; /* the old one is handed back */
    }
    if (of12 && !info.extended_master_secret) {
        return true; /* there is nothing to be resumed */
    }
    bool came = c->ticket != NULL;
    if (!s->server && came && s->enable_early_data &&
        s->expect_ticket_supports_early_data !=
            ticket_allows_early((cssl_bytes){ c->ticket, c->ticket_len })) {
        (void)fprintf(stderr, "a ticket that is good for early data, or is not\n");
        return false;
    }
    if (s->server || (s->shim_shuts_down && !of12) || came == !s->expect_no_session) {
        return true;
    }
    (void)fprintf(stderr, came ? "a ticket came\n" : "no ticket came\n");
    return false;
}

static bool write_exported(const struct settings *s, struct connection *c)
{
    static uint8_t out[EXPORT_MAX];
    const char *context = s->export_context == NULL ? "" : s->export_context;
    cssl_bytes bytes = { NULL, 0 }; /* which in TLS 1.2 is another than an empty one */
    if (s->use_export_context) {
        bytes = (cssl_bytes){ (const uint8_t *)context, strlen(context) };
    }
    size_t len = (size_t)s->export_keying_material;
    return len == 0 || (len <= sizeof(out) &&
                        cssl_engine_export_key_material(c->engine, s->export_label, bytes, out,
                                                        len, &c->error) == 0 &&
                        connection_write(c, out, len));
}

static bool write_first(const struct settings *s, struct connection *c)
{
    const char *text = first_words(s);
    cssl_info info;
    cssl_engine_information(c->engine, &info);
    if ((!s->shim_writes_first && !s->read_with_unfinished_write) ||
        (!s->server && info.early_data_accepted)) {
        return true;
    }
    c->hold_output = s->read_with_unfinished_write;
    for (int i = 0; i < s->repeat_shim_initial_write; i++) {
        if (!connection_write(c, text, strlen(text))) {
            return false;
        }
    }
    return !c->hold_output || connection_trickle(c);
}

/* -peek-then-read: what is looked at, twice, is what is read then. */
static ssize_t read_some(const struct settings *s, struct connection *c, uint8_t *to, size_t max)
{
    static uint8_t looked_at[READ_MAX];
    for (int i = 0; s->peek_then_read && i < 2; i++) {
        ssize_t n = connection_peek(c, i == 0 ? looked_at : to, max);
        if (n <= 0) {
            return n;
        }
        if (i > 0 && memcmp(looked_at, to, (size_t)n) != 0) {
            return -1;
        }
    }
    ssize_t n = connection_read(c, to, max);
    return s->peek_then_read && n > 0 && memcmp(looked_at, to, (size_t)n) != 0 ? -1 : n;
}

static bool write_secrets(const struct settings *s, struct connection *c)
{
    const struct seen *seen = &c->around->seen;
    const uint8_t len[] = { (uint8_t)seen->secret_len, (uint8_t)(seen->secret_len >> 8) };
    return !s->export_traffic_secrets ||
           (connection_write(c, len, sizeof(len)) &&
            connection_write(c, seen->secrets[!s->server], seen->secret_len) &&
            connection_write(c, seen->secrets[s->server], seen->secret_len));
}

static bool echo(const struct settings *s, struct connection *c)
{
    static uint8_t buffer[READ_MAX];
    size_t max = s->read_size > 0 && s->read_size <= READ_MAX ? (size_t)s->read_size : READ_MAX;
    ssize_t n = 0;
    while ((n = read_some(s, c, buffer, max)) > 0) {
        c->hold_output = false;
        for (ssize_t i = 0; i < n; i++) {
            buffer[i] ^= 0xff;
        }
        if ((s->key_update && cssl_engine_update_keys(c->engine, false, &c->error) != 0) ||
            !connection_write(c, buffer, (size_t)n)) {
            return false;
        }
    }
    return n == 0;
}

/* close_connection ends it as -check-close-notify wants it. */
static bool close_connection(const struct settings *s, struct connection *c)
{
    uint8_t byte;
    if (!s->check_close_notify) {
        return true;
    }
    if (!connection_shutdown(c)) {
        return false;
    }
    while (connection_read(c, &byte, 1) > 0) {
        if (s->shim_shuts_down) {
            (void)fprintf(stderr, ":APPLICATION_DATA_ON_SHUTDOWN:\n"); /* BoringSSL gives up */
            return false;
        }
    }
    return c->closed;
}

static int converse(const struct settings *s, const struct settings *retry, struct connection *c,
                    bool resumption)
{
    cssl_info info;
    if (!connection_handshake(c)) {
        return report(&c->error);
    }
    cssl_engine_information(c->engine, &info);
    if (!check_early(s, &info)) {
        return EXIT_FAIL;
    }
    if (!s->server && s->expect_reject_early_data) {
        s = retry; /* the connection goes on; in BoringSSL it begins once more */
    }
    if (!check_handshake(s, c->engine, &c->around->seen, resumption)) {
        return EXIT_FAIL;
    }
    if (!connection_write(c, c->early, c->early_len) || !write_exported(s, c) ||
        !write_secrets(s, c) || !write_unique(s, c) || !write_first(s, c) ||
        (!s->shim_shuts_down && !echo(s, c)) || !close_connection(s, c)) {
        return report(&c->error);
    }
    if (c->renegotiations != s->expect_total_renegotiations) {
        (void)fprintf(stderr, "%d renegotiations\n", c->renegotiations);
        return EXIT_FAIL;
    }
    return check_ticket(s, c) ? EXIT_PASS : EXIT_FAIL;
}

static int run(const struct settings settings[NUM_SETTINGS])
{
    static struct surroundings around;
    cssl_config *config = NULL;
    uint8_t *ticket = NULL;
    size_t ticket_len = 0;
    int exit_code = EXIT_PASS;
    around.clock = time(NULL);
    for (int i = 0; i <= settings[0].resume_count && exit_code == EXIT_PASS; i++) {
        const struct settings *s = &settings[i == 0 ? ON_INITIAL : ON_RESUME];
        struct connection c = { .fd = -1 };
        cssl_config *next = make_config(s, s->server ? config : NULL,
                                        (cssl_bytes){ ticket, ticket_len }, &around);
        cssl_config_free(config);
        config = next;
        around.retry_rejects = !s->server && s->expect_reject_early_data &&
                               settings[ON_RETRY].verify_fail;
        around.trace_len = 0;
        around.trace[0] = '\0';
        if (config == NULL) {
            exit_code = EXIT_UNIMPLEMENTED;
        } else if (!connection_open(&c, s, config, &around)) {
            exit_code = report(&c.error);
        } else {
            exit_code = converse(s, &settings[ON_RETRY], &c, i > 0);
            if (exit_code == EXIT_PASS && !same_trace(s, &around)) {
                exit_code = EXIT_FAIL;
            }
        }
        if (c.ticket != NULL) {
            free(ticket);
            ticket = c.ticket;
            ticket_len = c.ticket_len;
            c.ticket = NULL;
        }
        connection_free(&c);
        around.clock += s->resumption_delay;
    }
    free(ticket);
    cssl_config_free(config);
    return exit_code;
}

int main(int argc, char **argv)
{
    static struct settings settings[NUM_SETTINGS];
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-is-handshaker-supported") == 0) {
            (void)puts("No"); /* hints are BoringSSL's own */
            return EXIT_PASS;
        }
    }
    int exit_code = parse_flags(settings, argc, argv) ? run(settings) : EXIT_UNIMPLEMENTED;
    (void)fprintf(stderr, "--- DONE ---\n"); /* what comes behind it are sanitizers' words */
    return exit_code;
}
