/*
 * test_staple.c - revocation in whole handshakes, both versions: stapled responses of every kind,
 * must-staple, nonces, timestamps, revocation lists, further names. What makes a response or a list
 * good in detail: tests/unit/pki/test_ocsp.c and test_revoke.c.
 */
#include "base/error.h"
#include "pair.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/pem.h"
#include "pki/chain.h"
#include "pki/stapler.h"
#include "status_maker.h"

_Static_assert((int)SM_NOW == (int)PAIR_NOW, "what is made is valid at the time of the pairs");

/* tlsFeature with status_request (RFC 7633) */
#define MUST_STAPLE "301106082b0601050507011804053003020105"

static struct test_clock wall;
static struct sm_id ca, leaf, must, other, responder;
static const unsigned both[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };

static int set_up(void **state)
{
    (void)state;
    test_clock_init(&wall, PAIR_NOW);
    sm_make(&ca, &(struct sm_cert){ .name = "ca", .ca = true });
    sm_make(&leaf, &(struct sm_cert){ .name = "leaf", .issuer = &ca, .serial = 42 });
    sm_make(&must, &(struct sm_cert){ .name = "must", .issuer = &ca, .serial = 43,
                                      .more = MUST_STAPLE });
    sm_make(&other, &(struct sm_cert){ .name = "other", .issuer = &ca, .serial = 44 });
    sm_make(&responder, &(struct sm_cert){ .name = "responder", .issuer = &ca, .ocsp = true });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    struct sm_id *all[] = { &ca, &leaf, &must, &other, &responder };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        sm_free(all[i]);
    }
    return 0;
}

/* One handshake: the server is id with a staple (or none), the client has options. */
struct try {
    struct pair_host client, server;
    struct pair pair;
};

static void begin(struct try *t, const struct sm_id *id, const cssl_cert_key *extra,
                  cssl_options client, unsigned versions)
{
    cssl_error err;
    uint8_t *key;
    size_t key_len;
    assert_int_equal(pkey_to_der(id->key, NULL, &key, &key_len, &err), 0);
    cssl_cert_key conf = extra == NULL ? (cssl_cert_key){ .certfile = NULL } : *extra;
    conf.cert = cert_der(id->cert);
    conf.key = bytes_of(key, key_len);
    client.versions = versions;
    client.cacerts = cert_der(ca.cert);
    host_init(&t->server, true, &wall,
              &(cssl_options){ .certs_keys = &conf, .num_certs_keys = 1, .versions = versions });
    host_init(&t->client, false, &wall, &client);
    pair_start(&t->pair, &t->client, &t->server, "server.test");
    free(key);
}

static void end(struct try *t)
{
    pair_free(&t->pair);
    host_free(&t->client);
    host_free(&t->server);
}

/* expect runs one handshake; reason 0: it succeeds, and staple_verified is what verified says. */
static void expect(const char *what, const struct sm_id *id, const struct sm_ocsp *spec,
                   cssl_options client, int alert, int reason, bool verified)
{
    for (size_t v = 0; v < ARRAY_SIZE(both); v++) {
        struct try t;
        struct sm_der staple = { 0 };
        cssl_info info;
        cssl_bytes got;
        print_message("%s, %x\n", what, both[v]);
        if (spec != NULL) {
            sm_make_ocsp(&staple, spec);
        }
        begin(&t, id, &(cssl_cert_key){ .staple = sm_bytes(&staple) }, client, both[v]);
        if (reason != 0) {
            pair_must_fail(&t.pair, FROM_CLIENT, alert, reason);
        } else {
            pair_must_connect(&t.pair);
            pair_must_talk(&t.pair);
            const cssl_engine *e = t.pair.side[FROM_CLIENT].engine;
            cssl_engine_information(e, &info);
            assert_int_equal(info.staple_verified, verified);
            int ret = cssl_engine_peer_staple(e, &got, NULL);
            if (verified) {
                assert_int_equal(ret, 0);
                assert_true(bytes_equal(got, sm_bytes(&staple)));
            }
            assert_int_equal(cssl_engine_peer_staple(t.pair.side[FROM_SERVER].engine, &got, NULL),
                             CSSL_STATE);
        }
        end(&t);
    }
}

