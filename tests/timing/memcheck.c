/*
 * memcheck.c - whole connections under valgrind's memcheck, with every secret marked as memory
 * that has no value yet: a branch or an address that depends on one is then an error. Run by
 * secrets.py.
 *
 * Secrets are marked where they come into being, in what the key derivations give; what is derived
 * from them is a secret by itself. They cease to be secret in five places, which are wrapped here:
 * the answer of ct_equal, what was encrypted, what was decrypted and found to be authentic, what
 * stands in a message of the handshake, and what was exported to the program.
 */
#include "base/error.h"
#include "engine/engine.h"
#include "pair/scene.h"

#include "base/mem.h"
#include "crypto/cbc.h"
#include "crypto/kdf.h"
#include "crypto/pkey.h"

#include <openssl/evp.h>
#include <valgrind/memcheck.h>

static bool marking; /* keys that the tests themselves make are no secrets */
static unsigned long num_marked;

static void secret(const void *p, size_t len)
{
    if (marking && len > 0) {
        VALGRIND_MAKE_MEM_UNDEFINED(p, len);
        num_marked++;
    }
}

static void public(const void *p, size_t len)
{
    if (len > 0) {
        VALGRIND_MAKE_MEM_DEFINED(p, len);
    }
}

/* ---- Where secrets begin ---- */

void __real_hkdf_extract(enum hash_alg alg, cssl_bytes salt, cssl_bytes ikm, struct secret *prk);
void __wrap_hkdf_extract(enum hash_alg alg, cssl_bytes salt, cssl_bytes ikm, struct secret *prk);
void __wrap_hkdf_extract(enum hash_alg alg, cssl_bytes salt, cssl_bytes ikm, struct secret *prk)
{
    __real_hkdf_extract(alg, salt, ikm, prk);
    secret(prk->data, prk->len);
}

void __real_hkdf_expand_label(enum hash_alg alg, const struct secret *from, const char *label,
                              cssl_bytes context, uint8_t *out, size_t len);
void __wrap_hkdf_expand_label(enum hash_alg alg, const struct secret *from, const char *label,
                              cssl_bytes context, uint8_t *out, size_t len);
void __wrap_hkdf_expand_label(enum hash_alg alg, const struct secret *from, const char *label,
                              cssl_bytes context, uint8_t *out, size_t len)
{
    __real_hkdf_expand_label(alg, from, label, context, out, len);
    secret(out, len);
}

void __real_hkdf_expand(enum hash_alg alg, cssl_bytes prk, cssl_bytes info, uint8_t *out,
                        size_t len);
void __wrap_hkdf_expand(enum hash_alg alg, cssl_bytes prk, cssl_bytes info, uint8_t *out,
                        size_t len);
void __wrap_hkdf_expand(enum hash_alg alg, cssl_bytes prk, cssl_bytes info, uint8_t *out,
                        size_t len)
{
    __real_hkdf_expand(alg, prk, info, out, len);
    secret(out, len);
}

void __real_prf12(enum hash_alg alg, cssl_bytes from, const char *label, cssl_bytes seed,
                  cssl_bytes more_seed, uint8_t *out, size_t len);
void __wrap_prf12(enum hash_alg alg, cssl_bytes from, const char *label, cssl_bytes seed,
                  cssl_bytes more_seed, uint8_t *out, size_t len);
void __wrap_prf12(enum hash_alg alg, cssl_bytes from, const char *label, cssl_bytes seed,
                  cssl_bytes more_seed, uint8_t *out, size_t len)
{
    __real_prf12(alg, from, label, seed, more_seed, out, len);
    secret(out, len);
}

/* The shared secret of a key exchange, before anything is derived from it. */
void __real_pk_step_run(struct pk_step *step);
void __wrap_pk_step_run(struct pk_step *step);
void __wrap_pk_step_run(struct pk_step *step)
{
    __real_pk_step_run(step);
    secret(step->secret, step->secret_len);
}

