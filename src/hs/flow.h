/*
 * flow.h - the driver of a handshake, and the state that lives as long as it does.
 *
 * A handshake is a table (RFC 8446 appendix A): each row is a state with the messages it accepts,
 * the handler that takes them, and the key changes that follow. The driver alone knows order; the
 * rows alone know when keys change; a handler returns the next state. A message that the row does
 * not accept is unexpected_message, here and nowhere else. Two kinds of rows wait for no message:
 * one goes on at once, one when a public-key step is done (hs->step has its results). So no
 * handler is entered twice.
 */
#ifndef CSSL_HS_FLOW_H
#define CSSL_HS_FLOW_H

#include "crypto/step.h"
#include "hs/conn.h"
#include "hs/reassemble.h"
#include "hs/schedule12.h"
#include "hs/schedule13.h"
#include "hs/transcript.h"
#include "msg/small.h"

/* The names are RFC 8446's and OTP's; the rows between them are named after what they send. */
enum hs_state {
    HS_DONE,
    CLIENT13_START,       /* looks for a session */
    CLIENT13_OFFER,       /* asks for key pairs */
    CLIENT13_HELLO,       /* sends ClientHello */
    CLIENT13_EARLY_KEYS,  /* derives the secret of early data */
    CLIENT13_EARLY,       /* sends early data */
    CLIENT13_WAIT_SH,
    CLIENT_PAUSED,        /* at ServerHello: waits for the program */
    CLIENT_GO,
    CLIENT13_EARLY_RETRY, /* after HelloRetryRequest: early data ends here */
    CLIENT13_RETRY,       /* after HelloRetryRequest */
    CLIENT13_SECRET,      /* the shared secret is there */
    CLIENT13_EARLY_SECRET, /* and early data may have been accepted */
    CLIENT13_WAIT_EE,
    CLIENT13_EARLY_REFUSED,
    CLIENT13_WAIT_CERT_CR,
    CLIENT13_WAIT_CERT,
    CLIENT13_WAIT_CV,
    CLIENT13_WAIT_FINISHED,
    CLIENT13_CERTIFICATE, /* derives the application secrets, sends its certificate */
    CLIENT13_END_OF_EARLY, /* sends EndOfEarlyData */
    CLIENT13_SIGNED,
    CLIENT13_FINISHED,    /* sends Finished */
    SERVER13_START,       /* waits for ClientHello */
    SERVER_PAUSED,        /* at ClientHello: waits for the program */
    SERVER_SNI,           /* waits for a config */
    SERVER_SESSION,       /* waits for a session */
    SERVER_PSK,           /* waits for a PSK's secret */
    SERVER_GO,
    VERIFY_ASKED,         /* waits for an opinion on the peer's chain */
    SERVER13_RETRY,       /* sends HelloRetryRequest */
    SERVER13_RETRIED,     /* waits for the second ClientHello */
    SERVER13_NEGOTIATED,  /* key exchange is done: sends ServerHello */
    SERVER13_EARLY,       /* the same, with early data to be read */
    SERVER13_PARAMETERS,  /* sends EncryptedExtensions to Certificate */
    SERVER13_SIGNED,
    SERVER13_FINISHED,    /* sends Finished */
    SERVER13_WAIT_EOED,   /* early data come */
    SERVER13_WAIT_CERT,
    SERVER13_WAIT_CV,
    SERVER13_WAIT_FINISHED,
    SERVER13_TICKETS,     /* sends tickets */
    CLIENT12_WAIT_CERT,
    CLIENT12_WAIT_STATUS, /* CertificateStatus, or what comes behind it */
    CLIENT12_WAIT_STATUS_SHD, /* likewise, with the key exchange by RSA */
    CLIENT12_STATUS_GO,   /* the message that came in its place */
    CLIENT12_WAIT_SKE,
    CLIENT12_WAIT_SKE_SHD, /* a pre-shared key: ServerKeyExchange is for a hint */
    CLIENT12_WAIT_SHD,    /* or CertificateRequest */
    CLIENT12_WAIT_SHD_ONLY, /* a pre-shared key: no certificates */
    CLIENT12_KEY_EXCHANGE, /* the share is there: sends Certificate, ClientKeyExchange */
    CLIENT12_SECRET,
    CLIENT12_SIGNED,
    CLIENT12_CCS,         /* sends change_cipher_spec */
    CLIENT12_FINISHED,    /* sends Finished */
    CLIENT12_WAIT_TICKET,
    CLIENT12_WAIT_CCS,
    CLIENT12_WAIT_FINISHED,
    SERVER12_PARAMS,      /* the share is there: asks for its signature */
    SERVER12_HELLO,       /* sends ServerHello to ServerHelloDone */
    SERVER12_WAIT_CERT,
    SERVER12_WAIT_CKE,
    SERVER12_PSK,         /* waits for a PSK's secret, with ClientKeyExchange */
    SERVER12_SECRET,
    SERVER12_WAIT_CV,
    SERVER12_WAIT_CCS,
    SERVER12_WAIT_FINISHED,
    SERVER12_RESUME,      /* sends ServerHello of an abbreviated handshake */
    SERVER12_CCS,         /* sends a ticket, change_cipher_spec */
    SERVER12_FINISHED,    /* sends Finished */
    CLIENT13_LATER,       /* authentication after the handshake: takes CertificateRequest */
    CLIENT13_LATER_CERT,  /* makes its Certificate */
    CLIENT13_LATER_SIGNED,
    SERVER13_LATER_CERT,  /* has sent CertificateRequest */
    SERVER13_LATER_CV,
    SERVER13_LATER_FINISHED,
    HS_STATES
};

