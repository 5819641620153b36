/*
 * cssl.h - TLS for C programs, after Erlang's ssl module.
 *
 *     cssl_error err;
 *     cssl_socket *s = cssl_connect("example.org", 443, NULL, 5000, &err);
 *     if (s == NULL) {
 *         errx(1, "%s", err.text);
 *     }
 *
 * Options that are NULL or all zero are the safe ones: TLS 1.3 (1.2 for peers that have nothing
 * newer), the peer's certificate verified against the system's certificate authorities and against
 * the host name that was asked for.
 *
 * What holds for every function here:
 *
 *  - A constructor that fails returns NULL, any other function a negative cssl_status. The last
 *    parameter, which may be NULL, is filled with the reason. Nothing is kept in errno, in a
 *    queue or in thread-local memory.
 *  - A timeout is a number of milliseconds, as for poll(2): CSSL_INFINITY waits for ever, 0 not at
 *    all. It covers the whole call, the resolution of names included. A call that ends with
 *    CSSL_TIMEOUT has lost nothing and may be made again.
 *  - Arguments are copied; nothing passed in has to live longer than the call. A cssl_bytes that
 *    is handed out is a view into the library's memory: that of an event lives until the next
 *    event is asked for, any other until the next call on the same connection.
 *  - Only functions named _close and _free release an object; all of them accept NULL. After a
 *    handshake that failed the socket is still to be closed.
 *  - One thread may receive on a socket while another one sends on it. Until the handshake is
 *    done, and for every other function, one thread at a time. cssl_step_run, cssl_mailbox_wake,
 *    and all functions of configs and listeners may be called from any thread at any time.
 *    After fork(2) the child may only free what it inherited.
 *  - Public structs may grow at their end. The functions that read or fill them are inline
 *    wrappers which pass the size that the program was compiled with; cssl_error never grows.
 *
 * RFC numbers in this file: 8446 TLS 1.3, 5705 exporters, 9266 and 5929 channel bindings,
 * 6066 SNI, 7301 ALPN, 9525 names in certificates, 5280 certificate paths, 8305 address racing.
 */
#ifndef CSSL_H
#define CSSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default) /* everything else in the library is hidden */
#endif

#define CSSL_VERSION "0.1.0"

typedef struct cssl_socket cssl_socket;     /* one connection over TCP */
typedef struct cssl_listener cssl_listener; /* a listening socket */
typedef struct cssl_mailbox cssl_mailbox;   /* where sockets in active mode put their events */
typedef struct cssl_config cssl_config;     /* checked options: immutable, counted, shared */
typedef struct cssl_engine cssl_engine;     /* one connection without a socket */
typedef struct cssl_step cssl_step;         /* a public-key operation that was put off */

/* Bytes that belong to somebody else. data may be NULL when len is 0. */
typedef struct cssl_bytes {
    const uint8_t *data;
    size_t len;
} cssl_bytes;

enum { CSSL_INFINITY = -1 };

/* ---- Errors ---------------------------------------------------------------------------------
 *
 * Erlang's {error, Reason}. The status is what a program branches on, the reason says exactly
 * what happened, the text is for people.
 */

typedef enum cssl_status {
    CSSL_OK = 0,
    CSSL_CLOSED = -1,    /* closed or shut down, in order, on this side or by the peer */
    CSSL_TRUNCATED = -2, /* the peer is gone without close_notify: data may be missing */
    CSSL_TIMEOUT = -3,   /* the time ran out; nothing is lost, call again */
    CSSL_ALERT = -4,     /* a fatal alert was sent or received: see alert, alert_from_peer */
    CSSL_OPTION = -5,    /* an option is wrong: see option */
    CSSL_SYSTEM = -6,    /* the operating system refused: see posix */
    CSSL_NOMEM = -7,     /* out of memory */
    CSSL_STATE = -8,     /* not possible now, such as sending before the handshake */
    CSSL_PAUSED = 1      /* pause_at_hello: look at the hello, then cssl_handshake_continue */
} cssl_status;

/* Why a call failed: CSSL_R_NAME for each row of cssl_reasons.def. Numbers never change. */
typedef enum cssl_reason {
#define REASON(number, name, status, alert, text) CSSL_R_##name = (number),
#include "cssl_reasons.def"
#undef REASON
    CSSL_R_LAST_ = 9999
} cssl_reason;

typedef struct cssl_error {
    cssl_status status;
    uint16_t reason;      /* CSSL_R_* */
    uint8_t alert;        /* CSSL_ALERT: the alert's number, RFC 8446 6 */
    bool alert_from_peer; /* CSSL_ALERT: received rather than sent */
    int16_t cert_index;   /* the certificate at fault in the chain, 0 the leaf; -1 none */
    int posix;            /* CSSL_SYSTEM: the errno value */
    const char *option;   /* CSSL_OPTION: the field of cssl_options at fault (static) */
    char text[512];       /* one sentence, never empty after a failure. What came from a peer is
                             printable ASCII in it, any other byte is written as \xNN */
} cssl_error;

/* cssl_reason_name returns the name of a reason, such as "KEY_SHARE_REPEATED" (static), or NULL. */
const char *cssl_reason_name(uint16_t reason);
/* cssl_alert_name returns OTP's name of an alert, such as "unknown_ca" (static), never NULL. */
const char *cssl_alert_name(uint8_t alert);
/* cssl_version returns the CSSL_VERSION of the library that is loaded (static). */
const char *cssl_version(void);

/* ---- Options --------------------------------------------------------------------------------
 *
 * One struct for clients and servers, made with designated initialisers:
 *
 *     cssl_options options = { .certfile = "server.pem", .keyfile = "server.key" };
 *
 * Every field's zero is its default, and the default is the safe choice. Where a field holds for
 * one role only, giving it to the other is a CSSL_OPTION error.
 */

typedef enum { CSSL_DEFAULT, CSSL_ON, CSSL_OFF } cssl_switch;

typedef enum {
    CSSL_VERIFY_DEFAULT, /* clients: peer; servers: none */
    CSSL_VERIFY_PEER,    /* clients: the server's chain and name; servers: the client's chain */
    CSSL_VERIFY_NONE     /* clients: ANYONE may be in the middle. Servers: ask for nothing */
} cssl_verify;

