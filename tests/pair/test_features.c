/*
 * test_features.c - what connections offer beyond the plain handshake: retries, cookies, pre-shared
 * keys, early answers, key updates, closing, padding and sizes.
 */
#include "base/error.h"
#include "msg/hello.h"
#include "scene.h"

static cssl_engine *client_of(struct scene *s)
{
    return s->p.side[FROM_CLIENT].engine;
}

static cssl_engine *server_of(struct scene *s)
{
    return s->p.side[FROM_SERVER].engine;
}

/* The messages of a full handshake, in RFC 8446's order, under the right keys. */
static void test_flights(void **state)
{
    (void)state;
    static const struct { bool sent; uint8_t epoch, type; } want[] = {
        { true, 0, HT_CLIENT_HELLO },       { false, 0, HT_SERVER_HELLO },
        { false, 2, HT_ENCRYPTED_EXTENSIONS }, { false, 2, HT_CERTIFICATE_REQUEST },
        { false, 2, HT_CERTIFICATE },       { false, 2, HT_CERTIFICATE_VERIFY },
        { false, 2, HT_FINISHED },          { true, 2, HT_CERTIFICATE },
        { true, 2, HT_CERTIFICATE_VERIFY }, { true, 2, HT_FINISHED },
        { false, 3, HT_NEW_SESSION_TICKET },
    };
    struct scene s;
    scene_begin(&s, &(cssl_options){ PAIR_IDENTITY(pair_client) },
                &(cssl_options){ .verify = CSSL_VERIFY_PEER });
    pair_must_connect(&s.p);
    size_t at = 0;
    for (size_t i = 0; i < s.client.num_seen && at < ARRAY_SIZE(want); i++) {
        const struct pair_seen *seen = &s.client.seen[i];
        if (seen->content_type != CT_HANDSHAKE) {
            assert_int_equal(seen->content_type, CT_CHANGE_CIPHER_SPEC);
            continue;
        }
        if (seen->sent != want[at].sent || seen->type != want[at].type ||
            seen->epoch != want[at].epoch) {
            fail_msg("message %zu: %s %s under epoch %d", at, seen->sent ? "sent" : "received",
                     name_of_handshake(seen->type), seen->epoch);
        }
        at++;
    }
    assert_int_equal(at, ARRAY_SIZE(want));
    /* both sides saw the same messages */
    for (int type = 0; type < 256; type++) {
        assert_int_equal(host_saw(&s.client, true, CT_HANDSHAKE, type),
                         host_saw(&s.server, false, CT_HANDSHAKE, type));
        assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, type),
                         host_saw(&s.server, true, CT_HANDSHAKE, type));
    }
    /* the key logs agree, and have the five secrets of TLS 1.3 without early data */
    assert_string_equal(s.client.keylog, s.server.keylog);
    static const char *const labels[] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                          "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                          "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
                                          "EXPORTER_SECRET" };
    for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
        assert_non_null(strstr(s.client.keylog, labels[i]));
    }
    scene_end(&s);
}

static void test_middlebox_mode(void **state)
{
    (void)state;
    for (int c = CSSL_ON; c <= CSSL_OFF; c++) {
        for (int v = CSSL_ON; v <= CSSL_OFF; v++) {
            struct scene s;
            scene_begin(&s, &(cssl_options){ .middlebox_comp_mode = (cssl_switch)c },
                        &(cssl_options){ .middlebox_comp_mode = (cssl_switch)v });
            pair_must_connect(&s.p);
            pair_must_talk(&s.p);
            assert_int_equal(host_saw(&s.client, true, CT_CHANGE_CIPHER_SPEC, -1), c == CSSL_ON);
            scene_end(&s);
        }
    }
}

