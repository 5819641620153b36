/*
 * conn.h - what a connection keeps once its handshake is done, and how it writes a record.
 *
 * The sending half is out, write and write_secret; the receiving half read and read_secret. After
 * the handshake each belongs to one thread at a time. The rest does not change any more, but for
 * what a client's late certificate says of it (later13.h): that belongs to the receiving half.
 */
#ifndef CSSL_HS_CONN_H
#define CSSL_HS_CONN_H

#include "config/config.h"
#include "record/tls_record.h"

/* What came along with a peer's chain; views into the same block. */
struct peer_extras {
    cssl_bytes staples[CHAIN_CERTS_MAX]; /* OCSP responses, empty for none */
    cssl_bytes scts; /* RFC 6962 3.3's list, with its length in front */
};

/* A peer's chain, as it sent it: counted, since sessions and connections share it. */
struct peer_chain {
    atomic_uint refs;
    size_t num;
    struct cert *certs[CHAIN_CERTS_MAX];
    struct peer_extras *extras; /* NULL: nothing came along */
    bool staple_good;           /* the response for the first one said so, when it came */
    uint8_t *raw; /* instead: a raw public key (RFC 7250), SubjectPublicKeyInfo; num is 0 then */
    size_t raw_len;
    enum key_type raw_type;
};

struct conn {
    cssl_config *config; /* a reference */
    bool server;
    uint8_t hash_alg, aead_alg;
    bool resumed, hello_retry, peer_verified;
    bool early_offered, early_accepted;
    int32_t ticket_age_skew; /* servers: seconds that the client takes its ticket for older */
    bool other_policy; /* clients: the config is not that of the ClientHello, and trusts others */
    uint16_t port;
    bool extended_master_secret; /* TLS 1.2 */
    bool encrypt_then_mac;       /* TLS 1.2 with CBC */
    uint16_t max_fragment_length; /* agreed on; 0: nothing */
    uint16_t record_size_limit;   /* the peer's, 0: nothing was agreed on; */
    uint16_t own_size_limit;      /* and ours */
    bool own_raw, peer_raw; /* agreed on: raw public keys, not certificates (RFC 7250) */
    uint16_t version; /* that was agreed on; 0 before */
    uint16_t suite, group;
    uint16_t server_scheme, client_scheme; /* of CertificateVerify; 0: none */
    int16_t psk_number;   /* of the external key that was used, as in cssl_info; -1: none */
    uint16_t compression; /* of the Certificate that came; 0: none */
    char *host;          /* clients: whom the program asked for; NULL without */
    char *sni;           /* what was sent or received; NULL without */
    char *alpn;          /* what was agreed on; NULL without */
    const struct certkey *own; /* the identity that was used; lives in the config */
    struct peer_chain *peer;   /* NULL without */
    int64_t authenticated_at;  /* seconds, wall clock: of the full handshake */
    int64_t peer_expires;      /* seconds: the end of the first certificate of the peer's chain
                                  to end; INT64_MAX without a chain */
    struct rec_half read, write;
    struct secret read_secret, write_secret;
    struct secret exporter, resumption; /* resumption: clients, for the tickets to come. In TLS
                                           1.2 exporter is the master secret */
    bool secure_renegotiation; /* TLS 1.2: the peer knows RFC 5746 */
    uint8_t finished[2][12];   /* TLS 1.2: what the client's and the server's Finished said */
    bool session_kept;   /* TLS 1.2: session_id names a session that is kept */
    uint8_t session_id_len;
    uint8_t session_id[HELLO_SESSION_ID_MAX]; /* TLS 1.2: of the ServerHello */
    struct hash *handshake; /* its messages: for authentication after it; NULL: not possible */
    uint8_t randoms[2 * HELLO_RANDOM];  /* client's and server's; TLS 1.2's exporter needs them */
    struct buf out;      /* records to be sent */
};

/* conn_init prepares a zeroed conn; host may be NULL. conn_free releases what it owns. */
int conn_init(struct conn *c, cssl_config *config, const char *host, uint16_t port,
              cssl_error *err) CHECK;
void conn_free(struct conn *c);

/* conn_set_config goes on under another config of the same role; a reference is taken. Servers do
 * so before anything of the old one was used. A client has sent its ClientHello: what it offered to
 * resume by then holds only for a config that trusts the same peers. */
void conn_set_config(struct conn *c, cssl_config *config);

/* conn_send seals data as records of type into out, in fragments; the limit of out holds. */
int conn_send(struct conn *c, struct worker *w, uint8_t type, cssl_bytes data,
              cssl_error *err) CHECK;
/* conn_send_messages is conn_send for one or several whole handshake messages, which the trace sees
 * one by one. */
int conn_send_messages(struct conn *c, struct worker *w, cssl_bytes messages,
                       cssl_error *err) CHECK;
/* conn_send_ccs sends change_cipher_spec, seen by the trace. */
int conn_send_ccs(struct conn *c, struct worker *w, cssl_error *err) CHECK;
/* conn_trace shows a message to the config's hook. */
void conn_trace(const struct conn *c, bool sent, uint8_t content_type, uint8_t epoch,
                cssl_bytes message);
/* conn_keylog writes a line of NSS's key log: LABEL client_random secret. */
void conn_keylog(const struct conn *c, const char *label, const uint8_t *client_random,
                 const struct secret *secret);
/* conn_signed keeps the scheme of a CertificateVerify or a ServerKeyExchange, of this side's (own)
 * or the peer's. */
void conn_signed(struct conn *c, bool own, uint16_t scheme);
/* conn_verify_name is the name that a client's peer must have, "" for none (then none is checked).
 * NULL for servers. */
const char *conn_verify_name(const struct conn *c);
/* conn_keep_name keeps a name that a hello brought in *to, as sni or alpn; conn_name views one of
 * those, empty for NULL. conn_check_alpn: what the server chose is one of those that were offered
 * (RFC 7301 3.1). */
int conn_keep_name(char **to, cssl_bytes name, cssl_error *err) CHECK;
static inline cssl_bytes conn_name(const char *name)
{
    return bytes_str(name == NULL ? "" : name);
}
int conn_check_alpn(const struct conn *c, cssl_bytes alpn, cssl_error *err) CHECK;

/* peer_chain_from makes a chain from an encoded one (24-bit length and DER for each), or what
 * stands there of a raw public key; peer_chain_write encodes one. peer_chain_of_key makes one of
 * such a key, which must be of a kind that is known. */
struct peer_chain *peer_chain_from(cssl_bytes encoded, bool raw, cssl_error *err) CHECK;
void peer_chain_write(struct wr *w, const struct peer_chain *chain);
struct peer_chain *peer_chain_of_key(cssl_bytes spki, cssl_error *err) CHECK;
/* peer_chain_spki is the key of the peer itself, and its type. */
cssl_bytes peer_chain_spki(const struct peer_chain *chain, enum key_type *type);
struct peer_chain *peer_chain_ref(struct peer_chain *chain);
void peer_chain_free(struct peer_chain *chain);
/* peer_chain_expires is the first end of validity in the chain. */
int64_t peer_chain_expires(const struct peer_chain *chain);

#endif