typedef enum {
    CSSL_TICKETS_DEFAULT,  /* clients: auto; servers: stateless; CSSL_ASK_SESSION: stateful */
    CSSL_TICKETS_DISABLED, /* no resumption */
    CSSL_TICKETS_AUTO,     /* clients: kept in the config and used by later connections with it */
    CSSL_TICKETS_MANUAL,   /* clients: CSSL_EV_TICKET hands them out, use_ticket takes one back */
    CSSL_TICKETS_STATEFUL, /* servers: sessions are kept in the config, bounded, or by the program
                              (CSSL_ASK_SESSION) */
    CSSL_TICKETS_STATELESS /* servers: sealed into the ticket itself */
} cssl_tickets;

typedef enum { CSSL_CLOCK_MONOTONIC, CSSL_CLOCK_WALL } cssl_clock;

enum { CSSL_TLSV1_2 = 1, CSSL_TLSV1_3 = 2 };                     /* versions */
enum { CSSL_PASSIVE = 0, CSSL_ONCE = -1, CSSL_ACTIVE = -2 };     /* active; or N > 0 */
enum { CSSL_NO_INTERMEDIATES = -1 };                             /* depth: none at all */

/* CSSL_LIST("h2", "http/1.1") is a NULL-terminated list of strings. */
#define CSSL_LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* One identity: a certificate chain, leaf first, and its private key. Files are PEM or DER; in
 * memory likewise. Without keyfile and key the key is looked for where the certificates are. */
typedef struct cssl_cert_key {
    const char *certfile;
    const char *keyfile;
    const char *password; /* of an encrypted PKCS#8 key */
    cssl_bytes cert;
    cssl_bytes key;
    bool external_key;    /* there is no key here: CSSL_ASK_SIGN asks for each signature */
    const char *staplefile; /* servers: an OCSP response (DER) to staple; read when it changes */
    cssl_bytes staple;      /* or in memory */
    cssl_bytes scts;        /* servers: SignedCertificateTimestampList, RFC 6962 3.3 */
    const char *const *signature_algs; /* what this key signs with, some of the option of that
                                          name, in an order of its own; default: all of it */
    bool only_for_issuers;  /* only for peers that name an authority which issued a certificate of
                               this chain (certificate_authorities); else such a one is preferred */
} cssl_cert_key;

/* What is asked, as bits of cssl_options.ask_about. */
typedef enum {
    CSSL_ASK_VERIFY = 1,       /* verify_fun: an opinion on each certificate and each fault */
    CSSL_ASK_PARTIAL_CHAIN = 2, /* partial_chain: no path to an anchor; is one of these trusted? */
    CSSL_ASK_SNI = 4,          /* sni_fun: servers: the config for this host */
    CSSL_ASK_PSK = 8,          /* user_lookup_fun: the secret of an identity. A refusal in TLS 1.2
                                  tells the client that it is not known; the default does not */
    CSSL_ASK_SIGN = 16,        /* sign_fun: asked for identities with external_key, always */
    CSSL_ASK_SESSION = 32      /* servers: the session under an identifier, out of the program's
                                  own store: see store_session */
} cssl_ask;

/* What OTP's verify_fun is called with. */
typedef enum { CSSL_VALID = 1, CSSL_VALID_PEER, CSSL_BAD_CERT, CSSL_EXTENSION } cssl_verify_event;

typedef struct cssl_question {
    cssl_ask kind;
    uint64_t id;             /* the answer repeats it */
    cssl_verify_event event; /* VERIFY */
    uint16_t reason;         /* VERIFY, BAD_CERT: CSSL_R_* */
    bool critical;           /* VERIFY, EXTENSION: an unknown one, which is critical */
    cssl_bytes oid;          /* VERIFY, EXTENSION: encoded as in DER, without tag and length */
    cssl_bytes subject;      /* VERIFY: the certificate; SNI: the host; PSK: the identity; SIGN: the
                                bytes to sign, not hashed; SESSION: the id that store_session was
                                given, or nobody's */
    int index;               /* VERIFY: in the path, 0 the leaf */
    const cssl_bytes *certs; /* PARTIAL_CHAIN: the certificates of the path, the leaf first */
    size_t num_certs;
    uint16_t scheme;         /* SIGN: the signature scheme, IANA's number */
    cssl_bytes certificate;  /* SIGN: the identity's own certificate */
    cssl_socket *socket;     /* for cssl_answer_question; NULL: an engine's, or cssl_connect has not
                                returned it yet */
} cssl_question;

typedef enum {
    CSSL_ANSWER_DEFAULT, /* what would have happened without a question */
    CSSL_ACCEPT,
    CSSL_REJECT,
    CSSL_UNKNOWN         /* VERIFY, EXTENSION: unknown here too */
} cssl_verdict;

typedef struct cssl_answer {
    uint64_t id;
    cssl_verdict verdict;
    uint8_t alert;       /* REJECT: instead of the usual one; 0: the usual one */
    cssl_bytes value;    /* PSK: the secret; SIGN: the signature; PARTIAL_CHAIN: the DER of the
                            certificate that is trusted; SESSION: what store_session was given:
                            anything else, and any other verdict, makes a full handshake */
    cssl_config *config; /* SNI: the config to go on with; its own reference is taken */
} cssl_answer;

/* A server's config for a host: "example.org", or "*.example.org" for one label more. */
typedef struct cssl_sni_host {
    const char *host;
    cssl_config *config; /* a server's; referenced */
} cssl_sni_host;

typedef enum {
    CSSL_CRL_NONE,       /* revocation lists are not looked at */
    CSSL_CRL_PEER,       /* the peer's own certificate must be covered by a list */
    CSSL_CRL_CHAIN,      /* each certificate of the path but the anchor must */
    CSSL_CRL_BEST_EFFORT /* one without a list passes; one that a list names never does */
} cssl_crl_check;

/* What options.log is told. */
typedef enum {
    CSSL_LOG_DEFAULT, /* notice */
    CSSL_LOG_NONE,
    CSSL_LOG_ERROR,   /* what failed here: memory, an internal error */
    CSSL_LOG_NOTICE,  /* and alerts, in OTP's words: "TLS client: In state wait_cv generated ..." */
    CSSL_LOG_DEBUG    /* and each handshake message by its name and length */
} cssl_log_level;

