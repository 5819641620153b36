/*
 * later13.h - a client's authentication after the handshake (RFC 8446 4.6.2), on either side.
 *
 * It is a small handshake of its own, driven by flow.c along rows of the same table, and lives from
 * the request to the Finished. It works on a connection of its own that nobody else sees: what it
 * finds out about the peer is put into the real one when the Finished was good. It belongs to the
 * receiving half and writes nothing: a client's answer is handed over as a struct later_reply, for
 * the sending half, which alone knows the key that Finished is made with.
 */
#ifndef CSSL_HS_LATER13_H
#define CSSL_HS_LATER13_H

#include "hs/flow.h"

struct later13 {
    struct conn *conn;  /* the real one */
    struct conn shadow; /* what the handlers see; owns its peer */
    struct hs *hs;
    struct wr held;     /* messages that were made and not sent */
};

/* What a client says: Certificate and CertificateVerify, and the hash that Finished is over. */
struct later_reply {
    uint8_t *messages;
    size_t len;
    uint8_t hash[HASH_MAX];
};

/* later13_keep keeps the transcript of a handshake that has just ended, for requests to come. */
int later13_keep(struct hs *hs, cssl_error *err) CHECK;

/* later13_request is for servers: it sends a CertificateRequest and returns what waits for the
 * answer. later13_new is for clients that get one: later13_message takes it. */
struct later13 *later13_request(struct conn *c, struct worker *w, cssl_error *err) CHECK;
struct later13 *later13_new(struct conn *c, cssl_error *err) CHECK;
void later13_free(struct later13 *l);

/* later13_takes: a message of this type is for the exchange that is going on, if there is one. */
bool later13_takes(const struct later13 *l, uint8_t type);
/* later13_open: the peer has begun to answer: nothing else may come before it is done (4.4). */
bool later13_open(const struct later13 *l);
int later13_message(struct later13 *l, struct worker *w, cssl_bytes message, bool more,
                    cssl_error *err) CHECK;
/* later13_commit, when hs_done: a server's connection has the peer's identity from then on. */
void later13_commit(struct later13 *l);
/* later13_reply, when hs_done, is a client's answer; later13_send sends it, whole: *sent is false
 * when there is no room for that now. It frees nothing. */
struct later_reply *later13_reply(struct later13 *l, cssl_error *err) CHECK;
int later13_send(struct conn *c, struct worker *w, const struct later_reply *reply, bool *sent,
                 cssl_error *err) CHECK;
void later_reply_free(struct later_reply *reply);

hs_handler later13_asked, later13_send_certificate, later13_signed, later13_certificate,
    later13_certificate_verify, later13_finished;

#endif