/* What libcrypto gives for a premaster secret that was encrypted by RSA, and whether it gives
 * something: nothing may depend on either. */
int __real_EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *out_len,
                            const unsigned char *in, size_t in_len);
int __wrap_EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *out_len,
                            const unsigned char *in, size_t in_len);
int __wrap_EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *out_len,
                            const unsigned char *in, size_t in_len)
{
    int ret = __real_EVP_PKEY_decrypt(ctx, out, out_len, in, in_len);
    secret(out, PREMASTER_RSA);
    secret(out_len, sizeof(*out_len));
    secret(&ret, sizeof(ret));
    return ret;
}

/* ---- Where they end ---- */

bool __real_ct_equal(const void *a, const void *b, size_t len);
bool __wrap_ct_equal(const void *a, const void *b, size_t len);
bool __wrap_ct_equal(const void *a, const void *b, size_t len)
{
    bool equal = __real_ct_equal(a, b, len);
    public(&equal, sizeof(equal));
    return equal;
}

/* A message of the handshake that was sent, binders and all, or received, and found to be good. */
void __real_transcript_add(struct transcript *t, cssl_bytes message);
void __wrap_transcript_add(struct transcript *t, cssl_bytes message);
void __wrap_transcript_add(struct transcript *t, cssl_bytes message)
{
    public(message.data, message.len);
    __real_transcript_add(t, message);
}

int __real_aead_seal(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
                     cssl_bytes aad, const cssl_bytes *pieces, size_t n, uint8_t *out,
                     cssl_error *err);
int __wrap_aead_seal(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
                     cssl_bytes aad, const cssl_bytes *pieces, size_t n, uint8_t *out,
                     cssl_error *err);
int __wrap_aead_seal(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
                     cssl_bytes aad, const cssl_bytes *pieces, size_t n, uint8_t *out,
                     cssl_error *err)
{
    size_t len = aead_tag_len((enum aead_alg)k->alg);
    for (size_t i = 0; i < n; i++) {
        len += pieces[i].len;
    }
    int ret = __real_aead_seal(w, k, nonce, aad, pieces, n, out, err);
    public(out, len);
    return ret;
}

int __real_aead_open(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
                     cssl_bytes aad, const uint8_t *data, size_t len, uint8_t *out,
                     cssl_error *err);
int __wrap_aead_open(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
                     cssl_bytes aad, const uint8_t *data, size_t len, uint8_t *out,
                     cssl_error *err);
int __wrap_aead_open(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
                     cssl_bytes aad, const uint8_t *data, size_t len, uint8_t *out,
                     cssl_error *err)
{
    int ret = __real_aead_open(w, k, nonce, aad, data, len, out, err);
    if (ret == 0) {
        public(out, len - aead_tag_len((enum aead_alg)k->alg));
    }
    return ret;
}

int __real_cbc_seal(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD],
                    const uint8_t iv[CBC_BLOCK], const cssl_bytes *pieces, size_t n, uint8_t *out,
                    cssl_error *err);
int __wrap_cbc_seal(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD],
                    const uint8_t iv[CBC_BLOCK], const cssl_bytes *pieces, size_t n, uint8_t *out,
                    cssl_error *err);
int __wrap_cbc_seal(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD],
                    const uint8_t iv[CBC_BLOCK], const cssl_bytes *pieces, size_t n, uint8_t *out,
                    cssl_error *err)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        len += pieces[i].len;
    }
    int ret = __real_cbc_seal(w, k, head, iv, pieces, n, out, err);
    public(out, cbc_sealed_len(k, len));
    return ret;
}

int __real_cbc_open(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD],
                    uint8_t *data, size_t len, cssl_bytes *content, cssl_error *err);
int __wrap_cbc_open(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD],
                    uint8_t *data, size_t len, cssl_bytes *content, cssl_error *err);
