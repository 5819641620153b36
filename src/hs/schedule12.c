/* schedule12.c - the key schedule of TLS 1.2. Knows no message and no state. */
#include "hs/schedule12.h"

#include "base/names.h"

#include <assert.h>

void master12(enum hash_alg alg, cssl_bytes premaster, const uint8_t *session_hash,
              struct secret *master)
{
    master->len = MASTER12;
    prf12(alg, premaster, "extended master secret", bytes_of(session_hash, hash_len(alg)),
          bytes_of(NULL, 0), master->data, MASTER12);
}

void master12_plain(enum hash_alg alg, cssl_bytes premaster, const uint8_t randoms[RANDOMS12],
                    struct secret *master)
{
    master->len = MASTER12;
    prf12(alg, premaster, "master secret", bytes_of(randoms, RANDOMS12), bytes_of(NULL, 0),
          master->data, MASTER12);
}

void keys12(struct rec_half *half, const struct suite *suite, const struct secret *master,
            const uint8_t randoms[RANDOMS12], bool of_client, uint8_t epoch)
{
    enum { SALT = 4 };
    uint8_t block[2 * AEAD_KEY_MAX + 2 * AEAD_NONCE];
    uint8_t iv[AEAD_NONCE] = { 0 };
    assert(suite->cipher == CIPHER_AEAD);
    const size_t key = aead_key_len(suite->aead);
    const size_t fixed = suite->aead == AEAD_CHACHA20_POLY1305 ? AEAD_NONCE : SALT;
    /* RFC 5246 6.3: the server's random comes first here. */
    prf12(suite->hash, secret_bytes(master), "key expansion",
          bytes_of(randoms + RANDOMS12 / 2, RANDOMS12 / 2), bytes_of(randoms, RANDOMS12 / 2), block,
          2 * key + 2 * fixed);
    memcpy(iv, block + 2 * key + (of_client ? 0 : fixed), fixed);
    rec_set_keys(half, TLS_1_2, suite->aead, block + (of_client ? 0 : key), iv, epoch);
    mem_wipe(block, sizeof(block));
    mem_wipe(iv, sizeof(iv));
}

void keys12_cbc(struct rec_half *half, const struct suite *suite, const struct secret *master,
                const uint8_t randoms[RANDOMS12], bool of_client, bool encrypt_then_mac,
                const struct rand_source *rand, uint8_t epoch)
{
    uint8_t block[2 * CBC_MAC_MAX + 2 * CBC_KEY_MAX];
    struct cbc_key key = { 0 };
    const size_t mac_len = hash_len(suite->mac);
    const size_t key_len = suite->cipher == CIPHER_AES_128_CBC ? 16 : 32;
    /* RFC 5246 6.3: both MAC keys, then both keys; IVs stand in the records since TLS 1.1. */
    prf12(suite->hash, secret_bytes(master), "key expansion",
          bytes_of(randoms + RANDOMS12 / 2, RANDOMS12 / 2), bytes_of(randoms, RANDOMS12 / 2), block,
          2 * mac_len + 2 * key_len);
    cbc_key_set(&key, key_len, suite->mac, encrypt_then_mac, block + (of_client ? 0 : mac_len),
                block + 2 * mac_len + (of_client ? 0 : key_len));
    rec_set_cbc(half, &key, rand, epoch);
    mem_wipe(block, sizeof(block));
    cbc_key_wipe(&key);
}

void finished12(enum hash_alg alg, const struct secret *master, bool of_client,
                const uint8_t *hash, uint8_t out[FINISHED12])
{
    prf12(alg, secret_bytes(master), of_client ? "client finished" : "server finished",
          bytes_of(hash, hash_len(alg)), bytes_of(NULL, 0), out, FINISHED12);
}

void export12(enum hash_alg alg, const struct secret *master, const uint8_t randoms[RANDOMS12],
              const char *label, cssl_bytes context, uint8_t *out, size_t len)
{
    uint8_t prefix[RANDOMS12 + 2];
    memcpy(prefix, randoms, RANDOMS12);
    prefix[RANDOMS12] = (uint8_t)(context.len >> 8);
    prefix[RANDOMS12 + 1] = (uint8_t)context.len;
    /* RFC 5705 4: no context is another thing than an empty one. */
    size_t prefix_len = context.data == NULL ? RANDOMS12 : sizeof(prefix);
    prf12(alg, secret_bytes(master), label, bytes_of(prefix, prefix_len), context, out, len);
}
