/*
 * config.h - checked options, encoded and immutable; beside them `shared`, what may change.
 *
 * A config is counted and shared by threads without a lock: nothing in it changes once it is
 * made. All that does change - ticket keys, sessions, workers that wait for a call to serve - is
 * in the `shared` beside it, which cssl_config_renew hands on to the next config.
 */
#ifndef CSSL_CONFIG_CONFIG_H
#define CSSL_CONFIG_CONFIG_H

#include "base/base.h"
#include "config/options_keep.h"
#include "config/shared.h"
#include "config/peer_rules.h"
#include "crypto/kx.h"
#include "msg/hello.h"
#include "pki/certkey.h"
#include "pki/chain.h"
#include "record/tls_record.h"

#include <stdatomic.h>

enum { CONFIG_CODES_MAX = 80 };

/* What the socket layer has to know of a config. */
struct config_socket {
    bool server;
    const char *ip; /* NULL: any */
    int backlog;
    bool reuseport;
    bool ipv6_only;
    int handshake_timeout; /* ms, in mailboxes */
    unsigned max_handshakes;
};
const struct config_socket *config_socket(const cssl_config *config);

/* A list of code points, in order of preference, as numbers and as they are sent. */
struct codes {
    size_t num;
    uint16_t list[CONFIG_CODES_MAX];
    uint8_t wire[2 * CONFIG_CODES_MAX];
    uint8_t set[CONFIG_CODES_MAX]; /* neighbours of one number, but 0, are equally good */
};
static inline cssl_bytes codes_wire(const struct codes *c)
{
    return bytes_of(c->wire, 2 * c->num);
}
bool codes_has(const struct codes *c, uint16_t code);
/* codes_add: c must have room, which without repetition it has. */
void codes_add(struct codes *c, uint16_t code);

/* Types of certificates (enum cert_type), as numbers and as they are sent. */
struct cert_types {
    size_t num;
    uint8_t list[2];
};
static inline bool cert_types_has(const struct cert_types *t, uint8_t type)
{
    return memchr(t->list, type, t->num) != NULL;
}