int __wrap_cbc_open(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD],
                    uint8_t *data, size_t len, cssl_bytes *content, cssl_error *err)
{
    int ret = __real_cbc_open(w, k, head, data, len, content, err);
    public(content, sizeof(*content));
    if (ret == 0) {
        public(content->data, content->len);
    }
    return ret;
}

int __real_cssl_engine_export_key_material(cssl_engine *e, const char *label, cssl_bytes context,
                                           uint8_t *out, size_t len, cssl_error *err);
int __wrap_cssl_engine_export_key_material(cssl_engine *e, const char *label, cssl_bytes context,
                                           uint8_t *out, size_t len, cssl_error *err);
int __wrap_cssl_engine_export_key_material(cssl_engine *e, const char *label, cssl_bytes context,
                                           uint8_t *out, size_t len, cssl_error *err)
{
    int ret = __real_cssl_engine_export_key_material(e, label, context, out, len, err);
    public(out, len);
    return ret;
}

int __real_cssl_engine_channel_binding(cssl_engine *e, const char *type, uint8_t *out, size_t *len,
                                       cssl_error *err);
int __wrap_cssl_engine_channel_binding(cssl_engine *e, const char *type, uint8_t *out, size_t *len,
                                       cssl_error *err);
int __wrap_cssl_engine_channel_binding(cssl_engine *e, const char *type, uint8_t *out, size_t *len,
                                       cssl_error *err)
{
    int ret = __real_cssl_engine_channel_binding(e, type, out, len, err);
    if (ret == 0) {
        public(out, *len);
    }
    return ret;
}

/* The key log prints secrets, which is what it is for. */
void __wrap_conn_keylog(const struct conn *c, const char *label, const uint8_t *client_random,
                        const struct secret *s);
void __wrap_conn_keylog(const struct conn *c, const char *label, const uint8_t *client_random,
                        const struct secret *s)
{
    (void)c;
    (void)label;
    (void)client_random;
    (void)s;
}

/* ---- Connections ---- */

static unsigned long errors(void)
{
    return VALGRIND_COUNT_ERRORS;
}

/* What each test does: nothing may have been found since it began, and secrets were there. */
struct watch {
    unsigned long errors, marked;
};

static struct watch watch_begin(void)
{
    marking = true;
    return (struct watch){ errors(), num_marked };
}

static void watch_end(struct watch w)
{
    marking = false;
    assert_int_equal(errors(), w.errors);
    assert_true(num_marked > w.marked + 4);
}

/* Without this the whole test could find nothing and say so. */
static void test_control(void **state)
{
    (void)state;
    struct secret s = { .len = 32 };
    const unsigned long before = errors();
    marking = true;
    __wrap_hkdf_extract(HASH_SHA256, bytes_str("salt"), bytes_str("key"), &s);
    volatile int sum = 0;
    if ((s.data[3] & 1) != 0) { /* a branch */
        sum++;
    }
    assert_true(errors() > before);
    const unsigned long branched = errors();
    static const uint8_t table[256] = { 1 };
    sum += table[s.data[4]]; /* an address */
    assert_true(errors() > branched);
    uint8_t derived[32];
    __wrap_hkdf_expand_label(HASH_SHA256, &s, "x", bytes_of(NULL, 0), derived, sizeof(derived));
    hmac_once(HASH_SHA256, bytes_of(derived, 32), bytes_str("y"), derived);
    const unsigned long addressed = errors();
    if (memcmp(derived, s.data, 32) == 0) { /* derived from one, compared as it must not be */
        sum++;
    }
    assert_true(errors() > addressed);
    const unsigned long compared = errors();
    if (ct_equal(derived, s.data, 32)) {
        sum++;
    }
    assert_int_equal(errors(), compared);
    marking = false;
}

