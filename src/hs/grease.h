/* grease.h - values that nobody knows among what a client offers (RFC 8701): servers skip them. */
#ifndef CSSL_HS_GREASE_H
#define CSSL_HS_GREASE_H

#include "hs/flow.h"
#include "msg/hello.h"

/* A hello's lists with such a value in front of each, for as long as the hello is written. */
struct greased {
    uint8_t suites[2 + 2 * CONFIG_CODES_MAX], groups[2 + 2 * CONFIG_CODES_MAX];
    uint8_t schemes[2 + 2 * CONFIG_CODES_MAX], cert_schemes[2 + 2 * CONFIG_CODES_MAX];
    uint8_t versions[6], modes[3];
    struct wr alpn;
};

/* grease_hello puts them into a hello that is complete otherwise. They come from hs->grease, so a
 * second hello has the same; its key_share alone has none (RFC 8446 4.1.2). It fails only when
 * memory is out. */
int grease_hello(struct greased *g, const struct hs *hs, struct client_hello *ch,
                 cssl_error *err) CHECK;
/* grease_free frees what a hello was made with, also when that failed. */
void grease_free(struct greased *g);

#endif
