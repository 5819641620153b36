/* test_certkey.c - loading identities, each way to get it wrong, and choosing one. */
#include "pki_support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/names.h"
#include "pki/certkey.h"

/* Files of tests/certs; NULL: not given. */
struct files {
    const char *certfile, *keyfile, *password;
};

static int load(struct certkey *ck, const struct files *f, char *warning, cssl_error *err)
{
    const cssl_cert_key conf = { .certfile = f->certfile == NULL ? NULL : pki_path(f->certfile),
                                 .keyfile = f->keyfile == NULL ? NULL : pki_path(f->keyfile),
                                 .password = f->password };
    return certkey_load(ck, &conf, warning, err);
}

static void loads(void **state)
{
    (void)state;
    static const struct {
        struct files files;
        size_t num;
    } rows[] = {
        { { "server.pem", "server.key.pem", NULL }, 1 },
        { { "server.der", "server.key.der", NULL }, 1 },
        { { "server.pem", "server.key.der", NULL }, 1 },
        { { "both.pem", NULL, NULL }, 1 },
        { { "both.pem", "server.key.pem", NULL }, 1 },
        { { "chain.pem", "server-ica.key.pem", NULL }, 2 },
        { { "server.pem", "server.encrypted-key.pem", "secret" }, 1 },
        { { "server.pem", "server.key.pem", "not needed" }, 1 },
        { { "rsa.pem", "rsa.key.pem", NULL }, 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct certkey ck;
        cssl_error err;
        if (load(&ck, &rows[i].files, NULL, &err) != 0) {
            fail_msg("%s: %s", rows[i].files.certfile, err.text);
        }
        assert_int_equal(ck.num_certs, rows[i].num);
        assert_true(bytes_equal(pkey_spki(ck.key), cert_spki(ck.certs[0])));
        certkey_free(&ck);
        assert_null(ck.key);
    }
    certkey_free(NULL);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        struct files files;
        cssl_reason reason;
        const char *option, *text; /* the text ends with it */
    } rows[] = {
        { { NULL, NULL, NULL }, CSSL_R_NO_CERTIFICATE, "certfile",
          "make one with: cssl cert self-signed --name localhost" },
        { { NULL, "server.key.pem", NULL }, CSSL_R_NO_CERTIFICATE, "certfile",
          "make one with: cssl cert self-signed --name localhost" },
        { { "none.pem", NULL, NULL }, CSSL_R_CERT_FILE, "certfile",
          "none.pem\": No such file or directory; check the path" },
        { { "server.pem", "none.pem", NULL }, CSSL_R_CERT_FILE, "keyfile",
          "none.pem\": No such file or directory; check the path" },
        { { "server.key.pem", NULL, NULL }, CSSL_R_NO_CERTIFICATE, "certfile",
          "server.key.pem\" has no block -----BEGIN CERTIFICATE-----: is it the right one?" },
        { { "make.sh", NULL, NULL }, CSSL_R_NO_CERTIFICATE, "certfile",
          "make.sh\" is neither PEM nor DER: name the file that begins with "
          "-----BEGIN CERTIFICATE-----" },
        { { "server.pem", NULL, NULL }, CSSL_R_NO_KEY, "certfile",
          "server.pem\" has no block -----BEGIN PRIVATE KEY-----; give option keyfile" },
        { { "server.pem", "ca.pem", NULL }, CSSL_R_NO_KEY, "keyfile",
          "ca.pem\" has no block -----BEGIN PRIVATE KEY-----; give option keyfile" },
        { { "server.pem", "client.key.pem", NULL }, CSSL_R_KEY_MISMATCH, "keyfile",
          "give the key that was made with that certificate" },
        { { "chain-reversed.pem", "server-ica.key.pem", NULL }, CSSL_R_CHAIN_ORDER, "certfile",
          "chain-reversed.pem\"; that one has to be the first, its issuers behind it" },
        { { "chain-gap.pem", "server-ica.key.pem", NULL }, CSSL_R_CHAIN_ORDER, "certfile",
          "certificate number 2 (\"O=cssl tests, CN=Test CA\") did not issue the one before it; "
          "the server's comes first, then each one's issuer" },
        { { "server.pem", "server.encrypted-key.pem", NULL }, CSSL_R_PASSWORD_MISSING, "password",
          NULL },
        { { "server.pem", "server.encrypted-key.pem", "wrong" }, CSSL_R_PASSWORD_WRONG, "password",
          NULL },
        { { "server.pem", "server.der", NULL }, CSSL_R_KEY_MALFORMED, "keyfile", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct certkey ck;
        cssl_error err = { 0 };
        assert_int_equal(load(&ck, &rows[i].files, NULL, &err), CSSL_OPTION);
        if (err.reason != rows[i].reason || err.option == NULL ||
            strcmp(err.option, rows[i].option) != 0) {
            fail_msg("row %zu: %s, option %s: %s", i, cssl_reason_name(err.reason), err.option,
                     err.text);
        }
        assert_int_equal(err.status, CSSL_OPTION);
        size_t len = strlen(err.text);
        size_t end = rows[i].text == NULL ? 0 : strlen(rows[i].text);
        if (len < end || (end > 0 && strcmp(err.text + len - end, rows[i].text) != 0)) {
            fail_msg("row %zu: %s", i, err.text);
        }
        if (rows[i].files.keyfile != NULL && rows[i].files.certfile != NULL &&
            rows[i].text == NULL) {
            assert_non_null(strstr(err.text, rows[i].files.keyfile)); /* it names the file */
        }
        assert_null(ck.key);
        assert_null(ck.certs);
        assert_int_equal(load(&ck, &rows[i].files, NULL, NULL), CSSL_OPTION);
    }
}

static void from_memory(void **state)
{
    (void)state;
    size_t cert_len;
    size_t key_len;
    uint8_t *cert = pki_file("server.pem", &cert_len);
    uint8_t *key = pki_file("server.key.der", &key_len);
    struct certkey ck;
    cssl_error err;
    char warning[256];
    cssl_cert_key conf = { .cert = bytes_of(cert, cert_len), .key = bytes_of(key, key_len) };
    assert_int_equal(certkey_load(&ck, &conf, warning, &err), 0);
    assert_string_equal(warning, "");
    certkey_free(&ck);
    conf.keyfile = pki_path("server.key.pem");
    assert_int_equal(certkey_load(&ck, &conf, warning, &err), CSSL_OPTION);
    assert_non_null(strstr(err.text, "give either keyfile or key, not both"));
    conf.keyfile = NULL;
    conf.key.len--;
    assert_int_equal(certkey_load(&ck, &conf, warning, &err), CSSL_OPTION);
    assert_string_equal(err.option, "key");
    conf.key = bytes_of(NULL, 0);
    assert_int_equal(certkey_load(&ck, &conf, warning, &err), CSSL_OPTION);
    assert_int_equal(err.reason, CSSL_R_NO_KEY);
    assert_string_equal(err.option, "cert");
    free(cert);
    free(key);
}

static void open_keys_are_warned_about(void **state)
{
    (void)state;
    char path[] = "cssl-key-XXXXXX";
    size_t len;
    uint8_t *key = pki_file("server.key.pem", &len);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, key, len), len);
    static const struct {
        unsigned mode;
        bool warned;
    } rows[] = { { 0600, false }, { 0400, false }, { 0640, false }, { 0644, true },
                 { 0660, true } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_cert_key conf = { .certfile = pki_path("server.pem"), .keyfile = path };
        struct certkey ck;
        cssl_error err;
        char warning[256] = "old";
        assert_int_equal(fchmod(fd, (mode_t)rows[i].mode), 0);
        assert_int_equal(certkey_load(&ck, &conf, warning, &err), 0);
        assert_int_equal(warning[0] != '\0', rows[i].warned);
        if (rows[i].warned) {
            char text[300];
            (void)snprintf(text, sizeof(text),
                           "the private key in \"%s\" is open to other users of this machine; run: "
                           "chmod 600 \"%s\"", path, path);
            assert_string_equal(warning, text);
        }
        certkey_free(&ck);
        assert_int_equal(certkey_load(&ck, &conf, NULL, &err), 0);
        certkey_free(&ck);
    }
    (void)close(fd);
    (void)unlink(path);
    free(key);
}

