/*
 * test_records.c - what two sides agree on about records: CBC suites with and without
 * encrypt-then-MAC, max_fragment_length, record_size_limit; and that both keep to it.
 */
#include "base/error.h"
#include "engine/engine.h"
#include "scene.h"

#include "crypto/suite.h"

enum { BOTH = CSSL_TLSV1_2 | CSSL_TLSV1_3, TAG = 16, EXPLICIT = 8 };

static bool is_cbc(const char *name)
{
    return strstr(name, "_CBC_") != NULL;
}

/* A suite of certificates whose key exchange needs nothing else. */
static const char *identity_for(const char *name)
{
    if (strstr(name, "_ECDHE_ECDSA_") != NULL) {
        return pair_p256;
    }
    return strstr(name, "_ECDHE_RSA_") != NULL ? pair_rsa : NULL;
}

static void test_cbc_suites(void **state)
{
    (void)state;
    static const cssl_switch switches[] = { CSSL_DEFAULT, CSSL_ON, CSSL_OFF };
    static struct scene m;
    const char *const *suites = cssl_cipher_suites("all", CSSL_TLSV1_2);
    size_t num = 0;
    for (size_t i = 0; suites[i] != NULL; i++) {
        const char *pem = identity_for(suites[i]);
        for (size_t k = 0; is_cbc(suites[i]) && pem != NULL && k < 9; k++) {
            const cssl_options c = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]),
                                     .encrypt_then_mac = switches[k / 3] };
            const cssl_options s = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]),
                                     .encrypt_then_mac = switches[k % 3], PAIR_IDENTITY(pem) };
            static uint8_t data[70000];
            scene_begin(&m, &c, &s);
            pair_must_connect(&m.p);
            pair_must_talk(&m.p);
            const bool etm = k / 3 != 2 && k % 3 != 2;
            assert_int_equal(info_of(&m.p, FROM_CLIENT).encrypt_then_mac, etm);
            assert_int_equal(info_of(&m.p, FROM_SERVER).encrypt_then_mac, etm);
            assert_string_equal(info_of(&m.p, FROM_SERVER).cipher_suite, suites[i]);
            memset(data, (int)i, sizeof(data));
            assert_int_equal(pair_write(&m.p, FROM_SERVER, data, sizeof(data)), 0);
            scene_end(&m);
            num++;
        }
    }
    assert_int_equal(num, 8 * 9);
}

