/*
 * inside.c - what the runner wants and the public API has no words for yet: an opinion on the
 * peer's certificates, and which identity was used.
 *
 * The runner's certificates have no subject and a subjectAltName that is not critical, which RFC
 * 5280 4.1.2.6 forbids and this library refuses. So paths are checked in the mode that asks about
 * each fault; the shim overlooks all of them but a wrong keyUsage, and says yes or no at the end.
 * The linker puts the functions named __wrap_ in the place of the library's.
 */
#include "shim.h"

#include "base/error.h"
#include "base/names.h"
#include "engine/engine.h"
#include "pki/chain.h"

#include <stdlib.h>
#include <string.h>

static bool rejecting;
static uint8_t rejecting_alert;

struct chain *__real_chain_new(const struct chain_params *params, struct cert *const *certs,
                               size_t num, cssl_error *err);
enum chain_result __real_chain_run(struct chain *c, cssl_error *err);
struct chain *__wrap_chain_new(const struct chain_params *params, struct cert *const *certs,
                               size_t num, cssl_error *err);
enum chain_result __wrap_chain_run(struct chain *c, cssl_error *err);

void set_verdict(bool reject, uint8_t alert)
{
    rejecting = reject;
    rejecting_alert = alert;
}

struct chain *__wrap_chain_new(const struct chain_params *params, struct cert *const *certs,
                               size_t num, cssl_error *err)
{
    struct chain_params asking = *params;
    asking.ask = true;
    return __real_chain_new(&asking, certs, num, err);
}

enum chain_result __wrap_chain_run(struct chain *c, cssl_error *err)
{
    enum chain_result result = __real_chain_run(c, err);
    while (result == CHAIN_ASKS) {
        struct chain_question q;
        chain_question(c, &q);
        bool no = q.event == CHAIN_BAD_CERT     ? q.reason == CSSL_R_CERT_KEY_USAGE
                  : q.event == CHAIN_VALID_PEER ? rejecting
                                                : false;
        chain_answer(c, no ? CHAIN_REJECT : CHAIN_ACCEPT);
        result = __real_chain_run(c, err);
    }
    if (result == CHAIN_FAILED && err != NULL && err->reason == CSSL_R_CERT_REJECTED &&
        rejecting_alert != 0) {
        err->alert = rejecting_alert;
    }
    return result;
}

/* The runner's OCSP responses are four bytes. What the library staples is not looked at here. */
struct staple {
    cssl_bytes der;
};
struct stapler {
    struct staple staple;
};
cssl_bytes __wrap_staple_der(const struct staple *staple);
void __wrap_staple_free(struct staple *staple);
struct stapler *__wrap_stapler_new(const char *file, cssl_bytes memory, struct cert *leaf,
                                   cssl_error *err);
void __wrap_stapler_free(struct stapler *s);
struct staple *__wrap_stapler_get(struct stapler *s, int64_t now);

cssl_bytes __wrap_staple_der(const struct staple *staple)
{
    return staple->der;
}

void __wrap_staple_free(struct staple *staple)
{
    (void)staple;
}

struct stapler *__wrap_stapler_new(const char *file, cssl_bytes memory, struct cert *leaf,
                                   cssl_error *err)
{
    (void)file;
    (void)leaf;
    (void)err;
    struct stapler *s = calloc(1, sizeof(*s));
    if (s != NULL) {
        s->staple.der = memory; /* from_base64's, which stays */
    }
    return s;
}

void __wrap_stapler_free(struct stapler *s)
{
    free(s);
}

struct staple *__wrap_stapler_get(struct stapler *s, int64_t now)
{
    (void)now;
    return &s->staple;
}

int selected_credential(const cssl_engine *e)
{
    return e->conn.own == NULL ? -1 : (int)(e->conn.own - e->conn.config->certkeys);
}

bool ticket_allows_early(cssl_bytes ticket)
{
    struct session s;
    bool allows = session_decode(&s, ticket, NULL) == 0 && s.max_early_data > 0;
    session_wipe(&s);
    return allows;
}

static const char *listed(const char *name, const char *const *names)
{
    for (size_t i = 0; name != NULL && names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0) {
            return names[i];
        }
    }
    return NULL;
}

const char *usable_group(uint16_t code)
{
    return listed(name_of_group(code), cssl_groups("all"));
}

bool usable_in_13(const char *scheme)
{
    return listed(scheme, cssl_signature_algs("all", CSSL_TLSV1_3)) != NULL;
}

const char *usable_scheme(uint16_t code)
{
    return listed(name_of_scheme(code), cssl_signature_algs("all", CSSL_TLSV1_2));
}