/* Texts, bytes and hosts that are const here are views of options. */
struct cssl_config {
    atomic_uint refs;
    struct shared *shared;
    struct kept_options *options; /* that it was made of: also for cssl_config_derive */
    struct config_socket socket;
    bool server;
    bool tls12, tls13;
    struct codes suites, groups, share_groups, schemes, cert_schemes;
    struct codes schemes13; /* those of schemes that TLS 1.3 signs with */
    struct codes compression; /* of certificates, RFC 8879; none: it is off */
    uint8_t *alpn; /* as it is sent: vectors of a protocol each */
    size_t alpn_len;
    struct certkey *certkeys;
    size_t num_certkeys;
    struct cert_types own_types, peer_types; /* RFC 7250, in order of preference */
    cssl_bytes *trusted_keys; /* SubjectPublicKeyInfo each, owned */
    size_t num_trusted_keys;
    struct packed_chain *packed; /* for each of certkeys, one for each of compression */
    bool verify;              /* the peer's chain */
    bool fail_if_no_peer_cert;
    bool fail_if_no_own_cert; /* clients, when the server asks for one */
    bool post_handshake_auth; /* clients: is offered; servers: instead of in the handshake */
    struct store *anchors;    /* NULL when nothing is verified */
    uint8_t *authorities;     /* servers: names of the anchors as CertificateRequest has them */
    size_t authorities_len;
    int depth;
    struct peer_rules rules;
    bool has_sni;             /* server_name_indication was given: sni, "" for none */
    const char *sni;
    cssl_tickets tickets;
    bool tickets13;           /* in TLS 1.3 */
    uint32_t ticket_lifetime; /* seconds */
    bool client_renegotiation; /* the peer may ask for a renegotiation */
    uint64_t renegotiate_at;   /* TLS 1.2: records under one key; 0: the AEAD's limit */
    bool reuse_sessions;      /* TLS 1.2: sessions are resumed, and kept for that */
    bool keeps_own;           /* clients: sessions are kept in the config */
    bool verify_on_resume;    /* chains that sessions have are verified anew */
    struct session *use_ticket; /* clients, manual; NULL without */
    const uint8_t *early_data; /* clients */
    size_t early_data_len;
    uint32_t max_early_data;  /* servers */
    struct replay_size anti_replay; /* servers */
    const char *psk_identity;
    const uint8_t *psk;
    size_t psk_len;
    const char *psk_hint;     /* servers, TLS 1.2; NULL without */
    struct dh_params *dh;     /* servers, TLS 1.2: the option's; NULL without */
    uint16_t dh_group;        /* or with one: its number */
    bool client_order;        /* servers: the client's order of suites counts */
    bool psk_import;          /* RFC 9258: psk is used as it is imported, and not otherwise */
    struct config_psk *psks;  /* TLS 1.3: all identities, in order of preference */
    size_t num_psks;
    bool grease;              /* clients, RFC 8701 */
    bool middlebox_comp_mode;
    bool cookie;
    size_t max_handshake_size;
    size_t send_limit;
    size_t record_padding;
    size_t max_fragment;
    bool encrypt_then_mac;        /* there is a CBC suite, and it is to be so */
    uint16_t max_fragment_length; /* clients: to be asked for; 0: not */
    uint16_t record_size_limit;   /* 0: none is named */
    uint64_t key_update_at;
    bool defer_steps;
    uint8_t policy[SESSION_DIGEST]; /* of all that decides whom this config trusts */
    bool (*ask)(void *user, const cssl_question *q, cssl_answer *a); /* NULL: by events */
    unsigned ask_about;
    bool (*store_session)(void *user, cssl_bytes id, cssl_bytes session, uint32_t lifetime);
    bool pause_at_hello;
    const cssl_sni_host *sni_hosts;
    size_t num_sni_hosts;
    void (*trace)(void *user, const cssl_trace_event *event);
    void (*keylog)(void *user, const char *line);
    int keylog_fd;            /* of the file SSLKEYLOGFILE names; -1 without */
    void (*log)(void *user, cssl_log_level level, const char *text);
    cssl_log_level log_level;
    int64_t (*now_us)(void *user, cssl_clock which);
    struct rand_source rand;
    void *user;
};

/* config_now_us is the config's clock: the hook's or the system's. */
int64_t config_now_us(const cssl_config *config, cssl_clock which);
/* config_now is wall-clock time in seconds. */
int64_t config_now(const cssl_config *config);

/* options_check (options.c) fills a zeroed config from options, which outlive it; it reads no
 * files. */
int options_check(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;
/* options_check_records (options_records.c) is the part of it that is about records. */
int options_check_records(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;
/* tls12.c: options_tls12 is options_check's part for TLS 1.2; config_load_dh takes dh or dhfile. */
int options_tls12(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;
int config_load_dh(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;

/* options_identity_schemes (options_identity.c) gives ck the schemes that conf names, if any. */
int options_identity_schemes(const cssl_config *config, struct certkey *ck,
                             const cssl_cert_key *conf, cssl_error *err) CHECK;

/* options_check_early (options_early.c) is a part of options_check, and comes last. */
int options_check_early(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;

/* keylog.c: keylog_open takes the hook, and opens the file if that was asked for; keylog_line gives
 * a line to both. Any thread. */
int keylog_open(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;
void keylog_close(cssl_config *config);
bool keylog_wanted(const cssl_config *config);
void keylog_line(const cssl_config *config, const char *line);

/* What this library can do with the libcrypto in use, in the default order of preference. The
 * default of CODES_SUITES_PSK has the suites of pre-shared keys too. */
enum codes_kind { CODES_SUITES, CODES_SUITES_PSK, CODES_GROUPS, CODES_SCHEMES, CODES_CERT_SCHEMES,
                  CODES_SUITES_12, CODES_SUITES_13, CODES_SCHEMES_13 };
void codes_default(struct codes *c, enum codes_kind kind);
void codes_all(struct codes *c, enum codes_kind kind);

#endif
