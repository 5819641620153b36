/*
 * test_seeds.c - the seeds of fuzz_client and fuzz_server: scripts recorded from good handshakes.
 * Played, they must come to a connection; else the fuzzers would begin at the front door again.
 * With CSSL_WRITE_SEEDS=1 they are written anew (after messages have changed).
 */
#include "play/play.c"
#include "pair.h"

#include <errno.h>

/* ---- Recording ---- */

struct recorded {
    uint8_t type;
    uint8_t *data;
    size_t len;
};

/* What one side received. */
static struct recorded recorded[32];
static size_t num_recorded;

static void record(void *user, const cssl_trace_event *event)
{
    (void)user;
    if (!event->sent && event->content_type == CT_HANDSHAKE) {
        assert_true(num_recorded < ARRAY_SIZE(recorded));
        struct recorded *r = &recorded[num_recorded++];
        r->type = event->message.data[0];
        r->len = event->message.len;
        r->data = test_copy(event->message.data, event->message.len);
    }
}

static void forget(void)
{
    for (size_t i = 0; i < num_recorded; i++) {
        free(recorded[i].data);
    }
    num_recorded = 0;
}

static void carry(cssl_engine *from, cssl_engine *to)
{
    cssl_event event;
    cssl_bytes out = cssl_engine_output(from);
    uint8_t *where = NULL;
    if (out.len > 0) {
        assert_true(cssl_engine_room(to, &where) >= out.len);
        memcpy(where, out.data, out.len);
        assert_int_equal(cssl_engine_received(to, out.len, NULL), 0);
        cssl_engine_sent(from, out.len);
    }
    while (cssl_engine_next(to, &event)) {
    }
}

static int64_t fixed(void *user, cssl_clock which)
{
    (void)user;
    (void)which;
    return PAIR_NOW * INT64_C(1000000);
}

/* handshake runs one between options like those of the player, and records what role receives. */
static void handshake(unsigned variant, bool server)
{
    const cssl_peer peer = { .name = "server.test", .port = 443 };
    const cssl_cert_key of_client = { .cert = PAIR_PEM(pair_client_ed25519) };
    const cssl_cert_key of_server = { .cert = PAIR_PEM(pair_ed25519) };
    bool mutual = (variant & VARIANT_MUTUAL) != 0;
    bool retry = (variant & VARIANT_RETRY) != 0;
    cssl_options c = { .middlebox_comp_mode = CSSL_OFF,
                       .alpn_protocols = CSSL_LIST("h2"),
                       .cacerts = PAIR_PEM(pair_root),
                       .supported_groups = CSSL_LIST("x25519", "secp256r1"),
                       .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256"),
                       .certs_keys = mutual ? &of_client : NULL,
                       .num_certs_keys = mutual,
                       .now_us = fixed,
                       .trace = server ? NULL : record };
    cssl_options s = { .alpn_protocols = CSSL_LIST("h2"),
                       .verify = mutual ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE,
                       .cacerts = (cssl_bytes){ (const uint8_t *)pair_root,
                                                mutual ? strlen(pair_root) : 0 },
                       .supported_groups = retry ? CSSL_LIST("secp256r1")
                                                 : CSSL_LIST("x25519", "secp256r1"),
                       .cookie = server ? CSSL_OFF : CSSL_ON,
                       .certs_keys = &of_server,
                       .num_certs_keys = 1,
                       .now_us = fixed,
                       .trace = server ? record : NULL };
    if ((variant & VARIANT_PSK) != 0) {
        c.psk_identity = s.psk_identity = psk_identity;
        c.psk = s.psk = bytes_of(psk, sizeof(psk));
    }
    cssl_config *cc = cssl_client_config(&c, NULL), *sc = cssl_server_config(&s, NULL);
    assert_non_null(cc);
    assert_non_null(sc);
    cssl_engine *ce = cssl_engine_new(cc, &peer, NULL), *se = cssl_engine_new(sc, NULL, NULL);
    assert_non_null(ce);
    assert_non_null(se);
    for (int i = 0; i < 4; i++) {
        carry(ce, se);
        carry(se, ce);
    }
    cssl_engine_free(ce);
    cssl_engine_free(se);
    cssl_config_free(cc);
    cssl_config_free(sc);
}

