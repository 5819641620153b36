/*
 * test_states.c - the table itself: every state has a row that can be left, keys change where RFC
 * 8446 and RFC 5246 say, and no message is accepted that the RFCs do not have there.
 */
#include "base/error.h"
#include "support.h"

#include "hs/flow.h"

enum { WAITS = 0x0fffffff /* the bits of messages */ };

static const uint32_t not_messages = ACCEPT_NOTHING | ACCEPT_STEP | ACCEPT_CCS |
                                     ACCEPT_ANSWER;

static void test_rows(void **state)
{
    (void)state;
    for (int i = 0; i < HS_STATES; i++) {
        const struct hs_row *row = &hs_rows[i];
        assert_non_null(row->name);
        assert_true(row->name[0] != '\0');
        if (i == HS_DONE) {
            assert_int_equal(row->accepts, 0);
            continue;
        }
        assert_non_null(row->on);
        assert_int_not_equal(row->accepts, 0);
        /* A row waits for a message, or for something else: never for both. */
        assert_true((row->accepts & WAITS) == 0 || (row->accepts & not_messages) == 0);
        assert_int_equal(row->accepts & ~(WAITS | not_messages), 0);
        /* Only what comes in a record can have something behind it in that record. */
        assert_true(!row->last || (row->accepts & WAITS) != 0);
        /* RFC 8446 5.1: a message after which the keys for reading change is the last. */
        if ((row->accepts & WAITS) != 0 && row->then_read != KEYS_SAME) {
            assert_true(row->last);
        }
    }
}

/* Which messages each state takes: all others are unexpected_message. */
static const struct {
    enum hs_state state;
    int one, other; /* -1: none */
    bool last;
} takes[] = {
    { CLIENT13_WAIT_SH, HT_SERVER_HELLO, -1, false },
    { CLIENT13_WAIT_EE, HT_ENCRYPTED_EXTENSIONS, -1, false },
    { CLIENT13_WAIT_CERT_CR, HT_CERTIFICATE, HT_CERTIFICATE_REQUEST, false },
    { CLIENT13_WAIT_CERT, HT_CERTIFICATE, -1, false },
    { CLIENT13_WAIT_CV, HT_CERTIFICATE_VERIFY, -1, false },
    { CLIENT13_WAIT_FINISHED, HT_FINISHED, -1, true },
    { SERVER13_START, HT_CLIENT_HELLO, -1, true },
    { SERVER13_RETRIED, HT_CLIENT_HELLO, -1, true },
    { SERVER13_WAIT_EOED, HT_END_OF_EARLY_DATA, -1, true },
    { SERVER13_WAIT_CERT, HT_CERTIFICATE, -1, false },
    { SERVER13_WAIT_CV, HT_CERTIFICATE_VERIFY, -1, false },
    { SERVER13_WAIT_FINISHED, HT_FINISHED, -1, true },
    { CLIENT13_LATER, HT_CERTIFICATE_REQUEST, -1, false },
    { SERVER13_LATER_CERT, HT_CERTIFICATE, -1, false },
    { SERVER13_LATER_CV, HT_CERTIFICATE_VERIFY, -1, false },
    { SERVER13_LATER_FINISHED, HT_FINISHED, -1, false },
    { CLIENT12_WAIT_CERT, HT_CERTIFICATE, -1, false },
    { CLIENT12_WAIT_STATUS, HT_CERTIFICATE_STATUS, HT_SERVER_KEY_EXCHANGE, false },
    { CLIENT12_WAIT_STATUS_SHD, HT_CERTIFICATE_STATUS, HT_SERVER_HELLO_DONE, false },
    { CLIENT12_WAIT_STATUS_SHD, HT_CERTIFICATE_REQUEST, -1, false },
    { CLIENT12_WAIT_SKE, HT_SERVER_KEY_EXCHANGE, -1, false },
    { CLIENT12_WAIT_SKE_SHD, HT_SERVER_KEY_EXCHANGE, HT_SERVER_HELLO_DONE, false },
    { CLIENT12_WAIT_SHD_ONLY, HT_SERVER_HELLO_DONE, -1, false },
    { CLIENT12_WAIT_SHD, HT_CERTIFICATE_REQUEST, HT_SERVER_HELLO_DONE, false },
    { CLIENT12_WAIT_TICKET, HT_NEW_SESSION_TICKET, -1, false },
    { CLIENT12_WAIT_FINISHED, HT_FINISHED, -1, true },
    { SERVER12_WAIT_CERT, HT_CERTIFICATE, -1, false },
    { SERVER12_WAIT_CKE, HT_CLIENT_KEY_EXCHANGE, -1, false },
    { SERVER12_WAIT_CV, HT_CERTIFICATE_VERIFY, -1, false },
    { SERVER12_WAIT_FINISHED, HT_FINISHED, -1, true },
};

