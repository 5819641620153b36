/* fuzz_pem.c - PEM texts. What was decoded must come out again when it is written and read. */
#include "base/mem.h"
#include "crypto/pem.h"

#include <stdlib.h>

static void must_come_back(const struct pem_block *block)
{
    struct pem_block again;
    char *text = NULL;
    size_t len = 0, at = 0;
    if (pem_write(block->label, bytes_of(block->der, block->len), &text, &len, NULL) != 0) {
        return; /* out of memory */
    }
    if (pem_next(bytes_of((const uint8_t *)text, len), &at, &again, NULL) != 0 ||
        strcmp(again.label, block->label) != 0 || again.len != block->len ||
        memcmp(again.der, block->der, block->len) != 0) {
        abort();
    }
    pem_free(&again);
    mem_free_wiped(text, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    cssl_bytes text = bytes_of(data, len);
    size_t at = 0, blocks = 0;
    struct pem_block block;
    cssl_error err;
    while (pem_next(text, &at, &block, &err) == 0 && block.label[0] != '\0') {
        if (at > len || block.len == 0 || block.len > len) {
            abort();
        }
        must_come_back(&block);
        pem_free(&block);
        blocks++;
    }
    if (block.der != NULL || (blocks > 0 && !pem_looks_like(text))) {
        abort();
    }
    return 0;
}