static void staples(void **state)
{
    (void)state;
    const cssl_options plain = { .versions = 0 };
    const cssl_options on = { .stapling = CSSL_ON };
    const cssl_options off = { .stapling = CSSL_OFF };
    const struct sm_ocsp good = { .signer = &ca, .cert = leaf.cert, .issuer = ca.cert };
    const struct sm_ocsp good_must = { .signer = &responder, .send_signer = true,
                                       .cert = must.cert, .issuer = ca.cert };
    struct sm_ocsp spec = good;
    const int status = ALERT_BAD_CERTIFICATE_STATUS_RESPONSE;
    expect("good", &leaf, &good, plain, 0, 0, true);
    expect("good, asked for", &leaf, &good, on, 0, 0, true);
    expect("not asked for", &leaf, &good, off, 0, 0, false);
    expect("none", &leaf, NULL, plain, 0, 0, false);
    expect("none, asked for", &leaf, NULL, on, status, CSSL_R_STAPLE, false);
    spec.status = 1;
    expect("revoked", &leaf, &spec, plain, ALERT_CERTIFICATE_REVOKED, CSSL_R_CERT_REVOKED, false);
    expect("revoked, asked for", &leaf, &spec, on, ALERT_CERTIFICATE_REVOKED, CSSL_R_CERT_REVOKED,
           false);
    spec.status = 2;
    expect("unknown", &leaf, &spec, plain, 0, 0, false);
    expect("unknown, asked for", &leaf, &spec, on, status, CSSL_R_STAPLE, false);
    spec = good;
    spec.to = PAIR_NOW - 1; /* a server does not show it */
    expect("expired", &leaf, &spec, plain, 0, 0, false);
    expect("expired, asked for", &leaf, &spec, on, status, CSSL_R_STAPLE, false);
    spec = good;
    spec.signer = &other;
    spec.send_signer = true;
    expect("wrong signer", &leaf, &spec, plain, 0, 0, false);
    expect("wrong signer, asked for", &leaf, &spec, on, status, CSSL_R_STAPLE, false);
    spec.response_status = 3;
    expect("tryLater, asked for", &leaf, &spec, on, status, CSSL_R_STAPLE, false);
    expect("must, good", &must, &good_must, plain, 0, 0, true);
    expect("must, none", &must, NULL, plain, status, CSSL_R_STAPLE, false);
    expect("must, none, not asked for", &must, NULL, off, 0, 0, false);
}

/* A stapled response for somebody else comes only from a server that is not ours. */
static void wrong_certificate(void **state)
{
    (void)state;
    struct sm_der staple;
    cssl_error err;
    uint8_t *key;
    size_t key_len;
    assert_int_equal(pkey_to_der(leaf.key, NULL, &key, &key_len, &err), 0);
    sm_make_ocsp(&staple, &(struct sm_ocsp){ .signer = &ca, .cert = other.cert,
                                             .issuer = ca.cert });
    cssl_cert_key conf = { .cert = cert_der(leaf.cert), .key = bytes_of(key, key_len),
                           .staple = sm_bytes(&staple) };
    const cssl_options options = { .certs_keys = &conf, .num_certs_keys = 1 };
    assert_null(cssl_server_config(&options, &err));
    assert_int_equal(err.reason, CSSL_R_STAPLE_FILE);
    conf.staple = bytes_str("0");
    assert_null(cssl_server_config(&options, &err));
    assert_int_equal(err.reason, CSSL_R_STAPLE_FILE);
    conf.staple = bytes_of(NULL, 0);
    conf.scts = bytes_of((const uint8_t *)"\0\2\0\0", 4);
    assert_null(cssl_server_config(&options, &err));
    assert_string_equal(err.option, "scts");
    free(key);
}

/* A nonce is asked for; a response that was made before cannot have it. */
static void nonce(void **state)
{
    (void)state;
    const struct sm_ocsp good = { .signer = &ca, .cert = leaf.cert, .issuer = ca.cert,
                                  .nonce = bytes_str("not yours") };
    expect("nonce", &leaf, &good, (cssl_options){ .stapling = CSSL_ON, .stapling_nonce = true },
           ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, CSSL_R_STAPLE, false);
}

