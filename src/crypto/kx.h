/*
 * kx.h - key exchange: (EC)DHE, ML-KEM, and hybrids of both.
 *
 * A group is used in one of two ways: the side that speaks first makes a pair (kx_new), sends
 * kx_share and ends with kx_finish on the peer's share; the side that answers does all in
 * kx_respond, which is how key encapsulation has to be done.
 */
#ifndef CSSL_CRYPTO_KX_H
#define CSSL_CRYPTO_KX_H

#include "base/base.h"
#include "crypto/dh.h"
#include "crypto/rand.h"

/* The longest share (secp384r1mlkem1024: 97 + 1568 bytes) and shared secret (of a DH group). */
enum { KX_SHARE_MAX = 1700, KX_SECRET_MAX = DH_BYTES_MAX };

struct kx; /* a key pair that waits for the peer's share */

/* kx_available says whether this library and the libcrypto in use can do group. */
bool kx_available(uint16_t group);
/* kx_has_kem: a hybrid or ML-KEM alone, which are of TLS 1.3 only. */
bool kx_has_kem(uint16_t group);
/* kx_share_len is the length of a share: from_server false for the side that speaks first. All of
 * a group's shares have one length; 0 for a group that is unknown. */
size_t kx_share_len(uint16_t group, bool from_server);
/* kx_new makes a pair. rand with a function (tests) decides the private key where the group
 * allows it (x25519, x448, secp256r1/384r1/521r1). */
struct kx *kx_new(uint16_t group, const struct rand_source *rand, cssl_error *err) CHECK;
/* kx_new_dh makes a pair in a group that has no name here; TLS 1.2 alone has those. Its private
 * key is new each time, as all of them are: where they are used again, the leading zeros that TLS
 * 1.2 takes from secrets give them away (https://raccoon-attack.com). */
struct kx *kx_new_dh(const struct dh_params *dh, cssl_error *err) CHECK;
/* kx_group is 0 for a group without a name. */
uint16_t kx_group(const struct kx *kx);
/* kx_share views the share to send, for as long as kx lives. */
cssl_bytes kx_share(const struct kx *kx);
/* kx_finish computes the shared secret into secret (KX_SECRET_MAX bytes) and sets *len. A share
 * of a wrong length, a point that is not on the curve, an all-zero X25519 or X448 secret, an ffdhe
 * value out of 2..p-2, an ML-KEM key with a coefficient that is not reduced (FIPS 203 7.2) are
 * CSSL_R_BAD_KEY_SHARE (illegal_parameter; RFC 8446 4.2.8, 7.4.2). */
int kx_finish(struct kx *kx, cssl_bytes peer, uint8_t *secret, size_t *len, cssl_error *err) CHECK;
/* kx_respond answers peer's share: it writes the share to send to share (KX_SHARE_MAX bytes) and
 * *share_len, and the shared secret like kx_finish. */
int kx_respond(uint16_t group, const struct rand_source *rand, cssl_bytes peer, uint8_t *share,
               size_t *share_len, uint8_t *secret, size_t *secret_len, cssl_error *err) CHECK;
/* kx_free wipes and frees; NULL is allowed. */
void kx_free(struct kx *kx);

#endif
