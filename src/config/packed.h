/* packed.h - a config's own certificate chains, compressed once (RFC 8879). */
#ifndef CSSL_CONFIG_PACKED_H
#define CSSL_CONFIG_PACKED_H

#include "config/config.h"
#include "msg/small.h"

/* A Certificate message with an empty context and no extensions, compressed. */
struct packed_chain {
    uint32_t length; /* of the message's body */
    uint8_t *data;   /* NULL: it would not be shorter */
    size_t len;
};

/* certificate_of fills c with the chain of ck, which may be NULL: then it is empty. raw: with its
 * public key alone (RFC 7250). */
void certificate_of(struct certificate *c, const struct certkey *ck, bool raw);
/* config_pack compresses each chain of config with each of its algorithms. */
int config_pack(cssl_config *config, cssl_error *err) CHECK;
/* config_packed is the chain of ck, one of config's, under an algorithm of config's. */
const struct packed_chain *config_packed(const cssl_config *config, const struct certkey *ck,
                                         uint16_t algorithm);
void config_unpack(cssl_config *config);

#endif
