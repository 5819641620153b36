/*
 * cbc_support.h - CBC records put together by hand for tests: block by block, with any padding
 * that a test wants, right or wrong. Uses nothing of cbc.c but its struct of keys.
 */
#ifndef CSSL_TEST_CBC_SUPPORT_H
#define CSSL_TEST_CBC_SUPPORT_H

#include "support.h"

#include "crypto/cbc.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* How a record is wrong. */
enum cbc_fault { CBC_GOOD, CBC_BAD_MAC, CBC_BAD_PADDING, CBC_BAD_BOTH };

static inline void cbc_by_hand_mac(const struct cbc_key *k, const uint8_t *head,
                                   const uint8_t *data, size_t len, uint8_t *out)
{
    const EVP_MD *md = k->mac == HASH_SHA1     ? EVP_sha1()
                       : k->mac == HASH_SHA256 ? EVP_sha256()
                                               : EVP_sha384();
    uint8_t *all = malloc(CBC_HEAD + 2 + len);
    memcpy(all, head, CBC_HEAD);
    all[CBC_HEAD] = (uint8_t)(len >> 8);
    all[CBC_HEAD + 1] = (uint8_t)len;
    memcpy(all + CBC_HEAD + 2, data, len);
    assert_non_null(HMAC(md, k->mac_key, (int)hash_len((enum hash_alg)k->mac), all,
                         CBC_HEAD + 2 + len, out, NULL));
    free(all);
}

/* Each block alone: AES in ECB mode, and the chaining done here. */
static inline void cbc_by_hand_blocks(const struct cbc_key *k, const uint8_t *iv, uint8_t *data,
                                      size_t len)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *aes = k->key_len == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb();
    assert_int_equal(EVP_EncryptInit_ex(ctx, aes, NULL, k->key, NULL), 1);
    for (size_t at = 0; at < len; at += CBC_BLOCK) {
        const uint8_t *before = at == 0 ? iv : data + at - CBC_BLOCK;
        int n = 0;
        for (size_t i = 0; i < CBC_BLOCK; i++) {
            data[at + i] ^= before[i];
        }
        assert_int_equal(EVP_EncryptUpdate(ctx, data + at, &n, data + at, CBC_BLOCK), 1);
    }
    EVP_CIPHER_CTX_free(ctx);
}

/* cbc_by_hand writes a record's body with `padding` bytes of padding besides the length byte to
 * out and returns its length. The padding must fill up the last block. The fault CBC_BAD_PADDING
 * changes the padding's first byte, which may be the length byte. */
static inline size_t cbc_by_hand(const struct cbc_key *k, const uint8_t *head, const uint8_t *iv,
                                 const uint8_t *content, size_t len, size_t padding,
                                 enum cbc_fault fault, uint8_t *out)
{
    const size_t mac = hash_len((enum hash_alg)k->mac);
    uint8_t *body = out + CBC_BLOCK;
    size_t at = len;
    memcpy(out, iv, CBC_BLOCK);
    memcpy(body, content, len);
    if (!k->encrypt_then_mac) {
        cbc_by_hand_mac(k, head, body, len, body + at);
        body[at] ^= fault == CBC_BAD_MAC || fault == CBC_BAD_BOTH ? 0x10 : 0;
        at += mac;
    }
    memset(body + at, (int)padding, padding + 1);
    body[at] ^= fault == CBC_BAD_PADDING || fault == CBC_BAD_BOTH ? 0x01 : 0;
    at += padding + 1;
    assert_int_equal(at % CBC_BLOCK, 0);
    cbc_by_hand_blocks(k, iv, body, at);
    if (k->encrypt_then_mac) {
        cbc_by_hand_mac(k, head, out, CBC_BLOCK + at, body + at);
        body[at] ^= fault == CBC_BAD_MAC || fault == CBC_BAD_BOTH ? 0x10 : 0;
        at += mac;
    }
    return CBC_BLOCK + at;
}

#endif