/* Which secret a row switches a direction to. */
enum hs_keys { KEYS_SAME, KEYS_CLEAR, KEYS_EARLY, KEYS_HANDSHAKE, KEYS_APPLICATION };
enum { EPOCH_CLEAR = 0, EPOCH_EARLY = 1, EPOCH_HANDSHAKE = 2, EPOCH_APPLICATION = 3 };

/* One share less than a hello has room for: GREASE adds one. */
enum { HS_SHARES_MAX = HELLO_SHARES_MAX - 1, HS_MESSAGE_LIMIT = 256 * 1024 };

/* A PSK that a client offers: a session's or the config's. */
struct hs_psk {
    struct session *session; /* NULL for an external one */
    enum psk_origin origin;
    int number;              /* as cssl_info.psk_number */
    enum hash_alg hash;
    cssl_bytes identity, secret;
};

struct hs {
    struct conn *conn;
    struct worker *worker;       /* for the time of one call */
    enum hs_state state, after_verify;
    struct transcript transcript;
    struct schedule13 schedule;
    struct wr out;               /* the message that is being built */
    bool waiting;                /* for a step */
    bool asking;                 /* for an answer */
    bool kept_more;
    bool holding;                /* the message at hand is to be taken later */
    uint16_t psks_seen, psks_asked;
    cssl_question question;      /* to this: see ask.h */
    const cssl_answer *answer;   /* for the time of one call */
    struct chain *verifying;     /* while opinions are asked for */
    bool session_verifying;      /* it is the session's chain, before it is offered or taken */
    struct store *trusted;       /* instead of the config's anchors: partial_chain */
    cssl_bytes asked_certs[CHAIN_CERTS_MAX];
    uint8_t *content;            /* what is to be signed elsewhere */
    uint8_t *kept;               /* a message, while something is asked before it is taken */
    size_t kept_len;
    cssl_bytes found_identity;   /* view into kept */
    struct secret found_psk;     /* of that identity */
    uint16_t sessions_seen, sessions_asked;
    uint8_t asked_key[SESSION_DIGEST]; /* of the session that is asked about */
    struct session *told;        /* what the program said of one; NULL: nothing. See keep.h */
    struct pk_step *step;        /* asked for, or done and being used; NULL while it is out */
    uint8_t client_random[HELLO_RANDOM];
    uint8_t session_id[HELLO_SESSION_ID_MAX];
    uint8_t session_id_len;
    bool retried;                /* a HelloRetryRequest was sent or received */
    bool ccs_sent;
    bool using_psk;              /* one was agreed on */
    bool certificate_wanted;     /* by a CertificateRequest */
    bool peer_has_certificate;
    struct ext_set asked;        /* what the ClientHello had */
    struct ext_set cert_types;   /* server: of RFC 7250, what its answer has */
    uint8_t context[255];        /* certificate_request_context */
    uint8_t context_len;
    struct wr *held;             /* takes what would be sent; NULL: it is sent */
    struct wr flight;            /* messages that wait to be sent together: see hs_flush */
    uint16_t group;              /* agreed on, or asked for by HelloRetryRequest */
    uint16_t scheme;             /* that this side signs with */
    uint16_t compression;        /* of the Certificate that this side sends; 0: none */
    uint16_t psk_index;          /* of the PSK that was agreed on */
    struct session session;      /* the one that is resumed, or whose PSK is offered */
    /* a client's */
    struct kx *shares[HS_SHARES_MAX];
    size_t num_shares;
    uint16_t retry_suite;
    uint8_t grease[8];           /* random: which of RFC 8701's values stand where */
    uint8_t *cookie;
    size_t cookie_len;
    struct hs_psk *psks;
    size_t num_psks;
    cssl_config *offered;        /* the config of the ClientHello, when another one has followed:
                                    psks are views into it */
    const struct certkey *own;
    uint8_t nonce[OCSP_NONCE];   /* asked for; status_request_len says whether */
    uint8_t status_request[5 + OCSP_REQUEST_EXTENSIONS];
    size_t status_request_len;
    bool status_expected;        /* TLS 1.2: the server has announced a CertificateStatus */
    uint8_t *early_scts;         /* TLS 1.2: timestamps of ServerHello */
    size_t early_scts_len;
    /* a server's */
    uint8_t cookie_sent[32];
    uint8_t hello_digest[32];    /* of what a second ClientHello must repeat */
    uint8_t share[KX_SHARE_MAX]; /* of the client, then of the server */
    size_t share_len;
    bool skip_early;             /* early data were announced and refused */
    uint32_t early_left;         /* bytes of early data that may still come */
    bool may_ticket;             /* the client can resume */
    bool renegotiation;          /* TLS 1.2: not the connection's first handshake */
    bool may_id;                 /* TLS 1.2: and does it by session identifier */
    bool status_asked;           /* for an OCSP response */
    struct staple *staple;       /* to be sent; a reference */
    /* TLS 1.2 */
    bool ticket_expected;        /* client: the server has announced one */
    bool ticket_came;            /* client: session.ticket is a new one */
    uint32_t ticket_lifetime;    /* client: of the ticket that came; seconds */
    uint16_t client_version;     /* server: what ClientHello says */
    struct dh_params *dh;        /* DHE: the group; NULL otherwise */
    struct secret psk;           /* of the suites with one */
    struct secret premaster;     /* client: of the key exchange by RSA */
    struct secret master;
};

