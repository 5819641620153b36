/* test_session.c - sessions as bytes: whole, cut short, damaged, out of bounds. */
#include "base/error.h"
#include "session/session.h"
#include "support.h"

static const uint8_t two_certs[] = { 0, 0, 3, 'a', 'b', 'c', 0, 0, 1, 'd' };

/* fill makes a session that uses every field. */
static void fill(struct session *s)
{
    *s = (struct session){ .version = 0x0304,
                           .suite = 0x1302,
                           .psk = { .len = 48 },
                           .server_name = "www.example.org",
                           .alpn = "h2",
                           .peer_verified = true,
                           .authenticated_at = 1700000000,
                           .expires_at = 1700007200,
                           .issued_at_ms = INT64_C(1700000000123),
                           .age_add = 0xdeadbeef,
                           .max_early_data = 16384 };
    memset(s->psk.data, 0x5a, 48);
    memset(s->policy, 0xc3, sizeof(s->policy));
    s->chain = mem_copy(two_certs, sizeof(two_certs));
    s->chain_len = sizeof(two_certs);
    s->ticket = mem_copy("ticket", 6);
    s->ticket_len = 6;
    assert_non_null(s->chain);
    assert_non_null(s->ticket);
}

static void same_bytes(const void *a, size_t a_len, const void *b, size_t b_len)
{
    assert_int_equal(a_len, b_len);
    if (a_len > 0) {
        assert_memory_equal(a, b, a_len);
    }
}

static void same(const struct session *a, const struct session *b)
{
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->suite, b->suite);
    same_bytes(a->psk.data, a->psk.len, b->psk.data, b->psk.len);
    assert_string_equal(a->server_name, b->server_name);
    assert_string_equal(a->alpn, b->alpn);
    assert_memory_equal(a->policy, b->policy, SESSION_DIGEST);
    assert_int_equal(a->peer_verified, b->peer_verified);
    assert_int_equal(a->own_raw, b->own_raw);
    assert_int_equal(a->peer_raw, b->peer_raw);
    assert_true(a->authenticated_at == b->authenticated_at);
    assert_true(a->expires_at == b->expires_at);
    assert_true(a->issued_at_ms == b->issued_at_ms);
    assert_int_equal(a->age_add, b->age_add);
    assert_int_equal(a->max_early_data, b->max_early_data);
    same_bytes(a->chain, a->chain_len, b->chain, b->chain_len);
    same_bytes(a->ticket, a->ticket_len, b->ticket, b->ticket_len);
}

static bool all_zero(const void *p, size_t len)
{
    const uint8_t *bytes = p;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* decode_wiped decodes a copy of exactly len bytes and returns the status; the session is gone. */
static int decode_wiped(const void *data, size_t len)
{
    struct session s;
    cssl_error err = { 0 };
    uint8_t *copy = test_copy(data, len);
    int ret = session_decode(&s, bytes_of(copy, len), &err);
    free(copy);
    if (ret != 0) {
        assert_int_equal(err.reason, CSSL_R_BAD_SESSION);
        assert_true(all_zero(&s, sizeof(s)));
    }
    session_wipe(&s);
    return ret;
}

static void encode(struct wr *w, const struct session *s)
{
    wr_init(w, SESSION_ENCODED_MAX);
    session_encode(w, s);
    assert_true(wr_ok(w));
}

static void test_round_trip(void **state)
{
    (void)state;
    struct session full;
    struct session bare = { .version = 0x0304, .suite = 0x1301, .psk = { .len = 32 } };
    fill(&full);
    uint8_t key[] = { 0, 0, 2, 0x30, 0 };
    const struct session own = { .version = 0x0304, .suite = 0x1301, .psk = { .len = 32 },
                                 .own_raw = true };
    const struct session peer = { .version = 0x0303, .suite = 0xc02b, .psk = { .len = 48 },
                                  .peer_raw = true, .chain = key, .chain_len = sizeof(key) };
    const struct session *cases[] = { &full, &bare, &own, &peer };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct wr w, again;
        struct session back;
        encode(&w, cases[i]);
        assert_int_equal(session_decode(&back, wr_view(&w), NULL), 0);
        same(&back, cases[i]);
        encode(&again, &back);
        same_bytes(again.data, again.len, w.data, w.len);
        wr_free(&w);
        wr_free(&again);
        session_wipe(&back);
        assert_true(all_zero(&back, sizeof(back)));
    }
    session_wipe(&full);
}