/* What a trace hook sees: one handshake message, alert or change_cipher_spec, sent or received. */
typedef struct cssl_trace_event {
    int64_t time_us;      /* monotonic clock */
    bool sent;            /* by this side */
    uint8_t content_type; /* 20 change_cipher_spec, 21 alert, 22 handshake */
    uint8_t epoch;        /* 0 in the clear, 1 early data, 2 handshake keys, 3 application keys */
    cssl_bytes message;   /* with its header, decrypted; valid during the call only */
} cssl_trace_event;

/* A pre-shared key of TLS 1.3. */
typedef struct cssl_psk {
    cssl_bytes identity; /* 1 to 1,024 bytes, any */
    cssl_bytes secret;   /* 16 to 64 bytes, uniformly random */
    int hash;            /* that the key is for: 256 or 384 (SHA-256, SHA-384); 0 means 256. Without
                            import it goes with suites of this hash alone */
    bool import;         /* RFC 9258: offered and accepted as an imported PSK, with any suite */
    cssl_bytes context;  /* of the import; may be empty */
} cssl_psk;

typedef struct cssl_options {
    unsigned versions;              /* CSSL_TLSV1_2 | CSSL_TLSV1_3; 0: both. The newest one that the
                                       peer has is used; TLS 1.2's suites are ECDHE and DHE with
                                       AEADs, unless ciphers says otherwise */
    const char *const *ciphers;     /* in order of preference: IANA's names, OpenSSL's, or several
                                       in one string, with colons between. To servers those in
                                       brackets are equally good, "[A|B]:C": the client's order
                                       decides among them */
    cssl_switch honor_cipher_order; /* servers: their own order of suites counts; on */
    const char *const *supported_groups; /* "x25519", "secp256r1", ... in order of preference */
    const char *const *key_share_groups; /* clients: for which shares are sent; default: the first
                                       of supported_groups, and the first classic one beside
                                       one with ML-KEM */
    const char *const *signature_algs;      /* IANA names, by preference; PKCS #1 alone: no 1.3 */
    const char *const *signature_algs_cert; /* for signatures in chains; default: signature_algs
                                               and rsa_pkcs1_sha256/384/512 */
    const char *const *alpn_protocols;      /* in order of preference (server's counts) */
    /* The identity: certfile and keyfile (the common case), or any number in certs_keys, of
     * which the first that suits the peer is used. Servers need one, clients may have one. */
    const char *certfile, *keyfile, *password;
    const cssl_cert_key *certs_keys;
    size_t num_certs_keys;
    cssl_verify verify;
    cssl_switch fail_if_no_peer_cert; /* verifying servers: on by default */
    const char *cacertfile;           /* PEM; without it and cacerts: the system's authorities */
    cssl_bytes cacerts;               /* PEM or DER certificates, one after the other */
    int depth;                        /* intermediate certificates at most, up to 16; 0 means 10 */
    const char *server_name_indication; /* clients: name to send and to verify, instead of the
                                           host that was connected to; "" sends and checks none */
    cssl_switch certificate_authorities; /* the anchors' names are sent to the peer; servers: on,
                                            clients (TLS 1.3): off, they tell whom one trusts */
    const char *const *peer_names;    /* clients: names of which the certificate may have any,
                                         besides the host */
    bool no_cacerts;                  /* no authorities at all, the system's neither: a certificate
                                         is trusted when the program that is asked says so */
    bool allow_any_ca_purpose;        /* authorities whose extendedKeyUsage forbids TLS pass */
    const char *const *certificate_policies; /* OIDs, dotted, of which the path must have one */
    bool explicit_policy, inhibit_policy_mapping, inhibit_any_policy; /* RFC 5280 6.1.1 */
    cssl_crl_check crl_check;
    const char *crlfile;              /* PEM or DER lists */
    cssl_bytes crls;                  /* or in memory */
    const char *crl_dir;              /* or a directory with names as c_rehash makes them; read when
                                         a list is needed */
    cssl_switch stapling;             /* clients: on: a stapled OCSP response has to come and be
                                         good. Default: it is asked for; "revoked" counts, and it
                                         has to come when the certificate says so (RFC 7633) */
    bool stapling_nonce;              /* and carry the nonce that was sent: few servers can */
    bool signed_certificate_timestamps; /* clients: ask for them: see cssl_peer_scts */
    unsigned ask_about;               /* CSSL_ASK_* bits */
    bool (*ask)(void *user, const cssl_question *q, cssl_answer *a); /* true: *a is the answer,
                                         false: it comes by cssl_answer_question, if at all. Without
                                         it CSSL_EV_ASK asks */
    const cssl_sni_host *sni_hosts;   /* servers: configs by host; asked before CSSL_ASK_SNI */
    size_t num_sni_hosts;
    bool pause_at_hello;              /* {handshake, hello}: stop when the peer's hello is there */
    cssl_tickets session_tickets;
    uint32_t ticket_lifetime;           /* servers: seconds; 0 means 7,200; at most 604,800 */
    cssl_bytes ticket_seed;             /* servers that share tickets, or a store of sessions: 32 or
                                           more secret bytes */
    cssl_bytes use_ticket;              /* clients, CSSL_TICKETS_MANUAL */
    cssl_switch reuse_sessions;         /* TLS 1.2: resumption by identifier and by ticket; on. With
                                           tickets disabled off, or CSSL_ON: by identifier */
    bool tls12_tickets_only;            /* session_tickets is for TLS 1.2; 1.3 resumes nothing */
    bool verify_on_resume;              /* a session's chain is verified anew, as of now, before the
                                           session is offered or taken, with all that verifying
                                           has but a staple; where it fails there is a full
                                           handshake. Servers that have to ask about a chain
                                           (CSSL_ASK_VERIFY, _PARTIAL_CHAIN) resume none then */
    /* Servers with CSSL_ASK_SESSION keep their sessions with the program instead of the config:
     * store_session gives it one to keep under id (32 bytes, random to everybody) for lifetime
     * seconds. An empty session says that the one under id is over: in TLS 1.3, because it is used
     * now, which false ("it was not there any more") forbids; a TLS 1.2 session may be used often.
     * False also says that it was not kept. It is called by any thread that runs a connection, and
     * must not wait. A session is sealed under ticket_seed, or else under keys of this config and
     * its renewals, for its id: a store that is read, changed or mixed up gives nobody a session.
     * But id is a key to its place, so do not let strangers write there. At most 65,535 bytes,
     * mostly under 4,096. */
    bool (*store_session)(void *user, cssl_bytes id, cssl_bytes session, uint32_t lifetime);
    cssl_bytes early_data;              /* clients: to be sent in the first flight if a session
                                           allows it, at most 65,536 bytes; whether the server took
                                           it is in cssl_info. Anybody may REPLAY it: see
                                           cssl_recv_early */
    uint32_t max_early_data;            /* servers: bytes; 0 refuses all, at most 16,384. Needs
                                           tickets, and no ticket_seed: servers that share tickets
                                           do not share what they have seen */
    uint32_t anti_replay_window;        /* servers: seconds that early data may come before or
                                           after its time; 0 means 10 */
    uint32_t anti_replay_hashes;        /* of the filter that knows what has come: bits an entry, up
                                           to 16; 0 means 7 */
    uint32_t anti_replay_bits;          /* and in all, 1,024 or more; 0 means 1,048,576: 100,000
                                           first flights in twice the window, of which one in 150
                                           is refused early data wrongly */
    const char *psk_identity;           /* external PSK, RFC 8446 4.2.11 (psk_dhe_ke, SHA-256), and
                                           of TLS 1.2's PSK suites (RFC 4279) */
    cssl_bytes psk;                     /* its secret: 16 to 64 bytes, uniformly random */
    const char *psk_hint;               /* servers, TLS 1.2: psk_identity_hint */
    bool psk_import;                    /* RFC 9258: offer and accept psk as an imported PSK */
    cssl_bytes psk_context;             /* of the import; may be empty */
    const cssl_psk *psks;               /* TLS 1.3: further ones, in order of preference (servers:
                                           their own counts). Clients offer 15 identities at most,
                                           an imported key being one for each hash of the suites */
    size_t num_psks;
    cssl_bytes dh;                      /* servers, TLS 1.2: PKCS#3 parameters, PEM or DER, of 2,048
                                           to 8,192 bits; default: RFC 7919's groups */
    const char *dhfile;
    cssl_switch encrypt_then_mac;       /* TLS 1.2 with CBC, RFC 7366; on */
    cssl_switch client_renegotiation;   /* TLS 1.2: the peer may ask for a renegotiation, once in
                                           10 s; off: it hears no_renegotiation */
    uint64_t renegotiate_at;            /* TLS 1.2: records under one key; 0: the AEAD's limit */
    unsigned max_fragment_length;       /* clients, RFC 6066: 512, 1024, 2048, 4096; 0: not asked */
    unsigned record_size_limit;         /* RFC 8449: plaintext bytes of a record that this side
                                           takes, 64 to 16,384; 0: no limit is named */
    const char *const *cert_compression; /* RFC 8879: "zlib", "brotli", "zstd" in order of
                                           preference; default: none */
    bool post_handshake_auth;           /* TLS 1.3. Clients: servers may ask for a certificate
                                           later. Verifying servers: they do it then, by
                                           cssl_request_certificate, and not in the handshake */
    bool fail_if_no_own_cert;           /* clients: leave a server that asks for a certificate where
                                           none suits; default: it is shown none, and decides */
    const char *const *own_cert_types;  /* RFC 7250: "x509", "raw_public_key" (a
                                           SubjectPublicKeyInfo that the other side knows), in order
                                           of preference; default: x509. Of an identity without a
                                           certificate the key can be shown, of others both */
    const char *const *peer_cert_types; /* the same, of what the peer may show */
    const cssl_bytes *trusted_keys;     /* the raw public keys that are accepted: DER or PEM */
    size_t num_trusted_keys;
    bool grease;                        /* clients: unknown values among the offered, RFC 8701 */
    cssl_switch middlebox_comp_mode;    /* RFC 8446 D.4; on */
    cssl_switch cookie;                 /* servers: HelloRetryRequest carries a cookie; on */
    size_t max_handshake_size;          /* bytes of a Certificate message, 1,024 or more; 0 means
                                           131,072 from servers and 65,536 from clients */
    size_t send_limit;                  /* bytes queued for a slow peer, 32,768 or more; 0 means
                                           262,144 */
    size_t record_padding;              /* records are padded to a multiple of so many bytes, 2 to
                                           16,384; 0: none */
    size_t max_fragment;                /* plaintext bytes of a record sent, 64 to 16,384; 0 means
                                           16,384 */
    uint64_t key_update_at;             /* bytes under one sending key; 0: the AEAD's own limit */
    bool defer_steps;                   /* engines: public-key work by cssl_engine_step */
    void (*trace)(void *user, const cssl_trace_event *event); /* any thread that runs the
                                                                 connection */
    void (*keylog)(void *user, const char *line); /* NSS key log lines: SECRETS. For Wireshark */
    bool sslkeylogfile;                 /* and appended to the file that SSLKEYLOGFILE names */
    cssl_log_level log_level;           /* what log is called for */
    void (*log)(void *user, cssl_log_level level, const char *text); /* any thread that runs the
                                                                        connection */
    int64_t (*now_us)(void *user, cssl_clock which); /* microseconds; default: the system's */
    int (*random)(void *user, uint8_t *out, size_t len); /* for tests only; 0 or negative */
    void *user;                         /* passed to the hooks above */
    const char *ip;                     /* listen: address to bind; default: all of this host */
    int backlog;                        /* listen: 0 means 1,024 */
    bool reuseport, ipv6_only;          /* listen */
    int handshake_timeout;              /* mailboxes: ms; 0 means 30,000 */
    unsigned max_handshakes;            /* mailboxes: at once, then accepting waits; 0: 1,024 */
} cssl_options;

