/*
 * ticket.h - stateless tickets: sessions sealed by AES-256-GCM under keys that only servers know.
 *
 * A secret serves 12 hours of sealing; each ticket is sealed under a key of its own, derived
 * (HKDF-SHA256) from the secret and a random salt of 32 bytes in the ticket. Old secrets only
 * open, until the last ticket made with them has ended. Servers with one seed have one schedule:
 * the secret of each period of wall-clock time is derived from the seed.
 */
#ifndef CSSL_SESSION_TICKET_H
#define CSSL_SESSION_TICKET_H

#include "base/wire.h"
#include "crypto/aead.h"
#include "crypto/rand.h"

enum { TICKET_PERIOD = 12 * 3600 }; /* seconds */

struct ticket_keys; /* the mutable part: has a lock of its own, threads share it */

/* ticket_keys_new: seed empty means random secrets. lifetime in seconds, of a ticket at most. */
struct ticket_keys *ticket_keys_new(cssl_bytes seed, uint32_t lifetime, cssl_error *err) CHECK;
void ticket_keys_free(struct ticket_keys *keys);
/* ticket_keys_renew is for a config that takes keys over: a seed has to be the one they were made
 * with (else CSSL_R_TICKET_SEED), and secrets are kept for the longer of both lifetimes. */
int ticket_keys_renew(struct ticket_keys *keys, cssl_bytes seed, uint32_t lifetime,
                      cssl_error *err) CHECK;
/* ticket_seal appends the sealed plain to out. now in seconds of wall-clock time. */
int ticket_seal(struct ticket_keys *keys, struct worker *worker, const struct rand_source *rand,
                int64_t now, cssl_bytes plain, struct wr *out, cssl_error *err) CHECK;
/* ticket_open writes what a ticket holds to plain. Anything but a ticket of ours that is whole and
 * whose secret is still there is CSSL_R_TICKET_UNKNOWN: then a full handshake follows. */
int ticket_open(struct ticket_keys *keys, struct worker *worker, int64_t now, cssl_bytes ticket,
                struct wr *plain, cssl_error *err) CHECK;

#endif
