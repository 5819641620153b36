/* peer_rules.c - options about revocation, policies and further names. Verifies nothing. */
#include "config/peer_rules.h"

#include "base/error.h"
#include "base/mem.h"
#include "pki/der_write.h"
#include "pki/hostname.h"

static int check_needless(const cssl_options *o, bool server, bool verify, cssl_error *err);
static int check_lists(struct peer_rules *t, const cssl_options *o, cssl_error *err);
static int check_names(struct peer_rules *t, const cssl_options *o, cssl_error *err);
static int check_policies(struct peer_rules *t, const cssl_options *o, cssl_error *err);
static int encode_oid(const char *dotted, cssl_bytes *oid, cssl_error *err);

int peer_rules_check(struct peer_rules *t, const cssl_options *o, bool server, bool verify,
                     cssl_error *err)
{
    int ret = check_needless(o, server, verify, err);
    if (ret != 0 || (ret = check_lists(t, o, err)) != 0 || (ret = check_names(t, o, err)) != 0 ||
        (ret = check_policies(t, o, err)) != 0) {
        return ret;
    }
    t->ask_staple = !server && verify && o->stapling != CSSL_OFF;
    t->require_staple = o->stapling == CSSL_ON;
    t->ask_nonce = o->stapling_nonce;
    t->ask_scts = o->signed_certificate_timestamps;
    t->any_ca_purpose = o->allow_any_ca_purpose;
    t->inhibit_mapping = o->inhibit_policy_mapping;
    t->inhibit_any = o->inhibit_any_policy;
    return 0;
}

void peer_rules_free(struct peer_rules *t)
{
    crl_set_free(t->crls);
    crl_dir_free(t->crl_dir);
    for (size_t i = 0; i < t->num_policies; i++) {
        mem_free((void *)(uintptr_t)t->policies[i].data);
    }
    mem_free(t->policies);
    *t = (struct peer_rules){ .crls = NULL };
}

void peer_rules_digest(const struct peer_rules *t, struct hash *h)
{
    const uint8_t facts[] = { (uint8_t)t->crl_check, t->crl_dir != NULL, t->ask_staple,
                              t->require_staple, t->ask_nonce, t->any_ca_purpose,
                              t->require_policy, t->inhibit_mapping, t->inhibit_any,
                              (uint8_t)t->num_peer_names, (uint8_t)t->num_policies,
                              (uint8_t)(crl_set_size(t->crls) >> 8),
                              (uint8_t)crl_set_size(t->crls) };
    hash_update(h, facts, sizeof(facts));
    for (size_t i = 0; i < t->num_peer_names; i++) {
        hash_update(h, t->peer_names[i], strlen(t->peer_names[i]) + 1);
    }
    for (size_t i = 0; i < t->num_policies; i++) {
        const uint8_t len = (uint8_t)t->policies[i].len;
        hash_update(h, &len, 1);
        hash_update(h, t->policies[i].data, t->policies[i].len);
    }
    crl_set_digest(t->crls, h);
}

void peer_rules_apply(const struct peer_rules *t, struct chain_params *params)
{
    params->names = t->peer_names;
    params->num_names = t->num_peer_names;
    params->any_ca_purpose = t->any_ca_purpose;
    params->policy = (struct policy_params){ .accepted = t->policies,
                                             .num_accepted = t->num_policies,
                                             .require = t->require_policy,
                                             .inhibit_mapping = t->inhibit_mapping,
                                             .inhibit_any = t->inhibit_any };
    params->lists = (struct revoke_lists){ t->crl_check, t->crls, t->crl_dir };
    params->staple_asked = t->ask_staple;
    params->staple_required = t->require_staple;
}

/* Options that nothing would come of are refused: whoever sets them expects something of them. */
static int check_needless(const cssl_options *o, bool server, bool verify, cssl_error *err)
{
    const struct {
        const char *option;
        bool given;
        bool client_only;
    } rows[] = {
        { "stapling", o->stapling == CSSL_ON, true },
        { "stapling_nonce", o->stapling_nonce, true },
        { "peer_names", o->peer_names != NULL, true },
        { "crl_check", o->crl_check != CSSL_CRL_NONE, false },
        { "certificate_policies", o->certificate_policies != NULL, false },
        { "explicit_policy", o->explicit_policy, false },
        { "inhibit_policy_mapping", o->inhibit_policy_mapping, false },
        { "inhibit_any_policy", o->inhibit_any_policy, false },
        { "allow_any_ca_purpose", o->allow_any_ca_purpose, false },
        { "verify_on_resume", o->verify_on_resume, false },
    };
    if (server && (o->stapling == CSSL_OFF || o->signed_certificate_timestamps)) {
        return fail_option(err, CSSL_R_OPTION_ROLE,
                           o->stapling == CSSL_OFF ? "stapling" : "signed_certificate_timestamps",
                           "it is for clients only");
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].given && server && rows[i].client_only) {
            return fail_option(err, CSSL_R_OPTION_ROLE, rows[i].option, "%s is for clients only",
                               rows[i].option);
        }
        if (rows[i].given && !verify) {
            return fail_option(err, CSSL_R_OPTION_CONFLICT, rows[i].option,
                               "the peer is not verified, so %s would mean nothing; set verify to "
                               "CSSL_VERIFY_PEER or leave it out", rows[i].option);
        }
    }
    if (o->stapling_nonce && o->stapling == CSSL_OFF) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "stapling_nonce", "stapling is off");
    }
    return 0;
}