/* cssl_client_config and cssl_server_config check options, read the files that they name and
 * return a config that any number of connections and threads may use at once. When they succeed,
 * err->text is empty or a warning worth showing: other users may read a private key's file. */
cssl_config *cssl_client_config_sized(const cssl_options *options, size_t size, cssl_error *err);
cssl_config *cssl_server_config_sized(const cssl_options *options, size_t size, cssl_error *err);
static inline cssl_config *cssl_client_config(const cssl_options *options, cssl_error *err)
{
    return cssl_client_config_sized(options, sizeof(*options), err);
}
static inline cssl_config *cssl_server_config(const cssl_options *options, cssl_error *err)
{
    return cssl_server_config_sized(options, sizeof(*options), err);
}
/* cssl_config_renew makes a config of the same role that keeps old's sessions and ticket keys:
 * for certificates that are reloaded. old stays valid for whoever uses it. */
cssl_config *cssl_config_renew_sized(cssl_config *old, const cssl_options *options, size_t size,
                                     cssl_error *err);
static inline cssl_config *cssl_config_renew(cssl_config *old, const cssl_options *options,
                                             cssl_error *err)
{
    return cssl_config_renew_sized(old, options, sizeof(*options), err);
}
/* cssl_config_derive makes a config of the same role in which each field of more that is not zero
 * takes the place of base's; it shares base's sessions and ticket keys. Files are read anew.
 * Of what can be given in several ways (identity, authorities, revocation lists, dh) more's
 * replaces all. */