/* A full handshake, a resumed one, data both ways, exporters, key updates. */
static void connections(const cssl_options *client, const cssl_options *server, bool resumes)
{
    static struct scene m;
    scene_hosts(&m, client, server);
    for (int i = 0; i < 2; i++) {
        cssl_error err;
        pair_start(&m.p, &m.client, &m.server, "server.test");
        pair_must_connect(&m.p);
        pair_must_talk(&m.p);
        if (m.p.side[0].engine->conn.version == TLS_1_3) {
            assert_int_equal(cssl_engine_update_keys(m.p.side[i].engine, true, &err), 0);
            pair_must_talk(&m.p);
        }
        assert_int_equal(pair_resumed(&m.p), i == 1 && resumes);
        pair_free(&m.p);
    }
    scene_end(&m);
}

static void test_tls13(void **state)
{
    (void)state;
    static const char *const suites[] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                          "TLS_CHACHA20_POLY1305_SHA256" };
    for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
        const cssl_options o = { .ciphers = CSSL_LIST(suites[i]),
                                 .supported_groups = CSSL_LIST("x25519") };
        struct watch w = watch_begin();
        connections(&o, &o, true);
        watch_end(w);
    }
}

/* The cookie of a HelloRetryRequest is compared when it comes back. */
static void test_cookie(void **state)
{
    (void)state;
    static struct scene m;
    struct watch w = watch_begin();
    scene_begin(&m, &(cssl_options){ .supported_groups = CSSL_LIST("x25519", "secp256r1") },
                &(cssl_options){ .supported_groups = CSSL_LIST("secp256r1"), .defer_steps = true });
    pair_pump(&m.p);
    pair_must_connect(&m.p);
    assert_true(m.p.side[0].engine->conn.hello_retry);
    scene_end(&m);
    watch_end(w);
}

static void test_external_psk(void **state)
{
    (void)state;
    static const uint8_t psk[32] = { 1, 2, 3 };
    static const uint8_t other[32] = { 1, 2, 4 };
    static struct scene m;
    for (int wrong = 0; wrong < 2; wrong++) {
        struct watch w = watch_begin();
        const cssl_options c = { .psk_identity = "friend", .psk = { wrong ? other : psk, 32 },
                                 .supported_groups = CSSL_LIST("x25519") };
        const cssl_options s = { .psk_identity = "friend", .psk = { psk, 32 },
                                 .supported_groups = CSSL_LIST("x25519") };
        scene_hosts(&m, &c, &s);
        secret(m.server.config->psk, 32);
        secret(m.client.config->psk, 32);
        pair_start(&m.p, &m.client, &m.server, "server.test");
        if (wrong) {
            pair_must_fail(&m.p, FROM_SERVER, ALERT_DECRYPT_ERROR, CSSL_R_BINDER_WRONG);
        } else {
            pair_must_connect(&m.p);
            pair_must_talk(&m.p);
        }
        scene_end(&m);
        watch_end(w);
    }
}

/* A record of the handshake that arrives damaged: Finished, or what carries it, is refused. */
static void test_damage(void **state)
{
    (void)state;
    static struct scene m;
    for (unsigned version = CSSL_TLSV1_2; version <= CSSL_TLSV1_3; version++) {
        const cssl_options o = { .versions = version,
                                 .supported_groups = CSSL_LIST("x25519", "secp256r1") };
        scene_hosts(&m, &o, &o);
        struct watch w = watch_begin();
        pair_start(&m.p, &m.client, &m.server, "server.test");
        pair_must_connect(&m.p);
        m.p.flip = true;
        m.p.flip_dir = FROM_CLIENT;
        m.p.flip_at = m.p.side[FROM_CLIENT].delivered + 30;
        m.p.xor_with = 1;
        (void)pair_write(&m.p, FROM_CLIENT, "twenty bytes of text", 20);
        pair_must_fail(&m.p, FROM_SERVER, ALERT_BAD_RECORD_MAC, CSSL_R_BAD_RECORD_MAC);
        pair_free(&m.p);
        watch_end(w);
        scene_end(&m);
    }
}

