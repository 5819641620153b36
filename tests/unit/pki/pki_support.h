/* pki_support.h - what the tests of src/pki share: the certificates of tests/certs. */
#ifndef CSSL_TEST_PKI_SUPPORT_H
#define CSSL_TEST_PKI_SUPPORT_H

#include "support.h"

#include "pki/cert_fields.h"
#include "pki/chain.h"
#include "pki/chain_parts.h"

/* 2030-01-01T00:00:00Z: the time of all tests. */
enum { PKI_NOW = 1893456000 };

/* pki_path is the path of a file in tests/certs: a static buffer, one of four in turn. */
const char *pki_path(const char *name);
/* pki_file reads a file of tests/certs; freed with free(). */
uint8_t *pki_file(const char *name, size_t *len);
/* pki_der gives the DER of the first certificate in tests/certs/<name>.pem, in memory of exactly
 * that size. */
uint8_t *pki_der(const char *name, size_t *len);
/* pki_cert parses it. pki_certs parses all certificates of a file and returns how many. */
struct cert *pki_cert(const char *name);
size_t pki_certs(const char *name, struct cert **out, size_t max);
/* pki_store makes a store of the files that are named, separated by spaces. */
struct store *pki_store(const char *names);

/* One verification: the chain and all that belongs to it. */
struct pki_run {
    struct store *anchors;
    struct cert *certs[CHAIN_POOL_MAX];
    size_t num;
    struct chain_params params;
    struct chain *chain;
    enum chain_result result;
    cssl_error err;
};

/* pki_begin loads anchors and sent certificates (names separated by spaces; "name*" takes all of
 * the file) and sets params for a server named localhost at PKI_NOW; pki_verify runs it. */
void pki_begin(struct pki_run *run, const char *anchors, const char *sent);
void pki_verify(struct pki_run *run);
void pki_end(struct pki_run *run);

/* pki_expect fails the running test unless the verification ends with reason (0: success). */
#define pki_expect(anchors, sent, reason) \
    pki_expect_at(anchors, sent, (int)(reason), __FILE__, __LINE__)
void pki_expect_at(const char *anchors, const char *sent, int reason, const char *file, int line);
/* pki_check is the same for a run whose params were changed; it ends the run. */
#define pki_check(run, reason) pki_check_at(run, (int)(reason), __FILE__, __LINE__)
void pki_check_at(struct pki_run *run, int reason, const char *file, int line);

#endif
