/*
 * test_conn.c - what a connection keeps: names, chains that are counted, records in fragments up
 * to a limit, lines of the key log.
 */
#include "base/error.h"
#include "hs_support.h"

#include "crypto/pem.h"

static struct hs_side side;

static void begin(bool server, const cssl_options *options)
{
    hs_side_config(&side, server, options);
    hs_side_start(&side);
}

static void test_init(void **state)
{
    (void)state;
    for (int server = 0; server < 2; server++) {
        begin(server == 1, NULL);
        assert_int_equal(side.conn.server, server);
        assert_int_equal(side.conn.port, 443);
        assert_true(side.conn.peer_expires == INT64_MAX);
        assert_int_equal(side.conn.version, 0);
        assert_true(side.conn.out.limit >= side.config->send_limit);
        /* The config is kept by a reference: the caller's may go first. */
        cssl_config *config = cssl_config_ref(side.config);
        cssl_config_free(side.config);
        assert_ptr_equal(side.conn.config, config);
        hs_side_free(&side);
    }
}

static void test_verify_name(void **state)
{
    (void)state;
    static const struct {
        const char *sni, *host, *want; /* sni: the option */
    } rows[] = {
        { NULL, "localhost", "localhost" }, { NULL, NULL, "" },
        { "other.example", "localhost", "other.example" }, { "", "localhost", "" },
        { "other.example", NULL, "other.example" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options o = { .server_name_indication = rows[i].sni };
        struct conn c = { 0 };
        hs_side_config(&side, false, &o);
        assert_int_equal(conn_init(&c, side.config, rows[i].host, 1, NULL), 0);
        assert_string_equal(conn_verify_name(&c), rows[i].want);
        conn_free(&c);
        assert_null(c.config); /* wiped */
        hs_side_free(&side);
    }
    begin(true, NULL);
    assert_null(conn_verify_name(&side.conn));
    hs_side_free(&side);
}

/* Data goes out in pieces of max_fragment bytes; none at all is one empty record. */
static void test_fragments(void **state)
{
    (void)state;
    static const struct {
        size_t max, len, records, last;
    } rows[] = { { 64, 0, 1, 0 },     { 64, 1, 1, 1 },     { 64, 64, 1, 64 }, { 64, 65, 2, 1 },
                 { 64, 128, 2, 64 },  { 64, 1000, 16, 40 }, { 0, 16384, 1, 16384 },
                 { 0, 16385, 2, 1 } };
    uint8_t *data = malloc(16385);
    assert_non_null(data);
    for (size_t i = 0; i < 16385; i++) {
        data[i] = (uint8_t)(i * 7 >> 3);
    }
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options o = { .max_fragment = rows[i].max };
        begin(true, &o);
        assert_int_equal(conn_send(&side.conn, side.worker, CT_HANDSHAKE,
                                   bytes_of(data, rows[i].len), NULL), 0);
        size_t records = 0, seen = 0, len = 0;
        cssl_bytes out = buf_bytes(&side.conn.out);
        for (size_t at = 0; at < out.len; at += REC_HEADER + len, seen += len, records++) {
            assert_int_equal(out.data[at], CT_HANDSHAKE);
            len = (size_t)out.data[at + 3] << 8 | out.data[at + 4];
            assert_true(at + REC_HEADER + len <= out.len && seen + len <= rows[i].len);
            assert_memory_equal(out.data + at + REC_HEADER, data + seen, len);
        }
        assert_int_equal(records, rows[i].records);
        assert_int_equal(seen, rows[i].len);
        assert_int_equal(len, rows[i].last);
        hs_side_free(&side);
    }
    free(data);
}