cssl_config *cssl_config_derive_sized(cssl_config *base, const cssl_options *more, size_t size,
                                      cssl_error *err);
static inline cssl_config *cssl_config_derive(cssl_config *base, const cssl_options *more,
                                              cssl_error *err)
{
    return cssl_config_derive_sized(base, more, sizeof(*more), err);
}
/* cssl_config_ref takes one more reference and returns config. */
cssl_config *cssl_config_ref(cssl_config *config);
/* cssl_config_free gives a reference back; the last one frees config. Sockets, listeners and
 * engines hold their own, so a program may free its config as soon as it handed it over. */
void cssl_config_free(cssl_config *config);

/* ---- Client ---------------------------------------------------------------------------------*/

/* cssl_connect resolves host (a name or an IP address), connects to the first of its addresses
 * that answers (RFC 8305) and runs the handshake. It returns a passive socket. The name in the
 * server's certificate has to be host, or options->server_name_indication. */
cssl_socket *cssl_connect_sized(const char *host, uint16_t port, const cssl_options *options,
                                size_t size, int timeout, cssl_error *err);
static inline cssl_socket *cssl_connect(const char *host, uint16_t port,
                                        const cssl_options *options, int timeout, cssl_error *err)
{
    return cssl_connect_sized(host, port, options, sizeof(*options), timeout, err);
}
/* cssl_connect_with is cssl_connect with a config, through which sessions are resumed. */
cssl_socket *cssl_connect_with(const char *host, uint16_t port, cssl_config *config, int timeout,
                               cssl_error *err);
/* cssl_connect_start returns at once a socket that lives in mb; CSSL_EV_CONNECTED or
 * CSSL_EV_ERROR comes out of it. The socket is active (CSSL_PASSIVE) until cssl_set_active. */
cssl_socket *cssl_connect_start(const char *host, uint16_t port, cssl_config *config,
                                cssl_mailbox *mb, cssl_error *err);
/* cssl_connect_fd runs the handshake on a connected TCP socket (STARTTLS). host is the name to
 * verify. On success fd belongs to the socket; on failure it still belongs to the caller. */
cssl_socket *cssl_connect_fd_sized(int fd, const char *host, const cssl_options *options,
                                   size_t size, int timeout, cssl_error *err);
static inline cssl_socket *cssl_connect_fd(int fd, const char *host, const cssl_options *options,
                                           int timeout, cssl_error *err)
{
    return cssl_connect_fd_sized(fd, host, options, sizeof(*options), timeout, err);
}
/* cssl_connect_fd_with is cssl_connect_fd with a config. */
cssl_socket *cssl_connect_fd_with(int fd, const char *host, cssl_config *config, int timeout,
                                  cssl_error *err);

/* ---- Server ---------------------------------------------------------------------------------*/

/* cssl_listen listens on TCP port (0: one that is free, see cssl_listener_sockname). */
cssl_listener *cssl_listen_sized(uint16_t port, const cssl_options *options, size_t size,
                                 cssl_error *err);
static inline cssl_listener *cssl_listen(uint16_t port, const cssl_options *options,
                                         cssl_error *err)
{
    return cssl_listen_sized(port, options, sizeof(*options), err);
}
/* cssl_listen_with listens with a config: on the ip, backlog and so on of its options. */
cssl_listener *cssl_listen_with(uint16_t port, cssl_config *config, cssl_error *err);
/* cssl_listen_fd takes over a descriptor that is already listening; when it fails, fd still
 * belongs to the caller. */
cssl_listener *cssl_listen_fd(int fd, cssl_config *config, cssl_error *err);
/* cssl_listener_sockname fills addr with the address and port that l listens on. */
int cssl_listener_sockname(const cssl_listener *l, struct sockaddr_storage *addr, cssl_error *err);
/* cssl_listener_port returns the TCP port, in host byte order. */
uint16_t cssl_listener_port(const cssl_listener *l);
/* cssl_listener_set_config: connections accepted from now on use config (its own reference is
 * taken); those that exist do not notice. */
int cssl_listener_set_config(cssl_listener *l, cssl_config *config, cssl_error *err);
/* cssl_listener_set_mailbox: connections are accepted and handshaken within cssl_receive of mb:
 * CSSL_EV_ACCEPTED, then CSSL_EV_CONNECTED or CSSL_EV_ERROR. Several mailboxes may share l.
 * A listener that was given to mailboxes is not for cssl_transport_accept any more. */
int cssl_listener_set_mailbox(cssl_listener *l, cssl_mailbox *mb, cssl_error *err);
/* cssl_transport_accept takes the next TCP connection and reads nothing from it: hand the socket
 * to the thread that is to serve it and call cssl_handshake there. Many threads may call it. */
cssl_socket *cssl_transport_accept(cssl_listener *l, int timeout, cssl_error *err);
/* cssl_accept_fd makes a server's socket of a connected TCP socket (STARTTLS); cssl_handshake
 * comes next. On success fd belongs to the socket. */
cssl_socket *cssl_accept_fd(int fd, cssl_config *config, cssl_error *err);
/* cssl_handshake runs the server's side of the handshake. */
int cssl_handshake(cssl_socket *s, int timeout, cssl_error *err);
/* cssl_handshake_with is cssl_handshake under another config than the listener's. */
int cssl_handshake_with(cssl_socket *s, cssl_config *config, int timeout, cssl_error *err);
/* cssl_recv_early, with max_early_data, runs the server's side of the handshake as far as there is
 * early data, and returns 1..len bytes of it, or 0 when there is none or no more: cssl_handshake is
 * next. Whoever recorded these bytes may REPLAY them to other servers, or to this one after it was
 * started anew (RFC 8446 8): act on nothing that may not happen twice. cssl_recv never returns
 * them; what was not fetched when cssl_handshake is called is dropped. */