static void test_tls12(void **state)
{
    (void)state;
    static const char *const suites[] = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" };
    for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
        const cssl_options o = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]),
                                 .supported_groups = CSSL_LIST("x25519", "secp256r1") };
        struct watch w = watch_begin();
        connections(&o, &o, true);
        watch_end(w);
    }
}

static void test_cbc(void **state)
{
    (void)state;
    static const char *const suites[] = { "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                                          "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
                                          "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" };
    static struct scene m;
    for (size_t i = 0; i < 2 * ARRAY_SIZE(suites); i++) {
        const cssl_options o = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i / 2]),
                                 .encrypt_then_mac = i & 1 ? CSSL_ON : CSSL_OFF,
                                 .supported_groups = CSSL_LIST("x25519", "secp256r1") };
        struct watch w = watch_begin();
        scene_begin(&m, &o, &o);
        pair_must_connect(&m.p);
        pair_must_talk(&m.p);
        m.p.flip = true;
        m.p.flip_dir = FROM_CLIENT;
        m.p.flip_at = m.p.side[FROM_CLIENT].delivered + REC_HEADER + 16;
        m.p.xor_with = 1;
        (void)pair_write(&m.p, FROM_CLIENT, "twenty bytes of text", 20);
        pair_must_fail(&m.p, FROM_SERVER, ALERT_BAD_RECORD_MAC, CSSL_R_BAD_RECORD_MAC);
        scene_end(&m);
        watch_end(w);
    }
}

/* ---- TLS 1.2's other key exchanges ---- */

/* change_key_exchange changes the last byte of ClientKeyExchange. */
static void change_key_exchange(struct pair *p, enum pair_dir dir, size_t number,
                                cssl_bytes record, struct buf *out)
{
    (void)number;
    assert_int_equal(buf_append(out, record.data, record.len), 0);
    if (dir == FROM_CLIENT && record.data[0] == CT_HANDSHAKE &&
        record.data[REC_HEADER] == HT_CLIENT_KEY_EXCHANGE && p->tamper_arg != NULL) {
        out->data[out->start + out->len - 1] ^= 1;
    }
}

static void test_rsa(void **state)
{
    (void)state;
    static struct scene m;
    for (int wrong = 0; wrong < 4; wrong++) {
        const cssl_options c = { .versions = CSSL_TLSV1_2,
                                 .ciphers = CSSL_LIST("TLS_RSA_WITH_AES_128_GCM_SHA256"),
                                 .cacerts = PAIR_PEM(pair_root2) };
        const cssl_options s = { .versions = CSSL_TLSV1_2, PAIR_IDENTITY(pair_rsa_encipher),
                                 .ciphers = CSSL_LIST("TLS_RSA_WITH_AES_128_GCM_SHA256") };
        struct watch w = watch_begin();
        scene_begin(&m, &c, &s);
        m.p.tamper = change_key_exchange;
        m.p.tamper_arg = wrong > 0 ? &m : NULL;
        if (wrong > 0) {
            pair_must_fail(&m.p, FROM_SERVER, ALERT_BAD_RECORD_MAC, CSSL_R_BAD_RECORD_MAC);
        } else {
            pair_must_connect(&m.p);
            pair_must_talk(&m.p);
        }
        scene_end(&m);
        watch_end(w);
    }
}

static const uint8_t psk_known[32] = { 1, 2, 3 }, psk_other[32] = { 1, 2, 4 };

/* The answer's secret is the program's, and no less secret. */
static bool tell_psk(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    uint8_t *value = p->on_ask_arg;
    assert_int_equal(event->question.kind, CSSL_ASK_PSK);
    secret(value, 32);
    const cssl_answer a = { .id = event->question.id, .verdict = CSSL_ACCEPT,
                            .value = { value, 32 } };
    (void)cssl_engine_answer(p->side[dir].engine, &a, NULL); /* fails with a binder */
    return true;
}