static void test_hello_retry(void **state)
{
    (void)state;
    for (int cookie = CSSL_ON; cookie <= CSSL_OFF; cookie++) {
        const char *const *groups = cssl_groups("all");
        for (size_t i = 0; groups[i] != NULL; i++) {
            const char *first = strcmp(groups[i], "x25519") == 0 ? "secp256r1" : "x25519";
            struct scene s;
            scene_begin(&s, &(cssl_options){ .supported_groups = CSSL_LIST(first, groups[i]),
                                             .key_share_groups = CSSL_LIST(first),
                                             PAIR_IDENTITY(pair_client) },
                        &(cssl_options){ .supported_groups = CSSL_LIST(groups[i]),
                                         .verify = CSSL_VERIFY_PEER,
                                         .cookie = (cssl_switch)cookie });
            pair_must_connect(&s.p);
            pair_must_talk(&s.p);
            assert_true(info_of(&s.p, FROM_CLIENT).hello_retry);
            assert_string_equal(info_of(&s.p, FROM_CLIENT).group, groups[i]);
            assert_int_equal(host_saw(&s.client, true, CT_HANDSHAKE, HT_CLIENT_HELLO), 2);
            assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_SERVER_HELLO), 2);
            scene_end(&s);
        }
    }
}

/* With shares for all groups there is no retry, whichever the server wants. */
static void test_all_shares(void **state)
{
    (void)state;
    const char *const *groups = cssl_groups("all");
    for (size_t i = 0; groups[i] != NULL; i++) {
        struct scene s;
        scene_begin(&s, &(cssl_options){ .supported_groups = groups, .key_share_groups = groups,
                                         .grease = true },
                    &(cssl_options){ .supported_groups = CSSL_LIST(groups[i]) });
        pair_must_connect(&s.p);
        assert_false(info_of(&s.p, FROM_CLIENT).hello_retry);
        assert_string_equal(info_of(&s.p, FROM_SERVER).group, groups[i]);
        scene_end(&s);
    }
}

struct versions {
    uint8_t minor[8];
    size_t num;
};

static void see_versions(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                         struct buf *out)
{
    struct versions *v = p->tamper_arg;
    (void)number;
    if (dir == FROM_CLIENT && v->num < sizeof(v->minor)) {
        assert_int_equal(record.data[1], 3);
        v->minor[v->num++] = record.data[2];
    }
    assert_int_equal(buf_append(out, record.data, record.len), 0);
}

/* RFC 8446 5.1: the record of the first ClientHello may say TLS 1.0, no other may. */
static void test_record_versions(void **state)
{
    (void)state;
    struct versions v = { .num = 0 };
    struct scene s;
    scene_begin(&s, &(cssl_options){ .supported_groups = CSSL_LIST("x25519", "secp384r1"),
                                     .key_share_groups = CSSL_LIST("x25519") },
                &(cssl_options){ .supported_groups = CSSL_LIST("secp384r1") });
    s.p.tamper = see_versions;
    s.p.tamper_arg = &v;
    pair_must_connect(&s.p);
    assert_int_equal(v.num, 4); /* hello, change_cipher_spec, second hello, Finished */
    assert_memory_equal(v.minor, "\1\3\3\3", 4);
    scene_end(&s);
}

/* A retry in the handshake that a resumption needs, too: the binders are made anew. */
static void test_hello_retry_resumes(void **state)
{
    (void)state;
    struct pair_host client, server;
    host_init(&client, false, &wall,
              &(cssl_options){ .supported_groups = CSSL_LIST("x25519", "secp384r1"),
                               .key_share_groups = CSSL_LIST("x25519"),
                               .ciphers = CSSL_LIST("TLS_AES_256_GCM_SHA384") });
    host_init(&server, true, &wall,
              &(cssl_options){ .supported_groups = CSSL_LIST("secp384r1") });
    assert_false(pair_handshake(&client, &server, "server.test"));
    assert_true(pair_handshake(&client, &server, "server.test"));
    assert_true(pair_handshake(&client, &server, "server.test"));
    host_free(&client);
    host_free(&server);
}

/* RFC 8446 4.1.4: when the retry settles on a suite of another hash, the PSK is not offered
 * again. */
static void see_hellos(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                       struct buf *out)
{
    bool *offered = p->tamper_arg;
    struct client_hello ch;
    (void)number;
    if (dir == FROM_CLIENT && record.data[0] == CT_HANDSHAKE) {
        assert_int_equal(record.data[5], HT_CLIENT_HELLO);
        assert_int_equal(client_hello_parse(&ch, bytes_of(record.data + 9, record.len - 9), NULL),
                         0);
        offered[offered[0] ? 1 : 0] = ext_has(ch.has, EXT_PRE_SHARED_KEY);
    }
    assert_int_equal(buf_append(out, record.data, record.len), 0);
}

