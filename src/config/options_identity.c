/* options_identity.c - what one of several identities says of itself. Loads none. */
#include "config/lists.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"

static const struct list_rule rule_schemes = { "signature_algs", CODES_SCHEMES, scheme_of_name,
                                               "cssl_signature_algs" };

int options_identity_schemes(const cssl_config *config, struct certkey *ck,
                             const cssl_cert_key *conf, cssl_error *err)
{
    struct codes schemes;
    bool usable = false;
    if (conf->signature_algs == NULL) {
        return 0;
    }
    int ret = list_check(&schemes, &rule_schemes, conf->signature_algs, err);
    if (ret != 0) {
        return ret;
    }
    for (size_t i = 0; i < schemes.num; i++) {
        if (!codes_has(&config->schemes, schemes.list[i])) {
            return fail_option(err, CSSL_R_OPTION_CONFLICT, "signature_algs",
                               "%s is of an identity, and not in the list of all",
                               name_of_scheme(schemes.list[i]));
        }
        usable = usable || certkey_can_sign(ck, schemes.list[i]);
    }
    if (!usable) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "signature_algs",
                           "the key of an identity can sign with none of its own");
    }
    ck->schemes = mem_copy(schemes.list, schemes.num * sizeof(schemes.list[0]));
    ck->num_schemes = schemes.num;
    return ck->schemes == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}
