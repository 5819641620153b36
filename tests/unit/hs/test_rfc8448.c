/*
 * test_rfc8448.c - the traces of RFC 8448, byte for byte, through key exchange, transcript, key
 * schedule and records. The RFC's certificates are RSA of 1,024 bits, which no handshake here
 * accepts, so its messages are the inputs, not what an engine would say.
 */
#include "base/buf.h"
#include "crypto/kx.h"
#include "hs/schedule13.h"
#include "hs/transcript.h"
#include "support.h"

static struct worker *worker;

static bool has(const struct vectors *v, const char *key)
{
    return vectors_has(v, key);
}

static cssl_bytes get(struct vectors *v, const char *key)
{
    size_t len = 0;
    const uint8_t *data = vectors_bytes(v, key, &len);
    return bytes_of(data, len);
}

static void same(struct vectors *v, const char *key, const void *data, size_t len)
{
    cssl_bytes want = get(v, key);
    if (!bytes_equal(want, bytes_of(data, len))) {
        print_error("%s: %s, %zu bytes\n", vectors_text(v, "name"), key, len);
        test_same_hex(data, len, vectors_text(v, key));
    }
}

static void same_secret(struct vectors *v, const char *key, const struct secret *s)
{
    same(v, key, s->data, s->len);
}

/* ---- Key exchange with the published private keys ---- */

static int published(void *user, uint8_t *out, size_t len)
{
    const cssl_bytes *key = user;
    if (key->len != len) {
        return -1;
    }
    memcpy(out, key->data, len);
    return 0;
}

static void one_side(struct vectors *v, uint16_t group, const char *private, const char *public,
                     const char *peer)
{
    cssl_bytes key = get(v, private);
    struct rand_source rand = { .fn = published, .user = &key };
    struct kx *kx = kx_new(group, &rand, NULL);
    uint8_t secret[KX_SECRET_MAX];
    size_t len = 0;
    assert_non_null(kx);
    same(v, public, kx_share(kx).data, kx_share(kx).len);
    if (peer != NULL) {
        assert_int_equal(kx_finish(kx, get(v, peer), secret, &len, NULL), 0);
        same(v, "shared_secret", secret, len);
    }
    kx_free(kx);
}

static void check_kx(struct vectors *v)
{
    uint16_t group = (uint16_t)vectors_number(v, "group");
    one_side(v, group, "client_private", "client_public", "server_public");
    one_side(v, group, "server_private", "server_public", "client_public");
    if (has(v, "client_private_1")) {
        one_side(v, 29, "client_private_1", "client_public_1", NULL);
    }
}

/* ---- Transcript and schedule ---- */

static const struct {
    const char *message;
    const char *hash; /* of all up to it */
} messages[] = {
    { "client_hello", "hash_client_hello" },
    { "hello_retry_request", "" },
    { "client_hello_2", "" },
    { "server_hello", "hash_hellos" },
    { "encrypted_extensions", "hash_encrypted_extensions" },
    { "certificate_request", "" },
    { "server_certificate", "hash_server_certificate" },
    { "server_certificate_verify", "hash_server_certificate_verify" },
    { "server_finished", "hash_server_finished" },
    { "end_of_early_data", "" },
    { "client_certificate", "hash_client_certificate" },
    { "client_certificate_verify", "hash_client_certificate_verify" },
    { "client_finished", "hash_client_finished" },
};

/* check_finished compares a Finished message with what the secret and the hash before it give. */
static void check_finished(struct vectors *v, const char *message, const struct secret *base,
                           const uint8_t *hash)
{
    uint8_t finished[4 + 32] = { HT_FINISHED, 0, 0, 32 };
    finished13(HASH_SHA256, base, hash, finished + 4);
    same(v, message, finished, sizeof(finished));
}

static void check_binder(struct vectors *v, const struct schedule13 *s)
{
    uint8_t binder[32], hash[32];
    struct transcript t;
    cssl_bytes hello = get(v, "client_hello");
    transcript_init(&t);
    /* the binders' list is at the end: 2 bytes of length, 1 of the binder's, 32 of the binder */
    transcript_hash_with(&t, HASH_SHA256, bytes_of(hello.data, hello.len - 35), hash);
    same(v, "hash_binder", hash, 32);
    schedule13_binder(s, false, hash, binder);
    same(v, "binder", binder, 32);
    assert_memory_equal(binder, hello.data + hello.len - 32, 32);
}

