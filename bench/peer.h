/*
 * peer.h - a TLS library as the benchmarks see it: connections without sockets, bytes in and out.
 * One table of functions a library, so that every case measures each of them in the same way.
 */
#ifndef CSSL_BENCH_PEER_H
#define CSSL_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which connection is measured. Names are IANA's; what is NULL is the library's default. */
struct setup {
    const char *suite;
    const char *group;
    bool rsa;     /* certificates: RSA-2048, otherwise ECDSA P-256 */
    bool mutual;  /* the client has one too */
    bool tickets; /* of the server's, for a later connection */
};

/* The identities of one kind: DER, made once (identity.c). */
struct identity {
    uint8_t *root, *cert, *key;
    size_t root_len, cert_len, key_len;
};
const struct identity *identity_of(bool rsa);

struct conn; /* a library's connection */
struct side; /* a library's configuration for one role */

struct peer {
    const char *name;
    const char *(*version)(void);
    struct side *(*side_new)(const struct setup *setup, bool server);
    void (*side_free)(struct side *side);
    /* conn_new makes a connection; a client resumes the session that the side kept, if any. */
    struct conn *(*conn_new)(struct side *side);
    void (*conn_free)(struct conn *conn);
    /* push gives received ciphertext; it may be called with what the other side's pull gave only.
     * Neither may block. Both abort the program when the library reports a failure. */
    void (*push)(struct conn *conn, const uint8_t *data, size_t len);
    /* step goes on with the handshake and returns whether it is done. */
    bool (*step)(struct conn *conn);
    /* pull moves ciphertext out. */
    size_t (*pull)(struct conn *conn, uint8_t *out, size_t max);
    /* seal turns len bytes into one record, pulled by pull; open returns how many bytes of
     * plaintext came out of what was pushed, copied to out. */
    void (*seal)(struct conn *conn, const uint8_t *data, size_t len);
    size_t (*open)(struct conn *conn, uint8_t *out, size_t max);
    bool (*resumed)(struct conn *conn);
    /* kept remembers the session of a client's connection for the next conn_new of its side. */
    void (*keep)(struct side *side, struct conn *conn);
};

extern const struct peer peer_cssl, peer_openssl;

/* bench_die prints a sentence and ends the program. */
_Noreturn void bench_die(const char *who, const char *why);

#endif
