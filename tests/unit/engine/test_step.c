/* test_step.c - public-key steps: who owns them, and to whom they may be handed back. */
#include "engine_support.h"

static const cssl_options deferred = { .defer_steps = true };

/* to_step carries on until the server waits for a step. */
static void to_step(struct ends *ends)
{
    cssl_error err;
    ends_new(ends, NULL, &deferred);
    assert_int_equal(carry(ends->client, ends->server, &err), 0);
    (void)event(ends->server, CSSL_EV_STEP);
}

static void test_none_without_the_option(void **state)
{
    (void)state;
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    assert_null(cssl_engine_step(ends.client));
    assert_null(cssl_engine_step(ends.server));
    shake(&ends);
    assert_null(cssl_engine_step(ends.server));
    ends_free(&ends);
}

static void test_a_step_is_had_once(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    uint8_t *where;
    to_step(&ends);
    cssl_step *step = cssl_engine_step(ends.server);
    assert_non_null(step);
    assert_null(cssl_engine_step(ends.server)); /* it is out */
    no_event(ends.server);
    assert_int_equal(cssl_engine_room(ends.server, &where), 0);
    cssl_step_run(step);
    assert_int_equal(cssl_engine_step_done(ends.server, step, &err), 0);
    assert_int_not_equal(ends.server->event, CSSL_EV_STEP);
    ends_free(&ends);
}

/* The handshake is the same whether the program runs a step or only hands it back. */
static void test_handshakes_with_steps(void **state)
{
    (void)state;
    for (int run = 0; run < 2; run++) {
        struct ends ends;
        cssl_error err = { .text = "" };
        bool connected = false;
        int steps = 0;
        cssl_event ev;
        ends_new(&ends, NULL, &deferred);
        for (int round = 0; round < 16; round++) {
            assert_int_equal(carry(ends.client, ends.server, &err), 0);
            while (cssl_engine_next(ends.server, &ev)) {
                connected = connected || ev.type == CSSL_EV_CONNECTED;
                if (ev.type == CSSL_EV_STEP) {
                    cssl_step *step = cssl_engine_step(ends.server);
                    assert_non_null(step);
                    if (run == 1) {
                        cssl_step_run(step);
                        cssl_step_run(step); /* again: no harm */
                    }
                    assert_int_equal(cssl_engine_step_done(ends.server, step, &err), 0);
                    steps++;
                }
            }
            assert_int_equal(carry(ends.server, ends.client, &err), 0);
            while (cssl_engine_next(ends.client, &ev)) {
                assert_int_equal(ev.type, CSSL_EV_CONNECTED);
            }
        }
        assert_true(connected);
        assert_true(steps > 0);
        assert_string_equal(err.text, "");
        ends_free(&ends);
    }
}

static void test_a_step_outlives_its_engine(void **state)
{
    (void)state;
    struct ends ends;
    to_step(&ends);
    cssl_step *step = cssl_engine_step(ends.server);
    assert_non_null(step);
    ends_free(&ends);
    cssl_step_run(step);
    cssl_step_free(step);
    cssl_step_free(NULL);
}

/* What is handed to a wrong engine is freed there, and hurts neither of the two. */
static void test_steps_of_others(void **state)
{
    (void)state;
    struct ends one, two;
    cssl_error err;
    to_step(&one);
    to_step(&two);
    cssl_step *step = cssl_engine_step(one.server);
    assert_non_null(step);
    assert_int_equal(cssl_engine_step_done(two.server, step, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    assert_int_equal(two.server->event, CSSL_EV_STEP);
    step = cssl_engine_step(two.server);
    assert_non_null(step);
    assert_int_equal(cssl_engine_step_done(two.server, step, &err), 0);
    ends_free(&one);
    ends_free(&two);
}

/* Nor is it a step of this engine that its memory belonged to another one before. */
static void test_a_step_of_the_dead(void **state)
{
    (void)state;
    for (int i = 0; i < 32; i++) {
        struct ends dead, ends;
        cssl_error err;
        to_step(&dead);
        cssl_step *step = cssl_engine_step(dead.server);
        assert_non_null(step);
        ends_free(&dead);
        to_step(&ends);
        cssl_step *own = cssl_engine_step(ends.server);
        assert_non_null(own);
        assert_int_equal(cssl_engine_step_done(ends.server, step, &err), CSSL_STATE);
        assert_int_equal(cssl_engine_step_done(ends.server, own, &err), 0);
        ends_free(&ends);
    }
}

static void test_a_step_after_a_failure(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    to_step(&ends);
    cssl_step *step = cssl_engine_step(ends.server);
    assert_non_null(step);
    cssl_engine_cancel(ends.server);
    assert_null(cssl_engine_step(ends.server));
    assert_int_equal(cssl_engine_step_done(ends.server, step, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_USER_CANCELED);
    ends_free(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_without_the_option),
        cmocka_unit_test(test_a_step_is_had_once),
        cmocka_unit_test(test_handshakes_with_steps),
        cmocka_unit_test(test_a_step_outlives_its_engine),
        cmocka_unit_test(test_steps_of_others),
        cmocka_unit_test(test_a_step_of_the_dead),
        cmocka_unit_test(test_a_step_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
