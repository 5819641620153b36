/*
 * shim.h - the program between BoringSSL's test runner (BoGo) and this library: its settings and
 * its parts. docs/internals/bogo.md tells how it is run. It is no example of how to use cssl.
 */
#ifndef CSSL_BOGO_SHIM_H
#define CSSL_BOGO_SHIM_H

#include "cssl.h"

/* What the runner takes for "this shim cannot do that", and for success and failure. */
enum { EXIT_PASS = 0, EXIT_FAIL = 1, EXIT_UNIMPLEMENTED = 89 };

enum { NUMBERS_MAX = 32, CREDENTIALS_MAX = 16 };

struct numbers {
    uint16_t list[NUMBERS_MAX];
    size_t num;
};

/* One identity; number 0 is the default one, which may be empty. */
struct credential {
    const char *cert_file, *key_file;
    const char *ocsp_response, *scts; /* base64 */
    const char *psk_key, *psk_identity, *psk_context; /* base64, RFC 9258 */
    struct numbers signing_prefs;
    bool must_match_issuer, psk_sha384;
};

/* The flags of one connection, named after the runner's. */
struct settings {
    bool server, ipv6;
    bool async, implicit_handshake, shim_writes_first, read_with_unfinished_write;
    bool shim_shuts_down, check_close_notify, key_update, grease, tls_unique;
    bool export_traffic_secrets, peek_then_read, use_exporter_between_reads;
    bool verify_peer, require_any_client_certificate, verify_fail, use_custom_verify_callback;
    bool reverify_on_resume;
    bool expect_hrr, expect_no_hrr, expect_session_miss, expect_no_session;
    bool expect_no_server_name, expect_no_peer_cert, no_ticket;
    bool expect_extended_master_secret, expect_ticket_renewal;
    bool enable_ocsp_stapling, decline_ocsp_callback, enable_scts;
    bool enable_early_data, expect_accept_early_data, expect_reject_early_data;
    bool expect_no_offer_early_data, expect_ticket_supports_early_data;
    bool no_tls12, no_tls13, decline_alpn, reject_alpn, use_export_context;
    bool renegotiate_freely, renegotiate_once, fail_early_callback, fail_ocsp_callback;
    bool fail_ddos_callback, fail_cert_callback;
    bool fips_202205, wpa_202304, cnsa1_202603, cnsa2_202603, cnsa_202407;
    int port, resume_count, min_version, max_version, read_size, repeat_shim_initial_write;
    int expect_version, expect_cipher, expect_cipher_aes, expect_curve_id;
    int expect_peer_signature_algorithm, expect_selected_credential;
    int max_send_fragment, max_cert_list, resumption_delay, export_keying_material;
    int expect_total_renegotiations, expect_peer_type, expect_ticket_age_skew;
    const char *shim_id, *trust_cert, *host_name, *expect_server_name;
    const char *advertise_alpn, *select_alpn, *expect_alpn, *shim_initial_write;
    const char *export_label, *export_context, *expect_peer_cert_file;
    const char *expect_client_ca_list, *expect_certificate_types /* base64 */;
    const char *use_client_ca_list, *expect_msg_callback, *cipher;
    const char *expect_ocsp_response, *expect_scts; /* base64 */
    const char *psk, *psk_identity; /* of TLS 1.2 */
    const char *expect_peer_rpk;    /* base64 */
    struct numbers peer_verify_prefs;
    bool all_toys;
    struct numbers toys; /* algorithms that certificates are compressed with */
    struct numbers curves, key_shares, verify_prefs, accepted_peer_types, own_types;
    struct credential credentials[CREDENTIALS_MAX];
    size_t num_credentials;
};

enum { ON_INITIAL, ON_RESUME, ON_RETRY, NUM_SETTINGS };

/* flags.c: parse_flags fills the three sets of settings; false (a line says which flag) if there
 * is one that this shim does not know. */
bool parse_flags(struct settings settings[NUM_SETTINGS], int argc, char **argv);

/* from_base64 gives the bytes of text, which is NULL or good; they live until the shim ends. */
cssl_bytes from_base64(const char *text);

/* options.c: make_config turns settings into a config. NULL: the library cannot express them, or
 * refuses them; a line says why. */
/* seen.c: what came that the API does not tell. */
struct seen {
    struct numbers schemes;   /* of ClientHello or CertificateRequest */
    char authorities[4096];   /* of CertificateRequest, in hex */
    uint8_t types[16];        /* of certificates, in that of TLS 1.2 */
    size_t num_types;
    uint8_t secrets[2][64];   /* the client's and the server's, of application data */
    size_t secret_len;
};

