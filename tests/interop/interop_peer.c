/* interop_peer.c - a client or an echo server of libcssl for the interop tests: any option of
 * cssl_options that they need by its own name, and the calls that the command has no words for.
 * It is no tool for people: that is the command cssl.
 *
 *     interop_peer client PORT [OPTION=VALUE...]    to localhost
 *     interop_peer server [OPTION=VALUE...]         says "port N" first
 *     interop_peer suites                           a line for each: version, IANA's name,
 *                                                   OpenSSL's, key exchange, cipher, MAC, number
 *
 * Lists have commas between their members; psk is hexadecimal; early_data is text. sign=PROGRAM is
 * for a key elsewhere: PROGRAM SCHEME signs its stdin, onto its stdout. Lines of stdin
 * are sent to the peer, but for
 *
 *     !renegotiate, !certificate, !update, !close    the calls of these names
 *     !again                                         client: another connection, same config
 *
 * What arrives is printed as it is, and by servers sent back. Events are lines: "connected {json}",
 * "early TEXT", "authenticated", "closed", "error REASON: text". */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cssl.h"

enum { MAX_LIST = 64, MAX_LINE = 65536 };

typedef struct peer {
    cssl_mailbox *mb;
    cssl_config *config;
    cssl_listener *listener; /* NULL: a client */
    cssl_socket *socket;     /* a server's newest */
    uint16_t port;
    bool done, failed, input_over;
    char line[MAX_LINE];
    size_t len;
} peer;

/* ---- Options --------------------------------------------------------------------------------*/

typedef enum { TEXT, LIST, SWITCH, FLAG, UINT, UINT32, UINT64, SIZE, HEX, WORDS } form;

typedef struct option {
    const char *name;
    form as;
    size_t offset;
} option;

#define ROW(field, form) { #field, form, offsetof(cssl_options, field) }
static const option OPTIONS[] = {
    ROW(versions, UINT), /* 1: TLS 1.2, 2: TLS 1.3, 3: both */
    ROW(ciphers, LIST),
    ROW(supported_groups, LIST),
    ROW(key_share_groups, LIST),
    ROW(signature_algs, LIST),
    ROW(alpn_protocols, LIST),
    ROW(certfile, TEXT),
    ROW(keyfile, TEXT),
    ROW(cacertfile, TEXT),
    ROW(fail_if_no_peer_cert, SWITCH),
    ROW(stapling, SWITCH),
    ROW(reuse_sessions, SWITCH),
    ROW(early_data, WORDS),
    ROW(max_early_data, UINT32),
    ROW(psk_identity, TEXT),
    ROW(psk, HEX),
    ROW(psk_hint, TEXT),
    ROW(dhfile, TEXT),
    ROW(encrypt_then_mac, SWITCH),
    ROW(client_renegotiation, SWITCH),
    ROW(renegotiate_at, UINT64),
    ROW(max_fragment_length, UINT),
    ROW(record_size_limit, UINT),
    ROW(cert_compression, LIST),
    ROW(own_cert_types, LIST),
    ROW(peer_cert_types, LIST),
    ROW(post_handshake_auth, FLAG),
    ROW(grease, FLAG),
    ROW(middlebox_comp_mode, SWITCH),
    ROW(cookie, SWITCH),
    ROW(record_padding, SIZE),
};
#undef ROW

static void die(const char *what, const char *why)
{
    fprintf(stderr, "interop_peer: %s: %s\n", what, why);
    exit(2);
}

static void *memory(size_t len)
{
    void *p = calloc(1, len);
    if (p == NULL) {
        die("memory", "there is none");
    }
    return p;
}

/* Lists, bytes and the like live as long as the program. */
static const char *const *split(char *text)
{
    const char **list = memory((MAX_LIST + 1) * sizeof(*list));
    for (size_t i = 0; i < MAX_LIST && text != NULL; i++) {
        list[i] = text;
        text = strchr(text, ',');
        if (text != NULL) {
            *text++ = '\0';
        }
    }
    return list;
}