static void write_file(const char *path, const struct sm_der *der, time_t when)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(der->data, 1, der->len, file), der->len);
    assert_int_equal(fclose(file), 0);
    const struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A server reads its file again when it changed, at most every ten seconds, and keeps the old
 * response when the new one is malformed. */
static void refreshed(void **state)
{
    (void)state;
    char path[] = "cssl-staple-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    struct sm_der old, new;
    const struct sm_der broken = { 3, { 1, 2, 3 } };
    struct sm_ocsp spec = { .signer = &ca, .cert = leaf.cert, .issuer = ca.cert };
    sm_make_ocsp(&old, &spec);
    spec.to = PAIR_NOW + 5 * SM_DAY;
    sm_make_ocsp(&new, &spec);
    write_file(path, &old, 1000);
    struct stapler *s = stapler_new(path, bytes_of(NULL, 0), leaf.cert, NULL);
    assert_non_null(s);
    const struct {
        int64_t at;
        const struct sm_der *write, *expect;
    } rows[] = {
        { 0, NULL, &old },        { 1, &new, &old },  { 9, NULL, &old },
        { 10, NULL, &new },       { 11, &broken, &new }, { 25, NULL, &new },
        { 40, &old, &old },       { SM_DAY, NULL, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].write != NULL) {
            write_file(path, rows[i].write, (time_t)(2000 + i));
        }
        struct staple *staple = stapler_get(s, PAIR_NOW + rows[i].at);
        if ((staple == NULL) != (rows[i].expect == NULL) ||
            (staple != NULL && !bytes_equal(staple_der(staple), sm_bytes(rows[i].expect)))) {
            fail_msg("row %zu", i);
        }
        staple_free(staple);
    }
    stapler_free(s);
    (void)unlink(path);
}

static void timestamps(void **state)
{
    (void)state;
    static const uint8_t list[] = { 0, 8, 0, 3, 'a', 'b', 'c', 0, 1, 'd' };
    for (size_t v = 0; v < ARRAY_SIZE(both); v++) {
        for (int asked = 0; asked < 2; asked++) {
            struct try t;
            cssl_bytes got;
            begin(&t, &leaf, &(cssl_cert_key){ .scts = bytes_of(list, sizeof(list)) },
                  (cssl_options){ .signed_certificate_timestamps = asked != 0 }, both[v]);
            pair_must_connect(&t.pair);
            int ret = cssl_engine_peer_scts(t.pair.side[FROM_CLIENT].engine, &got, NULL);
            assert_int_equal(ret, asked ? 0 : CSSL_STATE);
            assert_true(!asked || bytes_equal(got, bytes_of(list, sizeof(list))));
            end(&t);
        }
    }
}

static void revocation_lists(void **state)
{
    (void)state;
    const struct {
        const char *what;
        struct sm_crl spec;
        cssl_crl_check check;
        int alert, reason;
    } rows[] = {
        { "good", { .issuer = &ca }, CSSL_CRL_PEER, 0, 0 },
        { "good chain", { .issuer = &ca }, CSSL_CRL_CHAIN, 0, 0 },
        { "revoked", { .issuer = &ca, .serials = { 42 } }, CSSL_CRL_PEER,
          ALERT_CERTIFICATE_REVOKED, CSSL_R_CERT_REVOKED },
        { "revoked, best effort", { .issuer = &ca, .serials = { 42 } }, CSSL_CRL_BEST_EFFORT,
          ALERT_CERTIFICATE_REVOKED, CSSL_R_CERT_REVOKED },
        { "expired", { .issuer = &ca, .to = PAIR_NOW - 1 }, CSSL_CRL_PEER, ALERT_BAD_CERTIFICATE,
          CSSL_R_REVOCATION_UNKNOWN },
        { "expired, best effort", { .issuer = &ca, .to = PAIR_NOW - 1 }, CSSL_CRL_BEST_EFFORT, 0,
          0 },
        { "another's", { .issuer = &responder }, CSSL_CRL_PEER, ALERT_BAD_CERTIFICATE,
          CSSL_R_REVOCATION_UNKNOWN },
    };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        struct try t;
        struct sm_der crl;
        sm_make_crl(&crl, &rows[i / 2].spec);
        print_message("%s\n", rows[i / 2].what);
        begin(&t, &leaf, NULL,
              (cssl_options){ .crl_check = rows[i / 2].check, .crls = sm_bytes(&crl) },
              both[i % 2]);
        if (rows[i / 2].reason == 0) {
            pair_must_connect(&t.pair);
        } else {
            pair_must_fail(&t.pair, FROM_CLIENT, rows[i / 2].alert, rows[i / 2].reason);
        }
        end(&t);
    }
}

