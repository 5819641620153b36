/*
 * play.h - plays a fuzzer's input as the peer of one engine. The input is a script: what the peer
 * sends is sealed with the right keys, and where a message needs a secret (Finished, a signature, a
 * binder) the player makes it; so a fuzzer gets into every state without breaking cryptography.
 *
 *     script = variant (1) | op (1) | length (2) | bytes | op | ...
 */
#ifndef CSSL_FUZZ_PLAY_H
#define CSSL_FUZZ_PLAY_H

#include "base/base.h"

enum play_op {
    PLAY_RAW = 0,          /* bytes as they are on the wire */
    PLAY_CCS = 20,         /* 20 to 24: a record of that type, sealed when the engine wants it */
    PLAY_ALERT = 21,
    PLAY_HANDSHAKE = 22,
    PLAY_DATA = 23,
    PLAY_NOTHING = 24,
    PLAY_FINISHED = 0x80,  /* a Finished that fits */
    PLAY_VERIFY = 0x81,    /* a CertificateVerify that fits the peer's certificate */
    PLAY_BINDER = 0x82,    /* a ClientHello whose last 32 bytes are made a binder that fits */
    PLAY_WRITE = 0x83,     /* the engine's own program: it writes the bytes, */
    PLAY_UPDATE = 0x84,    /* changes keys (asking for the same when there are bytes), */
    PLAY_CLOSE = 0x85,     /* closes, */
    PLAY_CANCEL = 0x86,    /* cancels, */
    PLAY_LATER = 0x87,     /* comes back after as many hours as there are bytes, */
    PLAY_END = 0x88        /* and hears that the stream has ended */
};

#define PLAY_PSK_IDENTITY "fuzz"
#define PLAY_PSK "a secret of the whole world, 32 b"

/* Bits of the variant. */
enum {
    VARIANT_MUTUAL = 1,    /* certificates on both sides, the client's required */
    VARIANT_PSK = 2,       /* an external PSK, "fuzz" */
    VARIANT_STEPS = 4,     /* public-key steps are run by the player */
    VARIANT_RETRY = 8,     /* servers: secp256r1 alone */
    VARIANT_RAW = 16,      /* both sides have raw public keys and certificates, keys first */
    VARIANTS = 32,
    PLAY_EARLY = 0x80 /* alone, servers: a client of ours has come back and sent early data; the
                         player goes on in its place */
};

/* play_init makes the configs of a role; after play_free it can be called for the other one. */
void play_init(bool server);
void play_free(void);
/* play runs a script against an engine of the role. It aborts when an engine breaks a promise: is
 * connected without the peer having proved anything, takes bytes after an error, grows. It returns
 * whether the engine was connected, and in *error why it failed (status 0: it did not). */
bool play(cssl_bytes script, cssl_error *error);
/* What the engine of the last play has sent. */
extern struct play_sent {
    unsigned certificates, tickets;
} play_sent;
#endif
