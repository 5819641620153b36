/*
 * test_renegotiate.c - what hellos of a renegotiation have to repeat, one by one. Whole ones are in
 * tests/pair/test_renegotiate.c.
 */
#include "support.h"

#include "base/error.h"
#include "hs/renegotiate.h"

/* The state of a connection whose first handshake had extended_master_secret or not. */
struct state {
    cssl_config *config;
    struct conn conn;
    struct hs *hs;
};

static void set_up(struct state *s, bool renegotiation, bool ems)
{
    cssl_error err;
    memset(s, 0, sizeof(*s));
    s->config = cssl_client_config(&(cssl_options){ .verify = CSSL_VERIFY_NONE }, &err);
    assert_non_null(s->config);
    assert_int_equal(conn_init(&s->conn, s->config, "localhost", 1, &err), 0);
    s->conn.extended_master_secret = ems;
    memset(s->conn.finished, 7, sizeof(s->conn.finished));
    s->hs = renegotiation ? hs_renew(&s->conn, &err) : hs_new(&s->conn, &err);
    assert_non_null(s->hs);
}

static void tear_down(struct state *s)
{
    hs_free(s->hs);
    conn_free(&s->conn);
    cssl_config_free(s->config);
}

static void test_extended_master_secret(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        const bool renegotiation = (i & 1) != 0;
        const bool before = (i & 2) != 0;
        const bool now = (i & 4) != 0;
        const bool server = (i & 8) != 0;
        uint8_t bytes[RENEGOTIATION_INFO_MAX];
        struct state s;
        cssl_error err = { 0 };
        struct server_hello sh = { .legacy_version = 0 };
        static struct client_hello ch;
        memset(&ch, 0, sizeof(ch));
        set_up(&s, renegotiation, before);
        const cssl_bytes info = renegotiation_info(s.hs, !server, bytes);
        struct ext_set has = { 0 };
        ext_add(&has, EXT_RENEGOTIATION_INFO);
        if (now) {
            ext_add(&has, EXT_EXTENDED_MASTER_SECRET);
        }
        sh.has = ch.has = has;
        sh.renegotiation_info = ch.renegotiation_info = info;
        int ret = server ? renegotiate_check_client(s.hs, &ch, &err)
                         : renegotiate_check_server(s.hs, &sh, &err);
        const bool good = !renegotiation || before == now;
        if ((ret == 0) != good || (!good && err.reason != CSSL_R_RENEGOTIATION_CHANGED)) {
            fail_msg("case %u: %d, %s", i, ret, err.text);
        }
        tear_down(&s);
    }
}

/* RFC 5746: both Finished of the handshake before, and nothing else. */
static void test_info(void **state)
{
    (void)state;
    uint8_t bytes[RENEGOTIATION_INFO_MAX];
    for (unsigned i = 0; i < 8; i++) {
        const bool renegotiation = (i & 1) != 0;
        const bool server = (i & 2) != 0;
        const bool damaged = (i & 4) != 0;
        static struct client_hello ch;
        struct server_hello sh = { .legacy_version = 0 };
        struct state s;
        cssl_error err = { 0 };
        memset(&ch, 0, sizeof(ch));
        set_up(&s, renegotiation, false);
        const cssl_bytes good = renegotiation_info(s.hs, !server, bytes);
        assert_int_equal(good.len, !renegotiation ? 0 : server ? 12 : 24);
        bytes[good.len > 0 ? good.len - 1 : 0] ^= damaged ? 1 : 0;
        ch.renegotiation_info = sh.renegotiation_info = bytes_of(bytes, damaged && good.len == 0
                                                                            ? 1
                                                                            : good.len);
        ext_add(&ch.has, EXT_RENEGOTIATION_INFO);
        sh.has = ch.has;
        int ret = server ? renegotiate_check_client(s.hs, &ch, &err)
                         : renegotiate_check_server(s.hs, &sh, &err);
        assert_int_equal(ret == 0, !damaged);
        assert_true(ret == 0 || err.reason == CSSL_R_RENEGOTIATION_INFO);
        tear_down(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extended_master_secret),
        cmocka_unit_test(test_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
