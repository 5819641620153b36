/* test_ext.c - the table of extensions against RFC 8446 4.2, and the walk's refusals. */
#include "base/error.h" /* before cmocka, which has a macro of the name fail */

#include "support.h"

#include "msg/ext.h"

enum { NUM_PLACES = IN_SERVER_HELLO_12 + 1 };

/* The table once more, written down as the RFCs print it, to be compared with the one in ext.c. */
static const struct {
    uint16_t type;
    const char *places;
} expected[] = {
    { 0, "CH EE SH12" },     /* server_name */
    { 1, "CH EE SH12" },     /* max_fragment_length */
    { 5, "CH CR CT SH12" },  /* status_request */
    { 10, "CH EE SH12" },    /* supported_groups; in TLS 1.2 against RFC 8422, but seen */
    { 11, "CH SH12" },       /* ec_point_formats */
    { 13, "CH CR" },         /* signature_algorithms */
    { 14, "CH EE SH12" },    /* use_srtp */
    { 16, "CH EE SH12" },    /* application_layer_protocol_negotiation */
    { 18, "CH CR CT SH12" }, /* signed_certificate_timestamp */
    { 19, "CH EE SH12" },    /* client_certificate_type */
    { 20, "CH EE SH12" },    /* server_certificate_type */
    { 21, "CH" },            /* padding */
    { 22, "CH SH12" },       /* encrypt_then_mac */
    { 23, "CH SH12" },       /* extended_master_secret */
    { 27, "CH CR" },         /* compress_certificate */
    { 28, "CH EE SH12" },    /* record_size_limit */
    { 34, "CH CR CT" },      /* delegated_credential */
    { 35, "CH SH12" },       /* session_ticket */
    { 41, "CH SH" },         /* pre_shared_key */
    { 42, "CH EE NST" },     /* early_data */
    { 43, "CH SH HRR" },     /* supported_versions */
    { 44, "CH HRR" },        /* cookie */
    { 45, "CH" },            /* psk_key_exchange_modes */
    { 47, "CH CR" },         /* certificate_authorities */
    { 48, "CR" },            /* oid_filters */
    { 49, "CH" },            /* post_handshake_auth */
    { 50, "CH CR" },         /* signature_algorithms_cert */
    { 51, "CH SH HRR" },     /* key_share */
    { 0xff01, "CH SH12" },   /* renegotiation_info */
};

static const char *const abbreviations[NUM_PLACES] = {
    [IN_CLIENT_HELLO] = "CH",          [IN_SERVER_HELLO] = "SH",
    [IN_HELLO_RETRY_REQUEST] = "HRR",  [IN_ENCRYPTED_EXTENSIONS] = "EE",
    [IN_CERTIFICATE_REQUEST] = "CR",   [IN_CERTIFICATE] = "CT",
    [IN_NEW_SESSION_TICKET] = "NST",   [IN_SERVER_HELLO_12] = "SH12",
};

static const struct ext_set everything = { .bits = UINT64_MAX };

static bool asks(enum ext_place place)
{
    return place == IN_CLIENT_HELLO || place == IN_CERTIFICATE_REQUEST ||
           place == IN_NEW_SESSION_TICKET;
}

/* has_word tells whether the words, separated by blanks, have that one. */
static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = strstr(words, word); p != NULL; p = strstr(p + 1, word)) {
        if ((p == words || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0')) {
            return true;
        }
    }
    return false;
}

/* walk_all walks over a whole block and returns the reason of the failure, 0 for none. */
static int walk_all(struct ext_walk *walk, cssl_bytes block)
{
    walk->block = rd_of(block);
    for (;;) {
        struct ext e;
        cssl_error err;
        if (ext_next(walk, &e, &err) < 0) {
            assert_int_equal(err.status, CSSL_ALERT);
            return err.reason;
        }
        if (e.data.data == NULL) {
            assert_int_equal(e.type, 0xffff);
            return 0;
        }
    }
}

static int walk_hex(enum ext_place place, struct ext_set asked, const char *hex)
{
    size_t len;
    uint8_t *data = test_unhex_new(hex, &len);
    struct ext_walk walk = { .place = place, .asked = asked };
    int reason = walk_all(&walk, bytes_of(data, len));
    free(data);
    return reason;
}

static int walk_one(enum ext_place place, struct ext_set asked, unsigned type)
{
    char hex[16];
    (void)snprintf(hex, sizeof(hex), "%04x0000", type);
    return walk_hex(place, asked, hex);
}

