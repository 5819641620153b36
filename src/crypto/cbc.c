/* cbc.c - CBC records by libcrypto, and a worker's cache of keyed contexts for them. Decides
 * nothing by a byte of a record that has not been authenticated. */
#include "crypto/cbc.h"

#include "base/error.h"
#include "base/mem.h"
#include "crypto/aead_impl.h"
#include "crypto/kdf.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* KEPT: keys of one worker; the one not used for longest gives way. MACED: sequence number, type,
 * version, length. */
enum { KEPT = 32, MACED = CBC_HEAD + 2, TLS12 = 0x0303 };

/* What is made of a key. Each part is made when it is first used: a direction needs half of it. */
struct kept {
    struct cbc_key key;
    uint64_t used;              /* when, in the cache's count */
    EVP_CIPHER_CTX *seals, *opens;
    EVP_MAC_CTX *hidden;        /* keyed; forked for each record that is opened */
    struct hmac mac;            /* keyed; where lengths are no secret */
};

struct cbc_own {
    EVP_CIPHER *aes128, *aes256;
    EVP_MAC *hmac;
    uint64_t count;
    struct kept *kept[KEPT];
};

static struct kept *kept_of(struct worker *w, const struct cbc_key *k, struct cbc_own **own);
static void kept_free(struct kept *e);
static bool contexts(struct cbc_own *own, struct kept *e, bool seals);
static void mac_of(const struct kept *e, const uint8_t head[CBC_HEAD], const uint8_t *data,
                   size_t len, uint8_t *out);
static void mac_header(uint8_t to[MACED], const uint8_t head[CBC_HEAD], size_t len);
static int open_hidden(struct kept *e, const uint8_t head[CBC_HEAD], uint8_t *data, size_t len,
                       cssl_bytes *content, cssl_error *err);
static bool hidden_mac(const struct kept *e, const uint8_t head[CBC_HEAD], const uint8_t *data,
                       size_t len, size_t hides, uint8_t *out);
static int open_etm(struct kept *e, const uint8_t head[CBC_HEAD], uint8_t *data, size_t len,
                    cssl_bytes *content, cssl_error *err);
static bool padding_good(const uint8_t *data, size_t len);
static int not_prepared(const struct kept *e, cssl_error *err);
static int crypto_failed(cssl_error *err, const char *what);

void cbc_key_set(struct cbc_key *k, size_t key_len, enum hash_alg mac, bool encrypt_then_mac,
                 const uint8_t *mac_key, const uint8_t *key)
{
    assert((key_len == 16 || key_len == 32) && mac != HASH_NONE && hash_len(mac) <= CBC_MAC_MAX);
    cbc_key_wipe(k);
    k->serial = worker_serial();
    k->key_len = (uint8_t)key_len;
    k->mac = (uint8_t)mac;
    k->encrypt_then_mac = encrypt_then_mac;
    memcpy(k->mac_key, mac_key, hash_len(mac));
    memcpy(k->key, key, key_len);
}

void cbc_key_wipe(struct cbc_key *k)
{
    mem_wipe(k, sizeof(*k));
}

size_t cbc_sealed_len(const struct cbc_key *k, size_t len)
{
    const size_t mac = hash_len((enum hash_alg)k->mac);
    const size_t inside = k->encrypt_then_mac ? len : len + mac;
    const size_t padded = (inside / CBC_BLOCK + 1) * CBC_BLOCK; /* one byte of padding at least */
    return CBC_BLOCK + padded + (k->encrypt_then_mac ? mac : 0);
}