struct surroundings {
    struct seen seen;
    int64_t clock;        /* seconds; it stands still unless the runner lets time pass */
    char trace[4096];     /* messages of this connection, as -expect-msg-callback has them */
    size_t trace_len;
    bool retry_rejects;   /* reject_peer from the ServerHello on */
    uint8_t refuse_hello;  /* the alert; 0: it is welcome */
    bool reject_peer, reject_name; /* what is answered about certificates and about names */
    uint8_t reject_alert;          /* 0: the library's */
};
/* judge answers the library's question. The runner's certificates have no subject and a
 * subjectAltName that is not critical, which RFC 5280 4.1.2.6 forbids: all faults but a wrong
 * keyUsage are overlooked. */
cssl_answer judge(const struct surroundings *around, const cssl_question *q);
/* is_identity: the library is given this credential to choose from. */
bool is_identity(const struct settings *s, const struct credential *c);
/* first_words is what -shim-writes-first writes. */
const char *first_words(const struct settings *s);
cssl_config *make_config(const struct settings *s, cssl_config *old, cssl_bytes ticket,
                         struct surroundings *around);

/* checks.c: check_handshake and check_end compare a connection with what -expect-... flags say. */
bool check_handshake(const struct settings *s, cssl_engine *e, const struct seen *seen,
                     bool resumption);
bool check_early(const struct settings *s, const cssl_info *info);
bool same_trace(const struct settings *s, const struct surroundings *around);

/* inside.c: what the API has no words for. set_short_psk gives config, which has a pre-shared key,
 * another one, of the command line, that may be as short as the runner's. */
void set_short_psk(cssl_config *config, const char *identity, const char *key);
/* set_authorities has a config name authorities, in hex with commas between, to its clients. */
void set_authorities(cssl_config *config, const char *names);
/* same_hash tells whether hash is SHA-256 of data. */
bool same_hash(cssl_bytes data, cssl_bytes hash);
/* selected_credential is the number of the identity used, -1 for none. */
int selected_credential(const cssl_engine *e);
/* ticket_allows_early tells whether a session that was handed out is good for early data. */
bool ticket_allows_early(cssl_bytes ticket);
/* Names of code points, NULL for those that this library cannot use. */
const char *usable_group(uint16_t code);
const char *usable_scheme(uint16_t code);

/* seen.c: see_message takes note of a message, see_secret (given surroundings) of a line of the key
 * log. from_hex writes at most max bytes and returns how many there are. */
void see_message(struct seen *seen, const cssl_trace_event *event);
void see_secret(void *user, const char *line);
size_t from_hex(uint8_t *to, size_t max, const char *hex);

/* toys.c: toy_name is the name of one of the runner's algorithms for certificates, or NULL. */
const char *toy_name(uint16_t algorithm);

/* connection.c: a connection to the runner. */
struct connection {
    int fd;
    cssl_engine *engine;
    bool by_bytes;    /* -async */
    bool hold_output; /* nothing more leaves until data came */
    bool connected, closed, ended; /* close_notify came; the stream ended */
    bool of12, freely, exports;
    int renegotiations;
    struct surroundings *around;
    cssl_bytes data;  /* that was received and not read yet */
    uint8_t early[16384]; /* what is still to be said to a client's early data */
    size_t early_len;
    uint8_t *ticket;  /* the newest one */
    size_t ticket_len;
    cssl_error error;
};

bool connection_open(struct connection *c, const struct settings *s, cssl_config *config,
                     struct surroundings *around);
/* connection_handshake runs it to the end; false: c->error says why not. */
bool connection_handshake(struct connection *c);
/* connection_read gives up to max bytes, 0 at the end (closed or ended say which), -1 on errors. */
ssize_t connection_read(struct connection *c, uint8_t *to, size_t max);
/* connection_peek gives what connection_read will give. */
ssize_t connection_peek(struct connection *c, uint8_t *to, size_t max);
bool connection_write(struct connection *c, const void *data, size_t len);
/* connection_flush sends what is in the engine's output; connection_trickle one byte of it. */
bool connection_flush(struct connection *c);
bool connection_trickle(struct connection *c);
bool connection_shutdown(struct connection *c);
/* connection_free sends what is left, an alert perhaps, and closes without losing it. */
void connection_free(struct connection *c);

#endif