static void test_longest(void **state)
{
    (void)state;
    struct session s;
    fill(&s);
    memset(s.server_name, 'n', 255);
    memset(s.alpn, 'p', 255);
    s.psk.len = SECRET_MAX;
    session_wipe(&(struct session){ .chain = s.chain, .ticket = s.ticket });
    s.chain_len = SESSION_CHAIN_MAX;
    s.chain = mem_new(s.chain_len);
    s.ticket_len = SESSION_TICKET_MAX;
    s.ticket = mem_new(s.ticket_len);
    assert_non_null(s.chain);
    assert_non_null(s.ticket);
    s.chain[1] = (uint8_t)((s.chain_len - 3) >> 8);
    s.chain[2] = (uint8_t)(s.chain_len - 3);
    struct wr w;
    struct session back;
    encode(&w, &s);
    assert_true(w.len <= SESSION_ENCODED_MAX);
    assert_int_equal(session_decode(&back, wr_view(&w), NULL), 0);
    same(&back, &s);
    session_wipe(&back);
    session_wipe(&s);
    wr_free(&w);
}

static void refuse_cut(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    assert_int_equal(decode_wiped(data, len), CSSL_STATE);
}

static void survive(void *arg, uint8_t *data, size_t len)
{
    struct session s;
    struct wr w;
    int *accepted = arg;
    if (session_decode(&s, bytes_of(data, len), NULL) == 0) {
        /* what is accepted has this one encoding */
        encode(&w, &s);
        same_bytes(w.data, w.len, data, len);
        wr_free(&w);
        session_wipe(&s);
        (*accepted)++;
    }
}

static void test_damage(void **state)
{
    (void)state;
    struct session s;
    struct wr w;
    int accepted = 0;
    fill(&s);
    encode(&w, &s);
    for_each_truncation(w.data, w.len, refuse_cut, NULL);
    for_each_damage(w.data, w.len, test_seed(501), 20000, survive, &accepted);
    assert_true(accepted > 1000); /* a changed byte of the policy, say */
    for_each_bit_flip(w.data, w.len, survive, &accepted);
    wr_u8(&w, 0);
    assert_int_equal(decode_wiped(w.data, w.len), CSSL_STATE);
    wr_free(&w);
    session_wipe(&s);
}

/* Offsets into the encoding of a session whose names are "abc" and "h2", its PSK 32 bytes. */
enum { AT_PSK = 7, AT_NAME = AT_PSK + 33, AT_ALPN = AT_NAME + 4, AT_POLICY = AT_ALPN + 3,
       AT_VERIFIED = AT_POLICY + 32, AT_AUTH = AT_VERIFIED + 1, AT_END = AT_AUTH + 8,
       AT_ISSUED = AT_END + 8, AT_CHAIN = AT_ISSUED + 16 };