/* A peer that reads nothing cannot make the queue grow beyond its limit. */
static void test_limit(void **state)
{
    (void)state;
    static const uint8_t data[16384] = { 1 };
    begin(true, NULL);
    int ret = 0;
    size_t sent = 0;
    for (; ret == 0 && sent < 1000; sent++) {
        ret = conn_send(&side.conn, side.worker, CT_HANDSHAKE, bytes_of(data, sizeof(data)),
                        &side.err);
    }
    assert_int_equal(ret, side.err.status);
    assert_true(ret < 0);
    assert_true(side.conn.out.len <= side.conn.out.limit);
    assert_true(side.conn.out.len + sizeof(data) + REC_HEADER > side.conn.out.limit);
    hs_side_free(&side);
}

static void test_message(void **state)
{
    (void)state;
    static const uint8_t message[] = { HT_KEY_UPDATE, 0, 0, 1, 0 };
    struct hs_sent sent;
    begin(true, NULL);
    assert_int_equal(conn_send_messages(&side.conn, side.worker, bytes_of(message, 5), NULL), 0);
    assert_true(hs_side_take(&side, &sent));
    assert_int_equal(sent.content_type, CT_HANDSHAKE);
    assert_int_equal(sent.len, 5);
    assert_memory_equal(sent.data, message, 5);
    free(sent.data);
    assert_false(hs_side_take(&side, &sent));
    /* Plain records are not messages: the trace does not see them. */
    assert_int_equal(conn_send(&side.conn, side.worker, CT_APPLICATION_DATA, bytes_of(message, 5),
                               NULL), 0);
    assert_false(hs_side_take(&side, &sent));
    side.config->trace = NULL;
    conn_trace(&side.conn, true, CT_HANDSHAKE, 0, bytes_of(message, 5));
    assert_false(hs_side_take(&side, &sent));
    hs_side_free(&side);
}

static void test_keylog(void **state)
{
    (void)state;
    uint8_t random[HELLO_RANDOM];
    struct secret secret = { .len = SECRET_MAX };
    char want[512];
    memset(random, 0x0f, sizeof(random));
    memset(secret.data, 0xa1, sizeof(secret.data));
    begin(false, NULL);
    static const size_t lens[] = { 0, 1, 32, 48, SECRET_MAX };
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
        secret.len = (uint8_t)lens[i];
        int at = snprintf(want, sizeof(want), "CLIENT_HANDSHAKE_TRAFFIC_SECRET ");
        for (size_t k = 0; k < HELLO_RANDOM; k++) {
            at += snprintf(want + at, sizeof(want) - (size_t)at, "0f");
        }
        at += snprintf(want + at, sizeof(want) - (size_t)at, " ");
        for (size_t k = 0; k < lens[i]; k++) {
            at += snprintf(want + at, sizeof(want) - (size_t)at, "a1");
        }
        conn_keylog(&side.conn, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", random, &secret);
        assert_string_equal(side.keylog, want);
    }
    side.keylog[0] = '\0';
    side.config->keylog = NULL;
    conn_keylog(&side.conn, "X", random, &secret);
    assert_string_equal(side.keylog, "");
    hs_side_free(&side);
}

/* ---- Chains ---- */

/* encode puts the server's certificate into a chain n times. */
static struct wr encode(size_t n)
{
    struct wr w;
    wr_init(&w, 1 << 20);
    begin(true, NULL);
    for (size_t i = 0; i < n; i++) {
        wr_vec24(&w, cert_der(side.config->certkeys[0].certs[0]));
    }
    assert_true(wr_ok(&w));
    hs_side_free(&side);
    return w;
}

static void test_chain(void **state)
{
    (void)state;
    static const size_t nums[] = { 0, 1, 3, CHAIN_CERTS_MAX, CHAIN_CERTS_MAX + 1 };
    for (size_t i = 0; i < ARRAY_SIZE(nums); i++) {
        struct wr w = encode(nums[i]);
        cssl_error err = { 0 };
        struct peer_chain *chain = peer_chain_from(wr_view(&w), false, &err);
        wr_free(&w); /* the chain has copies */
        if (nums[i] > CHAIN_CERTS_MAX) {
            assert_null(chain);
            assert_int_equal(err.reason, CSSL_R_BAD_SESSION);
            continue;
        }
        assert_non_null(chain);
        assert_int_equal(chain->num, nums[i]);
        assert_int_equal(peer_chain_expires(chain) == INT64_MAX, nums[i] == 0);
        assert_ptr_equal(peer_chain_ref(chain), chain);
        peer_chain_free(chain);
        assert_int_equal(chain->num, nums[i]); /* one reference is left */
        if (nums[i] > 0) {
            assert_true(peer_chain_expires(chain) == cert_not_after(chain->certs[0]));
        }
        peer_chain_free(chain);
    }
    peer_chain_free(NULL);
    assert_true(peer_chain_expires(NULL) == INT64_MAX);
}

