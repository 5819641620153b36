/* cert.h - what the files of `cssl cert` share: certificates from wherever they are named. */
#ifndef CSSL_CLI_CERT_H
#define CSSL_CLI_CERT_H

#include "cli/cli.h"
#include "crypto/pem.h"
#include "crypto/pkey.h"
#include "pki/cert.h"

int cert_self_signed(int argc, char **argv);
int cert_ca(int argc, char **argv);
int cert_issue(int argc, char **argv);
int cert_csr(int argc, char **argv);
int cert_show(int argc, char **argv);
int cert_verify(int argc, char **argv);

enum {
    CERT_FILE_MAX = 16 << 20, /* bytes of a file of certificates */
    CERT_ITEMS_MAX = 4096     /* blocks in one */
};

/* What a file or a server gave, in its order. */
struct cert_item {
    struct cert *cert;      /* or NULL: */
    struct pem_block block; /* a request, a key, or a certificate that does not parse */
    cssl_error why;         /* the latter's fault */
};
struct cert_items {
    struct cert_item *items;
    size_t num;
    char host[CLI_HOST_MAX]; /* empty unless they came from a server */
};

/* cert_items_load reads a file, stdin for "-", or, when there is no such file and source is
 * HOST:PORT, what that server shows when it is asked for name (NULL: HOST). It is not verified
 * while it is asked. With certs_only everything but certificates is passed over. */
int cert_items_load(struct cert_items *items, const char *source, const char *name, bool certs_only,
                    cssl_error *err) CHECK;
void cert_items_free(struct cert_items *items);

/* cert_key_load reads a private key from a file; password may be NULL. This one and the next warn
 * when others may read the file. */
struct pkey *cert_key_load(const char *path, const char *password, cssl_error *err) CHECK;
/* cert_password_load reads the first line of a file. Freed with mem_free_wiped(p, strlen(p)). */
char *cert_password_load(const char *path, cssl_error *err) CHECK;

/* cert_time_parse reads 2026-03-01 or 2026-03-01T12:00:00Z, or ends the program. */
int64_t cert_time_parse(struct argp_state *state, const char *option, const char *text);
/* cert_key_text writes "ECDSA P-256", "RSA 3072 bits" and so on. */
enum { CERT_KEY_TEXT_MAX = 40 };
const char *cert_key_text(char out[CERT_KEY_TEXT_MAX], enum key_type type, unsigned bits);

#endif