ssize_t cssl_recv_early(cssl_socket *s, void *data, size_t len, int timeout, cssl_error *err);
/* cssl_listener_shutdown stops listening. Threads that wait in cssl_transport_accept come back with
 * CSSL_CLOSED, as does each later call: once they are joined, l may be closed. */
void cssl_listener_shutdown(cssl_listener *l);
/* cssl_listener_close stops listening and frees l; its connections live on. */
void cssl_listener_close(cssl_listener *l);

/* ---- Client and server ----------------------------------------------------------------------*/

/* cssl_send takes all of data, waiting while more than send_limit bytes are queued, and returns 0
 * when everything is in the kernel's hands. After CSSL_TIMEOUT or CSSL_CLOSED it is unknown how
 * much of data was taken; cssl_send_some is for those who need to know. */
int cssl_send(cssl_socket *s, const void *data, size_t len, int timeout, cssl_error *err);
/* cssl_sendv is cssl_send for n pieces, sealed without being copied together first. */
int cssl_sendv(cssl_socket *s, const struct iovec *v, int n, int timeout, cssl_error *err);
/* cssl_send_some never waits: it returns how many bytes were taken, 0 when the queue is full. In
 * a mailbox CSSL_EV_WRITABLE follows when the queue is half empty again. */
ssize_t cssl_send_some(cssl_socket *s, const void *data, size_t len, cssl_error *err);
/* cssl_recv returns 1..len bytes as soon as there are any, and 0 only when the peer said
 * close_notify. A connection that merely ends is CSSL_TRUNCATED. */
ssize_t cssl_recv(cssl_socket *s, void *data, size_t len, int timeout, cssl_error *err);
/* cssl_recv_exact fills all of data and returns 0; when the peer closes before that it is
 * CSSL_CLOSED (or CSSL_TRUNCATED), and what had come is lost. */
int cssl_recv_exact(cssl_socket *s, void *data, size_t len, int timeout, cssl_error *err);
/* cssl_shutdown with SHUT_WR sends what is queued and close_notify; receiving goes on. SHUT_RD
 * discards what the peer still sends. SHUT_RDWR does both. */
int cssl_shutdown(cssl_socket *s, int how, int timeout, cssl_error *err);
/* cssl_close sends what is queued and close_notify, waits for the peer's end at most timeout ms
 * (CSSL_LINGER: 5 seconds), so that no reset destroys the last data, and always frees s. It
 * returns 0, or why the end was not clean. In a mailbox it returns at once and goes on alone. */
enum { CSSL_LINGER = 5000 };
int cssl_close(cssl_socket *s, int timeout, cssl_error *err);
/* cssl_update_keys changes the keys of what is sent, and with both_ways asks the peer to do the
 * same (RFC 8446 4.6.3). */
int cssl_update_keys(cssl_socket *s, bool both_ways, cssl_error *err);
/* cssl_renegotiate runs a new handshake under the old one's keys: TLS 1.2 only (RFC 5746). A peer
 * that says no is CSSL_R_RENEGOTIATION_REFUSED, and the connection goes on. */
int cssl_renegotiate(cssl_socket *s, int timeout, cssl_error *err);
/* cssl_request_certificate lets a TLS 1.3 server ask a client for its certificate after the
 * handshake (RFC 8446 4.6.2); CSSL_EV_AUTHENTICATED, or cssl_recv going on, says that it came. The
 * client must have said post_handshake_auth, else CSSL_STATE. */
int cssl_request_certificate(cssl_socket *s, cssl_error *err);
/* cssl_handshake_continue goes on after CSSL_PAUSED, under the config with more's fields (NULL:
 * unchanged) as cssl_config_derive has it. In a mailbox it returns at once, and CSSL_EV_CONNECTED
 * follows. A client's handshake that ended with CSSL_TIMEOUT is gone on with by it too (more NULL).
 * With pause_at_hello what cssl_connect returns is always paused: no CSSL_PAUSED says it. */
int cssl_handshake_continue_sized(cssl_socket *s, const cssl_options *more, size_t size,
                                  int timeout, cssl_error *err);
static inline int cssl_handshake_continue(cssl_socket *s, const cssl_options *more, int timeout,
                                          cssl_error *err)
{
    return cssl_handshake_continue_sized(s, more, sizeof(*more), timeout, err);
}
/* cssl_handshake_cancel ends a handshake with user_canceled and frees s; cssl_handshake_refuse does
 * so with a fatal alert: whoever looked at the peer's hello may say why it is not welcome. */
void cssl_handshake_cancel(cssl_socket *s);
void cssl_handshake_refuse(cssl_socket *s, uint8_t alert);
/* cssl_answer_question answers what ask or CSSL_EV_ASK asked; from any thread, also before ask has
 * returned. CSSL_STATE when the question is not open any more. Whoever answers sees to it that s is
 * not closed meanwhile. During cssl_connect there is no socket to name yet: there ask has to answer
 * at once. A question that nobody answers ends with the call's timeout, or handshake_timeout. */
int cssl_answer_question(cssl_socket *s, const cssl_answer *answer, cssl_error *err);
/* cssl_downgrade says close_notify, waits for the peer's, frees s and returns the TCP socket, which
 * belongs to the caller. Bytes that came behind it are put into rest, which has room for *rest_len
 * bytes (65,536 are always enough). Data of the peer's that was not received yet is a failure: it
 * is neither lost in silence nor passed off as plain. On failure s is freed, its socket closed;
 * but where there is nothing to downgrade (s is in a mailbox: take it out first; there was no
 * handshake, or one side is closed) nothing has happened. The descriptor is a blocking one. */
int cssl_downgrade(cssl_socket *s, uint8_t *rest, size_t *rest_len, int timeout, cssl_error *err);
/* cssl_export_key_material fills out with len bytes that only the two peers know, bound to label
 * (at most 243 characters) and context (RFC 8446 7.5). len is at most 255 times the length of the
 * cipher suite's hash. In TLS 1.2 no context (data is NULL) is not the same as an empty one. */
int cssl_export_key_material(cssl_socket *s, const char *label, cssl_bytes context, uint8_t *out,
                             size_t len, cssl_error *err);