/* ---- Choosing ---- */

enum { EC_SERVER, RSA_SERVER, ICA_SERVER, CLIENT, IDENTITIES };

static void picks(void **state)
{
    (void)state;
    static const struct files files[IDENTITIES] = {
        [EC_SERVER] = { "server.pem", "server.key.pem", NULL },
        [RSA_SERVER] = { "rsa.pem", "rsa.key.pem", NULL },
        [ICA_SERVER] = { "chain.pem", "server-ica.key.pem", NULL },
        [CLIENT] = { "client.pem", "client.key.pem", NULL },
    };
    static const uint16_t ours[] = { SCHEME_RSA_PSS_RSAE_SHA256, SCHEME_ECDSA_SECP256R1_SHA256 };
    static const uint16_t rsa[] = { SCHEME_RSA_PSS_RSAE_SHA256, SCHEME_RSA_PSS_RSAE_SHA384 };
    static const uint16_t ec[] = { SCHEME_ECDSA_SECP256R1_SHA256 };
    static const uint16_t both[] = { SCHEME_ECDSA_SECP256R1_SHA256, SCHEME_RSA_PSS_RSAE_SHA256 };
    static const uint16_t ed[] = { SCHEME_ED25519 };
    struct certkey cks[IDENTITIES];
    cssl_error err;
    for (size_t i = 0; i < IDENTITIES; i++) {
        assert_int_equal(load(&cks[i], &files[i], NULL, &err), 0);
    }
    const cssl_bytes ca = cert_issuer(cks[EC_SERVER].certs[0]);
    const cssl_bytes ica = cert_issuer(cks[ICA_SERVER].certs[0]);
    const cssl_bytes nobody = cert_subject(cks[CLIENT].certs[0]);
    const uint8_t garbage[] = { 0x30, 5, 1 };
    const cssl_bytes bad = bytes_of(garbage, sizeof(garbage));
    const struct {
        struct certkey_wish wish;
        size_t first; /* identities from here on */
        int index;
        uint16_t scheme;
    } rows[] = {
        { { .schemes = both, .num_schemes = 2 }, 0, EC_SERVER, 0x0403 },
        { { .schemes = rsa, .num_schemes = 2 }, 0, RSA_SERVER, 0x0804 },
        { { .schemes = ec, .num_schemes = 1 }, 1, ICA_SERVER, 0x0403 },
        { { .schemes = ed, .num_schemes = 1 }, 0, -1, 0 },
        { { .schemes = NULL, .num_schemes = 0 }, 0, -1, 0 },
        /* a name goes before all: the client's certificate is for none */
        { { .schemes = ec, .num_schemes = 1, .name = "www.example.com" }, 3, CLIENT, 0x0403 },
        { { .schemes = ec, .num_schemes = 1, .name = "no.where" }, 0, EC_SERVER, 0x0403 },
        { { .schemes = both, .num_schemes = 2, .authorities = &ica, .num_authorities = 1 }, 0,
          ICA_SERVER, 0x0403 },
        { { .schemes = both, .num_schemes = 2, .authorities = &ca, .num_authorities = 1 }, 0,
          EC_SERVER, 0x0403 },
        { { .schemes = both, .num_schemes = 2, .authorities = &nobody, .num_authorities = 1 }, 0,
          EC_SERVER, 0x0403 },
        { { .schemes = both, .num_schemes = 2, .authorities = &bad, .num_authorities = 1 }, 0,
          EC_SERVER, 0x0403 },
        { { .schemes = both, .num_schemes = 2, .cert_schemes = rsa, .num_cert_schemes = 2 }, 0,
          EC_SERVER, 0x0403 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint16_t scheme = 0;
        int got = certkey_pick(cks + rows[i].first, IDENTITIES - rows[i].first, ours,
                               ARRAY_SIZE(ours), &rows[i].wish, &scheme);
        int wanted = rows[i].index < 0 ? -1 : rows[i].index - (int)rows[i].first;
        if (got != wanted || scheme != rows[i].scheme) {
            fail_msg("row %zu: %d, scheme %#x", i, got, scheme);
        }
    }
    /* The name decides between two that are otherwise alike. */
    struct certkey two[2] = { cks[CLIENT], cks[EC_SERVER] };
    struct certkey_wish wish = { .schemes = ec, .num_schemes = 1, .name = "localhost" };
    uint16_t scheme;
    assert_int_equal(certkey_pick(two, 2, ours, 2, &wish, &scheme), 1);
    wish.name = NULL;
    assert_int_equal(certkey_pick(two, 2, ours, 2, &wish, &scheme), 0);
    /* An identity that is kept for its issuers is for nobody else, even if there is no other. */
    two[0].only_for_issuers = two[1].only_for_issuers = true;
    assert_true(certkey_kept(two, 2));
    assert_int_equal(certkey_pick(two, 2, ours, 2, &wish, &scheme), -1);
    wish.authorities = &nobody;
    wish.num_authorities = 1;
    assert_int_equal(certkey_pick(two, 2, ours, 2, &wish, &scheme), -1);
    wish.authorities = &ca;
    two[0].only_for_issuers = false;
    assert_int_equal(certkey_pick(two + 1, 1, ours, 2, &wish, &scheme), 0);
    /* One's own schemes are those of ours alone, in one's own order. */
    struct certkey own = cks[RSA_SERVER];
    uint16_t list[] = { SCHEME_RSA_PSS_RSAE_SHA384, SCHEME_RSA_PSS_RSAE_SHA256 };
    own.schemes = list;
    own.num_schemes = 2;
    assert_false(certkey_kept(&own, 1));
    wish = (struct certkey_wish){ .schemes = rsa, .num_schemes = 2 };
    assert_int_equal(certkey_pick(&own, 1, rsa, 2, &wish, &scheme), 0);
    assert_int_equal(scheme, SCHEME_RSA_PSS_RSAE_SHA384);
    assert_int_equal(certkey_pick(&own, 1, ours, 2, &wish, &scheme), 0);
    assert_int_equal(scheme, SCHEME_RSA_PSS_RSAE_SHA256);
    own.num_schemes = 1;
    assert_int_equal(certkey_pick(&own, 1, ours, 2, &wish, &scheme), -1);
    for (size_t i = 0; i < IDENTITIES; i++) {
        certkey_free(&cks[i]);
    }
}

/* A key that is elsewhere signs with the schemes that the same key would sign with here: one on a
 * curve with that curve's. */
static void picks_for_external_keys(void **state)
{
    (void)state;
    static const uint16_t ours[] = { SCHEME_ECDSA_SECP384R1_SHA384, SCHEME_RSA_PSS_RSAE_SHA256,
                                     SCHEME_ECDSA_SECP256R1_SHA256 };
    static const struct {
        const char *cert;
        size_t num; /* of ours that the peer takes */
        int index;
        uint16_t scheme;
    } rows[] = {
        { "server.pem", 3, 0, SCHEME_ECDSA_SECP256R1_SHA256 },
        { "server.pem", 2, -1, 0 },
        { "rsa.pem", 3, 0, SCHEME_RSA_PSS_RSAE_SHA256 },
        { "rsa.pem", 1, -1, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_cert_key conf = { .certfile = pki_path(rows[i].cert), .external_key = true };
        const struct certkey_wish wish = { .schemes = ours, .num_schemes = rows[i].num };
        struct certkey ck;
        uint16_t scheme = 0;
        cssl_error err;
        assert_int_equal(certkey_load(&ck, &conf, NULL, &err), 0);
        assert_null(ck.key);
        assert_true(bytes_equal(certkey_spki(&ck), cert_spki(ck.certs[0])));
        assert_int_equal(certkey_pick(&ck, 1, ours, 3, &wish, &scheme), rows[i].index);
        assert_int_equal(scheme, rows[i].scheme);
        certkey_free(&ck);
    }
    const cssl_cert_key both = { .certfile = pki_path("server.pem"),
                                 .keyfile = pki_path("server.key.pem"), .external_key = true };
    struct certkey ck;
    cssl_error err;
    assert_int_equal(certkey_load(&ck, &both, NULL, &err), CSSL_OPTION);
    assert_int_equal(err.reason, CSSL_R_OPTION_CONFLICT);
    assert_string_equal(err.option, "keyfile");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads),
        cmocka_unit_test(refusals),
        cmocka_unit_test(from_memory),
        cmocka_unit_test(open_keys_are_warned_about),
        cmocka_unit_test(picks),
        cmocka_unit_test(picks_for_external_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