static void check_schedule(struct vectors *v, struct schedule13 *s)
{
    struct transcript t;
    uint8_t hash[HASH_MAX];
    transcript_init(&t);
    schedule13_early(s, HASH_SHA256, has(v, "psk") ? get(v, "psk") : bytes_of(NULL, 0));
    same_secret(v, "early_secret", &s->current);
    if (has(v, "binder")) {
        check_binder(v, s);
    }
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
        const char *name = messages[i].message;
        if (!has(v, name)) {
            continue;
        }
        if (strcmp(name, "hello_retry_request") == 0) {
            transcript_retry(&t);
        } else if (strcmp(name, "server_hello") == 0) {
            transcript_choose(&t, HASH_SHA256);
        } else if (strcmp(name, "server_finished") == 0) {
            check_finished(v, name, &s->server_handshake, hash);
        } else if (strcmp(name, "client_finished") == 0) {
            check_finished(v, name, &s->client_handshake, hash);
        }
        transcript_add(&t, get(v, name));
        transcript_hash_with(&t, HASH_SHA256, bytes_of(NULL, 0), hash);
        if (messages[i].hash[0] != '\0' && has(v, messages[i].hash)) {
            same(v, messages[i].hash, hash, 32);
        }
        if (strcmp(name, "server_hello") == 0) {
            schedule13_handshake(s, get(v, "shared_secret"), hash);
            same_secret(v, "handshake_secret", &s->current);
            same_secret(v, "client_handshake_secret", &s->client_handshake);
            same_secret(v, "server_handshake_secret", &s->server_handshake);
        } else if (strcmp(name, "server_finished") == 0) {
            schedule13_application(s, hash);
            same_secret(v, "master_secret", &s->current);
            same_secret(v, "client_application_secret", &s->client_application);
            same_secret(v, "server_application_secret", &s->server_application);
            same_secret(v, "exporter_secret", &s->exporter);
        } else if (strcmp(name, "client_finished") == 0) {
            schedule13_resumption(s, hash);
            same_secret(v, "resumption_secret", &s->resumption);
        }
    }
    if (has(v, "ticket_psk")) {
        struct secret psk = { 0 };
        ticket_psk13(HASH_SHA256, &s->resumption, get(v, "ticket_nonce"), &psk);
        same_secret(v, "ticket_psk", &psk);
    }
}

/* ---- Records ---- */

enum epoch { CLEAR, EARLY, HANDSHAKE, APPLICATION };

static const struct row {
    const char *record;
    bool by_client;
    enum epoch epoch;
    uint8_t type;
    const char *content[5]; /* those that the trace has */
} rows[] = {
    { "record_client_hello", true, CLEAR, CT_HANDSHAKE, { "client_hello" } },
    { "record_client_early_data", true, EARLY, CT_APPLICATION_DATA, { "early_data" } },
    { "record_hello_retry_request", false, CLEAR, CT_HANDSHAKE, { "hello_retry_request" } },
    { "record_client_hello_2", true, CLEAR, CT_HANDSHAKE, { "client_hello_2" } },
    { "record_server_hello", false, CLEAR, CT_HANDSHAKE, { "server_hello" } },
    { "record_server_flight", false, HANDSHAKE, CT_HANDSHAKE,
      { "encrypted_extensions", "certificate_request", "server_certificate",
        "server_certificate_verify", "server_finished" } },
    { "record_end_of_early_data", true, EARLY, CT_HANDSHAKE, { "end_of_early_data" } },
    { "record_client_finished", true, HANDSHAKE, CT_HANDSHAKE,
      { "client_certificate", "client_certificate_verify", "client_finished" } },
    { "record_new_session_ticket", false, APPLICATION, CT_HANDSHAKE, { "new_session_ticket" } },
    { "record_client_data", true, APPLICATION, CT_APPLICATION_DATA, { "client_data" } },
    { "record_server_data", false, APPLICATION, CT_APPLICATION_DATA, { "server_data" } },
    { "record_client_alert", true, APPLICATION, CT_ALERT, { "close_notify" } },
    { "record_server_alert", false, APPLICATION, CT_ALERT, { "close_notify" } },
};

/* The two directions, each as its writer and its reader see it. */
struct wire {
    struct rec_half seal[2], open[2]; /* by by_client */
    enum epoch epoch[2];
};

static void change_keys(struct vectors *v, struct wire *w, const struct row *row,
                        const struct schedule13 *s)
{
    struct secret early = { 0 };
    const struct secret *secret = NULL;
    const char *key = NULL, *iv = NULL;
    switch (row->epoch) {
    case CLEAR:
        return;
    case EARLY: {
        uint8_t hash[HASH_MAX];
        struct schedule13 first = { 0 };
        cssl_bytes hello = get(v, "client_hello");
        hash_once(HASH_SHA256, hello.data, hello.len, hash);
        schedule13_early(&first, HASH_SHA256, get(v, "psk"));
        schedule13_client_early(&first, hash);
        early = first.client_early;
        same_secret(v, "client_early_secret", &early);
        secret = &early;
        key = "client_early_key";
        iv = "client_early_iv";
        break;
    }
    case HANDSHAKE:
        secret = row->by_client ? &s->client_handshake : &s->server_handshake;
        key = row->by_client ? "client_handshake_key" : "server_handshake_key";
        iv = row->by_client ? "client_handshake_iv" : "server_handshake_iv";
        break;
    case APPLICATION:
        secret = row->by_client ? &s->client_application : &s->server_application;
        key = row->by_client ? "client_application_key" : "server_application_key";
        iv = row->by_client ? "client_application_iv" : "server_application_iv";
        break;
    }
    struct rec_half *half = &w->seal[row->by_client];
    keys13(half, AEAD_AES_128_GCM, HASH_SHA256, secret, (uint8_t)row->epoch);
    w->open[row->by_client] = *half;
    if (has(v, key)) {
        same(v, key, half->key.key, 16);
        same(v, iv, half->iv, sizeof(half->iv));
    }
}

