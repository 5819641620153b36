/*
 * test_auth13.c - Certificate, CertificateVerify and Finished of TLS 1.3, changed on their way, in
 * both directions; sessions that are taken up; what a peer wishes.
 */
#include "base/error.h"
#include "hs_support.h"

#include "hs/auth13.h"

static void flip_last(uint8_t *m, size_t *len)
{
    m[*len - 1] ^= 1;
}
static void flip_first(uint8_t *m, size_t *len)
{
    (void)len;
    m[4] ^= 1;
}
static void shorter(uint8_t *m, size_t *len)
{
    (void)m;
    (*len)--;
}
static void longer(uint8_t *m, size_t *len)
{
    (void)m;
    (*len)++;
}
static void empty(uint8_t *m, size_t *len)
{
    (void)m;
    *len = 4;
}
/* A CertificateVerify under a scheme that nobody knows, of another key, of TLS 1.2. */
static void scheme_unknown(uint8_t *m, size_t *len)
{
    (void)len;
    m[4] = m[5] = 0xfe;
}
static void scheme_of_rsa(uint8_t *m, size_t *len)
{
    (void)len;
    m[4] = 0x08;
    m[5] = 0x04;
}
static void scheme_pkcs1(uint8_t *m, size_t *len)
{
    (void)len;
    m[4] = 0x04;
    m[5] = 0x01;
}
/* A Certificate with a context of one byte. */
static void context(uint8_t *m, size_t *len)
{
    memmove(m + 6, m + 5, *len - 5);
    m[4] = 1;
    m[5] = 7;
    (*len)++;
}

#define BOTH(what, type, change, reason)                                                           \
    { what ", to client", { false, type, change, false }, reason },                               \
    { what ", to server", { true, type, change, false }, reason }

static const struct hs_refusal rows[] = {
    BOTH("Finished, last byte", HT_FINISHED, flip_last, CSSL_R_FINISHED_WRONG),
    BOTH("Finished, first byte", HT_FINISHED, flip_first, CSSL_R_FINISHED_WRONG),
    BOTH("Finished, shorter", HT_FINISHED, shorter, CSSL_R_FINISHED_LENGTH),
    BOTH("Finished, longer", HT_FINISHED, longer, CSSL_R_FINISHED_LENGTH),
    BOTH("Finished, empty", HT_FINISHED, empty, CSSL_R_FINISHED_LENGTH),
    BOTH("unknown scheme", HT_CERTIFICATE_VERIFY, scheme_unknown, CSSL_R_SCHEME_NOT_OFFERED),
    BOTH("another key's scheme", HT_CERTIFICATE_VERIFY, scheme_of_rsa, CSSL_R_SCHEME_NOT_OFFERED),
    BOTH("TLS 1.2's scheme", HT_CERTIFICATE_VERIFY, scheme_pkcs1, CSSL_R_SCHEME_NOT_OFFERED),
    BOTH("context", HT_CERTIFICATE, context, CSSL_R_CERTIFICATE_CONTEXT),
    { "bytes behind Finished", { false, HT_FINISHED, NULL, true }, CSSL_R_MESSAGE_ACROSS_KEYS },
    { "bytes behind Finished", { true, HT_FINISHED, NULL, true }, CSSL_R_MESSAGE_ACROSS_KEYS },
};

static const cssl_options mutual_client = { .certfile = HS_CERTS "client.pem",
                                            .keyfile = HS_CERTS "client.key.pem" };
static const cssl_options mutual_server = { .verify = CSSL_VERIFY_PEER };

static void test_refused(void **state)
{
    (void)state;
    hs_refuses(rows, ARRAY_SIZE(rows), &mutual_client, &mutual_server);
}