/* hs_new makes the handshake of conn; a client's begins with hs_run. */
struct hs *hs_new(struct conn *conn, cssl_error *err) CHECK;
/* hs_free wipes everything, a step that was taken apart: that is its runner's. */
void hs_free(struct hs *hs);
/* hs_run goes as far as it can without a message. */
int hs_run(struct hs *hs, struct worker *w, cssl_error *err) CHECK;
/* hs_message handles one whole message, then goes on like hs_run. more says that further
 * handshake bytes came with it: at a key change that is an error (RFC 8446 5.1). */
int hs_message(struct hs *hs, struct worker *w, cssl_bytes message, bool more,
               cssl_error *err) CHECK;
/* hs_check_type is hs_message's first question, which can be asked when nothing but a message's
 * type has come: may it come now? */
int hs_check_type(const struct hs *hs, uint8_t type, cssl_error *err) CHECK;
/* hs_change_cipher_spec handles TLS 1.2's, which is a record of its own and changes keys. */
int hs_change_cipher_spec(struct hs *hs, struct worker *w, cssl_error *err) CHECK;
/* hs_take_step hands out the step that the handshake waits for: run it, then give it back to
 * hs_step_done, which frees it and goes on like hs_run. NULL when there is none to be had. */
struct pk_step *hs_take_step(struct hs *hs);
int hs_step_done(struct hs *hs, struct worker *w, struct pk_step *step, cssl_error *err) CHECK;
static inline bool hs_waiting(const struct hs *hs)
{
    return hs->waiting;
}
/* step_free wipes and frees a step that was taken. */
void step_free(struct pk_step *step);
bool hs_done(const struct hs *hs);
/* hs_takes_data: the peer may still send data under the old keys, in a renegotiation. */
bool hs_takes_data(const struct hs *hs);
/* hs_state_name is what OTP calls the state. */
const char *hs_state_name(const struct hs *hs);

/* ---- For handlers ---- */

/* A message that was accepted: type, body, and the whole with its header. */
struct hs_msg {
    uint8_t type;
    bool more; /* further handshake bytes came with it */
    cssl_bytes body, whole;
};
/* A handler returns the next state, or a negative status. m is NULL in rows without a message. */
typedef int hs_handler(struct hs *hs, const struct hs_msg *m, cssl_error *err);

struct hs_row {
    const char *name;
    uint32_t accepts;
    hs_handler *on;
    enum hs_keys then_read, then_write;
    bool last; /* a key change comes before the next message: nothing may follow in the record */
};
/* accepts: ACCEPT(message type) of one or several, or ACCEPT_NOTHING, _STEP, _CCS, or _ANSWER. */
#define ACCEPT(type) (UINT32_C(1) << (type))
#define ACCEPT_NOTHING (UINT32_C(1) << 30)
#define ACCEPT_STEP (UINT32_C(1) << 31)
#define ACCEPT_CCS (UINT32_C(1) << 29)
#define ACCEPT_ANSWER (UINT32_C(1) << 28)
extern const struct hs_row hs_rows[HS_STATES];

/* hs_enter_answer is for ask.c: it enters the row with hs->answer and goes on like hs_run. */
int hs_enter_answer(struct hs *hs, struct worker *w, cssl_error *err) CHECK;
/* hs_send adds the message in hs->out to the transcript and has it sent; 0 or a failure. It leaves
 * together with others under the same key: when that changes, before a record of another type,
 * and before anything is waited for. hs_flush sends what there is now. */
int hs_send(struct hs *hs, cssl_error *err) CHECK;
int hs_flush(struct hs *hs, cssl_error *err) CHECK;
/* hs_send_ccs sends the change_cipher_spec of RFC 8446 D.4, once, when there is need of it;
 * hs_send_ccs12 that of TLS 1.2. */
int hs_send_ccs(struct hs *hs, cssl_error *err) CHECK;
int hs_send_ccs12(struct hs *hs, cssl_error *err) CHECK;
/* hs_new_step makes hs->step, zeroed: the next row must accept a step. */
int hs_new_step(struct hs *hs, cssl_error *err) CHECK;

#endif
