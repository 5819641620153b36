/*
 * fuzz_chain.c - whole verifications. The input is a byte of choices (1: ask, 2: a pool, 4: for a
 * client, 8: no name; the answers to questions come from the byte too), and certificates with
 * lengths of three bytes in front: an anchor, then what a peer sends. Whatever that is, the search
 * stays within its bounds and ends with a sentence.
 */
#include <stdlib.h>

#include "base/wire.h"
#include "pki/chain_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { QUESTIONS_MAX = 10000 };

static void require(bool what)
{
    if (!what) {
        abort();
    }
}

static void verify(const struct chain_params *params, struct cert *const *certs, size_t num,
                   unsigned choices)
{
    cssl_error err = { 0 };
    struct chain *chain = chain_new(params, certs, num, &err);
    if (chain == NULL) {
        require(err.status < 0);
        return;
    }
    enum chain_result result = chain_run(chain, &err);
    for (unsigned n = 0; result == CHAIN_ASKS; n++) {
        struct chain_question q;
        require(params->ask && n < QUESTIONS_MAX);
        chain_question(chain, &q);
        require(q.cert == chain_path(chain, (size_t)q.index));
        require((q.event == CHAIN_BAD_CERT) == (q.reason != 0));
        chain_answer(chain, (choices >> 4) < 12 ? CHAIN_ACCEPT : (enum chain_verdict)(n % 3));
        result = chain_run(chain, &err);
    }
    require(result == CHAIN_OK || (err.status < 0 && err.text[0] != '\0'));
    require(chain->used.signatures <= CHAIN_SIGNATURES_MAX);
    require(chain->used.steps <= CHAIN_STEPS_MAX + 1);
    require(chain->used.names <= CHAIN_NAMES_MAX + 65536);
    require(chain_path(chain, 0) == certs[0] && chain_path(chain, PATH_MAX_LEN) == NULL);
    chain_free(chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd r = rd_of(bytes_of(data, len));
    struct cert *certs[CHAIN_POOL_MAX];
    size_t num = 0;
    unsigned choices = rd_u8(&r);
    cssl_error err;
    struct chain_params params = { .purpose = (choices & 4) != 0 ? PURPOSE_CLIENT : PURPOSE_SERVER,
                                   .name = (choices & 8) != 0 ? NULL : "localhost",
                                   .now = 1893456000,
                                   .depth = CHAIN_DEPTH_DEFAULT,
                                   .ask = (choices & 1) != 0,
                                   .pool = (choices & 2) != 0 };
    struct store *anchors = store_from_memory(rd_view24(&r), &err);
    while (rd_more(&r) && num < CHAIN_POOL_MAX) {
        struct cert *cert = cert_parse(rd_view24(&r), &err);
        if (cert != NULL) {
            certs[num++] = cert;
        }
    }
    if (anchors != NULL && num > 0) {
        params.anchors = anchors;
        verify(&params, certs, num, choices);
    }
    for (size_t i = 0; i < num; i++) {
        cert_free(certs[i]);
    }
    store_free(anchors);
    return 0;
}