static cssl_bytes unhex(const char *text)
{
    size_t len = strlen(text) / 2;
    uint8_t *out = memory(len + 1);
    for (size_t i = 0; i < len; i++) {
        char pair[] = { text[2 * i], text[2 * i + 1], '\0' };
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return (cssl_bytes){ out, len };
}

static void set(void *field, form as, char *value)
{
    uint64_t number = strtoull(value, NULL, 10);
    switch (as) {
    case TEXT:
        *(const char **)field = value;
        break;
    case LIST:
        *(const char *const **)field = split(value);
        break;
    case SWITCH:
        *(cssl_switch *)field = strcmp(value, "on") == 0 ? CSSL_ON : CSSL_OFF;
        break;
    case FLAG:
        *(bool *)field = number != 0;
        break;
    case UINT:
        *(unsigned *)field = (unsigned)number;
        break;
    case UINT32:
        *(uint32_t *)field = (uint32_t)number;
        break;
    case UINT64:
        *(uint64_t *)field = number;
        break;
    case SIZE:
        *(size_t *)field = (size_t)number;
        break;
    case HEX:
        *(cssl_bytes *)field = unhex(value);
        break;
    case WORDS:
        *(cssl_bytes *)field = (cssl_bytes){ (const uint8_t *)value, strlen(value) };
        break;
    }
}

/* Those that are not fields of their own: hooks, and what only an identity has. */
static FILE *keylog_file;
static cssl_cert_key identity;

static void keylog(void *user, const char *line)
{
    (void)user;
    fprintf(keylog_file, "%s\n", line);
    fflush(keylog_file);
}

static char *sign_program;
static uint8_t signature[1024];

/* sign lets the program sign. It is no example: whoever serves more than one waits elsewhere. */
static bool sign(void *user, const cssl_question *q, cssl_answer *a)
{
    int to[2], from[2], status = -1;
    char scheme[8];
    size_t len = 0;
    ssize_t n;
    (void)user;
    snprintf(scheme, sizeof(scheme), "%u", q->scheme);
    if (q->kind != CSSL_ASK_SIGN || pipe(to) != 0 || pipe(from) != 0) {
        die("sign", "not possible");
    }
    pid_t child = fork();
    if (child == 0) {
        if (dup2(to[0], 0) < 0 || dup2(from[1], 1) < 0) {
            _exit(1);
        }
        close(to[0]);
        close(to[1]);
        close(from[0]);
        close(from[1]);
        execl(sign_program, sign_program, scheme, (char *)NULL);
        _exit(1);
    }
    close(from[1]);
    if (write(to[1], q->subject.data, q->subject.len) != (ssize_t)q->subject.len) {
        die("sign", "a pipe has no room for it");
    }
    close(to[0]); /* not before: a program that is gone would end this one by a signal */
    close(to[1]);
    while ((n = read(from[0], signature + len, sizeof(signature) - len)) > 0) {
        len += (size_t)n;
    }
    close(from[0]);
    bool good = child > 0 && waitpid(child, &status, 0) == child && status == 0;
    a->verdict = good ? CSSL_ACCEPT : CSSL_REJECT;
    a->value.data = signature;
    a->value.len = len;
    return true;
}

static void read_option(cssl_options *options, char *text)
{
    char *value = strchr(text, '=');
    if (value == NULL) {
        die(text, "no OPTION=VALUE");
    }
    *value++ = '\0';
    if (strcmp(text, "keylog") == 0) {
        keylog_file = fopen(value, "a");
        if (keylog_file == NULL) {
            die(value, strerror(errno));
        }
        options->keylog = keylog;
        return;
    }
    if (strcmp(text, "sign") == 0) {
        sign_program = value;
        identity.external_key = true;
        options->ask = sign;
        return;
    }
    if (strcmp(text, "staplefile") == 0) {
        identity.staplefile = value;
        return;
    }
    if (strcmp(text, "verify") == 0) {
        options->verify = strcmp(value, "peer") == 0 ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE;
        return;
    }
    if (strcmp(text, "session_tickets") == 0) {
        options->session_tickets = strcmp(value, "stateful") == 0 ? CSSL_TICKETS_STATEFUL
                                   : strcmp(value, "off") == 0    ? CSSL_TICKETS_DISABLED
                                                                  : CSSL_TICKETS_DEFAULT;
        return;
    }
    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        if (strcmp(text, OPTIONS[i].name) == 0) {
            set((char *)options + OPTIONS[i].offset, OPTIONS[i].as, value);
            return;
        }
    }
    die(text, "no option that is known here");
}

static void read_options(cssl_options *options, char **arguments, int n)
{
    for (int i = 0; i < n; i++) {
        read_option(options, arguments[i]);
    }
    if (identity.staplefile != NULL || identity.external_key) {
        identity.certfile = options->certfile;
        identity.keyfile = options->keyfile;
        options->certfile = options->keyfile = NULL;
        options->certs_keys = &identity;
        options->num_certs_keys = 1;
    }
}