/* ---- Scripts ---- */

static void op(struct wr *w, uint8_t what, cssl_bytes bytes)
{
    wr_u8(w, what);
    wr_vec16(w, bytes);
}

static void op_text(struct wr *w, uint8_t what, const char *text, size_t len)
{
    op(w, what, bytes_of((const uint8_t *)text, len));
}

static void write_script(struct wr *w, unsigned variant, bool server)
{
    wr_u8(w, (uint8_t)variant);
    for (size_t i = 0; i < num_recorded; i++) {
        const struct recorded *r = &recorded[i];
        bool with_binder = r->type == HT_CLIENT_HELLO && (variant & VARIANT_PSK) != 0;
        uint8_t what = r->type == HT_FINISHED             ? PLAY_FINISHED
                       : r->type == HT_CERTIFICATE_VERIFY ? PLAY_VERIFY
                       : with_binder                      ? PLAY_BINDER
                                                          : PLAY_HANDSHAKE;
        bool made = what == PLAY_FINISHED || what == PLAY_VERIFY;
        op(w, what, made ? bytes_of(NULL, 0) : bytes_of(r->data, r->len));
        if (server && r->type == HT_CLIENT_HELLO) {
            op_text(w, PLAY_CCS, "\1", 1);
        }
    }
    op_text(w, PLAY_WRITE, "hello", 5);
    op_text(w, PLAY_DATA, "world", 5);
    op_text(w, PLAY_HANDSHAKE, "\x18\0\0\1\1", 5);
    op_text(w, PLAY_DATA, "", 0);
    op_text(w, PLAY_UPDATE, "x", 1);
    op_text(w, PLAY_WRITE, "again", 5);
    op_text(w, PLAY_CLOSE, "", 0);
    op_text(w, PLAY_ALERT, "\1\0", 2);
    op_text(w, PLAY_END, "", 0);
    assert_true(wr_ok(w));
}

static const struct seed {
    const char *role, *name;
    unsigned variant;
} seeds[] = {
    { "client", "full", 0 },
    { "client", "mutual", VARIANT_MUTUAL },
    { "client", "psk", VARIANT_PSK },
    { "client", "retry", VARIANT_RETRY },
    { "client", "steps", VARIANT_STEPS | VARIANT_MUTUAL },
    { "server", "full", 0 },
    { "server", "mutual", VARIANT_MUTUAL },
    { "server", "psk", VARIANT_PSK },
    { "server", "retry", VARIANT_RETRY },
    { "server", "steps", VARIANT_STEPS | VARIANT_MUTUAL },
    { "server", "retry_psk", VARIANT_RETRY | VARIANT_PSK },
};

static FILE *open_seed(const struct seed *seed, const char *mode)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/../../fuzz/seeds/%s/%s", CSSL_TEST_VECTORS,
                     seed->role, seed->name);
    assert_true(n > 0 && (size_t)n < sizeof(path));
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        fail_msg("%s: %s", path, strerror(errno));
    }
    return file;
}

static void must_play(const struct seed *seed, cssl_bytes script, const char *which)
{
    bool failed = false;
    bool connected = play(script, &failed);
    if (!connected || failed) {
        fail_msg("the %s script %s/%s: %s", which, seed->role, seed->name,
                 connected ? "fails after the handshake" : "does not connect");
    }
}

static void test_seeds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        const struct seed *seed = &seeds[i];
        bool server = strcmp(seed->role, "server") == 0;
        struct wr w;
        wr_init(&w, 1 << 20);
        play_init(server);
        handshake(seed->variant, server);
        write_script(&w, seed->variant, server);
        must_play(seed, wr_view(&w), "new");
        if (getenv("CSSL_WRITE_SEEDS") != NULL) {
            FILE *file = open_seed(seed, "wb");
            assert_int_equal(fwrite(w.data, 1, w.len, file), w.len);
            assert_int_equal(fclose(file), 0);
        }
        uint8_t kept[32768];
        FILE *file = open_seed(seed, "rb");
        size_t len = fread(kept, 1, sizeof(kept), file);
        (void)fclose(file);
        assert_in_range(len, 1, sizeof(kept) - 1);
        must_play(seed, bytes_of(kept, len), "kept");
        wr_free(&w);
        forget();
        play_free();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_seeds) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
