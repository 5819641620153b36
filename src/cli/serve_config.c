/* serve_config.c - the config of `cssl serve`: what its options mean to the library, with a config
 * for each host of --sni. Opens no socket. */
#include "cli/serve.h"

#include "base/mem.h"

#include <stdlib.h>

/* What is the same for each certificate: all but the certificate. identity has to live as long as
 * what is returned. */
static cssl_options options_with(const struct serve_args *args, cssl_cert_key *identity)
{
    cssl_options o = args->tls.options;
    *identity = (cssl_cert_key){ .certfile = o.certfile,
                                 .keyfile = o.keyfile,
                                 .password = o.password,
                                 .staplefile = args->staple };
    if (args->staple != NULL) {
        o.certfile = o.keyfile = o.password = NULL;
        o.certs_keys = identity;
        o.num_certs_keys = 1;
    }
    return o;
}

bool serve_host_parse(struct serve_args *args, const char *text, const char **why)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0') {
        *why = "it is HOST=CERT,KEY, or HOST=CERT where the key is in the same file";
        return false;
    }
    if (args->num_hosts == SERVE_HOSTS_MAX) {
        *why = "64 hosts are the most";
        return false;
    }
    struct serve_host *h = &args->hosts[args->num_hosts++];
    h->host = cli_memory(mem_str(text));
    char *cert = h->host + (equals - text);
    *cert++ = '\0';
    char *comma = strchr(cert, ',');
    if (comma != NULL) {
        *comma = '\0';
    }
    h->cert = cert;
    h->key = comma == NULL ? NULL : comma + 1;
    return true;
}

void serve_hosts_free(struct serve_args *args)
{
    for (size_t i = 0; i < args->num_hosts; i++) {
        mem_free(args->hosts[i].host);
    }
    args->num_hosts = 0;
}

static cssl_config *config_of(cssl_config *old, const cssl_options *o, cssl_error *err)
{
    return old == NULL ? cssl_server_config(o, err) : cssl_config_renew(old, o, err);
}

/* A client resumes where it began, whichever host that was: all of them have base's ticket keys. */
static cssl_config *with_hosts(const struct serve_args *args, cssl_config *base,
                               cssl_options *o, cssl_error *err)
{
    cssl_sni_host hosts[SERVE_HOSTS_MAX];
    cssl_config *config = NULL;
    size_t num = 0;
    for (; num < args->num_hosts; num++) {
        cssl_options of_host = args->tls.options;
        of_host.certfile = args->hosts[num].cert;
        of_host.keyfile = args->hosts[num].key;
        hosts[num].host = args->hosts[num].host;
        hosts[num].config = config_of(base, &of_host, err);
        if (hosts[num].config == NULL) {
            break;
        }
    }
    if (num == args->num_hosts) {
        o->sni_hosts = hosts;
        o->num_sni_hosts = num;
        config = config_of(base, o, err);
    }
    for (size_t i = 0; i < num; i++) {
        cssl_config_free(hosts[i].config);
    }
    return config;
}

cssl_config *serve_config(const struct serve_args *args, cssl_config *old, cssl_error *err)
{
    cssl_cert_key identity;
    cssl_options o = options_with(args, &identity);
    cssl_config *base = config_of(old, &o, err);
    if (base == NULL || args->num_hosts == 0) {
        return base;
    }
    cssl_config *config = with_hosts(args, base, &o, err);
    cssl_config_free(base);
    return config;
}
