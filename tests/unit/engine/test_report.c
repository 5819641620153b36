/* test_report.c - what options.log is told: alerts in OTP's words, messages, and at which level. */
#include "engine_support.h"

struct said {
    unsigned lines;
    char all[16384];
};

static void on_log(void *user, cssl_log_level level, const char *text)
{
    struct said *said = user;
    size_t at = strlen(said->all);
    assert_true(level > CSSL_LOG_NONE && level <= CSSL_LOG_DEBUG);
    said->lines++;
    (void)snprintf(said->all + at, sizeof(said->all) - at, "%d %s\n", (int)level, text);
}

static void test_alerts(void **state)
{
    (void)state;
    struct said client = { 0 };
    struct said server = { 0 };
    const cssl_options co = { .versions = CSSL_TLSV1_3, .log = on_log, .user = &client };
    const cssl_options so = { .versions = CSSL_TLSV1_3, .log = on_log, .user = &server };
    static const uint8_t hello_again[] = { 1, 0, 0, 0 };
    struct ends ends;
    ends_new(&ends, &co, &so);
    shake(&ends);
    assert_int_equal(client.lines, 0); /* nothing worth a notice */
    seal(ends.client, CT_HANDSHAKE, hello_again, sizeof(hello_again));
    cssl_error err;
    (void)carry(ends.client, ends.server, &err);
    cssl_event ignored;
    while (cssl_engine_next(ends.server, &ignored)) {
    }
    (void)carry(ends.server, ends.client, &err);
    while (cssl_engine_next(ends.client, &ignored)) {
    }
    assert_string_equal(client.all, "3 TLS client: In state connection received SERVER ALERT: "
                                    "Fatal - Unexpected Message\n");
    assert_non_null(strstr(server.all, "3 TLS server: In state connection generated SERVER ALERT: "
                                       "Fatal - Unexpected Message\n "));
    ends_free(&ends);
}

static void test_state(void **state)
{
    (void)state;
    struct said said = { 0 };
    const cssl_options options = { .log = on_log, .user = &said };
    struct ends ends;
    static const uint8_t finished[] = { 22, 3, 3, 0, 4, 20, 0, 0, 0 };
    cssl_error err;
    ends_new(&ends, &options, NULL);
    (void)feed(ends.client, finished, sizeof(finished), &err);
    cssl_event ignored;
    while (cssl_engine_next(ends.client, &ignored)) {
    }
    assert_non_null(strstr(said.all, "TLS client: In state wait_sh generated CLIENT ALERT: Fatal - "
                                     "Unexpected Message\n "));
    ends_free(&ends);
}

static void test_levels(void **state)
{
    (void)state;
    static const struct {
        cssl_log_level level;
        bool messages;
    } rows[] = {
        { CSSL_LOG_DEFAULT, false }, { CSSL_LOG_NONE, false },  { CSSL_LOG_ERROR, false },
        { CSSL_LOG_NOTICE, false },  { CSSL_LOG_DEBUG, true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct said said = { 0 };
        const cssl_options options = { .log = on_log, .log_level = rows[i].level, .user = &said };
        struct ends ends;
        ends_new(&ends, &options, NULL);
        shake(&ends);
        assert_int_equal(said.lines > 0, rows[i].messages);
        if (rows[i].messages) {
            assert_non_null(strstr(said.all, "4 TLS client: sent ClientHello, "));
            assert_non_null(strstr(said.all, "4 TLS client: received ServerHello, "));
        }
        /* Its own cancelling is told from notice on. */
        said.lines = 0;
        static const uint8_t warning[] = { 1, ALERT_USER_CANCELED };
        cssl_error err;
        seal(ends.server, CT_ALERT, warning, sizeof(warning));
        (void)carry(ends.server, ends.client, &err);
        cssl_event ignored;
        while (cssl_engine_next(ends.client, &ignored)) {
        }
        bool notices = rows[i].level == CSSL_LOG_DEFAULT || rows[i].level >= CSSL_LOG_NOTICE;
        assert_int_equal(said.lines > 0, notices);
        ends_free(&ends);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alerts),
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
