/* pem.h - PEM (RFC 7468): blocks in a text, their labels, their base64. Opens no file. */
#ifndef CSSL_CRYPTO_PEM_H
#define CSSL_CRYPTO_PEM_H

#include "base/base.h"

/* One block. label is like "CERTIFICATE"; der is freed by pem_free. */
struct pem_block {
    char label[64];
    uint8_t *der;
    size_t len;
};

/* pem_next finds the next block at or behind *at in text and moves *at behind it. Where there is
 * none any more it returns 0 with an empty label. A block that has no end, bad base64 and
 * mismatched labels are errors. Text between blocks is skipped. Legacy encrypted blocks (Proc-Type,
 * DEK-Info) are refused with advice to convert them to PKCS#8. */
int pem_next(cssl_bytes text, size_t *at, struct pem_block *block, cssl_error *err) CHECK;
/* pem_free wipes and frees what a block holds. */
void pem_free(struct pem_block *block);
/* pem_looks_like says whether text contains "-----BEGIN ". */
bool pem_looks_like(cssl_bytes text);
/* pem_write encodes one block as text, freed with mem_free_wiped(*text, *len). */
int pem_write(const char *label, cssl_bytes der, char **text, size_t *len, cssl_error *err) CHECK;

#endif
