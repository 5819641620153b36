/*
 * step.h - one public-key operation with copies of its inputs, which can be run anywhere later.
 *
 * A step is plain memory that knows neither who asked for it nor what becomes of it: fill it with
 * one of the functions below, run it on any thread (one at a time), read the outputs that
 * belong to its kind, wipe it. It holds secrets, so it is always ended by pk_step_wipe, whether it
 * was run or not. Zeroed memory is a valid step that owns nothing.
 */
#ifndef CSSL_CRYPTO_STEP_H
#define CSSL_CRYPTO_STEP_H

#include "crypto/kx.h"
#include "crypto/pkey.h"

enum pk_step_kind {
    STEP_NONE,
    STEP_KEY_PAIR, /* kx_new:     group, rand      -> kx */
    STEP_RESPOND,  /* kx_respond: group, rand, in  -> out (the share), secret */
    STEP_FINISH,   /* kx_finish:  kx, in           -> secret */
    STEP_SIGN,     /* pkey_sign:  key, scheme, in  -> out (the signature) */
    STEP_ENCRYPT,  /* spki_encrypt: secret, in (a SubjectPublicKeyInfo) -> out */
    STEP_DECRYPT   /* pkey_decrypt_premaster: key, version, in -> secret */
};

/* STEP_DATA_MAX is the most that a step signs: TLS 1.2 signs a whole handshake's messages. */
enum { STEP_DATA_MAX = 256 * 1024, STEP_OUT_MAX = PKEY_SIGNATURE_MAX };

struct pk_step {
    enum pk_step_kind kind;
    bool done;              /* pk_step_run has been here */
    int status;             /* its result: 0, or negative with error filled */
    cssl_error error;
    uint16_t group, scheme, version;
    struct rand_source rand; /* its user must bear being called on the thread that runs the step */
    struct kx *kx;           /* owned: take it after STEP_KEY_PAIR by setting this NULL */
    struct dh_params *dh;    /* owned; STEP_KEY_PAIR in a group without a name */
    struct pkey *key;        /* a reference of its own */
    size_t in_len, out_len, secret_len;
    uint8_t in[KX_SHARE_MAX]; /* the peer's share, or what is to be signed */
    uint8_t *long_in;         /* owned; instead of in when that is too short */
    uint8_t out[STEP_OUT_MAX];
    uint8_t secret[KX_SECRET_MAX];
};

/* Each of these fills *step, which must be zeroed or wiped. rand may be NULL for the system's.
 * A share that is longer than any group's is CSSL_R_BAD_KEY_SHARE. */
void pk_step_key_pair(struct pk_step *step, uint16_t group, const struct rand_source *rand);
/* pk_step_key_pair_dh makes the pair by kx_new_dh; it takes a copy of dh. */
int pk_step_key_pair_dh(struct pk_step *step, const struct dh_params *dh, cssl_error *err) CHECK;
int pk_step_respond(struct pk_step *step, uint16_t group, const struct rand_source *rand,
                    cssl_bytes peer, cssl_error *err) CHECK;
/* pk_step_finish takes kx over, also when it fails. */
int pk_step_finish(struct pk_step *step, struct kx *kx, cssl_bytes peer, cssl_error *err) CHECK;
/* pk_step_sign takes a reference of key and copies data (at most STEP_DATA_MAX bytes). */
int pk_step_sign(struct pk_step *step, struct pkey *key, uint16_t scheme, cssl_bytes data,
                 cssl_error *err) CHECK;

/* pk_step_encrypt is for secrets of PREMASTER_RSA bytes; see spki_encrypt and
 * pkey_decrypt_premaster. */
int pk_step_encrypt(struct pk_step *step, cssl_bytes spki, const uint8_t *premaster,
                    cssl_error *err) CHECK;
int pk_step_decrypt(struct pk_step *step, struct pkey *key, uint16_t version, cssl_bytes encrypted,
                    cssl_error *err) CHECK;

/* pk_step_run computes; it sets done, status and error. A second run changes nothing. */
void pk_step_run(struct pk_step *step);
/* pk_step_wipe gives back what the step owns and zeroes it. NULL is allowed. */
void pk_step_wipe(struct pk_step *step);

#endif