/* Every extension in every message: allowed, misplaced, or an answer that nobody asked for. */
static void test_every_pair(void **state)
{
    (void)state;
    const struct ext_set nothing = { .bits = 0 };
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        for (unsigned p = 0; p < NUM_PLACES; p++) {
            enum ext_place place = (enum ext_place)p;
            uint16_t type = expected[i].type;
            bool allowed = has_word(expected[i].places, abbreviations[place]);
            bool unasked = !asks(place) && !(place == IN_HELLO_RETRY_REQUEST && type == 44);
            assert_int_equal(ext_may_stand(type, place), allowed);
            assert_int_equal(walk_one(place, everything, type),
                             allowed ? 0 : CSSL_R_EXTENSION_MISPLACED);
            assert_int_equal(walk_one(place, nothing, type),
                             !allowed  ? CSSL_R_EXTENSION_MISPLACED
                             : unasked ? CSSL_R_EXTENSION_UNASKED
                                       : 0);
        }
    }
}

/* All 65,536 numbers: known are those of the list and no other, and each has a bit of its own. */
static void test_known(void **state)
{
    (void)state;
    struct ext_set all = { .bits = 0 };
    size_t known = 0;
    for (unsigned type = 0; type <= 0xffff; type++) {
        bool listed = false;
        for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
            listed = listed || expected[i].type == type;
        }
        assert_int_equal(ext_is_known((uint16_t)type), listed);
        assert_int_equal(listed, name_of_extension((uint16_t)type) != NULL);
        assert_false(ext_has(all, (uint16_t)type));
        ext_add(&all, (uint16_t)type);
        assert_int_equal(ext_has(all, (uint16_t)type), listed);
        known += listed ? 1 : 0;
    }
    assert_int_equal(__builtin_popcountll(all.bits), known);
}

/* Unknown ones, GREASE among them (RFC 8701), are passed over where nothing is answered. */
static void test_unknown(void **state)
{
    (void)state;
    static const unsigned numbers[] = { 0x0a0a, 0x1a1a, 0xfafa, 0xffff, 15, 40, 0x4469, 0xfe0d };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        for (unsigned p = 0; p < NUM_PLACES; p++) {
            enum ext_place place = (enum ext_place)p;
            assert_int_equal(walk_one(place, everything, numbers[i]),
                             asks(place) ? 0 : CSSL_R_EXTENSION_UNASKED);
        }
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        enum ext_place place;
        const char *hex;
        int reason;
        int alert;
    } rows[] = {
        { IN_CLIENT_HELLO, "", 0, 0 },
        { IN_CLIENT_HELLO, "00000000", 0, 0 },
        { IN_CLIENT_HELLO, "00", CSSL_R_MESSAGE_MALFORMED, ALERT_DECODE_ERROR },
        { IN_CLIENT_HELLO, "000000", CSSL_R_MESSAGE_MALFORMED, ALERT_DECODE_ERROR },
        { IN_CLIENT_HELLO, "00000001", CSSL_R_MESSAGE_MALFORMED, ALERT_DECODE_ERROR },
        { IN_CLIENT_HELLO, "0000000100 00", CSSL_R_MESSAGE_MALFORMED, ALERT_DECODE_ERROR },
        { IN_CLIENT_HELLO, "0017ffff00", CSSL_R_MESSAGE_MALFORMED, ALERT_DECODE_ERROR },
        { IN_CLIENT_HELLO, "00170000 00170000", CSSL_R_EXTENSION_TWICE, ALERT_ILLEGAL_PARAMETER },
        { IN_CLIENT_HELLO, "00170000 00000000 00170000", CSSL_R_EXTENSION_TWICE,
          ALERT_ILLEGAL_PARAMETER },
        { IN_CLIENT_HELLO, "1a1a0000 1a1a000100", CSSL_R_EXTENSION_TWICE,
          ALERT_ILLEGAL_PARAMETER },
        { IN_CLIENT_HELLO, "ffff0000 ffff0000", CSSL_R_EXTENSION_TWICE, ALERT_ILLEGAL_PARAMETER },
        { IN_CLIENT_HELLO, "1a1a0000 2a2a0000", 0, 0 },
        { IN_CLIENT_HELLO, "00300000", CSSL_R_EXTENSION_MISPLACED, ALERT_ILLEGAL_PARAMETER },
        { IN_ENCRYPTED_EXTENSIONS, "00330000", CSSL_R_EXTENSION_MISPLACED,
          ALERT_ILLEGAL_PARAMETER },
        { IN_ENCRYPTED_EXTENSIONS, "1a1a0000", CSSL_R_EXTENSION_UNASKED,
          ALERT_UNSUPPORTED_EXTENSION },
        { IN_NEW_SESSION_TICKET, "002a0000 1a1a0000", 0, 0 },
        /* the block's form comes before what stands in it */
        { IN_ENCRYPTED_EXTENSIONS, "ffff0000 ffff0000", CSSL_R_EXTENSION_TWICE,
          ALERT_ILLEGAL_PARAMETER },
        { IN_ENCRYPTED_EXTENSIONS, "ffff0000 00", CSSL_R_MESSAGE_MALFORMED, ALERT_DECODE_ERROR },
        { IN_SERVER_HELLO, "00100000 00330000 0033", CSSL_R_MESSAGE_MALFORMED,
          ALERT_DECODE_ERROR },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int reason = walk_hex(rows[i].place, everything, rows[i].hex);
        if (reason != rows[i].reason) {
            fail_msg("row %zu: reason %d, not %d", i, reason, rows[i].reason);
        }
        if (reason != 0) {
            assert_int_equal(reason_alert((cssl_reason)reason), rows[i].alert);
        }
    }
}