static void test_hello_retry_other_hash(void **state)
{
    (void)state;
    struct scene s;
    bool offered[2] = { false, false };
    const cssl_options sha384 = { .ciphers = CSSL_LIST("TLS_AES_256_GCM_SHA384"),
                                  .supported_groups = CSSL_LIST("x25519", "secp384r1"),
                                  .key_share_groups = CSSL_LIST("x25519") };
    cssl_options both = sha384;
    both.ciphers = CSSL_LIST("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256");
    scene_begin(&s, &sha384, &(cssl_options){ .supported_groups = CSSL_LIST("secp384r1") });
    pair_must_connect(&s.p);
    pair_free(&s.p);
    host_renew(&s.client, &both);
    pair_start(&s.p, &s.client, &s.server, "server.test");
    s.p.tamper = see_hellos;
    s.p.tamper_arg = offered;
    pair_must_connect(&s.p);
    assert_true(offered[0]);
    assert_false(offered[1]);
    assert_false(pair_resumed(&s.p));
    assert_string_equal(info_of(&s.p, FROM_CLIENT).cipher_suite, "TLS_AES_128_GCM_SHA256");
    scene_end(&s);
}

static void test_alpn(void **state)
{
    (void)state;
    const struct {
        const char *const *client, *const *server;
        const char *agreed;
    } cases[] = {
        { CSSL_LIST("h2", "http/1.1"), CSSL_LIST("http/1.1", "h2"), "http/1.1" },
        { CSSL_LIST("x", "h2"), CSSL_LIST("h2"), "h2" },
        { CSSL_LIST("h2"), NULL, "" },
        { NULL, CSSL_LIST("h2"), "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene s;
        scene_begin(&s, &(cssl_options){ .alpn_protocols = cases[i].client },
                    &(cssl_options){ .alpn_protocols = cases[i].server });
        pair_must_connect(&s.p);
        assert_string_equal(info_of(&s.p, FROM_CLIENT).alpn_protocol, cases[i].agreed);
        scene_end(&s);
    }
}

/* ---- Pre-shared keys ---- */

static const uint8_t psk_one[32] = { 1, 2, 3, 4 }, psk_two[32] = { 1, 2, 3, 5 };

static void test_external_psk(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        const uint8_t *psk;
        bool server_has_certificate;
        int alert;
    } cases[] = {
        { "device 7", psk_one, false, -1 },
        { "device 7", psk_one, true, -1 },
        { "device 7", psk_two, false, ALERT_DECRYPT_ERROR }, /* RFC 8446 4.2.11: the binder */
        { "device 7", psk_two, true, ALERT_DECRYPT_ERROR },
        { "device 8", psk_one, true, -2 }, /* unknown: by certificate */
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene s;
        const cssl_cert_key identity = { .cert = PAIR_PEM(pair_p256) };
        const bool certificate = cases[i].server_has_certificate;
        scene_begin(&s, &(cssl_options){ .psk_identity = cases[i].id, .psk = { cases[i].psk, 32 } },
                    &(cssl_options){ .psk_identity = "device 7", .psk = { psk_one, 32 },
                                     .certs_keys = certificate ? &identity : NULL,
                                     .num_certs_keys = certificate ? 1 : 0 });
        if (cases[i].alert < 0) {
            pair_must_connect(&s.p);
            pair_must_talk(&s.p);
            assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_CERTIFICATE),
                             cases[i].alert == -1 ? 0 : 1);
        } else {
            pair_must_fail(&s.p, FROM_SERVER, cases[i].alert, 0);
        }
        scene_end(&s);
    }
}

/* Without a certificate and without a common key nothing is possible. */
static void test_psk_only(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, &(cssl_options){ .psk_identity = "device 7", .psk = { psk_one, 32 } });
    pair_end(&s.p);
    assert_int_equal(s.p.side[FROM_SERVER].error.status, CSSL_ALERT);
    assert_true(s.p.side[FROM_CLIENT].error.alert_from_peer);
    scene_end(&s);
}

