/*
 * hello.h - ClientHello, ServerHello and HelloRetryRequest as structs of views (RFC 8446 4.1, 4.2).
 *
 * Parsers check form only: lengths, duplicates, which extension may stand where. What the values
 * mean is for hs/negotiate. Bodies are without the four bytes of the handshake header.
 */
#ifndef CSSL_MSG_HELLO_H
#define CSSL_MSG_HELLO_H

#include "msg/ext.h"

enum { HELLO_SHARES_MAX = 16, HELLO_PSKS_MAX = 16, HELLO_RANDOM = 32, HELLO_SESSION_ID_MAX = 32 };

/* Lists of 16-bit numbers are views of their encoding: u16s_len of them, u16s_at(list, i). */
static inline size_t u16s_len(cssl_bytes list)
{
    return list.len / 2;
}
static inline uint16_t u16s_at(cssl_bytes list, size_t i)
{
    return (uint16_t)(list.data[2 * i] << 8 | list.data[2 * i + 1]);
}
bool u16s_has(cssl_bytes list, uint16_t number);

struct key_share {
    uint16_t group;
    cssl_bytes key;
};

struct psk_identity {
    cssl_bytes identity;
    uint32_t obfuscated_ticket_age;
};

struct client_hello {
    uint16_t legacy_version;
    cssl_bytes random;
    cssl_bytes session_id;
    cssl_bytes cipher_suites;  /* u16s */
    cssl_bytes compression;    /* bytes */
    struct ext_set has;
    uint16_t last_extension;   /* the type of the last one, known or not; 0xffff: none */
    cssl_bytes server_name;    /* the host_name */
    cssl_bytes supported_versions;  /* u16s */
    cssl_bytes supported_groups;    /* u16s */
    cssl_bytes signature_algorithms;      /* u16s */
    cssl_bytes signature_algorithms_cert; /* u16s */
    cssl_bytes alpn;           /* vectors of a protocol each, checked: none is empty */
    cssl_bytes cookie;
    cssl_bytes psk_modes;      /* bytes */
    cssl_bytes certificate_authorities; /* vectors of a DER name each, checked */
    cssl_bytes ec_point_formats;  /* bytes */
    cssl_bytes renegotiation_info;
    cssl_bytes session_ticket;    /* RFC 5077 */
    cssl_bytes status_request;    /* as it stands; write: empty asks for OCSP without details */
    cssl_bytes max_fragment_length; /* one byte */
    cssl_bytes record_size_limit;   /* u16s of one */
    cssl_bytes use_srtp;            /* as it stands */
    cssl_bytes client_certificate_types; /* bytes */
    cssl_bytes server_certificate_types; /* bytes */
    cssl_bytes compress_certificate;     /* u16s */
    cssl_bytes delegated_credential;     /* u16s */
    struct key_share shares[HELLO_SHARES_MAX]; /* the first ones; no group twice in all of them */
    size_t num_shares;
    struct psk_identity psks[HELLO_PSKS_MAX]; /* the first ones */
    cssl_bytes binders[HELLO_PSKS_MAX];
    size_t num_psks;           /* how many the arrays have */
    size_t all_psks;           /* how many the message has; as many binders */
    size_t binders_at;         /* offset in the body of the binders' list length: what is before
                                  it goes into the binders' hash (RFC 8446 4.2.11.2) */
    struct ext unknown[2];     /* write: extensions that the table does not have, the first in front
                                  of the others, the second behind them (RFC 8701) */
    size_t num_unknown;
    bool padding;              /* write: lift a message of 256 to 511 bytes, header included, over
                                  511 (RFC 7685)? Otherwise a padding that has names is empty */
};

/* client_hello_parse. pre_shared_key that is not the last extension is illegal_parameter, also a
 * share for one group twice; key_share, psk lists, names are checked whole, beyond the arrays.
 * A hello that offers TLS 1.3 must have what RFC 8446 9.2 demands (missing_extension). */
int client_hello_parse(struct client_hello *ch, cssl_bytes body, cssl_error *err) CHECK;
/* client_hello_write writes the body; binders are written as they are (zeros at first), and
 * ch->binders_at is set. What ch->has names is written, extensions without content too. */
void client_hello_write(struct wr *w, struct client_hello *ch);

struct server_hello {
    uint16_t legacy_version;
    cssl_bytes random;
    cssl_bytes session_id;
    uint16_t cipher_suite;
    uint8_t compression;
    bool hello_retry;          /* random is SHA-256("HelloRetryRequest") */
    struct ext_set has;
    uint16_t selected_version; /* of supported_versions; 0: absent */
    struct key_share share;    /* HelloRetryRequest: group alone */
    uint16_t selected_psk;
    cssl_bytes cookie;         /* HelloRetryRequest */
    /* TLS 1.2 alone: */
    cssl_bytes alpn;           /* the one protocol that was selected */
    cssl_bytes supported_groups; /* TLS 1.2: not to be heeded (RFC 8422 5.2 has none) */
    cssl_bytes ec_point_formats; /* bytes */
    cssl_bytes renegotiation_info;
    cssl_bytes max_fragment_length; /* one byte */
    cssl_bytes record_size_limit;   /* u16s of one */
    cssl_bytes use_srtp;            /* as it stands */
    cssl_bytes scts;                /* vectors of one each, checked */
    cssl_bytes client_certificate_type, server_certificate_type; /* one byte */
};

/* server_hello_parse: asked is what the ClientHello had (renegotiation_info also when the suite
 * that asks for it was sent). A ServerHello without supported_versions is parsed by the rules of
 * TLS 1.2 (IN_SERVER_HELLO_12); a HelloRetryRequest must have it (missing_extension), and must ask
 * for something (illegal_parameter). */
int server_hello_parse(struct server_hello *sh, cssl_bytes body, struct ext_set asked,
                       cssl_error *err) CHECK;
void server_hello_write(struct wr *w, const struct server_hello *sh);
/* hello_retry_random is the value that makes a ServerHello a HelloRetryRequest. */
extern const uint8_t hello_retry_random[HELLO_RANDOM];

#endif