/* EXT_MAX may come, one more may not; and the refusal names the message. */
static void test_too_many(void **state)
{
    (void)state;
    uint8_t block[4 * (EXT_MAX + 1)] = { 0 };
    for (size_t i = 0; i <= EXT_MAX; i++) {
        block[4 * i] = 0x77;
        block[4 * i + 1] = (uint8_t)i;
    }
    struct ext_walk walk = { .place = IN_CLIENT_HELLO };
    assert_int_equal(walk_all(&walk, bytes_of(block, sizeof(block) - 4)), 0);
    assert_int_equal(walk.num, EXT_MAX);
    assert_int_equal(walk.seen.bits, 0);
    walk = (struct ext_walk){ .place = IN_CLIENT_HELLO };
    assert_int_equal(walk_all(&walk, bytes_of(block, sizeof(block))), CSSL_R_EXTENSIONS_TOO_MANY);
    assert_int_equal(walk.num, EXT_MAX);
    walk = (struct ext_walk){ .place = IN_CERTIFICATE, .block = rd_of(bytes_of(block, 4)) };
    struct ext e;
    cssl_error err;
    assert_int_equal(ext_next(&walk, &e, &err), CSSL_ALERT);
    assert_non_null(strstr(err.text, "30464 in Certificate"));
}

/* What the walk hands out: types in order, views into the block, what was seen. */
static void test_walk(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = test_unhex_new("0000 0000  0a0a 0001 ff  002b 0003 020304", &len);
    struct ext_walk walk = { .place = IN_CLIENT_HELLO, .block = rd_of(bytes_of(data, len)) };
    struct ext e;
    assert_int_equal(ext_next(&walk, &e, NULL), 0);
    assert_int_equal(e.type, 0);
    assert_int_equal(e.data.len, 0);
    assert_non_null(e.data.data);
    assert_int_equal(ext_next(&walk, &e, NULL), 0);
    assert_int_equal(e.type, 0x0a0a);
    test_same_hex(e.data.data, e.data.len, "ff");
    assert_int_equal(ext_next(&walk, &e, NULL), 0);
    assert_int_equal(e.type, 43);
    test_same_hex(e.data.data, e.data.len, "020304");
    for (int i = 0; i < 2; i++) { /* the end stays the end */
        assert_int_equal(ext_next(&walk, &e, NULL), 0);
        assert_null(e.data.data);
        assert_int_equal(e.type, 0xffff);
    }
    assert_true(ext_has(walk.seen, 0));
    assert_true(ext_has(walk.seen, 43));
    assert_false(ext_has(walk.seen, 0x0a0a));
    assert_int_equal(walk.num, 3);
    free(data);
}

static void try_walk(void *arg, uint8_t *data, size_t len)
{
    const struct ext_set *asked = arg;
    for (unsigned p = 0; p < NUM_PLACES; p++) {
        struct ext_walk walk = { .place = (enum ext_place)p, .asked = *asked };
        (void)walk_all(&walk, bytes_of(data, len));
        assert_in_range(walk.num, 0, EXT_MAX);
    }
}

static void test_damage(void **state)
{
    (void)state;
    uint8_t block[64];
    size_t len = test_unhex(block, sizeof(block),
                            "0000000a 00080000056c6f63616c 0017 0000 002b 0003 020304 1a1a 0001 00"
                            "002a 0000");
    struct ext_set asked = everything;
    for_each_truncation(block, len, try_walk, &asked);
    for_each_bit_flip(block, len, try_walk, &asked);
    for_each_damage(block, len, test_seed(7), 5000, try_walk, &asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair), cmocka_unit_test(test_known),
        cmocka_unit_test(test_unknown),    cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_many),   cmocka_unit_test(test_walk),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