/* ---- What is said ---------------------------------------------------------------------------*/

static void say_error(peer *p, const cssl_error *err)
{
    const char *name = cssl_reason_name(err->reason);
    fprintf(stderr, "error %s: %s\n", name == NULL ? "?" : name, err->text);
    p->failed |= p->listener == NULL; /* clients come and go, and that is no fault of a server */
}

static const char *word(bool value)
{
    return value ? "true" : "false";
}

static void say_connected(cssl_socket *s)
{
    cssl_info info;
    cssl_connection_information(s, &info);
    fprintf(stderr,
            "connected {\"protocol\":\"%s\",\"cipher_suite\":\"%s\",\"group\":\"%s\","
            "\"signature_scheme\":\"%s\",\"client_signature_scheme\":\"%s\",\"resumed\":%s,"
            "\"hello_retry\":%s,\"peer_verified\":%s,\"early_offered\":%s,\"early_accepted\":%s,",
            info.protocol, info.cipher_suite, info.group, info.signature_scheme,
            info.client_signature_scheme, word(info.session_resumption), word(info.hello_retry),
            word(info.peer_verified), word(info.early_data_offered),
            word(info.early_data_accepted));
    fprintf(stderr,
            "\"secure_renegotiation\":%s,\"extended_master_secret\":%s,\"encrypt_then_mac\":%s,"
            "\"staple_verified\":%s,\"max_fragment_length\":%u,\"record_size_limit\":%u,"
            "\"cert_compression\":\"%s\",\"session_id_len\":%u,\"server_cert_type\":\"%s\"}\n",
            word(info.secure_renegotiation), word(info.extended_master_secret),
            word(info.encrypt_then_mac), word(info.staple_verified), info.max_fragment_length,
            info.record_size_limit, info.cert_compression, info.session_id_len,
            info.server_cert_type);
}

/* ---- What is done ---------------------------------------------------------------------------*/

static void start(peer *p)
{
    cssl_error err;
    p->socket = cssl_connect_start("localhost", p->port, p->config, p->mb, &err);
    if (p->socket == NULL) {
        say_error(p, &err);
        p->done = true;
    }
}

static void send_all(peer *p, cssl_socket *s, cssl_bytes data)
{
    cssl_error err;
    ssize_t sent = s == NULL ? 0 : cssl_send_some(s, data.data, data.len, &err);
    if (sent < 0) {
        say_error(p, &err);
    } else if ((size_t)sent != data.len) {
        fprintf(stderr, "error: only %zd of %zu bytes were taken\n", sent, data.len);
        p->failed = true;
    }
}

static void command(peer *p, const char *line)
{
    cssl_error err;
    int rc = 0;
    if (p->socket == NULL) {
        fprintf(stderr, "error: there is no connection\n");
        p->failed = true;
    } else if (strcmp(line, "!renegotiate") == 0) {
        rc = cssl_renegotiate(p->socket, CSSL_INFINITY, &err);
    } else if (strcmp(line, "!certificate") == 0) {
        rc = cssl_request_certificate(p->socket, &err);
    } else if (strcmp(line, "!update") == 0) {
        rc = cssl_update_keys(p->socket, true, &err);
    } else if (strcmp(line, "!close") == 0 || strcmp(line, "!again") == 0) {
        rc = cssl_close(p->socket, CSSL_LINGER, &err);
        p->socket = NULL;
        if (line[1] == 'a') {
            start(p);
        }
    } else {
        die(line, "no command that is known here");
    }
    if (rc != 0) {
        say_error(p, &err);
    }
}

static void input(peer *p)
{
    ssize_t n = read(STDIN_FILENO, p->line + p->len, sizeof(p->line) - p->len - 1);
    if (n <= 0) {
        cssl_mailbox_watch(p->mb, STDIN_FILENO, 0, NULL, NULL);
        p->done = true;
        return;
    }
    p->len += (size_t)n;
    for (;;) {
        char *end = memchr(p->line, '\n', p->len);
        if (end == NULL) {
            break;
        }
        size_t taken = (size_t)(end - p->line) + 1;
        if (p->line[0] == '!') {
            *end = '\0';
            command(p, p->line);
        } else {
            send_all(p, p->socket, (cssl_bytes){ (const uint8_t *)p->line, taken });
        }
        p->len -= taken;
        memmove(p->line, p->line + taken, p->len);
    }
}