/* cssl_channel_binding fills out, which has room for *len bytes, and sets *len, for type
 * "tls-exporter" (RFC 9266), "tls-server-end-point" or, in TLS 1.2 with extended_master_secret,
 * "tls-unique" (both RFC 5929). 64 bytes are always enough. */
int cssl_channel_binding(cssl_socket *s, const char *type, uint8_t *out, size_t *len,
                         cssl_error *err);
/* cssl_fd returns the descriptor, for getsockopt and poll; reading or writing it breaks s. */
int cssl_fd(const cssl_socket *s);
/* cssl_pending returns how many bytes cssl_recv would give without reading from the network. */
size_t cssl_pending(const cssl_socket *s);
/* cssl_set_user attaches a pointer of the program's own to s; it comes out of cssl_user and with
 * each event of s. The library never looks at what it points to, nor frees it. */
void cssl_set_user(cssl_socket *s, void *user);
/* cssl_user returns what cssl_set_user attached, NULL before that. */
void *cssl_user(const cssl_socket *s);

/* ---- Active mode ----------------------------------------------------------------------------
 *
 * What a process is in Erlang, a mailbox is here: sockets in active mode put their events into
 * one, and the thread that owns it takes them out with cssl_receive. Only that call runs the
 * sockets of a mailbox: no hidden thread, no callback into a busy program. One thread with one
 * mailbox carries any number of connections; a server for N cores is N threads, N mailboxes, and
 * nothing shared but the config.
 */

typedef enum cssl_event_type {
    CSSL_EV_DATA = 1,  /* data arrived: {ssl, Socket, Data} */
    CSSL_EV_CLOSED,    /* the peer said close_notify; close the socket: {ssl_closed, Socket} */
    CSSL_EV_ERROR,     /* the connection failed; close the socket: {ssl_error, Socket, Reason} */
    CSSL_EV_PASSIVE,   /* the N of active mode ran out: {ssl_passive, Socket} */
    CSSL_EV_ACCEPTED,  /* a listener has a new TCP connection; its handshake begins */
    CSSL_EV_CONNECTED, /* the handshake is done; with error: the peer refused to renegotiate */
    CSSL_EV_WRITABLE,  /* after cssl_send_some took less than all: there is room again */
    CSSL_EV_TICKET,    /* CSSL_TICKETS_MANUAL: a session to give to use_ticket, once */
    CSSL_EV_STEP,      /* engines with defer_steps: see cssl_engine_step */
    CSSL_EV_HELLO,     /* pause_at_hello: the peer's hello is there; handshake_continue goes on */
    CSSL_EV_ASK,       /* a question: see question; the handshake waits for its answer */
    CSSL_EV_EARLY_DATA, /* servers: early data, which may be a REPLAY: comes before CONNECTED */
    CSSL_EV_AUTHENTICATED, /* servers: the certificate that was asked for later is there */
    CSSL_EV_WAKE,      /* cssl_mailbox_wake was called */
    CSSL_EV_FD,        /* a watched descriptor is ready */
    CSSL_EV_TIMER      /* a timer is due */
} cssl_event_type;

typedef struct cssl_event {
    cssl_event_type type;
    cssl_socket *socket;     /* NULL when it comes from an engine, a watch or a timer */
    cssl_listener *listener; /* ACCEPTED, and ERROR when accepting itself failed */
    void *user;              /* the socket's, the watch's or the timer's */
    cssl_bytes data;         /* DATA, EARLY_DATA, TICKET */
    int fd;                  /* FD */
    int revents;             /* FD: POLLIN, POLLOUT ... as poll(2) has them */
    const cssl_error *error; /* ERROR, CONNECTED */
    cssl_question question;  /* ASK */
} cssl_event;

/* cssl_mailbox_new makes a mailbox without anything in it. One thread at a time uses it, from
 * cssl_receive to cssl_mailbox_free; cssl_mailbox_wake is for any. */
cssl_mailbox *cssl_mailbox_new(cssl_error *err);
/* cssl_mailbox_free frees mb; the sockets that live in it are closed without ceremony. */
void cssl_mailbox_free(cssl_mailbox *mb);
/* cssl_set_active gives s to mb, out of which its data comes from then on, rather than out of
 * cssl_recv: CSSL_ACTIVE all, CSSL_ONCE one event, N > 0 that many and then CSSL_EV_PASSIVE (a
 * count that is still running grows by N, up to 32,767). Data that is already there is delivered
 * first. CSSL_PASSIVE with mb keeps s in it but reads nothing, so that what is queued is still
 * sent; with NULL it takes s back, out of any mailbox. Otherwise NULL is the mailbox that s is in.
 * A socket that is in a mailbox is for that mailbox's thread, which may give it to another one. */
int cssl_set_active(cssl_socket *s, cssl_mailbox *mb, int active, cssl_error *err);
/* cssl_receive waits for the next event of mb and returns 0. A socket that has much to say gets a
 * bounded share of every turn. After cssl_close no event of that socket comes out any more. When
 * descriptors run out, accepting pauses for 100 ms and is reported once as CSSL_EV_ERROR. */
int cssl_receive_sized(cssl_mailbox *mb, cssl_event *event, size_t size, int timeout,
                       cssl_error *err);
static inline int cssl_receive(cssl_mailbox *mb, cssl_event *event, int timeout, cssl_error *err)
{
    return cssl_receive_sized(mb, event, sizeof(*event), timeout, err);
}
/* cssl_mailbox_wake makes cssl_receive return CSSL_EV_WAKE, once for any number of calls. It may
 * be called from any thread and from a signal handler. */
void cssl_mailbox_wake(cssl_mailbox *mb);
/* cssl_mailbox_fd returns a descriptor that polls readable when cssl_receive has something to do;
 * see also cssl_mailbox_timeout. */
int cssl_mailbox_fd(const cssl_mailbox *mb);
/* cssl_mailbox_timeout returns in how many ms cssl_receive wants to be called at the latest even
 * if the descriptor stays silent; 0 when it has something now; CSSL_INFINITY if never. */
int cssl_mailbox_timeout(const cssl_mailbox *mb);
/* cssl_mailbox_watch reports when a descriptor of the program's own is ready (POLLIN, POLLOUT), as
 * long as it is; events 0 ends it. */