int cbc_seal(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD],
             const uint8_t iv[CBC_BLOCK], const cssl_bytes *pieces, size_t n, uint8_t *out,
             cssl_error *err)
{
    struct cbc_own *own = NULL;
    struct kept *e = kept_of(w, k, &own);
    const size_t mac = hash_len((enum hash_alg)k->mac);
    uint8_t *const body = out + CBC_BLOCK;
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].len > 0) {
            memcpy(body + len, pieces[i].data, pieces[i].len);
            len += pieces[i].len;
        }
    }
    const size_t total = cbc_sealed_len(k, len);
    if (e == NULL || !contexts(own, e, true)) {
        mem_wipe(out, total);
        return not_prepared(e, err);
    }
    memcpy(out, iv, CBC_BLOCK);
    if (!k->encrypt_then_mac) {
        mac_of(e, head, body, len, body + len);
        len += mac;
    }
    const size_t padded = (len / CBC_BLOCK + 1) * CBC_BLOCK;
    memset(body + len, (int)(padded - len - 1), padded - len);
    int done = 0;
    if (EVP_CipherInit_ex(e->seals, NULL, NULL, NULL, iv, 1) != 1 ||
        EVP_CipherUpdate(e->seals, body, &done, body, (int)padded) != 1 || (size_t)done != padded) {
        mem_wipe(out, total);
        return crypto_failed(err, "a record could not be encrypted");
    }
    if (k->encrypt_then_mac) { /* RFC 7366 3: over the IV and what is encrypted */
        mac_of(e, head, out, CBC_BLOCK + padded, body + padded);
    }
    return 0;
}

int cbc_open(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD], uint8_t *data,
             size_t len, cssl_bytes *content, cssl_error *err)
{
    struct cbc_own *own = NULL;
    struct kept *e = kept_of(w, k, &own);
    *content = bytes_of(NULL, 0);
    if (e == NULL || !contexts(own, e, false)) {
        return not_prepared(e, err);
    }
    int ret = k->encrypt_then_mac ? open_etm(e, head, data, len, content, err)
                                  : open_hidden(e, head, data, len, content, err);
    if (ret != 0) {
        mem_wipe(data, len);
    }
    return ret;
}

/* MAC-then-encrypt. What is compared with len below is public: everybody sees how long a record
 * is. What is not public until the MACs were compared: where the content ends. */
static int open_hidden(struct kept *e, const uint8_t head[CBC_HEAD], uint8_t *data, size_t len,
                       cssl_bytes *content, cssl_error *err)
{
    const size_t mac = hash_len((enum hash_alg)e->key.mac);
    uint8_t expected[HASH_MAX];
    void *sent = NULL;
    int left = 0;
    if (len % CBC_BLOCK != 0 || len < CBC_BLOCK + mac + 1) {
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    /* The IV is decrypted as a block of its own, and passed over. When the padding is wrong the
     * MAC that comes back is random, and the length what it is without padding. */
    if (EVP_CipherUpdate(e->opens, data, &left, data, (int)len) != 1) {
        return crypto_failed(err, "a record could not be decrypted");
    }
    OSSL_PARAM get[] = { OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_TLS_MAC, &sent, mac),
                         OSSL_PARAM_construct_end() };
    if (EVP_CIPHER_CTX_get_params(e->opens, get) != 1 || sent == NULL ||
        !hidden_mac(e, head, data + CBC_BLOCK, (size_t)left, len - CBC_BLOCK, expected)) {
        return crypto_failed(err, "a record's MAC could not be computed");
    }
    if (!ct_equal(sent, expected, mac)) {
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    *content = bytes_of(data + CBC_BLOCK, (size_t)left);
    return 0;
}

/* hidden_mac computes a MAC in the time that it takes for hides bytes. libcrypto's context takes
 * one such record in its life, so it is a fork. */
static bool hidden_mac(const struct kept *e, const uint8_t head[CBC_HEAD], const uint8_t *data,
                       size_t len, size_t hides, uint8_t *out)
{
    uint8_t header[MACED];
    size_t done = 0;
    OSSL_PARAM set[] = { OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_TLS_DATA_SIZE, &hides),
                         OSSL_PARAM_construct_end() };
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(e->hidden);
    mac_header(header, head, len);
    bool ok = ctx != NULL && EVP_MAC_CTX_set_params(ctx, set) == 1 &&
              EVP_MAC_update(ctx, header, sizeof(header)) == 1 &&
              EVP_MAC_update(ctx, data, len) == 1 && EVP_MAC_final(ctx, out, &done, HASH_MAX) == 1;
    EVP_MAC_CTX_free(ctx);
    return ok;
}