/* No CBC suite is offered or taken unless it is named, and then encrypt_then_mac is not offered. */
static void test_cbc_is_off(void **state)
{
    (void)state;
    static struct scene m;
    const cssl_options plain = { .versions = BOTH };
    const cssl_options cbc = { .versions = BOTH,
                               .ciphers = CSSL_LIST("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA") };
    scene_begin(&m, &(cssl_options){ .versions = CSSL_TLSV1_2, .ciphers = cbc.ciphers }, &plain);
    pair_must_fail(&m.p, FROM_SERVER, ALERT_HANDSHAKE_FAILURE, 0);
    scene_end(&m);
    scene_begin(&m, &(cssl_options){ .versions = CSSL_TLSV1_2 },
                &(cssl_options){ .versions = CSSL_TLSV1_2, .encrypt_then_mac = CSSL_ON });
    pair_must_connect(&m.p);
    assert_false(info_of(&m.p, FROM_CLIENT).encrypt_then_mac);
    scene_end(&m);
    /* Offered beside AEADs, and not answered when one of them is chosen. */
    const char *const *mixed = CSSL_LIST("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                         "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA");
    scene_begin(&m, &(cssl_options){ .versions = CSSL_TLSV1_2, .ciphers = mixed },
                &(cssl_options){ .versions = CSSL_TLSV1_2, .ciphers = mixed });
    pair_must_connect(&m.p);
    assert_false(info_of(&m.p, FROM_CLIENT).encrypt_then_mac);
    assert_false(info_of(&m.p, FROM_SERVER).encrypt_then_mac);
    scene_end(&m);
}

/* Each byte of a record of data that arrives wrong ends the connection in the same way. */
static void test_cbc_damage(void **state)
{
    (void)state;
    static struct scene m;
    for (size_t etm = 0; etm < 2; etm++) {
        for (size_t at = 0; at < 80; at += 7) {
            const cssl_options o = {
                .versions = CSSL_TLSV1_2,
                .ciphers = CSSL_LIST("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
                .encrypt_then_mac = etm == 1 ? CSSL_ON : CSSL_OFF,
            };
            scene_begin(&m, &o, &o);
            pair_must_connect(&m.p);
            m.p.flip = true;
            m.p.flip_dir = FROM_CLIENT;
            m.p.flip_at = m.p.side[FROM_CLIENT].delivered + REC_HEADER + at;
            m.p.xor_with = 0x40;
            (void)pair_write(&m.p, FROM_CLIENT, "twenty bytes of text", 20);
            pair_must_fail(&m.p, FROM_SERVER, ALERT_BAD_RECORD_MAC, CSSL_R_BAD_RECORD_MAC);
            assert_int_equal(m.p.side[FROM_SERVER].data.len, 0);
            scene_end(&m);
        }
    }
}

/* ---- Limits ---- */

struct longest {
    size_t clear[2], sealed[2]; /* bytes of a record's body, by direction */
    bool ccs[2];
};

/* What TLS 1.2 sends after change_cipher_spec is sealed, in TLS 1.3 what says application data. */
static void measure(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                    struct buf *out)
{
    struct longest *l = p->tamper_arg;
    (void)number;
    const size_t body = record.len - REC_HEADER;
    bool sealed = record.data[0] == CT_APPLICATION_DATA || l->ccs[dir];
    if (p->side[0].engine->conn.version == TLS_1_2 && record.data[0] == CT_CHANGE_CIPHER_SPEC) {
        l->ccs[dir] = true;
    }
    size_t *most = sealed ? &l->sealed[dir] : &l->clear[dir];
    *most = body > *most ? body : *most;
    assert_int_equal(buf_append(out, record.data, record.len), 0);
}

struct limit_row {
    unsigned versions, fragment, client, server; /* options */
    uint16_t got_fragment, got_client, got_server; /* information */
    size_t most[2];                              /* content of sealed records, by direction */
    size_t padding;
};

static void check_row(const struct limit_row *row)
{
    static struct scene m;
    static uint8_t data[60000];
    const bool is_13 = row->versions != CSSL_TLSV1_2;
    const size_t overhead = is_13 ? TAG + 1 : TAG + EXPLICIT;
    struct longest l = { { 0 }, { 0 }, { false, false } };
    const char *const *suites = is_13 ? NULL : CSSL_LIST("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    const cssl_options c = { .versions = row->versions, .max_fragment_length = row->fragment,
                             .record_size_limit = row->client, .record_padding = row->padding,
                             PAIR_IDENTITY(pair_client_rsa), .ciphers = suites };
    const cssl_options s = { .versions = row->versions, .record_size_limit = row->server,
                             .record_padding = row->padding, PAIR_IDENTITY(pair_rsa),
                             .verify = CSSL_VERIFY_PEER, .ciphers = suites };
    scene_begin(&m, &c, &s);
    m.p.tamper = measure;
    m.p.tamper_arg = &l;
    pair_must_connect(&m.p);
    for (int side = 0; side < 2; side++) {
        const cssl_info i = info_of(&m.p, (enum pair_dir)side);
        assert_int_equal(i.max_fragment_length, row->got_fragment);
        assert_int_equal(i.record_size_limit, side == FROM_CLIENT ? row->got_client
                                                                  : row->got_server);
        /* The chain is longer than the limits of this table, so it shows them before any data. */
        if (is_13 && row->most[side] < 1000) {
            assert_int_equal(l.sealed[side], row->most[side] + overhead);
        }
        assert_true(row->got_fragment == 0 || l.clear[side] <= row->got_fragment);
        assert_int_equal(pair_write(&m.p, (enum pair_dir)side, data, sizeof(data)), 0);
        assert_int_equal(l.sealed[side], row->most[side] + overhead);
    }
    scene_end(&m);
}

static void test_limits(void **state)
{
    (void)state;
    enum { V2 = CSSL_TLSV1_2, V3 = CSSL_TLSV1_3 };
    static const struct limit_row rows[] = {
        { V2, 0, 0, 0, 0, 0, 0, { 16384, 16384 }, 0 },
        { V3, 0, 0, 0, 0, 0, 0, { 16384, 16384 }, 0 },
        { V2, 512, 0, 0, 512, 0, 0, { 512, 512 }, 0 },
        { V2, 1024, 0, 0, 1024, 0, 0, { 1024, 1024 }, 0 },
        { V2, 2048, 0, 0, 2048, 0, 0, { 2048, 2048 }, 0 },
        { V2, 4096, 0, 700, 4096, 0, 0, { 4096, 4096 }, 0 },
        { V3, 512, 0, 0, 512, 0, 0, { 512, 512 }, 0 },
        { V3, 512, 0, 0, 512, 0, 0, { 512, 512 }, 100 },
        { BOTH, 4096, 0, 0, 4096, 0, 0, { 4096, 4096 }, 0 },
        /* got_client is what the server said, and the other way round. */
        { V2, 0, 64, 0, 0, 16384, 64, { 16384, 64 }, 0 },
        { V3, 0, 64, 0, 0, 16385, 64, { 16384, 63 }, 0 },
        { V2, 0, 700, 300, 0, 300, 700, { 300, 700 }, 0 },
        { V3, 0, 700, 300, 0, 300, 700, { 299, 699 }, 0 },
        { V3, 0, 700, 300, 0, 300, 700, { 299, 699 }, 1000 },
        { V2, 0, 16384, 16384, 0, 16384, 16384, { 16384, 16384 }, 0 },
        { V3, 0, 16384, 16384, 0, 16384, 16384, { 16383, 16383 }, 0 },
        { V2, 0, 0, 300, 0, 0, 0, { 16384, 16384 }, 0 }, /* only clients can ask */
        { V3, 0, 0, 300, 0, 0, 0, { 16384, 16384 }, 0 },
        { V2, 512, 700, 0, 0, 16384, 700, { 16384, 700 }, 0 }, /* RFC 8449 5 */
        { V3, 512, 700, 300, 0, 300, 700, { 299, 699 }, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        check_row(&rows[i]);
    }
}

/* Limits are agreed on anew when a session is resumed, also on none. */
static void test_limits_resumed(void **state)
{
    (void)state;
    for (unsigned version = CSSL_TLSV1_2; version <= CSSL_TLSV1_3; version++) {
        struct pair_host client, server;
        static const unsigned limits[] = { 300, 0, 200 };
        host_init(&client, false, &wall, &(cssl_options){ .versions = version });
        host_init(&server, true, &wall, &(cssl_options){ .versions = version });
        (void)pair_handshake(&client, &server, "server.test");
        for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
            struct pair p;
            host_renew(&client, &(cssl_options){ .versions = version,
                                                 .record_size_limit = limits[i] });
            pair_start(&p, &client, &server, "server.test");
            pair_must_connect(&p);
            pair_must_talk(&p);
            assert_true(pair_resumed(&p));
            assert_int_equal(info_of(&p, FROM_SERVER).record_size_limit, limits[i]);
            pair_free(&p);
        }
        host_free(&client);
        host_free(&server);
    }
}

/* A peer that does not keep to what it agreed on is refused, by either side, by either limit. */
static void test_longer_than_agreed(void **state)
{
    (void)state;
    static struct scene m;
    static uint8_t data[2000];
    for (size_t i = 0; i < 8; i++) {
        const enum pair_dir from = i & 1 ? FROM_SERVER : FROM_CLIENT;
        const bool fragment = (i & 2) != 0;
        const unsigned version = i & 4 ? CSSL_TLSV1_3 : CSSL_TLSV1_2;
        const size_t agreed = 512;
        const cssl_options c = { .versions = version, .max_fragment_length = fragment ? 512 : 0,
                                 .record_size_limit = fragment ? 0 : 512 };
        const cssl_options s = { .versions = version, .record_size_limit = 512 };
        for (size_t more = 0; more < 2; more++) {
            scene_begin(&m, &c, &s);
            pair_must_connect(&m.p);
            m.p.side[from].engine->conn.write.limit = 0; /* it forgets */
            const size_t type = version == CSSL_TLSV1_3 && !fragment;
            const int ret = pair_write(&m.p, from, data, agreed - type + more);
            if (more == 0) {
                assert_int_equal(ret, 0);
                assert_int_equal(m.p.side[!from].data.len, agreed - type);
            } else {
                pair_must_fail(&m.p, (enum pair_dir)!from, ALERT_RECORD_OVERFLOW,
                               CSSL_R_RECORD_TOO_LONG);
            }
            scene_end(&m);
        }
    }
}

/* The records of one direction: how long each is, and of which type. */
struct seen_records {
    size_t num, longest;
    uint8_t types[64];
};

static void see_records(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                        struct buf *out)
{
    struct seen_records *seen = (struct seen_records *)p->tamper_arg + dir;
    (void)number;
    assert_true(seen->num < sizeof(seen->types));
    seen->types[seen->num++] = record.data[0];
    seen->longest = record.len - REC_HEADER > seen->longest ? record.len - REC_HEADER
                                                             : seen->longest;
    assert_int_equal(buf_append(out, record.data, record.len), 0);
}

/* All messages of a flight that are under one key share records, as long as those may be. */
static void test_packed(void **state)
{
    (void)state;
    enum { C = CT_CHANGE_CIPHER_SPEC, H = CT_HANDSHAKE, D = CT_APPLICATION_DATA };
    static const struct {
        unsigned versions;
        bool mutual, defer;
        uint8_t types[2][8]; /* by direction; 0 ends them */
    } rows[] = {
        { CSSL_TLSV1_3, false, false, { { H, C, D }, { H, C, D, D } } }, /* and the tickets */
        { CSSL_TLSV1_3, true, false, { { H, C, D }, { H, C, D, D } } },
        /* what is ready goes out while a signature is waited for */
        { CSSL_TLSV1_3, true, true, { { H, C, D, D }, { H, C, D, D, D } } },
        { CSSL_TLSV1_2, false, false, { { H, H, C, H }, { H, H, C, H } } },
        { CSSL_TLSV1_2, true, false, { { H, H, C, H }, { H, H, C, H } } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct seen_records seen[2] = { { .num = 0 } };
        struct scene s;
        const cssl_cert_key own = { .cert = PAIR_PEM(pair_client) };
        scene_hosts(&s, &(cssl_options){ .certs_keys = rows[i].mutual ? &own : NULL,
                                         .num_certs_keys = rows[i].mutual,
                                         .supported_groups = CSSL_LIST("x25519", "secp256r1"),
                                         .versions = rows[i].versions,
                                         .defer_steps = rows[i].defer },
                    &(cssl_options){ .verify = rows[i].mutual ? CSSL_VERIFY_PEER
                                                              : CSSL_VERIFY_NONE,
                                     .defer_steps = rows[i].defer });
        pair_start(&s.p, &s.client, &s.server, "server.test");
        s.p.tamper = see_records;
        s.p.tamper_arg = seen;
        pair_must_connect(&s.p);
        for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
            size_t num = strlen((const char *)rows[i].types[dir]);
            if (seen[dir].num != num || memcmp(seen[dir].types, rows[i].types[dir], num) != 0) {
                fail_msg("row %zu, side %d: %zu records", i, dir, seen[dir].num);
            }
        }
        scene_end(&s);
    }
}

/* A flight is cut where a record is full, and not before. */
static void test_packed_fragments(void **state)
{
    (void)state;
    for (unsigned version = CSSL_TLSV1_2; version <= CSSL_TLSV1_3; version++) {
        struct seen_records seen[2] = { { .num = 0 } };
        struct scene s;
        scene_hosts(&s, &(cssl_options){ .versions = version },
                    &(cssl_options){ .versions = version, .max_fragment = 128,
                                     .session_tickets = CSSL_TICKETS_DISABLED });
        pair_start(&s.p, &s.client, &s.server, "server.test");
        s.p.tamper = see_records;
        s.p.tamper_arg = seen;
        pair_must_connect(&s.p);
        pair_must_talk(&s.p);
        size_t flight = 0; /* of the server, to its Finished or ServerHelloDone */
        bool of13 = version == CSSL_TLSV1_3, began = false;
        for (size_t i = 0; i < s.server.num_seen; i++) {
            const struct pair_seen *m = &s.server.seen[i];
            began = began || (m->sent && m->type == HT_SERVER_HELLO);
            bool counts = began && m->sent && m->content_type == CT_HANDSHAKE &&
                          m->epoch == (of13 ? EPOCH_HANDSHAKE : EPOCH_CLEAR);
            flight += counts ? m->len : 0;
        }
        size_t records = 0;
        for (size_t i = of13 ? 2 : 0; i < seen[FROM_SERVER].num; i++) {
            records += seen[FROM_SERVER].types[i] == CT_HANDSHAKE;
        }
        assert_true(flight > 512);
        assert_int_equal(seen[FROM_SERVER].longest, of13 ? 128 + 1 + TAG : 128);
        if (!of13) {
            assert_int_equal(records, (flight + 127) / 128 + 1 /* Finished */);
        }
        scene_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cbc_suites),
        cmocka_unit_test(test_cbc_is_off),
        cmocka_unit_test(test_cbc_damage),
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_packed_fragments),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_limits_resumed),
        cmocka_unit_test(test_longer_than_agreed),
    };
    return cmocka_run_group_tests(tests, scene_set_up, NULL);
}