/* ---- Data before the end of the handshake, and key updates ---- */

/* hold_client keeps the client's second flight back. */
static void hold_client(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                        struct buf *out)
{
    bool hold = dir == FROM_CLIENT && number > 0;
    assert_int_equal(buf_append(hold ? &p->held : out, record.data, record.len), 0);
}

/* A server may speak as soon as its Finished is sent: the client reads it when it is done. */
static void test_half_rtt(void **state)
{
    (void)state;
    static const char hello[] = "220 server.test ready";
    struct scene s;
    scene_begin(&s, NULL, NULL);
    s.p.tamper = hold_client;
    pair_pump(&s.p);
    assert_true(s.p.side[FROM_CLIENT].connected);
    assert_false(s.p.side[FROM_SERVER].connected);
    assert_int_equal(cssl_engine_write(server_of(&s), hello, sizeof(hello), NULL), sizeof(hello));
    pair_pump(&s.p);
    assert_int_equal(s.p.side[FROM_CLIENT].data.len, sizeof(hello));
    assert_false(s.p.side[FROM_SERVER].connected);
    s.p.tamper = NULL;
    pair_inject(&s.p, FROM_CLIENT, buf_bytes(&s.p.held).data, s.p.held.len);
    pair_must_connect(&s.p);
    pair_must_talk(&s.p);
    scene_end(&s);
}

/* A server that wants to know who its client is waits for that. */
static void test_half_rtt_mutual(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, &(cssl_options){ PAIR_IDENTITY(pair_client) },
                &(cssl_options){ .verify = CSSL_VERIFY_PEER });
    s.p.tamper = hold_client;
    pair_pump(&s.p);
    assert_true(s.p.side[FROM_CLIENT].connected);
    assert_int_equal(cssl_engine_write(server_of(&s), "secret", 6, NULL), CSSL_STATE);
    s.p.tamper = NULL;
    pair_inject(&s.p, FROM_CLIENT, buf_bytes(&s.p.held).data, s.p.held.len);
    pair_must_connect(&s.p);
    pair_must_talk(&s.p);
    scene_end(&s);
}

/* Neither side may write before it can. */
static void test_too_early(void **state)
{
    (void)state;
    struct scene s;
    cssl_error err = { 0 };
    scene_begin(&s, NULL, NULL);
    assert_int_equal(cssl_engine_write(client_of(&s), "x", 1, &err), CSSL_STATE);
    assert_int_equal(cssl_engine_write(server_of(&s), "x", 1, &err), CSSL_STATE);
    assert_int_equal(cssl_engine_update_keys(client_of(&s), true, &err), CSSL_STATE);
    uint8_t out[32];
    assert_int_equal(cssl_engine_export_key_material(client_of(&s), "EXPORTER-x", bytes_of(NULL, 0),
                                                     out, sizeof(out), &err), CSSL_STATE);
    pair_must_connect(&s.p); /* none of that did harm */
    pair_must_talk(&s.p);
    scene_end(&s);
}

static void test_key_updates(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    for (int i = 0; i < 20; i++) {
        cssl_engine *e = i % 2 == 0 ? client_of(&s) : server_of(&s);
        assert_int_equal(cssl_engine_update_keys(e, i % 3 != 0, NULL), 0);
        if (i % 5 != 0) {
            pair_must_talk(&s.p);
        }
    }
    /* both at once, both asking */
    assert_int_equal(cssl_engine_update_keys(client_of(&s), true, NULL), 0);
    assert_int_equal(cssl_engine_update_keys(server_of(&s), true, NULL), 0);
    pair_must_talk(&s.p);
    assert_true(host_saw(&s.client, true, CT_HANDSHAKE, HT_KEY_UPDATE) >= 11);
    assert_true(host_saw(&s.client, false, CT_HANDSHAKE, HT_KEY_UPDATE) >= 11);
    pair_check_agreement(&s.p); /* exporters do not change */
    scene_end(&s);
}