/* c_rehash's names: a list is found under its issuer's hash, and read again when it changes. */
static void directory(void **state)
{
    (void)state;
    char dir[] = "cssl-crls-XXXXXX";
    char path[64];
    struct sm_der crl;
    cssl_error err;
    struct crl *found[CRL_DIR_TRIED_MAX];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/%08x.r0", dir,
                   (unsigned)crl_name_hash(cert_subject(ca.cert)));
    struct crl_dir *lists = crl_dir_new(dir, &err);
    assert_non_null(lists);
    assert_int_equal(crl_dir_find(lists, cert_subject(ca.cert), found), 0);
    for (uint64_t serial = 5; serial < 8; serial++) {
        sm_make_crl(&crl, &(struct sm_crl){ .issuer = &ca, .serials = { 1, serial } });
        write_file(path, &crl, (time_t)(1000 * serial));
        for (int again = 0; again < 2; again++) {
            const uint8_t number = (uint8_t)serial;
            assert_int_equal(crl_dir_find(lists, cert_subject(ca.cert), found), 1);
            assert_true(crl_find(found[0], bytes_of(&number, 1), NULL));
            crl_free(found[0]);
        }
    }
    assert_int_equal(crl_dir_find(lists, cert_subject(other.cert), found), 0);
    crl_dir_free(lists);
    assert_null(crl_dir_new(path, &err));
    (void)unlink(path);
    (void)rmdir(dir);
}

static void names(void **state)
{
    (void)state;
    for (int named = 0; named < 2; named++) {
        struct try t;
        begin(&t, &leaf, NULL,
              (cssl_options){ .server_name_indication = "elsewhere.test",
                              .peer_names = named ? CSSL_LIST("a.test", "server.test") : NULL },
              CSSL_TLSV1_3);
        if (named) {
            pair_must_connect(&t.pair);
        } else {
            pair_must_fail(&t.pair, FROM_CLIENT, ALERT_BAD_CERTIFICATE, CSSL_R_HOSTNAME_MISMATCH);
        }
        end(&t);
    }
}

static void options(void **state)
{
    (void)state;
    const struct {
        cssl_options o;
        const char *option;
    } rows[] = {
        { { .crl_check = CSSL_CRL_PEER }, "crlfile" },
        { { .crlfile = "x" }, "crl_check" },
        { { .crl_check = (cssl_crl_check)9, .crlfile = "x" }, "crl_check" },
        { { .crl_check = CSSL_CRL_PEER, .crlfile = "/nonexistent" }, "crlfile" },
        { { .crl_check = CSSL_CRL_PEER, .crl_dir = "/nonexistent" }, "crl_dir" },
        { { .verify = CSSL_VERIFY_NONE, .stapling = CSSL_ON }, "stapling" },
        { { .stapling = CSSL_OFF, .stapling_nonce = true }, "stapling_nonce" },
        { { .certificate_policies = CSSL_LIST("1.2.x") }, "certificate_policies" },
        { { .certificate_policies = (const char *const[]){ NULL } }, "certificate_policies" },
        { { .peer_names = CSSL_LIST("not a name") }, "peer_names" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err;
        assert_null(cssl_client_config(&rows[i].o, &err));
        if (err.status != CSSL_OPTION || strcmp(err.option, rows[i].option) != 0) {
            fail_msg("row %zu: %s", i, err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(staples),    cmocka_unit_test(wrong_certificate),
        cmocka_unit_test(nonce),      cmocka_unit_test(refreshed),
        cmocka_unit_test(timestamps), cmocka_unit_test(revocation_lists),
        cmocka_unit_test(directory),  cmocka_unit_test(names),
        cmocka_unit_test(options),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