static void test_messages(void **state)
{
    (void)state;
    uint32_t want[HS_STATES] = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(takes); i++) {
        want[takes[i].state] |= ACCEPT(takes[i].one) |
                                (takes[i].other < 0 ? 0 : ACCEPT(takes[i].other));
        if (takes[i].one == HT_CERTIFICATE &&
            strcmp(hs_rows[takes[i].state].name, "certify") != 0) {
            want[takes[i].state] |= ACCEPT(HT_COMPRESSED_CERTIFICATE);
        }
        assert_int_equal(hs_rows[takes[i].state].last, takes[i].last);
    }
    for (int i = 0; i < HS_STATES; i++) {
        if ((hs_rows[i].accepts & WAITS) != want[i]) {
            fail_msg("state %d (%s) accepts %08x", i, hs_rows[i].name,
                     (unsigned)hs_rows[i].accepts);
        }
    }
}

/* Every change of keys; in all other rows they stay. */
static const struct {
    enum hs_state state;
    enum hs_keys read, write;
} changes[] = {
    { CLIENT13_SECRET, KEYS_HANDSHAKE, KEYS_HANDSHAKE },
    { CLIENT13_EARLY_KEYS, KEYS_SAME, KEYS_EARLY },
    { CLIENT13_EARLY_RETRY, KEYS_SAME, KEYS_CLEAR },
    { CLIENT13_EARLY_SECRET, KEYS_HANDSHAKE, KEYS_SAME },
    { CLIENT13_EARLY_REFUSED, KEYS_SAME, KEYS_HANDSHAKE },
    { CLIENT13_END_OF_EARLY, KEYS_SAME, KEYS_HANDSHAKE },
    { CLIENT13_CERTIFICATE, KEYS_APPLICATION, KEYS_SAME },
    { CLIENT13_FINISHED, KEYS_SAME, KEYS_APPLICATION },
    { SERVER13_NEGOTIATED, KEYS_HANDSHAKE, KEYS_HANDSHAKE },
    { SERVER13_EARLY, KEYS_EARLY, KEYS_HANDSHAKE },
    { SERVER13_WAIT_EOED, KEYS_HANDSHAKE, KEYS_SAME },
    { SERVER13_FINISHED, KEYS_SAME, KEYS_APPLICATION },
    { SERVER13_WAIT_FINISHED, KEYS_APPLICATION, KEYS_SAME },
    { CLIENT12_CCS, KEYS_SAME, KEYS_APPLICATION },
    { CLIENT12_WAIT_CCS, KEYS_APPLICATION, KEYS_SAME },
    { SERVER12_CCS, KEYS_SAME, KEYS_APPLICATION },
    { SERVER12_WAIT_CCS, KEYS_APPLICATION, KEYS_SAME },
};

static void test_keys(void **state)
{
    (void)state;
    enum hs_keys read[HS_STATES] = { KEYS_SAME }, write[HS_STATES] = { KEYS_SAME };
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        read[changes[i].state] = changes[i].read;
        write[changes[i].state] = changes[i].write;
    }
    for (int i = 0; i < HS_STATES; i++) {
        if (hs_rows[i].then_read != read[i] || hs_rows[i].then_write != write[i]) {
            fail_msg("state %d (%s) changes keys otherwise", i, hs_rows[i].name);
        }
        /* TLS 1.2's change_cipher_spec comes in two places; TLS 1.3's is not for the table. */
        assert_int_equal((hs_rows[i].accepts & ACCEPT_CCS) != 0,
                         i == CLIENT12_WAIT_CCS || i == SERVER12_WAIT_CCS);
    }
}

/* The names are OTP's: programs see them. */
static void test_names(void **state)
{
    (void)state;
    static const char *const known[] = { "start",         "wait_sh",   "wait_ee",
                                         "wait_cert_cr",  "wait_cert", "wait_cv",
                                         "wait_finished", "negotiated", "connection",
                                         "hello",         "certify",   "cipher",
                                         "abbreviated",   "wait_cert_verify",
                                         "wait_eoed",     "wait_stapling" };
    bool used[ARRAY_SIZE(known)] = { false };
    for (int i = 0; i < HS_STATES; i++) {
        size_t k = 0;
        while (k < ARRAY_SIZE(known) && strcmp(known[k], hs_rows[i].name) != 0) {
            k++;
        }
        if (k == ARRAY_SIZE(known)) {
            fail_msg("state %d is called %s", i, hs_rows[i].name);
        }
        used[k] = true;
    }
    for (size_t k = 0; k < ARRAY_SIZE(known); k++) {
        assert_true(used[k]);
    }
    assert_string_equal(hs_rows[HS_DONE].name, "connection");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