/* After so many bytes under one key the sender changes it by itself. */
static void test_key_update_at(void **state)
{
    (void)state;
    struct scene s;
    static uint8_t data[100000];
    scene_begin(&s, &(cssl_options){ .key_update_at = 20000 }, NULL);
    pair_must_connect(&s.p);
    assert_int_equal(pair_write(&s.p, FROM_CLIENT, data, sizeof(data)), 0);
    assert_int_equal(s.p.side[FROM_SERVER].data.len, sizeof(data));
    size_t updates = host_saw(&s.client, true, CT_HANDSHAKE, HT_KEY_UPDATE);
    assert_in_range(updates, 3, 6);
    pair_must_talk(&s.p);
    scene_end(&s);
}

/* ---- Data: any size, both ways, and sizes of records ---- */

static size_t longest_record, num_data_records;

static void measure(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                    struct buf *out)
{
    (void)number;
    if (dir == FROM_CLIENT && p->side[FROM_SERVER].connected) {
        longest_record = record.len > longest_record ? record.len : longest_record;
        num_data_records++;
    }
    assert_int_equal(buf_append(out, record.data, record.len), 0);
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 2, 63, 64, 65, 16383, 16384, 16385, 50000, 300000, 1000000 };
    static const struct { size_t max_fragment, padding; } cases[] = {
        { 0, 0 }, { 64, 0 }, { 1000, 0 }, { 0, 512 }, { 0, 16384 }, { 500, 7 }
    };
    uint8_t *data = test_copy(NULL, 0);
    free(data);
    data = calloc(1, 1000000);
    assert_non_null(data);
    struct test_rng rng;
    test_rng_init(&rng, 9);
    test_rng_fill(&rng, data, 1000000);
    for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
        struct scene s;
        const cssl_options o = { .max_fragment = cases[c].max_fragment,
                                 .record_padding = cases[c].padding };
        scene_begin(&s, &o, &o);
        s.p.tamper = measure;
        pair_must_connect(&s.p);
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            if (cases[c].max_fragment == 64 && sizes[i] > 50000) {
                continue;
            }
            struct pair_side *to = &s.p.side[FROM_SERVER];
            longest_record = num_data_records = 0;
            assert_int_equal(pair_write(&s.p, FROM_CLIENT, data, sizes[i]), 0);
            assert_int_equal(to->data.len, sizes[i]);
            assert_memory_equal(buf_bytes(&to->data).data, data, sizes[i]);
            buf_consume(&to->data, to->data.len);
            assert_true(longest_record <= 5 + 16384 + 256);
            size_t max = cases[c].max_fragment == 0 ? 16384 : cases[c].max_fragment;
            if (cases[c].padding == 0) {
                assert_true(longest_record <= 5 + max + 1 + 16);
            } else {
                assert_true(longest_record > sizes[i] || longest_record > max);
            }
            assert_true(num_data_records >= (sizes[i] + max - 1) / max);
        }
        pair_must_talk(&s.p);
        scene_end(&s);
    }
    free(data);
}

/* All data of fewer bytes than the padding looks alike. */
static void test_padding_hides(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, &(cssl_options){ .record_padding = 256 }, NULL);
    s.p.tamper = measure;
    pair_must_connect(&s.p);
    size_t first = 0;
    for (size_t len = 1; len < 256; len += 50) {
        uint8_t data[256] = { 0 };
        longest_record = 0;
        assert_int_equal(pair_write(&s.p, FROM_CLIENT, data, len), 0);
        first = first == 0 ? longest_record : first;
        assert_int_equal(longest_record, first);
    }
    assert_int_equal(first, 5 + 256 + 16);
    scene_end(&s);
}

/* What is queued for a peer that does not read is bounded, and goes on afterwards. */
static void test_send_limit(void **state)
{
    (void)state;
    struct scene s;
    static uint8_t data[400000];
    scene_begin(&s, &(cssl_options){ .send_limit = 65536 }, NULL);
    pair_must_connect(&s.p);
    size_t taken = 0;
    for (int i = 0; i < 20; i++) {
        ssize_t n = cssl_engine_write(client_of(&s), data, sizeof(data), NULL);
        assert_true(n >= 0);
        taken += (size_t)n;
        assert_true(cssl_engine_output(client_of(&s)).len <= 65536 + 32768);
    }
    assert_true(taken > 16384 && taken <= 65536 + 16384);
    pair_pump(&s.p);
    assert_int_equal(s.p.side[FROM_SERVER].data.len, taken);
    pair_must_talk(&s.p);
    scene_end(&s);
}

