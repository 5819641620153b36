/* pki_support.c - loads test certificates and runs verifications. */
#include "pki_support.h"

#include "crypto/pem.h"

static void add_sent(struct pki_run *run, const char *names);

const char *pki_path(const char *name)
{
    static char paths[4][4096];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    (void)snprintf(path, sizeof(paths[0]), "%s/../certs/%s", CSSL_TEST_VECTORS, name);
    return path;
}

uint8_t *pki_file(const char *name, size_t *len)
{
    FILE *file = fopen(pki_path(name), "rb");
    if (file == NULL) {
        fail_msg("tests/certs/%s is missing", name);
    }
    static uint8_t buffer[1 << 18];
    *len = fread(buffer, 1, sizeof(buffer), file);
    (void)fclose(file);
    assert_true(*len < sizeof(buffer));
    return test_copy(buffer, *len);
}

uint8_t *pki_der(const char *name, size_t *len)
{
    char file[256];
    size_t text_len;
    (void)snprintf(file, sizeof(file), "%s.pem", name);
    uint8_t *text = pki_file(file, &text_len);
    struct pem_block block;
    size_t at = 0;
    cssl_error err;
    if (pem_next(bytes_of(text, text_len), &at, &block, &err) != 0 || block.label[0] == '\0') {
        fail_msg("%s: %s", file, err.text);
    }
    uint8_t *der = test_copy(block.der, block.len);
    *len = block.len;
    pem_free(&block);
    free(text);
    return der;
}

struct cert *pki_cert(const char *name)
{
    size_t len;
    uint8_t *der = pki_der(name, &len);
    cssl_error err;
    struct cert *cert = cert_parse(bytes_of(der, len), &err);
    free(der);
    if (cert == NULL) {
        fail_msg("%s: %s", name, err.text);
    }
    return cert;
}

size_t pki_certs(const char *name, struct cert **out, size_t max)
{
    char file[256];
    size_t len;
    size_t num = 0;
    (void)snprintf(file, sizeof(file), "%s.pem", name);
    uint8_t *text = pki_file(file, &len);
    for (size_t at = 0; num < max;) {
        struct pem_block block;
        cssl_error err;
        assert_int_equal(pem_next(bytes_of(text, len), &at, &block, &err), 0);
        if (block.label[0] == '\0') {
            break;
        }
        out[num] = cert_parse(bytes_of(block.der, block.len), &err);
        pem_free(&block);
        assert_non_null(out[num]);
        num++;
    }
    free(text);
    return num;
}

struct store *pki_store(const char *names)
{
    static char text[1 << 18];
    char list[1024];
    size_t at = 0;
    char *rest = list;
    (void)snprintf(list, sizeof(list), "%s", names);
    for (char *name; (name = strtok_r(rest, " ", &rest)) != NULL;) {
        char file[256];
        size_t len;
        (void)snprintf(file, sizeof(file), "%s.pem", name);
        uint8_t *more = pki_file(file, &len);
        assert_true(at + len < sizeof(text));
        memcpy(text + at, more, len);
        at += len;
        free(more);
    }
    cssl_error err;
    struct store *store = store_from_memory(bytes_of((const uint8_t *)text, at), &err);
    if (store == NULL) {
        fail_msg("%s: %s", names, err.text);
    }
    return store;
}

void pki_begin(struct pki_run *run, const char *anchors, const char *sent)
{
    *run = (struct pki_run){ .anchors = pki_store(anchors) };
    run->params = (struct chain_params){ .anchors = run->anchors,
                                         .purpose = PURPOSE_SERVER,
                                         .name = "localhost",
                                         .now = PKI_NOW,
                                         .depth = CHAIN_DEPTH_DEFAULT };
    add_sent(run, sent);
}

void pki_verify(struct pki_run *run)
{
    run->chain = chain_new(&run->params, run->certs, run->num, &run->err);
    run->result = run->chain == NULL ? CHAIN_FAILED : chain_run(run->chain, &run->err);
}

void pki_end(struct pki_run *run)
{
    chain_free(run->chain);
    for (size_t i = 0; i < run->num; i++) {
        cert_free(run->certs[i]);
    }
    store_free(run->anchors);
    *run = (struct pki_run){ 0 };
}

void pki_expect_at(const char *anchors, const char *sent, int reason, const char *file, int line)
{
    struct pki_run run;
    pki_begin(&run, anchors, sent);
    pki_check_at(&run, reason, file, line);
}

void pki_check_at(struct pki_run *run, int reason, const char *file, int line)
{
    pki_verify(run);
    int got = run->result == CHAIN_OK ? 0 : run->err.reason;
    if (got != reason || run->result == CHAIN_ASKS) {
        const char *wanted = reason == 0 ? "success" : cssl_reason_name((uint16_t)reason);
        print_error("expected %s, got %s: %s\n", wanted == NULL ? "?" : wanted,
                    got == 0 ? "success" : cssl_reason_name((uint16_t)got),
                    got == 0 ? "" : run->err.text);
        _fail(file, line);
    }
    pki_end(run);
}

static void add_sent(struct pki_run *run, const char *names)
{
    char list[1024];
    char *rest = list;
    (void)snprintf(list, sizeof(list), "%s", names);
    for (char *name; (name = strtok_r(rest, " ", &rest)) != NULL;) {
        char *star = strchr(name, '*');
        if (star != NULL) {
            *star = '\0';
            run->num += pki_certs(name, run->certs + run->num, CHAIN_POOL_MAX - run->num);
        } else {
            run->certs[run->num++] = pki_cert(name);
        }
    }
}
