/* connect_trust.c - why a server is or is not trusted, said by the same checks that the handshake
 * makes. Nothing here makes a connection trusted. */
#include "cli/connect.h"

#include "config/config.h"
#include "pki/chain.h"

#include <time.h>

static void judge(struct trust *trust, const struct connect_args *a, const cssl_socket *s);

void trust_judge(struct trust *trust, const struct connect_args *a, const cssl_socket *s)
{
    cssl_info info;
    cssl_connection_information(s, &info);
    json_t *facts = facts_of(s);
    trust->certificates = json_incref(json_object_get(facts, "certificates"));
    json_decref(facts);
    trust->trusted = info.peer_verified;
    if (!trust->trusted) {
        judge(trust, a, s);
    }
}

void trust_diagnose(struct trust *trust, const struct connect_args *a)
{
    /* The same question to the server, but without our certificate, sessions, hooks, and above all
     * without a word of data. */
    cssl_options o = a->tls.options;
    o.verify = CSSL_VERIFY_NONE;
    o.certfile = o.keyfile = o.password = NULL;
    o.cacertfile = NULL;
    o.session_tickets = CSSL_TICKETS_DISABLED;
    o.use_ticket = bytes_of(NULL, 0);
    o.trace = NULL;
    o.keylog = NULL;
    o.sslkeylogfile = false;
    o.log = NULL;
    o.ask = NULL;
    o.early_data = bytes_of(NULL, 0);
    cssl_config *config = cssl_client_config(&o, NULL);
    if (config == NULL) {
        return;
    }
    cssl_error err;
    cssl_socket *s = dial(a, config, &err);
    if (s != NULL) {
        trust_judge(trust, a, s);
        (void)cssl_close(s, 0, NULL);
    }
    cssl_config_free(config);
}

void trust_free(struct trust *trust)
{
    json_decref(trust->certificates);
    trust->certificates = NULL;
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

static void judge(struct trust *trust, const struct connect_args *a, const cssl_socket *s)
{
    struct cert *certs[CHAIN_CERTS_MAX];
    const char *file = a->cacert;
    struct store *anchors =
        file == NULL ? store_system(&trust->why) : store_from_file(file, &trust->why);
    size_t num = anchors == NULL ? 0 : parse_all(s, certs, &trust->why);
    if (num > 0) {
        struct codes schemes;
        codes_default(&schemes, CODES_CERT_SCHEMES);
        const struct chain_params params = {
            .anchors = anchors,
            .purpose = PURPOSE_SERVER,
            .name = a->name == NULL ? a->host : a->name,
            .now = time(NULL),
            .depth = CHAIN_DEPTH_DEFAULT,
            .schemes = schemes.list,
            .num_schemes = schemes.num,
        };
        struct chain *chain = chain_new(&params, certs, num, &trust->why);
        trust->trusted = chain != NULL && chain_run(chain, &trust->why) == CHAIN_OK;
        chain_free(chain);
    }
    for (size_t i = 0; i < num; i++) {
        cert_free(certs[i]);
    }
    store_free(anchors);
}
