/*
 * test_identities.c - which of several identities is shown, in both roles and versions, where they
 * are kept for certain issuers or sign with schemes of their own. The choice alone: unit_certkey.
 */
#include "base/error.h"
#include "crypto/pem.h"
#include "pki/cert_fields.h"
#include "scene.h"

static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };

/* shown is which of keys side has shown, by its leaf; -1 for none. */
static int shown(const struct pair *p, enum pair_dir side, const cssl_cert_key *keys, size_t num)
{
    cssl_bytes der;
    const enum pair_dir other = side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
    int found = -1;
    if (cssl_engine_peercert(p->side[other].engine, 0, &der, NULL) != 0) {
        return -1;
    }
    for (size_t i = 0; i < num; i++) {
        struct pem_block block;
        size_t at = 0;
        assert_int_equal(pem_next(keys[i].cert, &at, &block, NULL), 0);
        found = bytes_equal(der, bytes_of(block.der, block.len)) ? (int)i : found;
        pem_free(&block);
    }
    return found;
}

/* A server with clients' anchors of which it tells the names, or not; clients likewise. */
struct issuer_row {
    const char *anchors; /* of the side that verifies, which names them if it tells */
    bool tells, kept;
    int shown; /* 0 is the stranger's identity, which is kept if kept; 1 another; -2 refused */
};

static void test_issuers(void **state)
{
    (void)state;
    static const struct issuer_row rows[] = {
        { pair_root, true, true, 1 },
        { pair_root, false, true, 1 },
        { pair_root, false, false, -2 }, /* the first one, which is not trusted */
        { pair_root, true, false, 1 },
        { pair_stranger, true, true, 0 },
        { pair_stranger, false, true, -2 },
    };
    for (size_t i = 0; i < 4 * ARRAY_SIZE(rows); i++) {
        const struct issuer_row *row = &rows[i / 4];
        const bool clients = (i & 1) != 0;
        const cssl_cert_key keys[] = {
            { .cert = PAIR_PEM(clients ? pair_client_stranger : pair_impostor),
              .only_for_issuers = row->kept },
            { .cert = PAIR_PEM(clients ? pair_client : pair_p256) },
        };
        const cssl_options shows = { .versions = versions[i >> 1 & 1], .certs_keys = keys,
                                     .num_certs_keys = 2 };
        const cssl_options verifies = {
            .versions = CSSL_TLSV1_2 | CSSL_TLSV1_3, /* TLS 1.3 is what tells of a client's */
            .verify = CSSL_VERIFY_PEER,
            .cacerts = PAIR_PEM(row->anchors),
            .certificate_authorities = row->tells ? CSSL_ON : CSSL_OFF,
        };
        struct scene s;
        scene_begin(&s, clients ? &shows : &verifies, clients ? &verifies : &shows);
        pair_pump(&s.p);
        if (pair_connected(&s.p) != (row->shown >= 0)) {
            fail_msg("row %zu: %s / %s", i, s.p.side[0].error.text, s.p.side[1].error.text);
        }
        if (row->shown >= 0) {
            pair_must_talk(&s.p);
            assert_int_equal(shown(&s.p, clients ? FROM_CLIENT : FROM_SERVER, keys, 2),
                             row->shown);
        }
        scene_end(&s);
    }
}

/* Where all are kept, a server refuses those who name nobody; a client shows none. */
static void test_all_kept(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        const cssl_cert_key server = { .cert = PAIR_PEM(pair_p256), .only_for_issuers = true };
        const cssl_cert_key client = { .cert = PAIR_PEM(pair_client), .only_for_issuers = true };
        const cssl_options kept = { .versions = versions[v], .certs_keys = &server,
                                    .num_certs_keys = 1 };
        scene_refuses(&(cssl_options){ 0 }, &kept, FROM_SERVER, ALERT_HANDSHAKE_FAILURE,
                      CSSL_R_ISSUER_NOT_NAMED);
        struct scene s;
        scene_open(&s,
                   &(cssl_options){ .certs_keys = &client, .num_certs_keys = 1 },
                   &(cssl_options){ .versions = versions[v],
                                    .verify = CSSL_VERIFY_PEER,
                                    .fail_if_no_peer_cert = CSSL_OFF,
                                    .certificate_authorities = CSSL_OFF });
        assert_int_equal(shown(&s.p, FROM_CLIENT, &client, 1), -1);
        assert_false(info_of(&s.p, FROM_SERVER).peer_verified);
        scene_end(&s);
    }
}

