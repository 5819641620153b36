/* connect_trust.c - why a server is or is not trusted, said by the same checks that the handshake
 * makes. Nothing here makes a connection trusted. */
#include "cli/connect.h"

#include "config/config.h"
#include "pki/chain.h"

#include <time.h>

static void judge(struct trust *trust, const struct connect_args *a, const cssl_socket *s,
                  const cssl_info *info);
static void show(struct trust *trust, const cssl_socket *s);
static cssl_options only_trust(const struct connect_args *a);

void trust_judge(struct trust *trust, const struct connect_args *a, const cssl_socket *s)
{
    cssl_info info;
    cssl_connection_information(s, &info);
    show(trust, s);
    /* No handshake goes without certificate and key: it was by the key, or by a session's. */
    trust->by_key = (info.peer_verified || a->tls.options.psk.len > 0) &&
                    json_array_size(trust->certificates) == 0;
    trust->verified = info.peer_verified || trust->by_key;
    trust->trusted = trust->verified;
    if (!trust->trusted) {
        judge(trust, a, s, &info);
    }
}

void trust_diagnose(struct trust *trust, const struct connect_args *a, const cssl_error *err)
{
    struct connect_args again = *a;
    again.insecure = true;
    again.tls.options = only_trust(a);
    again.tls.options.psk_identity = NULL;
    again.tls.options.psk = bytes_of(NULL, 0);
    const cssl_options o = connect_options(&again);
    trust->why = *err;
    cssl_config *config = cssl_client_config(&o, NULL);
    if (config == NULL) {
        return;
    }
    cssl_socket *s = dial(a, config, NULL);
    if (s != NULL) {
        show(trust, s);
        (void)cssl_close(s, 0, NULL);
    }
    cssl_config_free(config);
}

void trust_free(struct trust *trust)
{
    json_decref(trust->certificates);
    trust->certificates = NULL;
}

static void show(struct trust *trust, const cssl_socket *s)
{
    json_t *facts = facts_of(s);
    trust->certificates = json_incref(json_object_get(facts, "certificates"));
    json_decref(facts);
}

/* What is asked of the server, but without our certificate, sessions, hooks, and above all
 * without a word of data. */
static cssl_options only_trust(const struct connect_args *a)
{
    cssl_options o = a->tls.options;
    o.certfile = o.keyfile = o.password = NULL;
    o.post_handshake_auth = false;
    o.session_tickets = CSSL_TICKETS_DISABLED;
    o.use_ticket = bytes_of(NULL, 0);
    o.trace = NULL;
    o.keylog = NULL;
    o.sslkeylogfile = false;
    o.log = NULL;
    o.ask = NULL;
    o.early_data = bytes_of(NULL, 0);
    return o;
}

/* The certificates of s as chain_new wants them. */
static size_t parse_all(const cssl_socket *s, struct cert *certs[CHAIN_CERTS_MAX], cssl_error *err)
{
    cssl_bytes der;
    size_t num = 0;
    while (num < CHAIN_CERTS_MAX && cssl_peercert(s, num, &der, NULL) >= 0) {
        certs[num] = cert_parse(der, err);
        if (certs[num] == NULL) {
            break;
        }
        num++;
    }
    if (num == 0) {
        (void)fail_text(err, CSSL_R_NOT_NOW, "the server showed no certificate");
    }
    return num;
}

/* The parameters are those of a config that would have verified the server. */
static void judge(struct trust *trust, const struct connect_args *a, const cssl_socket *s,
                  const cssl_info *info)
{
    struct cert *certs[CHAIN_CERTS_MAX];
    cssl_bytes staples[CHAIN_CERTS_MAX] = { { NULL, 0 } };
    cssl_options o = only_trust(a);
    if (a->insecure) {
        o.stapling = CSSL_OFF; /* none was asked for */
    }
    cssl_config *config = cssl_client_config(&o, &trust->why);
    size_t num = config == NULL ? 0 : parse_all(s, certs, &trust->why);
    if (num > 0) {
        struct chain_params params = {
            .anchors = config->anchors,
            .purpose = PURPOSE_SERVER,
            .name = a->name == NULL ? a->host : a->name,
            .now = time(NULL),
            .depth = config->depth,
            .schemes = config->cert_schemes.list,
            .num_schemes = config->cert_schemes.num,
            .key_usage = strncmp(info->cipher_suite, "TLS_RSA_WITH_", 13) == 0
                             ? KU_KEY_ENCIPHERMENT
                             : 0,
        };
        peer_rules_apply(&config->rules, &params);
        if (cssl_peer_staple(s, &staples[0], NULL) >= 0) {
            params.staples = staples;
        }
        struct chain *chain = chain_new(&params, certs, num, &trust->why);
        trust->trusted = chain != NULL && chain_run(chain, &trust->why) == CHAIN_OK;
        chain_free(chain);
    }
    for (size_t i = 0; i < num; i++) {
        cert_free(certs[i]);
    }
    cssl_config_free(config);
}