/* Both have seen who the other is. */
static void test_mutual(void **state)
{
    (void)state;
    struct hs_side client, server;
    hs_side_config(&client, false, &mutual_client);
    hs_side_config(&server, true, &mutual_server);
    hs_side_start(&client);
    hs_side_start(&server);
    hs_both_must(&client, &server);
    assert_true(client.conn.peer_verified && server.conn.peer_verified);
    assert_int_equal(client.conn.server_scheme, SCHEME_ECDSA_SECP256R1_SHA256);
    assert_int_equal(server.conn.server_scheme, client.conn.server_scheme);
    assert_int_equal(server.conn.client_scheme, client.conn.client_scheme);
    assert_int_not_equal(server.conn.client_scheme, 0);
    assert_true(bytes_equal(cert_der(server.conn.peer->certs[0]),
                            cert_der(client.conn.own->certs[0])));
    assert_true(client.conn.peer_expires == peer_chain_expires(client.conn.peer));
    hs_side_free(&client);
    hs_side_free(&server);
}

static void test_wish(void **state)
{
    (void)state;
    static const uint8_t schemes[] = { 8, 4, 4, 3 }, cert_schemes[] = { 4, 1 };
    static const uint8_t names[] = { 0, 2, 0x30, 0, 0, 3, 0x30, 1, 0 };
    static uint8_t many[2 * 300];
    struct auth13_wish w;
    auth13_wish(&w, bytes_of(schemes, 4), bytes_of(NULL, 0), bytes_of(names, sizeof(names)),
                bytes_str("localhost"));
    assert_int_equal(w.wish.num_schemes, 2);
    assert_int_equal(w.wish.schemes[0], 0x0804);
    assert_int_equal(w.wish.schemes[1], 0x0403);
    assert_int_equal(w.wish.num_cert_schemes, 2); /* the same without a list of their own */
    assert_int_equal(w.wish.cert_schemes[1], 0x0403);
    assert_int_equal(w.wish.num_authorities, 2);
    assert_int_equal(w.wish.authorities[1].len, 3);
    assert_string_equal(w.wish.name, "localhost");
    auth13_wish(&w, bytes_of(schemes, 4), bytes_of(cert_schemes, 2), bytes_of(NULL, 0),
                bytes_of(NULL, 0));
    assert_int_equal(w.wish.num_cert_schemes, 1);
    assert_int_equal(w.wish.cert_schemes[0], 0x0401);
    assert_int_equal(w.wish.num_authorities, 0);
    assert_null(w.wish.name);
    /* More than there is room for is left out; a name that is too long is none. */
    auth13_wish(&w, bytes_of(many, sizeof(many)), bytes_of(many, sizeof(many)),
                bytes_of(many, sizeof(many)), bytes_of(many, 256));
    assert_int_equal(w.wish.num_schemes, ARRAY_SIZE(w.schemes));
    assert_int_equal(w.wish.num_cert_schemes, ARRAY_SIZE(w.cert_schemes));
    assert_int_equal(w.wish.num_authorities, ARRAY_SIZE(w.authorities));
    assert_null(w.wish.name);
}

static void test_session(void **state)
{
    (void)state;
    struct hs_side server;
    uint8_t broken[] = { 0, 0, 9, 1 };
    hs_side_config(&server, true, NULL);
    hs_side_start(&server);
    struct session s = { .authenticated_at = HS_NOW - 5, .peer_verified = true };
    assert_int_equal(auth13_take_session(server.hs, &s, &server.err), 0);
    assert_true(server.conn.resumed && server.conn.peer_verified);
    assert_true(server.conn.authenticated_at == HS_NOW - 5); /* not now */
    assert_null(server.conn.peer);
    struct wr chain;
    wr_init(&chain, 65536);
    wr_vec24(&chain, cert_der(server.config->certkeys[0].certs[0]));
    s.chain = chain.data;
    s.chain_len = chain.len;
    assert_int_equal(auth13_take_session(server.hs, &s, &server.err), 0);
    assert_int_equal(server.conn.peer->num, 1);
    assert_true(server.conn.peer_expires < INT64_MAX);
    peer_chain_free(server.conn.peer);
    s.chain = broken;
    s.chain_len = sizeof(broken);
    assert_true(auth13_take_session(server.hs, &s, &server.err) < 0);
    assert_int_equal(server.err.reason, CSSL_R_BAD_SESSION);
    assert_null(server.conn.peer);
    wr_free(&chain);
    hs_side_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_mutual),
        cmocka_unit_test(test_wish),    cmocka_unit_test(test_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
