/*
 * serve.h - what the files of `cssl serve` share: the server, one connection, and what a service
 * (echo, reply, page, files) is.
 *
 * One thread, one mailbox. A connection is read only while it has nothing left to send, one event
 * at a time, so a peer that never reads costs what is queued for it and no more.
 */
#ifndef CSSL_CLI_SERVE_H
#define CSSL_CLI_SERVE_H

#include "base/buf.h"
#include "cli/facts.h"
#include "cli/http.h"
#include "cli/tlsopts.h"

enum { SERVE_QUEUE_MAX = 256 * 1024 }; /* bytes that a service may queue for one connection */

struct conn;

/* A service answers what a connection says. Its functions queue bytes with conn_write or set
 * c->ending; they return false when the connection is to be dropped at once. */
struct service {
    const char *name; /* as the first line says it */
    bool http;        /* idle connections of it end after HTTP_IDLE_SECONDS */
    bool (*open)(struct conn *c);
    bool (*data)(struct conn *c, cssl_bytes data);
    /* more is asked when everything queued is sent: it may queue more. NULL: never. */
    bool (*more)(struct conn *c);
    void (*close)(struct conn *c);
    /* busy: a graceful stop lets this connection finish its answer. NULL: never. */
    bool (*busy)(const struct conn *c);
};

extern const struct service service_echo;
extern const struct service service_reply;
extern const struct service service_www;
extern const struct service service_files;

enum { SERVE_HOSTS_MAX = 64 };

/* --sni: a host and its own certificate. */
struct serve_host {
    char *host; /* these three are one allocation */
    const char *cert, *key;
};

struct serve_args {
    struct tls_opts tls;
    uint16_t port;
    const struct service *service;
    const char *reply;
    const char *folder;
    int folder_fd; /* of --files, -1 without */
    bool require_client, optional_client;
    const char *staple;
    struct serve_host hosts[SERVE_HOSTS_MAX];
    size_t num_hosts;
    bool once;
    bool json;
};

struct server {
    struct serve_args *args;
    cssl_mailbox *mailbox;
    cssl_listener *listener; /* NULL once it stops */
    cssl_config *config;
    struct conn *conns;
    size_t num_conns;
    bool stopping;
    int64_t stop_at;   /* monotonic seconds at which what is left is dropped */
    bool sweeping;     /* the timer that looks for idle connections runs */
    bool served;       /* one connection was accepted, for --once */
    int code;          /* exit code */
};

enum conn_state {
    CONN_HANDSHAKE,
    CONN_OPEN,
    CONN_ENDING /* our close_notify is sent, the peer's is awaited */
};

struct conn {
    struct conn *prev, *next;
    struct server *server;
    cssl_socket *socket;
    enum conn_state state;
    char peer[ADDRESS_MAX];
    int64_t quiet_since; /* monotonic seconds */
    uint64_t received, sent;
    struct buf early; /* early data, until the handshake is done */
    struct buf out; /* not yet taken by cssl_send_some */
    bool ending;    /* close_notify follows when out is sent */
    bool waiting;   /* for CSSL_EV_WRITABLE */
    bool peer_closed; /* its close_notify came */
    int64_t timer;  /* that goes on with it, so that others have their turn; 0 none */
    bool traced;    /* the trace that is being recorded is this one's */
    /* HTTP */
    struct http *http;
    struct buf in; /* requests that came behind the one being answered */
    bool answering;
    bool keep_alive;
    bool head_only; /* the request was HEAD */
    bool continued; /* 100 Continue was said */
    int file; /* being sent, -1 without */
    uint64_t file_left;
};

/* serve_host_parse takes HOST=CERT[,KEY]; false with a sentence in *why (static). */
bool serve_host_parse(struct serve_args *args, const char *text, const char **why) CHECK;
void serve_hosts_free(struct serve_args *args);
/* serve_config makes the config of args, those of its hosts included. old, if there is one, is what
 * sessions and ticket keys are taken over from. A warning is left in err->text. */
cssl_config *serve_config(const struct serve_args *args, cssl_config *old, cssl_error *err) CHECK;

/* serve_run serves until it is told to stop and returns the exit code. */
int serve_run(struct serve_args *args);

/* conn_write queues bytes; false when there are too many. */
bool conn_write(struct conn *c, const void *data, size_t len) CHECK;
bool conn_text(struct conn *c, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- serve_http.c, for the two services over HTTP ---- */

bool http_open(struct conn *c);
void http_close(struct conn *c);
bool http_busy(const struct conn *c);
bool http_data(struct conn *c, cssl_bytes data);
bool http_more(struct conn *c);
/* http_head queues a response's status line and header fields. extra is NULL or complete lines. */
bool http_head(struct conn *c, unsigned status, const char *type, uint64_t len, const char *extra);
/* http_answer queues a whole response; HEAD requests get its head alone. */
bool http_answer(struct conn *c, unsigned status, const char *type, cssl_bytes body);
/* http_refuse answers with a small page that says why; the connection ends when it must. */
bool http_refuse(struct conn *c, unsigned status, const char *why);
/* html_escape returns text with what HTML gives a meaning to made harmless; freed by the caller. */
char *html_escape(const char *text) CHECK;

/* www_answer answers with the facts of the connection, as a page or as JSON. */
bool www_answer(struct conn *c, const struct http_request *request);
/* files_answer answers a request out of the folder. */
bool files_answer(struct conn *c, const struct http_request *request);
/* files_more queues the next piece of the file that is being sent. */
bool files_more(struct conn *c);

/* ---- serve_log.c: what is said of connections ---- */

void log_listening(const struct server *s);
void log_connected(struct conn *c);
/* log_again: what is known has changed, by a renegotiation or a client's certificate. */
void log_again(struct conn *c, const char *event);
/* log_ended: err is NULL for an end in order. */
void log_ended(struct conn *c, const cssl_error *err);
void log_note(const struct server *s, const char *event, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* log_received shows text that a peer sent (--reply). */
void log_received(struct conn *c, cssl_bytes data);

#endif