static void test_fields(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t at;
        uint8_t value;
    } cases[] = {
        { "version 0", 0, 0 },
        { "version 1", 0, 1 },
        { "PSK empty", AT_PSK, 0 },
        { "PSK longer than any secret", AT_PSK, SECRET_MAX + 1 },
        { "NUL in the name", AT_NAME + 2, 0 },
        { "NUL in the protocol", AT_ALPN + 1, 0 },
        { "a flag that does not exist", AT_VERIFIED, 32 },
        { "an identifier of TLS 1.3", AT_VERIFIED, 4 },
        { "authenticated before 1970", AT_AUTH, 0x80 },
        { "authenticated after its end", AT_AUTH, 1 },
        { "end before 1970", AT_END, 0xff },
        { "end more than 7 days later", AT_END + 4, 1 },
        { "issued before 1970", AT_ISSUED, 0x80 },
        { "chain longer than what is left", AT_CHAIN, 1 },
        { "certificate longer than the chain", AT_CHAIN + 5, 4 },
        { "certificate shorter than the chain", AT_CHAIN + 5, 2 },
    };
    struct session s = { .version = 0x0304, .suite = 0x1301, .psk = { .len = 32 },
                         .server_name = "abc", .alpn = "h2", .authenticated_at = 5,
                         .expires_at = 5 + SESSION_AGE_MAX };
    uint8_t chain[] = { 0, 0, 3, 1, 2, 3 };
    s.chain = chain;
    s.chain_len = sizeof(chain);
    struct wr w;
    encode(&w, &s);
    assert_int_equal(w.data[AT_CHAIN + 2], sizeof(chain));
    assert_int_equal(decode_wiped(w.data, w.len), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint8_t *copy = test_copy(w.data, w.len);
        assert_int_not_equal(copy[cases[i].at], cases[i].value);
        copy[cases[i].at] = cases[i].value;
        if (decode_wiped(copy, w.len) == 0) {
            fail_msg("accepted: %s", cases[i].name);
        }
        free(copy);
    }
    wr_free(&w);
}

/* What session_decode would refuse is not written. */
static void test_not_encoded(void **state)
{
    (void)state;
    struct session good = { .version = 0x0304, .suite = 0x1301, .psk = { .len = 32 } };
    struct session s[10];
    uint8_t many[17 * 4];
    uint8_t empty_cert[] = { 0, 0, 0 };
    uint8_t *big = mem_new(SESSION_CHAIN_MAX + 1);
    assert_non_null(big);
    big[1] = (SESSION_CHAIN_MAX + 1 - 3) >> 8;
    big[2] = (SESSION_CHAIN_MAX + 1 - 3) & 0xff;
    for (size_t i = 0; i < 17; i++) {
        memcpy(many + 4 * i, (uint8_t[]){ 0, 0, 1, 9 }, 4);
    }
    for (size_t i = 0; i < ARRAY_SIZE(s); i++) {
        s[i] = good;
    }
    s[0].psk.len = 0;
    s[1].psk.len = SECRET_MAX + 1;
    memset(s[2].server_name, 'x', sizeof(s[2].server_name));
    memset(s[3].alpn, 'x', sizeof(s[3].alpn));
    s[4].authenticated_at = -1;
    s[5].chain = many;
    s[5].chain_len = sizeof(many);
    s[6].chain = empty_cert;
    s[6].chain_len = sizeof(empty_cert);
    s[7].chain = big;
    s[7].chain_len = SESSION_CHAIN_MAX + 1;
    s[8].peer_raw = true; /* but there is no key, */
    s[9].peer_raw = true; /* or there are two */
    s[9].chain = many;
    s[9].chain_len = 2 * 4;
    for (size_t i = 0; i < ARRAY_SIZE(s); i++) {
        struct wr w;
        wr_init(&w, SESSION_ENCODED_MAX);
        session_encode(&w, &s[i]);
        if (wr_ok(&w)) {
            fail_msg("case %zu was written", i);
        }
        wr_free(&w);
    }
    s[5].chain_len = 16 * 4; /* as many as there may be */
    struct wr w;
    encode(&w, &s[5]);
    assert_int_equal(decode_wiped(w.data, w.len), 0);
    wr_free(&w);
    mem_free(big);
}

static void test_copy_is_deep(void **state)
{
    (void)state;
    struct session s, copy;
    fill(&s);
    assert_int_equal(session_copy(&copy, &s), 0);
    same(&copy, &s);
    assert_ptr_not_equal(copy.chain, s.chain);
    assert_ptr_not_equal(copy.ticket, s.ticket);
    session_wipe(&s);
    assert_int_equal(copy.chain[3], 'a');
    session_wipe(&copy);
    session_wipe(&copy);
    assert_true(all_zero(&copy, sizeof(copy)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_longest),
        cmocka_unit_test(test_damage),      cmocka_unit_test(test_fields),
        cmocka_unit_test(test_not_encoded), cmocka_unit_test(test_copy_is_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