/* Encrypt-then-MAC: nothing is decrypted before the MAC is known to be right, so padding tells an
 * attacker nothing. How long it is stays hidden all the same. */
static int open_etm(struct kept *e, const uint8_t head[CBC_HEAD], uint8_t *data, size_t len,
                    cssl_bytes *content, cssl_error *err)
{
    const size_t mac = hash_len((enum hash_alg)e->key.mac);
    uint8_t expected[HASH_MAX];
    uint8_t iv[CBC_BLOCK];
    int done = 0;
    if (len < 2 * CBC_BLOCK + mac || (len - mac) % CBC_BLOCK != 0) {
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    const size_t sealed = len - mac;
    mac_of(e, head, data, sealed, expected);
    if (!ct_equal(data + sealed, expected, mac)) {
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    uint8_t *const body = data + CBC_BLOCK;
    const size_t padded = sealed - CBC_BLOCK;
    memcpy(iv, data, CBC_BLOCK);
    if (EVP_CipherInit_ex(e->opens, NULL, NULL, NULL, iv, 0) != 1 ||
        EVP_CipherUpdate(e->opens, body, &done, body, (int)padded) != 1 || (size_t)done != padded) {
        return crypto_failed(err, "a record could not be decrypted");
    }
    if (!padding_good(body, padded)) {
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    *content = bytes_of(body, padded - 1 - body[padded - 1]);
    return 0;
}

/* padding_good looks at as many bytes as padding may have, whatever its length byte says. */
static bool padding_good(const uint8_t *data, size_t len)
{
    enum { MOST = 256 };
    static const uint32_t none = 0;
    const uint32_t padding = data[len - 1];
    uint32_t wrong = ((uint32_t)len - 1 - padding) >> 31; /* longer than all there is */
    for (uint32_t i = 0; i < min_size(len, MOST); i++) {
        const uint32_t inside = ((padding - i) >> 31) - 1; /* all ones while i <= padding */
        wrong |= inside & (data[len - 1 - i] ^ padding);
    }
    return ct_equal(&wrong, &none, sizeof(wrong));
}

static void mac_of(const struct kept *e, const uint8_t head[CBC_HEAD], const uint8_t *data,
                   size_t len, uint8_t *out)
{
    struct hmac m = e->mac;
    uint8_t header[MACED];
    mac_header(header, head, len);
    hmac_update(&m, header, sizeof(header));
    hmac_update(&m, data, len);
    hmac_finish(&m, out);
}

static void mac_header(uint8_t to[MACED], const uint8_t head[CBC_HEAD], size_t len)
{
    memcpy(to, head, CBC_HEAD);
    to[CBC_HEAD] = (uint8_t)(len >> 8);
    to[CBC_HEAD + 1] = (uint8_t)len;
}

void cbc_own_free(struct cbc_own *own)
{
    if (own == NULL) {
        return;
    }
    for (size_t i = 0; i < KEPT; i++) {
        kept_free(own->kept[i]);
    }
    EVP_CIPHER_free(own->aes128);
    EVP_CIPHER_free(own->aes256);
    EVP_MAC_free(own->hmac);
    mem_free(own);
}

static struct cbc_own *own_new(void)
{
    struct cbc_own *own = mem_new(sizeof(*own));
    if (own == NULL) {
        return NULL;
    }
    own->aes128 = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
    own->aes256 = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    own->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (own->aes128 == NULL || own->aes256 == NULL || own->hmac == NULL) {
        cbc_own_free(own);
        return NULL;
    }
    return own;
}

/* kept_of finds a key's entry or makes one; NULL when memory is out. */
static struct kept *kept_of(struct worker *w, const struct cbc_key *k, struct cbc_own **own)
{
    struct cbc_own **slot = worker_cbc(w);
    if (*slot == NULL && (*slot = own_new()) == NULL) {
        return NULL;
    }
    struct cbc_own *o = *own = *slot;
    size_t oldest = 0;
    o->count++;
    for (size_t i = 0; i < KEPT; i++) {
        struct kept *e = o->kept[i];
        if (e != NULL && e->key.serial == k->serial) {
            /* A serial that came again with another key is never believed. */
            const int same_key = ct_equal(e->key.key, k->key, CBC_KEY_MAX);
            const int same_mac = ct_equal(e->key.mac_key, k->mac_key, CBC_MAC_MAX);
            if ((same_key & same_mac) != 0) {
                e->used = o->count;
                return e;
            }
            oldest = i;
            break;
        }
        if (o->kept[oldest] != NULL && (e == NULL || e->used < o->kept[oldest]->used)) {
            oldest = i;
        }
    }
    kept_free(o->kept[oldest]);
    struct kept *e = o->kept[oldest] = mem_new(sizeof(*e));
    if (e != NULL) {
        memcpy(&e->key, k, sizeof(*k));
        e->used = o->count;
        hmac_init(&e->mac, (enum hash_alg)k->mac,
                  bytes_of(k->mac_key, hash_len((enum hash_alg)k->mac)));
    }
    return e;
}

static void kept_free(struct kept *e)
{
    if (e != NULL) {
        EVP_CIPHER_CTX_free(e->seals); /* wipes the key schedule */
        EVP_CIPHER_CTX_free(e->opens);
        EVP_MAC_CTX_free(e->hidden);
        mem_free_wiped(e, sizeof(*e));
    }
}

static EVP_CIPHER_CTX *cipher_context(const struct cbc_own *own, const struct kept *e, bool seals)
{
    static const uint8_t zeros[CBC_BLOCK];
    const bool hidden = !seals && !e->key.encrypt_then_mac;
    unsigned version = TLS12;
    size_t mac = hash_len((enum hash_alg)e->key.mac);
    OSSL_PARAM tls[] = { OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_TLS_VERSION, &version),
                         OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_TLS_MAC_SIZE, &mac),
                         OSSL_PARAM_construct_end() };
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL ||
        EVP_CipherInit_ex2(ctx, e->key.key_len == 16 ? own->aes128 : own->aes256, e->key.key, zeros,
                           seals, hidden ? tls : NULL) != 1 ||
        (!hidden && EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static EVP_MAC_CTX *hidden_context(const struct cbc_own *own, const struct kept *e)
{
    static const char *const names[] = {
        [HASH_SHA1] = "SHA1", [HASH_SHA256] = "SHA256", [HASH_SHA384] = "SHA384"
    };
    /* libcrypto only reads the name, though it does not say const. */
    OSSL_PARAM digest[] = { OSSL_PARAM_construct_utf8_string(
                                OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)names[e->key.mac], 0),
                            OSSL_PARAM_construct_end() };
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(own->hmac);
    if (ctx == NULL ||
        EVP_MAC_init(ctx, e->key.mac_key, hash_len((enum hash_alg)e->key.mac), digest) != 1) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* contexts makes what one direction needs, if it is not there yet. */
static bool contexts(struct cbc_own *own, struct kept *e, bool seals)
{
    EVP_CIPHER_CTX **kept = seals ? &e->seals : &e->opens;
    if (*kept == NULL) {
        *kept = cipher_context(own, e, seals);
    }
    if (*kept != NULL && !seals && !e->key.encrypt_then_mac && e->hidden == NULL) {
        e->hidden = hidden_context(own, e);
        return e->hidden != NULL;
    }
    return *kept != NULL;
}

static int not_prepared(const struct kept *e, cssl_error *err)
{
    return e == NULL ? fail(err, CSSL_R_NOMEM) : crypto_failed(err, "a key could not be prepared");
}

static int crypto_failed(cssl_error *err, const char *what)
{
    ERR_clear_error();
    return fail_text(err, CSSL_R_CRYPTO_FAILED, "%s", what);
}
