/* options_ask.c - checks what a program wants to be asked, and the table of hosts. */
#include "config/options_ask.h"

#include "base/error.h"
#include "pki/hostname.h"

enum {
    ASK_ALL = CSSL_ASK_VERIFY | CSSL_ASK_PARTIAL_CHAIN | CSSL_ASK_SNI | CSSL_ASK_PSK |
              CSSL_ASK_SIGN | CSSL_ASK_SESSION,
    ASK_OF_SERVERS = CSSL_ASK_SNI | CSSL_ASK_PSK | CSSL_ASK_SESSION,
    ASK_OF_VERIFIERS = CSSL_ASK_VERIFY | CSSL_ASK_PARTIAL_CHAIN
};

static int check_hosts(const cssl_options *o, cssl_error *err);

int options_check_ask(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    unsigned about = o->ask_about;
    if ((about & ~(unsigned)ASK_ALL) != 0) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "ask_about", "0x%x has bits without a meaning",
                           about);
    }
    if (!config->server && (about & ASK_OF_SERVERS) != 0) {
        return fail_option(err, CSSL_R_OPTION_ROLE, "ask_about",
                           "names, PSKs and sessions are asked about by servers only");
    }
    if (!config->verify && (about & ASK_OF_VERIFIERS) != 0) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "ask_about",
                           "nothing is asked about certificates that are not verified");
    }
    if (((about & CSSL_ASK_SESSION) != 0) != (o->store_session != NULL)) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "store_session",
                           "a store needs both: store_session, and CSSL_ASK_SESSION in ask_about");
    }
    if ((about & CSSL_ASK_SESSION) != 0 && config->tickets == CSSL_TICKETS_STATELESS) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "session_tickets",
                           "with CSSL_ASK_SESSION nothing is kept in tickets: leave it, or set "
                           "CSSL_TICKETS_STATEFUL");
    }
    if ((about & CSSL_ASK_SESSION) != 0 && config->tickets == CSSL_TICKETS_DISABLED &&
        !(config->tls12 && config->reuse_sessions)) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "session_tickets",
                           "nothing is resumed with CSSL_TICKETS_DISABLED: what is to be kept?");
    }
    if (o->num_sni_hosts > 0 && !config->server) {
        return fail_option(err, CSSL_R_OPTION_ROLE, "sni_hosts", "sni_hosts is for servers only");
    }
    config->ask = o->ask;
    config->ask_about = about;
    config->store_session = o->store_session;
    config->pause_at_hello = o->pause_at_hello;
    config->sni_hosts = o->sni_hosts;
    config->num_sni_hosts = o->num_sni_hosts;
    return check_hosts(o, err);
}

static int check_hosts(const cssl_options *o, cssl_error *err)
{
    if (o->num_sni_hosts > 0 && o->sni_hosts == NULL) {
        return fail_option(err, CSSL_R_OPTION_MISSING, "sni_hosts", "it is NULL");
    }
    for (size_t i = 0; i < o->num_sni_hosts; i++) {
        const char *host = o->sni_hosts[i].host;
        const cssl_config *of_host = o->sni_hosts[i].config;
        const char *plain = host != NULL && strncmp(host, "*.", 2) == 0 ? host + 2 : host;
        if (plain == NULL || !hostname_is_dns(plain)) {
            return fail_option(err, CSSL_R_OPTION_VALUE, "sni_hosts",
                               "row %zu: \"%.253s\" is not a host name", i,
                               host == NULL ? "" : host);
        }
        if (of_host == NULL || !of_host->server) {
            return fail_option(err, CSSL_R_OPTION_VALUE, "sni_hosts",
                               "row %zu: %s needs a server's config", i, host);
        }
        if (of_host->num_sni_hosts > 0) {
            return fail_option(err, CSSL_R_OPTION_VALUE, "sni_hosts",
                               "row %zu: the config of %s has hosts of its own", i, host);
        }
    }
    return 0;
}