static void test_writev(void **state)
{
    (void)state;
    struct scene s;
    char text[41];
    struct iovec v[40];
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
        text[i] = (char)('A' + i);
        v[i] = (struct iovec){ .iov_base = &text[i], .iov_len = i % 7 != 3 };
    }
    size_t want = 0, done = 0;
    for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
        want += v[i].iov_len;
    }
    ssize_t n = cssl_engine_writev(client_of(&s), v, (int)ARRAY_SIZE(v), NULL);
    assert_int_equal(n, want);
    pair_pump(&s.p);
    assert_int_equal(s.p.side[FROM_SERVER].data.len, want);
    for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
        if (v[i].iov_len == 1) {
            assert_int_equal(buf_bytes(&s.p.side[FROM_SERVER].data).data[done++], text[i]);
        }
    }
    scene_end(&s);
}

/* ---- Closing ---- */

static void test_close_both(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    assert_int_equal(cssl_engine_close(client_of(&s), NULL), 0);
    assert_true(cssl_engine_write(client_of(&s), "x", 1, NULL) < 0);
    pair_pump(&s.p);
    assert_true(s.p.side[FROM_SERVER].closed);
    assert_false(s.p.side[FROM_CLIENT].closed);
    assert_int_equal(cssl_engine_close(server_of(&s), NULL), 0);
    pair_pump(&s.p);
    assert_true(s.p.side[FROM_CLIENT].closed);
    pair_end(&s.p);
    assert_int_equal(s.p.side[FROM_CLIENT].error.status, 0);
    assert_int_equal(s.p.side[FROM_SERVER].error.status, 0);
    scene_end(&s);
}

/* After the client's close_notify the server still talks, and may change its keys. */
static void test_half_close(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    assert_int_equal(cssl_engine_close(client_of(&s), NULL), 0);
    pair_pump(&s.p);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pair_write(&s.p, FROM_SERVER, "still here", 10), 0);
        assert_int_equal(cssl_engine_update_keys(server_of(&s), i == 1, NULL), 0);
    }
    pair_pump(&s.p);
    assert_int_equal(s.p.side[FROM_CLIENT].data.len, 30);
    assert_int_equal(s.p.side[FROM_CLIENT].error.status, 0);
    assert_int_equal(cssl_engine_close(server_of(&s), NULL), 0);
    pair_end(&s.p);
    assert_true(s.p.side[FROM_CLIENT].closed && s.p.side[FROM_SERVER].closed);
    assert_int_equal(s.p.side[FROM_CLIENT].error.status, 0);
    scene_end(&s);
}

/* A stream that ends without close_notify may have lost data: an attacker can end it. */
static void test_truncation(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    pair_end(&s.p);
    assert_int_equal(s.p.side[FROM_CLIENT].error.status, CSSL_TRUNCATED);
    assert_int_equal(s.p.side[FROM_SERVER].error.status, CSSL_TRUNCATED);
    assert_false(s.p.side[FROM_CLIENT].closed || s.p.side[FROM_SERVER].closed);
    scene_end(&s);
}

static void test_cancel(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, NULL);
    cssl_engine_cancel(client_of(&s));
    pair_end(&s.p);
    assert_int_equal(s.p.side[FROM_SERVER].error.status, CSSL_CLOSED);
    assert_false(s.p.side[FROM_SERVER].connected);
    assert_int_equal(host_saw(&s.server, false, CT_ALERT, ALERT_USER_CANCELED), 1);
    assert_int_equal(host_saw(&s.server, false, CT_ALERT, ALERT_CLOSE_NOTIFY), 1);
    assert_int_equal(cssl_engine_write(client_of(&s), "x", 1, NULL), CSSL_ALERT);
    scene_end(&s);
}

/* A client that refuses the ServerHello has no keys yet: its alert comes in the clear, to a server
 * that has some. It is heard all the same. */
