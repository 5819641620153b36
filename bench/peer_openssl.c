/* peer_openssl.c - OpenSSL's libssl as the benchmarks see it: memory BIOs, defaults otherwise. */
#include "peer.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

struct side {
    SSL_CTX *ctx;
    bool server;
    SSL_SESSION *session;
};

struct conn {
    SSL *ssl;
    BIO *in, *out;
};

static _Noreturn void die(void)
{
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof(text));
    bench_die("openssl", text);
}

static const char *version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

static int remember(SSL *ssl, SSL_SESSION *session)
{
    struct side *side = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION_free(side->session);
    side->session = session;
    return 1; /* the reference is taken */
}

static void identity_set(SSL_CTX *ctx, const struct identity *id)
{
    if (SSL_CTX_use_certificate_ASN1(ctx, (int)id->cert_len, id->cert) != 1) {
        die();
    }
    const unsigned char *p = id->key;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)id->key_len);
    if (key == NULL || SSL_CTX_use_PrivateKey(ctx, key) != 1) {
        die();
    }
    EVP_PKEY_free(key);
}

static void anchors_set(SSL_CTX *ctx, const struct identity *id)
{
    const unsigned char *p = id->root;
    X509 *root = d2i_X509(NULL, &p, (long)id->root_len);
    if (root == NULL || X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root) != 1) {
        die();
    }
    X509_free(root);
}

static struct side *side_new(const struct setup *setup, bool server)
{
    const struct identity *id = identity_of(setup->rsa);
    struct side *s = calloc(1, sizeof(*s));
    if (s == NULL || (s->ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method())) ==
                         NULL) {
        die();
    }
    s->server = server;
    SSL_CTX_set_app_data(s->ctx, s);
    SSL_CTX_set_min_proto_version(s->ctx, TLS1_3_VERSION);
    if ((setup->suite != NULL && SSL_CTX_set_ciphersuites(s->ctx, setup->suite) != 1) ||
        (setup->group != NULL && SSL_CTX_set1_groups_list(s->ctx, setup->group) != 1)) {
        die();
    }
    if (server || setup->mutual) {
        identity_set(s->ctx, id);
    }
    if (!server || setup->mutual) {
        anchors_set(s->ctx, id);
        SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    SSL_CTX_set_session_id_context(s->ctx, (const unsigned char *)"bench", 5);
    if (!setup->tickets) {
        SSL_CTX_set_num_tickets(s->ctx, 0);
        SSL_CTX_set_session_cache_mode(s->ctx, SSL_SESS_CACHE_OFF);
    } else if (!server) {
        SSL_CTX_set_session_cache_mode(s->ctx, SSL_SESS_CACHE_CLIENT |
                                                   SSL_SESS_CACHE_NO_INTERNAL_STORE);
        SSL_CTX_sess_set_new_cb(s->ctx, remember);
    }
    return s;
}

static void side_free(struct side *side)
{
    SSL_SESSION_free(side->session);
    SSL_CTX_free(side->ctx);
    free(side);
}

static struct conn *conn_new(struct side *side)
{
    struct conn *c = calloc(1, sizeof(*c));
    if (c == NULL || (c->ssl = SSL_new(side->ctx)) == NULL) {
        die();
    }
    c->in = BIO_new(BIO_s_mem());
    c->out = BIO_new(BIO_s_mem());
    if (c->in == NULL || c->out == NULL) {
        die();
    }
    BIO_set_mem_eof_return(c->in, -1);
    SSL_set_bio(c->ssl, c->in, c->out);
    if (side->server) {
        SSL_set_accept_state(c->ssl);
        return c;
    }
    SSL_set_connect_state(c->ssl);
    if (SSL_set_tlsext_host_name(c->ssl, "localhost") != 1 ||
        SSL_set1_host(c->ssl, "localhost") != 1 ||
        (side->session != NULL && SSL_set_session(c->ssl, side->session) != 1)) {
        die();
    }
    return c;
}

static void conn_free(struct conn *conn)
{
    SSL_set_shutdown(conn->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(conn->ssl);
    free(conn);
}

static void push(struct conn *conn, const uint8_t *data, size_t len)
{
    if (len > 0 && BIO_write(conn->in, data, (int)len) != (int)len) {
        die();
    }
}

static bool step(struct conn *conn)
{
    int n = SSL_do_handshake(conn->ssl);
    if (n != 1 && SSL_get_error(conn->ssl, n) != SSL_ERROR_WANT_READ) {
        die();
    }
    return n == 1;
}

static size_t pull(struct conn *conn, uint8_t *out, size_t max)
{
    int n = BIO_read(conn->out, out, (int)max);
    return n > 0 ? (size_t)n : 0;
}

static void seal(struct conn *conn, const uint8_t *data, size_t len)
{
    if (SSL_write(conn->ssl, data, (int)len) != (int)len) {
        die();
    }
}

static size_t open_(struct conn *conn, uint8_t *out, size_t max)
{
    size_t total = 0;
    for (;;) {
        uint8_t spare[1]; /* SSL_read with room for nothing would read nothing, tickets included */
        int n = SSL_read(conn->ssl, max > total ? out + total : spare,
                         max > total ? (int)(max - total) : 1);
        if (n <= 0) {
            return total;
        }
        total += (size_t)n;
    }
}

static bool resumed(struct conn *conn)
{
    return SSL_session_reused(conn->ssl) == 1;
}

static void keep(struct side *side, struct conn *conn)
{
    (void)side; /* remember() does when the ticket comes */
    (void)conn;
}

const struct peer peer_openssl = { "openssl", version, side_new, side_free, conn_new,
                                   conn_free, push,    step,     pull,      seal,
                                   open_,     resumed, keep };
