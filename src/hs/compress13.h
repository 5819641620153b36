/* compress13.h - compressed certificates of TLS 1.3 (RFC 8879), for both roles. */
#ifndef CSSL_HS_COMPRESS13_H
#define CSSL_HS_COMPRESS13_H

#include "hs/conn.h"

/* compress13_write puts the CompressedCertificate of the Certificate message in out in its place,
 * unless that would be longer. bare says that it has neither context nor extensions: then the
 * config has it ready. */
int compress13_write(const cssl_config *config, const struct certkey *ck, uint16_t algorithm,
                     bool bare, struct wr *out, cssl_error *err) CHECK;
/* compress13_read unpacks a CompressedCertificate: *plain, which is to be freed, is the body of the
 * Certificate that it stands for. It must use an algorithm of the config's, and be no longer than
 * the config allows, which is looked at before there is memory for it. */
int compress13_read(const cssl_config *config, cssl_bytes body, uint8_t **plain, size_t *len,
                    uint16_t *algorithm, cssl_error *err) CHECK;

#endif