static void drop(peer *p, cssl_socket *s)
{
    cssl_close(s, CSSL_LINGER, NULL);
    p->socket = p->socket == s ? NULL : p->socket;
}

static void connected(peer *p, const cssl_event *event)
{
    cssl_error err;
    if (event->error != NULL) {
        fprintf(stderr, "not renegotiated: %s\n", event->error->text);
        return;
    }
    p->socket = event->socket;
    say_connected(event->socket);
    if (cssl_set_active(event->socket, NULL, CSSL_ACTIVE, &err) != 0) {
        say_error(p, &err);
    }
}

static void handle(peer *p, const cssl_event *event)
{
    switch (event->type) {
    case CSSL_EV_CONNECTED:
        connected(p, event);
        break;
    case CSSL_EV_EARLY_DATA:
        fprintf(stderr, "early %.*s\n", (int)event->data.len, (const char *)event->data.data);
        break;
    case CSSL_EV_DATA:
        fwrite(event->data.data, 1, event->data.len, stdout);
        fflush(stdout);
        if (p->listener != NULL) {
            send_all(p, event->socket, event->data);
        }
        break;
    case CSSL_EV_AUTHENTICATED:
        fprintf(stderr, "authenticated\n");
        say_connected(event->socket);
        break;
    case CSSL_EV_CLOSED:
        fprintf(stderr, "closed\n");
        drop(p, event->socket);
        break;
    case CSSL_EV_ERROR:
        say_error(p, event->error);
        if (event->socket != NULL) {
            drop(p, event->socket);
        }
        break;
    case CSSL_EV_FD:
        input(p);
        break;
    default:
        break;
    }
}

static void listen_for(peer *p)
{
    cssl_error err;
    p->listener = cssl_listen_with(0, p->config, &err);
    if (p->listener == NULL || cssl_listener_set_mailbox(p->listener, p->mb, &err) != 0) {
        die("listening", err.text);
    }
    fprintf(stderr, "port %u\n", cssl_listener_port(p->listener));
}

static int list_suites(void)
{
    for (unsigned version = CSSL_TLSV1_2; version <= CSSL_TLSV1_3; version++) {
        const char *const *names = cssl_cipher_suites("all", version);
        cssl_suite_info info;
        for (; *names != NULL; names++) {
            if (cssl_cipher_suite_info(*names, &info, NULL) != 0) {
                die(*names, "is not known, though it is listed");
            }
            printf("%s %s %s %s %s %s %04x\n", version == CSSL_TLSV1_2 ? "1.2" : "1.3", info.name,
                   info.openssl_name, info.key_exchange, info.cipher, info.mac, info.number);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static peer p;
    cssl_options options = { 0 };
    cssl_error err;
    cssl_event event;
    bool client = argc > 2 && strcmp(argv[1], "client") == 0;
    if (argc == 2 && strcmp(argv[1], "suites") == 0) {
        return list_suites();
    }
    if (argc < 2 || (!client && strcmp(argv[1], "server") != 0)) {
        die("arguments", "see the head of its file");
    }
    read_options(&options, argv + (client ? 3 : 2), argc - (client ? 3 : 2));
    p.config = client ? cssl_client_config(&options, &err) : cssl_server_config(&options, &err);
    if (p.config == NULL) {
        die(err.option == NULL ? "options" : err.option, err.text);
    }
    p.mb = cssl_mailbox_new(&err);
    if (p.mb == NULL || cssl_mailbox_watch(p.mb, STDIN_FILENO, POLLIN, NULL, &err) != 0) {
        die("mailbox", err.text);
    }
    if (client) {
        p.port = (uint16_t)strtoul(argv[2], NULL, 10);
        start(&p);
    } else {
        listen_for(&p);
    }
    while (!p.done) {
        if (cssl_receive(p.mb, &event, CSSL_INFINITY, &err) != 0) {
            die("mailbox", err.text);
        }
        handle(&p, &event);
    }
    if (p.socket != NULL && cssl_set_active(p.socket, NULL, CSSL_PASSIVE, &err) != 0) {
        say_error(&p, &err);
    }
    cssl_close(p.socket, CSSL_LINGER, NULL);
    cssl_mailbox_free(p.mb);
    cssl_listener_close(p.listener);
    cssl_config_free(p.config);
    return p.failed ? 1 : 0;
}
