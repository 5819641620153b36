/* identity.c - certificates for the benchmarks, made when they are first needed. */
#include "peer.h"

#include "base/base.h"
#include "pki/issue.h"

#include <time.h>

static void make(struct identity *id, bool rsa);

const struct identity *identity_of(bool rsa)
{
    static struct identity made[2];
    if (made[rsa].cert == NULL) {
        make(&made[rsa], rsa);
    }
    return &made[rsa];
}

/* One root, and one certificate under it that is good for both roles. */
static void make(struct identity *id, bool rsa)
{
    cssl_error err = { 0 };
    int64_t now = time(NULL);
    enum key_type type = rsa ? KEY_RSA : KEY_EC_P256;
    struct issue_name name;
    struct pkey *ca_key = pkey_generate(type, 2048, &err);
    struct pkey *key = pkey_generate(type, 2048, &err);
    if (ca_key == NULL || key == NULL || issue_name_parse(&name, "localhost", &err) != 0) {
        bench_die("identity", err.text);
    }
    const struct issue_params ca = { .common_name = "bench root",
                                     .ca = true,
                                     .path_len = -1,
                                     .not_before = now - 3600,
                                     .not_after = now + 86400,
                                     .spki = pkey_spki(ca_key),
                                     .signer = ca_key };
    if (issue_cert(&ca, &id->root, &id->root_len, &err) != 0) {
        bench_die("identity", err.text);
    }
    struct cert *root = cert_parse(bytes_of(id->root, id->root_len), &err);
    if (root == NULL) {
        bench_die("identity", err.text);
    }
    const struct issue_params leaf = { .common_name = "localhost",
                                       .names = &name,
                                       .num_names = 1,
                                       .server = true,
                                       .client = true,
                                       .not_before = now - 3600,
                                       .not_after = now + 86400,
                                       .spki = pkey_spki(key),
                                       .issuer = root,
                                       .signer = ca_key };
    if (issue_cert(&leaf, &id->cert, &id->cert_len, &err) != 0 ||
        pkey_to_der(key, NULL, &id->key, &id->key_len, &err) != 0) {
        bench_die("identity", err.text);
    }
    cert_free(root);
    pkey_free(ca_key);
    pkey_free(key);
}