static void spoil_server_hello(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                               struct buf *out)
{
    enum { AT_SESSION_ID = 5 + 4 + 2 + 32 + 1 };
    uint8_t *copy = test_copy(record.data, record.len);
    (void)p;
    if (dir == FROM_SERVER && number == 0) {
        copy[AT_SESSION_ID] ^= 1;
    }
    assert_int_equal(buf_append(out, copy, record.len), 0);
    free(copy);
}

static void test_alert_in_the_clear(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, NULL);
    s.p.tamper = spoil_server_hello;
    pair_must_fail(&s.p, FROM_CLIENT, ALERT_ILLEGAL_PARAMETER, 0);
    scene_end(&s);
}

/* ---- Steps ---- */

/* With defer_steps each public-key operation is the caller's, on both sides; meanwhile the engine
 * takes nothing. */
static void test_steps(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options c = { .defer_steps = true, PAIR_IDENTITY(pair_client) };
    scene_begin(&s, &c, &(cssl_options){ .defer_steps = true, .verify = CSSL_VERIFY_PEER });
    s.p.step_leave = true;
    for (int i = 0; i < 50 && !pair_connected(&s.p); i++) {
        pair_pump(&s.p);
        for (enum pair_dir side = FROM_CLIENT; side <= FROM_SERVER; side++) {
            cssl_step *step = cssl_engine_step(s.p.side[side].engine);
            if (step == NULL) {
                continue;
            }
            uint8_t *where = NULL;
            assert_int_equal(cssl_engine_room(s.p.side[side].engine, &where), 0);
            cssl_step_run(step);
            s.p.side[side].num_steps++;
            assert_int_equal(cssl_engine_step_done(s.p.side[side].engine, step, NULL), 0);
        }
    }
    pair_must_connect(&s.p);
    assert_true(s.p.side[FROM_CLIENT].num_steps >= 3); /* pair, secret, signature */
    assert_true(s.p.side[FROM_SERVER].num_steps >= 2); /* answer, signature */
    s.p.step_leave = false;
    pair_must_talk(&s.p);
    scene_end(&s);
}

/* An engine that is freed while a step is out leaves it to its runner. */
static void test_orphaned_steps(void **state)
{
    (void)state;
    for (int leave_at = 0; leave_at < 8; leave_at++) {
        struct scene s;
        int seen = 0;
        bool left = false;
        const cssl_options o = { .defer_steps = true };
        scene_begin(&s, &o, &o);
        s.p.step_leave = true;
        for (int i = 0; i < 20 && !left; i++) {
            pair_pump(&s.p);
            for (int side = 0; side < 2 && !left; side++) {
                cssl_step *step = cssl_engine_step(s.p.side[side].engine);
                if (step == NULL) {
                    continue;
                }
                if (seen++ == leave_at) {
                    cssl_engine_free(s.p.side[side].engine);
                    s.p.side[side].engine = NULL;
                    cssl_step_run(step);
                    cssl_step_free(step);
                    left = true;
                } else {
                    cssl_step_run(step);
                    assert_int_equal(cssl_engine_step_done(s.p.side[side].engine, step, NULL), 0);
                }
            }
        }
        assert_true(left || seen <= leave_at);
        scene_end(&s);
    }
}

int main(void)
{
    test_clock_init(&wall, PAIR_NOW);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flights),         cmocka_unit_test(test_middlebox_mode),
        cmocka_unit_test(test_hello_retry),     cmocka_unit_test(test_hello_retry_resumes),
        cmocka_unit_test(test_all_shares),
        cmocka_unit_test(test_hello_retry_other_hash), cmocka_unit_test(test_record_versions),
        cmocka_unit_test(test_alpn),            cmocka_unit_test(test_external_psk),
        cmocka_unit_test(test_psk_only),        cmocka_unit_test(test_half_rtt),
        cmocka_unit_test(test_half_rtt_mutual), cmocka_unit_test(test_too_early),
        cmocka_unit_test(test_key_updates),
        cmocka_unit_test(test_key_update_at),   cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_padding_hides),   cmocka_unit_test(test_send_limit),
        cmocka_unit_test(test_writev),          cmocka_unit_test(test_close_both),
        cmocka_unit_test(test_half_close),      cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_cancel),          cmocka_unit_test(test_alert_in_the_clear),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_orphaned_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
