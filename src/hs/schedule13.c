/* schedule13.c - the key schedule of TLS 1.3. Knows no message and no state. */
#include "hs/schedule13.h"

#include "base/names.h"

static void derived(struct schedule13 *s, struct secret *out);

void schedule13_early(struct schedule13 *s, enum hash_alg alg, cssl_bytes psk)
{
    static const uint8_t zeros[HASH_MAX];
    s->alg = alg;
    if (psk.len == 0) {
        psk = bytes_of(zeros, hash_len(alg));
    }
    hkdf_extract(alg, bytes_of(NULL, 0), psk, &s->current);
}

void schedule13_binder(const struct schedule13 *s, enum psk_origin origin, const uint8_t *hash,
                       uint8_t *binder)
{
    uint8_t empty[HASH_MAX];
    struct secret key;
    hash_once(s->alg, NULL, 0, empty);
    static const char *const labels[] = { "res binder", "ext binder", "imp binder" };
    derive_secret(s->alg, &s->current, labels[origin],
                  bytes_of(empty, hash_len(s->alg)), &key);
    finished13(s->alg, &key, hash, binder);
    secret_wipe(&key);
}

void schedule13_client_early(struct schedule13 *s, const uint8_t *hash)
{
    derive_secret(s->alg, &s->current, "c e traffic", bytes_of(hash, hash_len(s->alg)),
                  &s->client_early);
}

void schedule13_handshake(struct schedule13 *s, cssl_bytes shared, const uint8_t *hash)
{
    struct secret salt;
    cssl_bytes context = bytes_of(hash, hash_len(s->alg));
    derived(s, &salt);
    hkdf_extract(s->alg, secret_bytes(&salt), shared, &s->current);
    secret_wipe(&salt);
    derive_secret(s->alg, &s->current, "c hs traffic", context, &s->client_handshake);
    derive_secret(s->alg, &s->current, "s hs traffic", context, &s->server_handshake);
}

void schedule13_application(struct schedule13 *s, const uint8_t *hash)
{
    static const uint8_t zeros[HASH_MAX];
    struct secret salt;
    cssl_bytes context = bytes_of(hash, hash_len(s->alg));
    derived(s, &salt);
    hkdf_extract(s->alg, secret_bytes(&salt), bytes_of(zeros, hash_len(s->alg)), &s->current);
    secret_wipe(&salt);
    derive_secret(s->alg, &s->current, "c ap traffic", context, &s->client_application);
    derive_secret(s->alg, &s->current, "s ap traffic", context, &s->server_application);
    derive_secret(s->alg, &s->current, "exp master", context, &s->exporter);
}

void schedule13_resumption(struct schedule13 *s, const uint8_t *hash)
{
    derive_secret(s->alg, &s->current, "res master", bytes_of(hash, hash_len(s->alg)),
                  &s->resumption);
}

void schedule13_wipe(struct schedule13 *s)
{
    mem_wipe(s, sizeof(*s));
}

void finished13(enum hash_alg alg, const struct secret *base, const uint8_t *hash, uint8_t *out)
{
    uint8_t key[HASH_MAX];
    size_t len = hash_len(alg);
    hkdf_expand_label(alg, base, "finished", bytes_of(NULL, 0), key, len);
    hmac_once(alg, bytes_of(key, len), bytes_of(hash, len), out);
    mem_wipe(key, sizeof(key));
}

void keys13(struct rec_half *half, enum aead_alg aead, enum hash_alg alg,
            const struct secret *secret, uint8_t epoch)
{
    uint8_t key[AEAD_KEY_MAX];
    uint8_t iv[AEAD_NONCE];
    hkdf_expand_label(alg, secret, "key", bytes_of(NULL, 0), key, aead_key_len(aead));
    hkdf_expand_label(alg, secret, "iv", bytes_of(NULL, 0), iv, sizeof(iv));
    rec_set_keys(half, TLS_1_3, aead, key, iv, epoch);
    mem_wipe(key, sizeof(key));
    mem_wipe(iv, sizeof(iv));
}

void update13(enum hash_alg alg, struct secret *secret)
{
    struct secret next = { .len = secret->len };
    hkdf_expand_label(alg, secret, "traffic upd", bytes_of(NULL, 0), next.data, next.len);
    *secret = next;
    secret_wipe(&next);
}

void ticket_psk13(enum hash_alg alg, const struct secret *resumption, cssl_bytes nonce,
                  struct secret *psk)
{
    psk->len = (uint8_t)hash_len(alg);
    hkdf_expand_label(alg, resumption, "resumption", nonce, psk->data, psk->len);
}

void export13(enum hash_alg alg, const struct secret *exporter, const char *label,
              cssl_bytes context, uint8_t *out, size_t len)
{
    uint8_t hash[HASH_MAX];
    struct secret secret;
    hash_once(alg, NULL, 0, hash);
    derive_secret(alg, exporter, label, bytes_of(hash, hash_len(alg)), &secret);
    hash_once(alg, context.data, context.len, hash);
    hkdf_expand_label(alg, &secret, "exporter", bytes_of(hash, hash_len(alg)), out, len);
    secret_wipe(&secret);
}

/* derived is Derive-Secret(current, "derived", ""): the salt of the next extraction. */
static void derived(struct schedule13 *s, struct secret *out)
{
    uint8_t empty[HASH_MAX];
    hash_once(s->alg, NULL, 0, empty);
    derive_secret(s->alg, &s->current, "derived", bytes_of(empty, hash_len(s->alg)), out);
}