static void check_record(struct vectors *v, struct wire *w, const struct row *row)
{
    cssl_bytes pieces[ARRAY_SIZE(row->content)];
    size_t n = 0, total = 0, at = 0;
    for (size_t i = 0; i < ARRAY_SIZE(row->content) && row->content[i] != NULL; i++) {
        if (has(v, row->content[i])) {
            pieces[n] = get(v, row->content[i]);
            total += pieces[n++].len;
        }
    }
    if (row->epoch != CLEAR) { /* the RFC's hellos say version 3.1 in the record */
        struct buf out = { .limit = REC_WIRE_MAX };
        assert_int_equal(rec_seal(&w->seal[row->by_client], worker, row->type, pieces, n, 0, &out,
                                  NULL), 0);
        same(v, row->record, buf_bytes(&out).data, out.len);
        buf_free(&out);
    }
    cssl_bytes wire = get(v, row->record);
    struct rec rec = { 0 };
    size_t len = 0;
    uint8_t *copy = test_copy(wire.data, wire.len);
    assert_int_equal(rec_wire_len(&w->open[row->by_client], wire, &len, NULL), 0);
    assert_int_equal(len, wire.len);
    assert_int_equal(rec_open(&w->open[row->by_client], worker, copy, wire.len, &rec, NULL), 0);
    assert_int_equal(rec.type, row->type);
    assert_int_equal(rec.sealed, row->epoch != CLEAR);
    assert_int_equal(rec.len, total);
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(rec.data + at, pieces[i].data, pieces[i].len);
        at += pieces[i].len;
    }
    free(copy);
}

static void check_trace(const char *file, int want_records)
{
    struct vectors *v = vectors_open(file);
    assert_true(vectors_next(v));
    struct schedule13 s = { 0 };
    struct wire w;
    int num = 0;
    memset(&w, 0, sizeof(w));
    check_kx(v);
    check_schedule(v, &s);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *row = &rows[i];
        if (!has(v, row->record)) {
            continue;
        }
        if (w.epoch[row->by_client] != row->epoch) {
            change_keys(v, &w, row, &s);
            w.epoch[row->by_client] = row->epoch;
        }
        check_record(v, &w, row);
        num++;
    }
    assert_int_equal(num, want_records);
    schedule13_wipe(&s);
    assert_false(vectors_next(v));
    vectors_close(v);
}

static void test_section_3(void **state)
{
    (void)state;
    check_trace("rfc8448-3.txt", 9);
}

static void test_section_4(void **state)
{
    (void)state;
    check_trace("rfc8448-4.txt", 10);
}

static void test_section_5(void **state)
{
    (void)state;
    check_trace("rfc8448-5.txt", 8);
}

static void test_section_6(void **state)
{
    (void)state;
    check_trace("rfc8448-6.txt", 6);
}

static void test_section_7(void **state)
{
    (void)state;
    check_trace("rfc8448-7.txt", 6);
}

/* In the middle of section 7's records there is one in the clear, which is handed out as it is
 * before and after keys are set. */
static void test_change_cipher_spec(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("rfc8448-7.txt");
    assert_true(vectors_next(v));
    static const char *const names[] = { "record_server_change_cipher_spec",
                                         "record_client_change_cipher_spec" };
    for (size_t i = 0; i < 4; i++) {
        cssl_bytes wire = get(v, names[i % 2]);
        uint8_t copy[16];
        struct rec rec = { 0 };
        struct rec_half half;
        memset(&half, 0, sizeof(half));
        if (i >= 2) {
            rec_set_keys(&half, TLS_1_3, AEAD_AES_128_GCM, get(v, "server_handshake_key").data,
                         get(v, "server_handshake_iv").data, HANDSHAKE);
        }
        assert_true(wire.len <= sizeof(copy));
        memcpy(copy, wire.data, wire.len);
        assert_int_equal(rec_open(&half, worker, copy, wire.len, &rec, NULL), 0);
        assert_int_equal(rec.type, CT_CHANGE_CIPHER_SPEC);
        assert_int_equal(rec.len, 1);
        assert_int_equal(rec.data[0], 1);
        assert_false(rec.sealed);
        assert_true(half.seq == 0);
    }
    vectors_close(v);
}

static int set_up(void **state)
{
    (void)state;
    worker = worker_new();
    return worker == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    worker_free(worker);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_section_3), cmocka_unit_test(test_section_4),
        cmocka_unit_test(test_section_5), cmocka_unit_test(test_section_6),
        cmocka_unit_test(test_section_7), cmocka_unit_test(test_change_cipher_spec),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