/* One connection with a PSK: known to the server, asked for, wrong, or of an unknown identity. */
static void with_psk(const cssl_options *client, const cssl_options *server, bool ask, bool good)
{
    static struct scene m;
    uint8_t told[32];
    memcpy(told, psk_known, sizeof(told));
    scene_hosts(&m, client, server);
    secret(m.client.config->psk, 32);
    if (!ask) {
        secret(m.server.config->psk, 32);
    }
    pair_start(&m.p, &m.client, &m.server, "server.test");
    m.p.on_ask = ask ? tell_psk : NULL;
    m.p.on_ask_arg = told;
    pair_pump(&m.p);
    assert_int_equal(pair_connected(&m.p), good);
    if (good) {
        pair_must_talk(&m.p);
    }
    scene_end(&m);
}

static void test_psk_suites(void **state)
{
    (void)state;
    static const char *const suites[] = { "TLS_PSK_WITH_AES_128_GCM_SHA256",
                                          "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256",
                                          "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256", NULL };
    enum { KNOWN, ASKED, WRONG, ASKED_WRONG, UNKNOWN, HOWS };
    for (size_t i = 0; i < ARRAY_SIZE(suites) * HOWS; i++) {
        const size_t how = i % HOWS;
        const bool ask = how == ASKED || how == ASKED_WRONG;
        const bool good = how == KNOWN || how == ASKED;
        const char *const suite = suites[i / HOWS];
        cssl_options c = { .versions = suite == NULL ? CSSL_TLSV1_3 : CSSL_TLSV1_2,
                           .ciphers = suite == NULL ? NULL : CSSL_LIST(suite),
                           .supported_groups = CSSL_LIST("x25519", "ffdhe2048") };
        cssl_options s = c;
        c.psk_identity = "friend";
        c.psk = (cssl_bytes){ how == WRONG || how == ASKED_WRONG ? psk_other : psk_known, 32 };
        if (ask) {
            s.ask_about = CSSL_ASK_PSK;
        } else {
            s.psk_identity = how == UNKNOWN ? "foe" : "friend";
            s.psk = (cssl_bytes){ psk_known, 32 };
        }
        struct watch w = watch_begin();
        with_psk(&c, &s, ask, good);
        watch_end(w);
    }
}

/* ---- Tickets and session identifiers ---- */

/* Sessions that are kept, by identifier or by a stateful ticket; and tickets that the server
 * cannot open. */
static void test_sessions(void **state)
{
    (void)state;
    static struct pair_host client, servers[2];
    for (int i = 0; i < 8; i++) {
        const bool other = (i & 1) != 0; /* another server */
        const unsigned version = (i & 2) != 0 ? CSSL_TLSV1_2 : CSSL_TLSV1_3;
        cssl_options o = { .versions = version,
                           .supported_groups = CSSL_LIST("x25519", "secp256r1") };
        host_init(&client, false, &wall, &o);
        o.session_tickets = (i & 4) != 0 ? CSSL_TICKETS_STATEFUL : CSSL_TICKETS_STATELESS;
        host_init(&servers[0], true, &wall, &o);
        host_init(&servers[1], true, &wall, &o);
        test_rng_init(&servers[1].rng, 782);
        struct watch w = watch_begin();
        assert_false(pair_handshake(&client, &servers[0], "server.test"));
        assert_int_equal(pair_handshake(&client, &servers[other], "server.test"), !other);
        watch_end(w);
        host_free(&client);
        host_free(&servers[0]);
        host_free(&servers[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control), cmocka_unit_test(test_tls13),
        cmocka_unit_test(test_cookie),  cmocka_unit_test(test_external_psk),
        cmocka_unit_test(test_damage),  cmocka_unit_test(test_tls12),
        cmocka_unit_test(test_cbc),     cmocka_unit_test(test_rsa),
        cmocka_unit_test(test_psk_suites), cmocka_unit_test(test_sessions),
    };
    if (!RUNNING_ON_VALGRIND) {
        print_error("run it by secrets.py, under valgrind\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, scene_set_up, NULL);
}
