/*
 * pair.h - two engines of the public API joined by memory, and a wire between them on which
 * anything may happen: bytes split, flipped and put in, records dropped, doubled and swapped.
 *
 * A host is what outlives connections: a config with its own randomness, and what its hooks saw.
 * A pair is one connection between two hosts. Everything is deterministic but ECDSA, ML-KEM, and
 * finite-field keys, for which libcrypto draws its own randomness.
 */
#ifndef CSSL_TEST_PAIR_H
#define CSSL_TEST_PAIR_H

#include "certs.h"
#include "support.h"

#include "base/buf.h"
#include "base/names.h"

enum {
    PAIR_NOW = 1800000000, /* 2027-01-15 08:00:00 UTC */
    PAIR_SEEN_MAX = 512,   /* messages that a host remembers */
    PAIR_TICKETS_MAX = 8,
    PAIR_HOUR = 3600
};

/* Directions of the wire, and the sides that send in them. */
enum pair_dir { FROM_CLIENT, FROM_SERVER };

/* A message that the trace hook saw. For alerts type is the alert. */
struct pair_seen {
    bool sent;
    uint8_t content_type, epoch, type;
    size_t len;
};

struct pair_host {
    cssl_config *config;
    bool server;
    struct test_clock *clock;
    struct test_rng rng;
    struct pair_seen seen[PAIR_SEEN_MAX];
    size_t num_seen;
    char keylog[8192];
    size_t keylog_len;
};

/* host_init makes a host with the options; what is unset and needed is filled in: a server's
 * identity (pair_p256), a client's anchors (pair_root) and all hooks. It fails the test when the
 * options are refused. host_renew exchanges the config for one that shares its mutable part. */
void host_init(struct pair_host *h, bool server, struct test_clock *clock,
               const cssl_options *options);
void host_renew(struct pair_host *h, const cssl_options *options);
void host_free(struct pair_host *h);
/* host_forget forgets what was seen and starts the randomness anew. */
void host_forget(struct pair_host *h);
/* host_saw counts messages: by content type, and by type when that is not negative. */
size_t host_saw(const struct pair_host *h, bool sent, uint8_t content_type, int type);
/* host_alert is the alert that was sent or received first; -1 without. close_notify is none. */
int host_alert(const struct pair_host *h, bool sent);

/* One identity as an option: PAIR_IDENTITY(pair_rsa) for .certs_keys and .num_certs_keys. */
#define PAIR_PEM(text) { .data = (const uint8_t *)(text), .len = strlen(text) }
#define PAIR_IDENTITY(text) \
    .certs_keys = &(const cssl_cert_key){ .cert = PAIR_PEM(text) }, .num_certs_keys = 1

struct pair_side {
    cssl_engine *engine;
    struct pair_host *host;
    bool connected, closed;
    cssl_error error;  /* the first one; status 0: none */
    struct buf data;   /* that was received */
    struct buf early;  /* early data that was received */
    struct { uint8_t *data; size_t len; } tickets[PAIR_TICKETS_MAX];
    size_t num_tickets, num_steps, num_writable, num_authenticated;
    /* the wire towards the other side */
    struct buf partial; /* sent, not yet a whole record */
    struct buf wire;    /* to be delivered */
    size_t num_records; /* that were sent */
    uint64_t delivered; /* bytes */
};

struct pair {
    struct pair_side side[2]; /* by enum pair_dir */
    /* faults; zero is a good wire */
    size_t chunk;             /* bytes delivered at once; 0: as many as there is room for */
    struct test_rng *random_chunks; /* chunk is then the most */
    bool flip;                /* xor_with is put on byte flip_at of the direction's stream */
    enum pair_dir flip_dir;
    uint64_t flip_at;
    uint8_t xor_with;
    /* tamper, if set, sees each record with its number in its direction and appends to out what
     * is to be delivered. */
    void (*tamper)(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                   struct buf *out);
    void *tamper_arg;
    struct buf held; /* for tamper's use */
    /* on_ask, if set, sees questions and pauses; false: it has not answered. */
    bool (*on_ask)(struct pair *p, enum pair_dir dir, const cssl_event *event);
    void *on_ask_arg;
    uint64_t last_question;
    bool step_leave; /* steps are left alone: see pair_step */
};

/* pair_start makes both engines; name is the client's peer. */
void pair_start(struct pair *p, struct pair_host *client, struct pair_host *server,
                const char *name);
/* pair_try_start is pair_start that reports, instead of failing the test. */
int pair_try_start(struct pair *p, struct pair_host *client, struct pair_host *server,
                   const char *name);
void pair_free(struct pair *p);
/* pair_pump carries bytes both ways until nothing moves. It fails the test if that never ends, or
 * if an engine breaks its promises (room, errors that are not final, views). */
void pair_pump(struct pair *p);
/* pair_end tells both engines that the stream has ended, each after what was sent to it. */
void pair_end(struct pair *p);
/* pair_step runs the public-key step that side waits for; false: there is none. */
bool pair_step(struct pair *p, enum pair_dir side);
/* pair_write has side write all of data, pumping. 0 or a negative status. */
int pair_write(struct pair *p, enum pair_dir side, const void *data, size_t len);
/* pair_inject puts bytes on the wire as if side had sent them. */
void pair_inject(struct pair *p, enum pair_dir side, const void *data, size_t len);

/* pair_connected: both sides are, and neither has an error. */
bool pair_connected(const struct pair *p);
/* pair_must_connect pumps, and fails the test with both sides' errors if the pair is not
 * connected then; it checks that both agree on everything (pair_check_agreement). */
void pair_must_connect(struct pair *p);
/* pair_check_agreement compares what both say of the connection: exporters, bindings, names. */
void pair_check_agreement(struct pair *p);
/* pair_must_talk sends some data both ways and compares. */
void pair_must_talk(struct pair *p);
/* pair_must_fail pumps, ends, and checks that side failed by itself with alert, and that the other
 * side heard of it. The reason is checked when it is not 0. */
void pair_must_fail(struct pair *p, enum pair_dir side, int alert, int reason);
/* pair_resumed tells whether both say that the connection resumes a session. */
bool pair_resumed(const struct pair *p);

/* pair_offers_psk tells, just after pair_start, whether the ClientHello offers a PSK. */
bool pair_offers_psk(const struct pair *p);
/* pair_handshake is the common case: start, connect, talk, close, free. True if it was resumed. */
bool pair_handshake(struct pair_host *client, struct pair_host *server, const char *name);

#endif