static size_t whole; /* bytes of one certificate with its length */

static void try_chain(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    cssl_error err = { 0 };
    struct peer_chain *chain = peer_chain_from(bytes_of(data, len), false, &err);
    assert_int_equal(chain != NULL, len == 0 || len == whole);
    assert_int_equal(err.status != 0, chain == NULL);
    peer_chain_free(chain);
}

static void test_chain_cut(void **state)
{
    (void)state;
    struct wr w = encode(2);
    whole = w.len / 2;
    for_each_truncation(w.data, w.len, try_chain, NULL);
    wr_free(&w);
}

/* put_file appends the certificate in a file of tests/certs. */
static void put_file(struct wr *w, const char *path)
{
    char text[8192];
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text), file);
    (void)fclose(file);
    struct pem_block block;
    size_t at = 0;
    assert_int_equal(pem_next(bytes_of((const uint8_t *)text, len), &at, &block, NULL), 0);
    assert_non_null(block.der);
    wr_vec24(w, bytes_of(block.der, block.len));
    pem_free(&block);
}

/* A raw public key stands where a chain would, there and back; what is none is refused. */
static void test_raw_key(void **state)
{
    (void)state;
    struct pkey *key = pkey_generate(KEY_ED25519, 0, NULL);
    assert_non_null(key);
    struct peer_chain *chain = peer_chain_of_key(pkey_spki(key), NULL);
    assert_non_null(chain);
    struct wr w;
    wr_init(&w, 1000);
    peer_chain_write(&w, chain);
    struct peer_chain *again = peer_chain_from(wr_view(&w), true, NULL);
    assert_non_null(again);
    enum key_type type;
    assert_true(bytes_equal(peer_chain_spki(again, &type), pkey_spki(key)));
    assert_int_equal(type, KEY_ED25519);
    assert_int_equal(again->num, 0);
    assert_true(peer_chain_expires(again) == INT64_MAX);
    peer_chain_free(again);
    peer_chain_free(chain);
    cssl_error err = { 0 };
    w.data[5] ^= 0x20;
    assert_null(peer_chain_from(wr_view(&w), true, &err));
    assert_null(peer_chain_of_key(bytes_of(NULL, 0), &err));
    assert_int_equal(err.reason, CSSL_R_RAW_KEY_MALFORMED);
    wr_free(&w);
    pkey_free(key);
}

/* The first end counts, wherever in the chain it stands. */
static void test_chain_expires(void **state)
{
    (void)state;
    for (size_t place = 0; place <= 3; place++) { /* of the one that has expired; 3: nowhere */
        struct wr w;
        wr_init(&w, 1 << 16);
        for (size_t i = 0; i < 3; i++) {
            put_file(&w, i == place ? HS_CERTS "expired.pem" : HS_CERTS "server.pem");
        }
        struct peer_chain *chain = peer_chain_from(wr_view(&w), false, NULL);
        assert_non_null(chain);
        assert_int_equal(peer_chain_expires(chain) < HS_NOW, place < 3);
        peer_chain_free(chain);
        wr_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init),      cmocka_unit_test(test_verify_name),
        cmocka_unit_test(test_fragments), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_message),   cmocka_unit_test(test_keylog),
        cmocka_unit_test(test_chain),     cmocka_unit_test(test_chain_cut),
        cmocka_unit_test(test_raw_key),
        cmocka_unit_test(test_chain_expires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
