/* serve_log.c - what `cssl serve` says: a line a happening, as text or as JSON. */
#include "cli/serve.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

/* One JSON document a line. Takes the reference. */
static void line(json_t *object, const char *event)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)json_object_set_new(object, "event", cli_memory(json_string(event)));
    (void)json_object_set_new(object, "time", cli_json_time(now.tv_sec));
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    (void)putchar('\n');
    (void)fflush(stdout);
    json_decref(object);
}

void log_listening(const struct server *s)
{
    struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
    char text[ADDRESS_MAX];
    unsigned port = cssl_listener_port(s->listener);
    if (cssl_listener_sockname(s->listener, &address, NULL) < 0) {
        address.ss_family = AF_UNSPEC;
    }
    facts_address(text, &address);
    if (s->args->json) {
        line(cli_memory(json_pack("{s:s, s:i, s:s}", "address", text, "port", (int)port,
                                  "service", s->args->service->name)),
             "listening");
        return;
    }
    (void)printf("Listening on %s, port %u (%s)\n",
                 s->args->tls.options.ip == NULL ? "every address" : s->args->tls.options.ip, port,
                 s->args->service->name);
    (void)fflush(stdout);
}

void log_again(struct conn *c, const char *event)
{
    char subject[SUBJECT_MAX];
    if (c->server->args->json) {
        line(facts_of(c->socket), event);
        return;
    }
    cssl_info info;
    cssl_connection_information(c->socket, &info);
    facts_subject(subject, c->socket);
    (void)printf("%s  ", c->peer);
    term_print(stdout, STYLE_GOOD, "%s", event);
    if (subject[0] != '\0') {
        (void)printf("  client %s%s", subject, info.peer_verified ? "" : " (NOT verified)");
    }
    (void)putchar('\n');
    (void)fflush(stdout);
}

void log_connected(struct conn *c)
{
    json_t *facts = facts_of(c->socket);
    if (c->server->args->json) {
        line(facts, "connected");
        return;
    }
    json_decref(facts);
    cssl_info info;
    char subject[SUBJECT_MAX];
    cssl_connection_information(c->socket, &info);
    facts_subject(subject, c->socket);
    (void)printf("%s  ", c->peer);
    term_print(stdout, STYLE_GOOD, "connected");
    (void)printf("  %s  %s", info.protocol, info.cipher_suite);
    if (info.group[0] != '\0') {
        (void)printf("  %s", info.group);
    }
    if (info.sni_hostname[0] != '\0') {
        char *name = cli_text(bytes_str(info.sni_hostname), false);
        (void)printf("  for %s", name);
        free(name);
    }
    if (info.alpn_protocol[0] != '\0') {
        char *alpn = cli_text(bytes_str(info.alpn_protocol), false);
        (void)printf("  alpn %s", alpn);
        free(alpn);
    }
    if (info.session_resumption) {
        (void)printf("  resumed");
    }
    if (info.early_data_offered) {
        (void)printf("  early data %s", info.early_data_accepted ? "accepted" : "refused");
    }
    if (info.hello_retry) {
        (void)printf("  after HelloRetryRequest");
    }
    if (subject[0] != '\0') {
        (void)printf("  client %s%s", subject, info.peer_verified ? "" : " (NOT verified)");
    }
    (void)putchar('\n');
    (void)fflush(stdout);
}

void log_ended(struct conn *c, const cssl_error *err)
{
    bool refused = c->state == CONN_HANDSHAKE;
    if (c->server->args->json) {
        json_t *j = cli_memory(json_pack("{s:s, s:I, s:I}", "peer", c->peer, "received",
                                         (json_int_t)c->received, "sent", (json_int_t)c->sent));
        if (err != NULL) {
            (void)json_object_set_new(j, "error", facts_error(err));
        }
        line(j, refused ? "refused" : "closed");
        return;
    }
    (void)printf("%s  ", c->peer);
    if (err != NULL) {
        term_print(stdout, STYLE_BAD, "%s", refused ? "no connection" : "broken off");
        (void)printf(": %s\n", err->text);
    } else {
        (void)printf("closed, %llu bytes in, %llu out\n", (unsigned long long)c->received,
                     (unsigned long long)c->sent);
    }
    (void)fflush(stdout);
}

void log_note(const struct server *s, const char *event, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (s->args->json) {
        line(cli_memory(json_pack("{s:o}", "text", cli_json_text(bytes_str(text)))), event);
        return;
    }
    (void)printf("%s\n", text);
    (void)fflush(stdout);
}

void log_received(struct conn *c, cssl_bytes data)
{
    while (data.len > 0 && (data.data[data.len - 1] == '\n' || data.data[data.len - 1] == '\r')) {
        data.len--;
    }
    if (c->server->args->json) {
        line(cli_memory(json_pack("{s:s, s:o}", "peer", c->peer, "text", cli_json_text(data))),
             "received");
        return;
    }
    char *text = cli_text(data, true);
    (void)printf("%s  received: %s\n", c->peer, text);
    (void)fflush(stdout);
    free(text);
}
