/*
 * test_keep.c - where a server keeps its sessions: the two places behave alike, but for what the
 * program's own can do, which is less than it would like to.
 */
#include "base/error.h"
#include "hs_support.h"

#include "hs/ask.h"
#include "hs/keep.h"

static struct hs_side server;

/* A store with one place. */
static struct {
    uint8_t key[SESSION_DIGEST], *session;
    size_t len;
    uint32_t lifetime;
    unsigned forgets;
    bool no;
} place;

static bool store(void *user, cssl_bytes id, cssl_bytes session, uint32_t lifetime)
{
    (void)user;
    assert_int_equal(id.len, SESSION_DIGEST);
    if (session.len == 0) {
        bool there = place.session != NULL && memcmp(place.key, id.data, id.len) == 0;
        place.forgets++;
        free(place.session);
        place.session = NULL;
        return there;
    }
    free(place.session);
    place.session = test_copy(session.data, session.len);
    place.len = session.len;
    place.lifetime = lifetime;
    memcpy(place.key, id.data, id.len);
    return !place.no;
}

static void begin(bool program)
{
    memset(&place, 0, sizeof(place));
    hs_side_config(&server, true,
                   program ? &(cssl_options){ .ask_about = CSSL_ASK_SESSION,
                                              .store_session = store }
                           : &(cssl_options){ .session_tickets = CSSL_TICKETS_STATEFUL });
    hs_side_start(&server);
    server.hs->worker = server.worker;
    assert_int_equal(keep_by_program(server.config), program);
}

static void end(void)
{
    free(place.session);
    hs_side_free(&server);
}

static struct session session_for(int64_t seconds)
{
    struct session s = { .version = TLS_1_3, .suite = SUITE_AES_128_GCM_SHA256,
                         .psk = { .len = 32, .data = { 42 } },
                         .authenticated_at = HS_NOW, .expires_at = HS_NOW + seconds };
    return s;
}

/* told has the question about key answered with what the place holds. */
static bool told(const uint8_t *key, cssl_verdict verdict)
{
    const cssl_answer a = { .verdict = verdict, .value = { place.session, place.len } };
    keep_ask(server.hs, key);
    assert_true(hs_asking(server.hs));
    assert_int_equal(server.hs->question.kind, CSSL_ASK_SESSION);
    assert_memory_equal(server.hs->question.subject.data, key, SESSION_DIGEST);
    server.hs->asking = false;
    server.hs->answer = &a;
    bool good = keep_answered(server.hs);
    server.hs->answer = NULL;
    return good;
}

static const uint8_t key[SESSION_DIGEST] = { 1 }, other[SESSION_DIGEST] = { 2 };

static void test_alike(void **state)
{
    (void)state;
    for (int program = 0; program < 2; program++) {
        struct session s = session_for(100), found;
        bool kept = false;
        begin(program != 0);
        assert_int_equal(keep_put(&server.conn, server.worker, key, &s, &kept, NULL), 0);
        assert_true(kept);
        assert_int_equal(s.psk.len, 0);
        if (program != 0) {
            assert_int_equal(place.lifetime, 100);
            assert_false(keep_find(server.hs, key, &found)); /* not without having asked */
            assert_true(told(key, CSSL_ACCEPT));
        }
        for (int i = 0; i < 2; i++) { /* finding it takes nothing away */
            assert_true(keep_find(server.hs, key, &found));
            assert_int_equal(found.psk.data[0], 42);
            session_wipe(&found);
        }
        assert_false(keep_find(server.hs, other, &found));
        assert_false(keep_use(&server.conn, other));
        if (program != 0) { /* which this store took for its one place */
            s = session_for(100);
            assert_int_equal(keep_put(&server.conn, server.worker, key, &s, &kept, NULL), 0);
        }
        assert_true(keep_use(&server.conn, key));
        assert_false(keep_use(&server.conn, key));
        s = session_for(100);
        assert_int_equal(keep_put(&server.conn, server.worker, key, &s, &kept, NULL), 0);
        keep_drop(&server.conn, key);
        assert_false(keep_use(&server.conn, key));
        end();
    }
}

static void test_not_kept(void **state)
{
    (void)state;
    begin(true);
    bool kept = true;
    struct session s = session_for(100);
    place.no = true;
    assert_int_equal(keep_put(&server.conn, server.worker, key, &s, &kept, NULL), 0);
    assert_false(kept);
    place.no = false;
    s = session_for(0); /* ended already: the store never hears of it */
    free(place.session);
    place.session = NULL;
    kept = true;
    assert_int_equal(keep_put(&server.conn, server.worker, key, &s, &kept, NULL), 0);
    assert_false(kept);
    assert_null(place.session);
    end();
}

static void test_told(void **state)
{
    (void)state;
    begin(true);
    bool kept;
    struct session s = session_for(100), found;
    assert_int_equal(keep_put(&server.conn, server.worker, key, &s, &kept, NULL), 0);
    assert_false(told(key, CSSL_ANSWER_DEFAULT));
    assert_false(told(key, CSSL_REJECT));
    assert_false(told(key, CSSL_UNKNOWN));
    assert_false(told(other, CSSL_ACCEPT)); /* it is sealed for its place */
    assert_false(keep_find(server.hs, key, &found));
    assert_false(keep_find(server.hs, other, &found));
    assert_true(told(key, CSSL_ACCEPT));
    assert_false(told(key, CSSL_REJECT)); /* the last word counts */
    assert_false(keep_find(server.hs, key, &found));
    for (size_t at = 0; at < place.len; at++) {
        place.session[at] ^= 0x10;
        assert_false(told(key, CSSL_ACCEPT));
        place.session[at] ^= 0x10;
        size_t len = place.len;
        place.len = at;
        assert_false(told(key, CSSL_ACCEPT));
        place.len = len;
    }
    assert_true(told(key, CSSL_ACCEPT));
    /* The plaintext is nowhere to be seen. */
    for (size_t at = 0; at + 4 <= place.len; at++) {
        assert_memory_not_equal(place.session + at, ((const uint8_t[]){ 42, 0, 0, 0 }), 4);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alike),
        cmocka_unit_test(test_not_kept),
        cmocka_unit_test(test_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
