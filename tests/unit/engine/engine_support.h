/* engine_support.h - two engines on memory, for the tests of src/engine. */
#ifndef CSSL_TEST_ENGINE_SUPPORT_H
#define CSSL_TEST_ENGINE_SUPPORT_H

#include "base/error.h"
#include "support.h"

#include "engine/engine.h"

#define ENGINE_CERTS CSSL_TEST_VECTORS "/../certs/"

/* Two ends with a config of their own. The client trusts the server, whom it calls localhost. */
struct ends {
    cssl_config *client_config, *server_config;
    cssl_engine *client, *server;
};

/* ends_new makes both; what the options say is added to what is needed. Either may be NULL. */
void ends_new(struct ends *ends, const cssl_options *client, const cssl_options *server);
void ends_free(struct ends *ends);
/* carry gives `to` what `from` has for it, one time, taking no event: received's result. */
int carry(cssl_engine *from, cssl_engine *to, cssl_error *err);
/* shake carries and takes events until both are connected, and what is left after that. */
void shake(struct ends *ends);
/* feed gives an engine bytes as if its peer had sent them. */
int feed(cssl_engine *e, const void *data, size_t len, cssl_error *err);
/* no_event: there is none; event takes the next one, which has to be of that type. */
void no_event(cssl_engine *e);
cssl_event event(cssl_engine *e, cssl_event_type type);
/* seal puts a record of any type into an engine's output, under its keys. */
void seal(cssl_engine *e, uint8_t type, const void *data, size_t len);

#endif
