/*
 * session.h - what a resumed connection takes over from the one before it.
 *
 * Resumption carries authorization: a session names what was authenticated, under which policy,
 * for which name and protocol, and when that was. Whoever resumes compares all of it.
 */
#ifndef CSSL_SESSION_SESSION_H
#define CSSL_SESSION_SESSION_H

#include "base/mem.h"
#include "base/wire.h"

enum {
    SESSION_DIGEST = 32,
    SESSION_CHAIN_MAX = 8192,         /* bytes of a peer chain that a session carries */
    SESSION_CERTS_MAX = 16,
    SESSION_ID_MAX = 32,              /* RFC 5246 7.4.1.2 */
    SESSION_TICKET_MAX = 65535,
    SESSION_ENCODED_MAX = 100 * 1024,
    SESSION_AGE_MAX = 7 * 24 * 3600,  /* seconds after the first full authentication */
    EARLY_DATA_MAX = 16384            /* bytes of early data that a server takes or skips */
};

/* Zeroed memory is an empty session. It owns chain and ticket. */
struct session {
    uint16_t version;
    uint16_t suite;
    uint16_t group;             /* TLS 1.2: of the key exchange that made it */
    struct secret psk;          /* of this ticket: the resumption secret with its nonce */
    char server_name[256];      /* SNI, "" when none */
    char alpn[256];             /* "" when none */
    uint8_t policy[SESSION_DIGEST]; /* digest of verification policy and anchors */
    bool peer_verified;
    bool extended_master_secret; /* TLS 1.2; psk is the master secret then */
    bool own_raw, peer_raw;     /* a raw public key was shown: by this side, if it is a server; by
                                   the peer */
    bool has_id;                /* TLS 1.2: ticket is a session identifier, which is no secret */
    int64_t authenticated_at;   /* seconds, wall clock: the first full handshake */
    int64_t expires_at;         /* seconds, wall clock: the earliest of lifetime, peer chain's
                                   end and SESSION_AGE_MAX */
    int64_t issued_at_ms;       /* wall clock: server: when issued; client: when received */
    uint32_t age_add;
    uint32_t max_early_data;
    uint8_t *chain;             /* the peer's chain: 24-bit length and DER for each;
                                   or the raw key, likewise */
    size_t chain_len;
    uint8_t *ticket;            /* client: what to send; server: not used */
    size_t ticket_len;
};

/* session_encode writes everything, with a version byte in front; session_decode refuses what is
 * malformed, too long, or of another version (CSSL_R_BAD_SESSION), and fills *s, to be wiped. */
void session_encode(struct wr *w, const struct session *s);
int session_decode(struct session *s, cssl_bytes bytes, cssl_error *err) CHECK;
/* session_wipe wipes secrets and frees what s owns; s is empty then. */
void session_wipe(struct session *s);
/* session_copy makes a deep copy. */
int session_copy(struct session *to, const struct session *from) CHECK;

#endif