static int check_lists(struct peer_rules *t, const cssl_options *o, cssl_error *err)
{
    static const enum revoke_mode modes[] = { [CSSL_CRL_NONE] = REVOKE_OFF,
                                              [CSSL_CRL_PEER] = REVOKE_PEER,
                                              [CSSL_CRL_CHAIN] = REVOKE_CHAIN,
                                              [CSSL_CRL_BEST_EFFORT] = REVOKE_BEST_EFFORT };
    bool lists = o->crlfile != NULL || o->crls.len > 0 || o->crl_dir != NULL;
    if ((unsigned)o->crl_check >= ARRAY_LEN(modes)) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "crl_check", "there is no such value");
    }
    t->crl_check = modes[o->crl_check];
    if (lists && t->crl_check == REVOKE_OFF) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "crl_check",
                           "lists were given, and nothing asks them: set crl_check");
    }
    if (!lists && t->crl_check != REVOKE_OFF) {
        return fail_option(err, CSSL_R_OPTION_MISSING, "crlfile",
                           "crl_check needs revocation lists: in crlfile, crls or crl_dir");
    }
    if (o->crlfile != NULL && o->crls.len > 0) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "crls", "give crlfile or crls, not both");
    }
    if (o->crlfile != NULL) {
        t->crls = crl_set_from_file(o->crlfile, "crlfile", err);
    } else if (o->crls.len > 0) {
        t->crls = crl_set_from_memory(o->crls, "crls", err);
    }
    if ((o->crlfile != NULL || o->crls.len > 0) && t->crls == NULL) {
        return CSSL_OPTION;
    }
    if (o->crl_dir != NULL && (t->crl_dir = crl_dir_new(o->crl_dir, err)) == NULL) {
        return CSSL_OPTION;
    }
    return 0;
}

static int check_names(struct peer_rules *t, const cssl_options *o, cssl_error *err)
{
    if (o->peer_names == NULL) {
        return 0;
    }
    t->peer_names = o->peer_names;
    for (size_t i = 0; o->peer_names[i] != NULL; i++) {
        const char *name = o->peer_names[i];
        uint8_t ip[16];
        if (i == PEER_NAMES_MAX) {
            return fail_option(err, CSSL_R_OPTION_VALUE, "peer_names", "more than %d",
                               PEER_NAMES_MAX);
        }
        if (!hostname_is_dns(name) && hostname_is_ip(name, ip) == 0) {
            return fail_option(err, CSSL_R_OPTION_VALUE, "peer_names",
                               "\"%.253s\" is neither a host name nor an address", name);
        }
        t->num_peer_names++;
    }
    return t->num_peer_names > 0
               ? 0
               : fail_option(err, CSSL_R_OPTION_VALUE, "peer_names", "the list is empty");
}

static int check_policies(struct peer_rules *t, const cssl_options *o, cssl_error *err)
{
    t->require_policy = o->explicit_policy || o->certificate_policies != NULL;
    if (o->certificate_policies == NULL) {
        return 0;
    }
    t->policies = mem_new_array(PEER_POLICIES_MAX, sizeof(*t->policies));
    if (t->policies == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    for (size_t i = 0; o->certificate_policies[i] != NULL; i++) {
        if (i == PEER_POLICIES_MAX) {
            return fail_option(err, CSSL_R_OPTION_VALUE, "certificate_policies", "more than %d",
                               PEER_POLICIES_MAX);
        }
        int ret = encode_oid(o->certificate_policies[i], &t->policies[i], err);
        if (ret != 0) {
            return ret;
        }
        t->num_policies++;
    }
    return t->num_policies > 0
               ? 0
               : fail_option(err, CSSL_R_OPTION_VALUE, "certificate_policies", "the list is empty");
}

static int encode_oid(const char *dotted, cssl_bytes *oid, cssl_error *err)
{
    enum { OID_MAX = 64 };
    struct dw w;
    dw_init(&w, OID_MAX);
    dw_oid(&w, dotted);
    int ret;
    uint8_t *copy = NULL;
    if (!dw_ok(&w)) {
        ret = fail_option(err, CSSL_R_OPTION_VALUE, "certificate_policies",
                          "\"%.64s\" is not an object identifier such as 2.23.140.1.2.1", dotted);
    } else {
        struct rd r = rd_of(dw_view(&w));
        cssl_bytes contents = der_oid(&r);
        copy = mem_copy(contents.data, contents.len);
        *oid = bytes_of(copy, contents.len);
        ret = copy == NULL ? fail(err, CSSL_R_NOMEM) : 0;
    }
    dw_free(&w);
    return ret;
}
