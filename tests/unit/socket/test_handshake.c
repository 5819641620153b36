/* test_handshake.c - the blocking handshake and end, with a peer that is silent or gone. */
#include "sock_support.h"

#include "socket/deadline.h"

static void test_silent_and_gone(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    socks_new(&p);
    assert_int_equal(sock_finish(p.client, deadline_after(0), &err), 0); /* nothing was begun */
    assert_int_equal(sock_start(p.client, "localhost", 0, true, &err), 0);
    for (int i = 0; i < 2; i++) { /* a timeout loses nothing */
        assert_int_equal(sock_handshake(p.client, deadline_after(0), &err), CSSL_TIMEOUT);
        assert_int_equal(p.client->phase, PHASE_HANDSHAKE);
    }
    sock_free(p.server);
    p.server = NULL;
    assert_int_equal(sock_handshake(p.client, deadline_after(PATIENCE_MS), &err), CSSL_TRUNCATED);
    assert_int_equal(p.client->phase, PHASE_FAILED);
    socks_free(&p);
}

static void test_ends(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    socks_open(&p);
    sock_begin_close(p.client);
    assert_true(p.client->write_closed);
    size_t len = cssl_engine_output(p.client->engine).len;
    assert_true(len > 0);
    sock_begin_close(p.client); /* once */
    assert_int_equal(cssl_engine_output(p.client->engine).len, len);
    assert_int_equal(sock_finish(p.client, deadline_after(0), &err), CSSL_TIMEOUT);
    assert_true(p.client->write_ended);
    assert_int_equal(sock_finish(p.server, deadline_after(PATIENCE_MS), &err), 0);
    assert_int_equal(sock_finish(p.client, deadline_after(PATIENCE_MS), &err), 0);
    socks_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_and_gone),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