/* Each key signs with schemes of its own, in its own order. */
static void test_schemes(void **state)
{
    (void)state;
    const struct {
        const char *const *first, *const *second; /* of the server's two RSA identities */
        const char *const *client;                /* that the client takes */
        int shown;
        const char *scheme;
    } rows[] = {
        { NULL, NULL, NULL, 0, "rsa_pss_rsae_sha256" },
        { CSSL_LIST("rsa_pss_rsae_sha512", "rsa_pss_rsae_sha256"), NULL, NULL, 0,
          "rsa_pss_rsae_sha512" },
        { CSSL_LIST("rsa_pss_rsae_sha512"), CSSL_LIST("rsa_pss_rsae_sha384"),
          CSSL_LIST("rsa_pss_rsae_sha384"), 1, "rsa_pss_rsae_sha384" },
        { CSSL_LIST("rsa_pss_rsae_sha512"), NULL, CSSL_LIST("rsa_pss_rsae_sha384"), 1,
          "rsa_pss_rsae_sha384" },
        { CSSL_LIST("rsa_pss_rsae_sha512"), CSSL_LIST("rsa_pss_rsae_sha384"),
          CSSL_LIST("rsa_pss_rsae_sha256"), -1, NULL },
    };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        const cssl_cert_key keys[] = {
            { .cert = PAIR_PEM(pair_rsa), .signature_algs = rows[i / 2].first },
            { .cert = PAIR_PEM(pair_rsa), .signature_algs = rows[i / 2].second },
        };
        struct scene s;
        scene_begin(&s,
                    &(cssl_options){ .signature_algs = rows[i / 2].client,
                                     .signature_algs_cert = cssl_signature_algs("all",
                                                                                CSSL_TLSV1_2) },
                    &(cssl_options){ .versions = versions[i % 2], .certs_keys = keys,
                                     .num_certs_keys = 2 });
        pair_pump(&s.p);
        assert_int_equal(pair_connected(&s.p), rows[i / 2].shown >= 0);
        if (rows[i / 2].shown >= 0) {
            assert_string_equal(info_of(&s.p, FROM_CLIENT).signature_scheme, rows[i / 2].scheme);
        } else {
            assert_int_equal(host_alert(&s.server, true), ALERT_HANDSHAKE_FAILURE);
        }
        scene_end(&s);
    }
}

/* A client that would have nothing to show leaves the server, or lets it decide. */
static void test_none_fits(void **state)
{
    (void)state;
    const cssl_cert_key key = { .cert = PAIR_PEM(pair_client_rsa) };
    for (unsigned i = 0; i < 8; i++) {
        const bool insists = (i & 1) != 0;
        const bool later = (i & 2) != 0;
        const bool fits = (i & 4) != 0;
        for (size_t v = later ? 1 : 0; v < ARRAY_SIZE(versions); v++) {
            struct scene s;
            scene_begin(&s,
                        &(cssl_options){ .versions = versions[v],
                                         .certs_keys = &key,
                                         .num_certs_keys = 1,
                                         .post_handshake_auth = later,
                                         .fail_if_no_own_cert = insists },
                        &(cssl_options){ .versions = versions[v],
                                         .verify = CSSL_VERIFY_PEER,
                                         .fail_if_no_peer_cert = CSSL_OFF,
                                         .post_handshake_auth = later,
                                         .signature_algs = fits ? NULL
                                                                : CSSL_LIST(
                                                                      "ecdsa_secp256r1_sha256") });
            if (later) {
                pair_must_connect(&s.p);
                assert_int_equal(cssl_engine_request_certificate(engine_of(&s, FROM_SERVER), NULL),
                                 0);
            }
            if (insists && !fits) {
                pair_must_fail(&s.p, FROM_CLIENT, ALERT_HANDSHAKE_FAILURE,
                               CSSL_R_NO_OWN_CERTIFICATE);
            } else {
                pair_pump(&s.p);
                pair_must_talk(&s.p);
                assert_int_equal(info_of(&s.p, FROM_SERVER).peer_verified, fits);
            }
            scene_end(&s);
        }
    }
}

static void test_none_there(void **state)
{
    (void)state;
    cssl_error err;
    assert_null(cssl_client_config(&(cssl_options){ .fail_if_no_own_cert = true }, &err));
    assert_int_equal(err.reason, CSSL_R_OPTION_CONFLICT);
    const cssl_cert_key key = { .cert = PAIR_PEM(pair_p256) };
    assert_null(cssl_server_config(&(cssl_options){ .fail_if_no_own_cert = true,
                                                    .certs_keys = &key,
                                                    .num_certs_keys = 1 }, &err));
    assert_int_equal(err.reason, CSSL_R_OPTION_ROLE);
}

/* A raw public key has no issuer that somebody could name. */
static void test_raw(void **state)
{
    (void)state;
    const cssl_cert_key raw = { .key = PAIR_PEM(pair_p256), .only_for_issuers = true };
    cssl_error err;
    const cssl_options o = { .certs_keys = &raw, .num_certs_keys = 1,
                             .own_cert_types = CSSL_LIST("raw_public_key") };
    assert_null(cssl_server_config(&o, &err));
    assert_int_equal(err.reason, CSSL_R_OPTION_CONFLICT);
    assert_string_equal(err.option, "only_for_issuers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_issuers, scene_set_up),
        cmocka_unit_test_setup(test_all_kept, scene_set_up),
        cmocka_unit_test_setup(test_schemes, scene_set_up),
        cmocka_unit_test_setup(test_none_fits, scene_set_up),
        cmocka_unit_test(test_none_there),
        cmocka_unit_test_setup(test_raw, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