int cssl_mailbox_watch(cssl_mailbox *mb, int fd, int events, void *user, cssl_error *err);
/* cssl_mailbox_timer makes CSSL_EV_TIMER come out once after ms milliseconds. It returns a number
 * > 0 for cssl_mailbox_cancel_timer. */
int64_t cssl_mailbox_timer(cssl_mailbox *mb, int ms, void *user, cssl_error *err);
/* cssl_mailbox_cancel_timer forgets a timer; one that is over, or none, is not an error. */
void cssl_mailbox_cancel_timer(cssl_mailbox *mb, int64_t timer);

/* ---- Information ----------------------------------------------------------------------------*/

/* Erlang's connection_information/1. Names are static strings, "" before they are known. */
typedef struct cssl_info {
    const char *protocol;         /* "tlsv1.3" */
    const char *cipher_suite;     /* "TLS_AES_128_GCM_SHA256" */
    const char *group;            /* "x25519" */
    const char *signature_scheme; /* of the server's CertificateVerify */
    const char *client_signature_scheme; /* of the client's */
    char sni_hostname[256];
    char alpn_protocol[256];
    bool session_resumption;
    bool hello_retry;             /* the handshake took a HelloRetryRequest */
    bool peer_verified;           /* its chain, and for clients its name, now or in the session
                                     that was resumed */
    bool early_data_offered;      /* clients: some was sent; servers: some was announced */
    bool early_data_accepted;     /* clients: else whoever wants it sent has to send it again */
    bool secure_renegotiation;    /* TLS 1.2: RFC 5746 */
    bool extended_master_secret;  /* TLS 1.2: RFC 7627 */
    bool encrypt_then_mac;        /* TLS 1.2: RFC 7366 */
    bool staple_verified;         /* clients: a stapled OCSP response was good */
    uint16_t max_fragment_length; /* RFC 6066: what was agreed on; 0: nothing */
    uint16_t record_size_limit;   /* RFC 8449: the peer's; 0: none */
    const char *cert_compression; /* of the peer's chain; "" for none */
    const char *server_cert_type; /* of what the server has shown: "x509" or "raw_public_key" */
    const char *client_cert_type; /* and the client; "" for nothing */
    uint8_t session_id[32];       /* TLS 1.2 */
    uint8_t session_id_len;
    uint8_t client_random[32], server_random[32]; /* RFC 5246 7.4.1.2; known once the hellos are */
    int32_t ticket_age_skew;      /* servers, TLS 1.3: seconds that the client says its ticket is
                                     older than it is here; early data are refused for too many */
    int psk_number;               /* the pre-shared key that both sides proved to have: 0 psk, i + 1
                                     psks[i]; -1 for none, one that was asked for, or a session */
} cssl_info;

/* The peer's hello, as far as a program may want to decide by it. Views, until the handshake goes
 * on; lists of code points are as they were sent, two bytes each in network order. */
typedef struct cssl_hello {
    bool client;                /* it is a ClientHello */
    uint16_t legacy_version;
    cssl_bytes random, session_id;
    cssl_bytes cipher_suites;   /* ServerHello: the one */
    cssl_bytes supported_versions, supported_groups, signature_algs, signature_algs_cert;
    cssl_bytes server_name;
    cssl_bytes alpn;            /* vectors of a protocol each: an 8-bit length, then the name */
    cssl_bytes extensions;      /* encoded: type and length of 16 bits each, then the body */
} cssl_hello;
/* cssl_peer_hello fills hello while the handshake is paused (CSSL_PAUSED, CSSL_EV_HELLO). */
int cssl_peer_hello_sized(const cssl_socket *s, cssl_hello *hello, size_t size, cssl_error *err);
static inline int cssl_peer_hello(const cssl_socket *s, cssl_hello *hello, cssl_error *err)
{
    return cssl_peer_hello_sized(s, hello, sizeof(*hello), err);
}
/* cssl_peer_staple gives the OCSP response (DER) that the server stapled, cssl_peer_scts its
 * SignedCertificateTimestampList (RFC 6962 3.3), which is NOT verified; CSSL_STATE without. */
int cssl_peer_staple(const cssl_socket *s, cssl_bytes *der, cssl_error *err);
int cssl_peer_scts(const cssl_socket *s, cssl_bytes *list, cssl_error *err);
/* cssl_peer_key gives the peer's SubjectPublicKeyInfo (DER): of its certificate or its raw key. */
int cssl_peer_key(const cssl_socket *s, cssl_bytes *der, cssl_error *err);

/* cssl_connection_information fills info with what is known of s by now. It cannot fail. */
void cssl_connection_information_sized(const cssl_socket *s, cssl_info *info, size_t size);
static inline void cssl_connection_information(const cssl_socket *s, cssl_info *info)
{
    cssl_connection_information_sized(s, info, sizeof(*info));
}
/* cssl_peercert gives certificate i of the chain that the peer sent, 0 its own, as DER; CSSL_STATE
 * behind the last one. A session that is resumed has the chain of the handshake it goes back to. */
int cssl_peercert(const cssl_socket *s, size_t i, cssl_bytes *der, cssl_error *err);
/* cssl_peername fills addr with the peer's address and port; IPv4 is AF_INET, also where the
 * socket is of both families. */
int cssl_peername(const cssl_socket *s, struct sockaddr_storage *addr, cssl_error *err);
/* cssl_sockname does the same for this side. */
int cssl_sockname(const cssl_socket *s, struct sockaddr_storage *addr, cssl_error *err);

/* Counts of the transport since the connection was made. */
typedef struct cssl_stat {
    uint64_t recv_oct;  /* bytes of ciphertext received */
    uint64_t recv_cnt;  /* reads that brought them */
    uint64_t send_oct;  /* bytes of ciphertext sent */
    uint64_t send_cnt;  /* writes that took them */
    uint64_t send_pend; /* bytes of ciphertext queued, not sent yet */
} cssl_stat;
/* cssl_getstat fills stat, as inet:getstat/1 does. */
int cssl_getstat_sized(const cssl_socket *s, cssl_stat *stat, size_t size, cssl_error *err);
static inline int cssl_getstat(const cssl_socket *s, cssl_stat *stat, cssl_error *err)
{
    return cssl_getstat_sized(s, stat, sizeof(*stat), err);
}

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#include "cssl_engine.h" /* the engine: a connection without a socket */
#include "cssl_names.h"  /* names of what there is for options */

#endif
