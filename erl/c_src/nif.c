/* nif.c - the library is loaded, and what Erlang may call. */
#include "nif.h"

#include "crypto/info.h"

#include <stdlib.h>
#include <string.h>

struct common *common;
static unsigned otp_release;

static int load(ErlNifEnv *env, void **priv, term info)
{
    if (common == NULL) { /* else the library stayed in memory when its module went */
        common = calloc(1, sizeof(*common));
        if (common == NULL) {
            return 1;
        }
        (void)strncpy(common->version, CSSL_VERSION, sizeof(common->version) - 1);
        common->size = sizeof(struct sock);
        (void)pthread_mutex_init(&common->lock, NULL);
    }
    crypto_keep_at_exit(); /* schedulers run on while the VM halts */
    *priv = common;
    (void)enif_get_uint(env, info, &otp_release);
    ErlNifResourceTypeInit config = { .dtor = config_destroy };
    const ErlNifResourceFlags flags = ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER;
    config_type = enif_open_resource_type_x(env, "cssl_config", &config, flags, NULL);
    sock_type = enif_open_resource_type_x(env, "cssl_socket", &sock_callbacks, flags, NULL);
    return atoms_load(env) && config_type != NULL && sock_type != NULL && listen_load(env) ? 0 : 1;
}

/* The term that programs hold, which names the resource: as OTP 25 to 27 make it, or 28. */
term sock_term(ErlNifEnv *env, struct sock *s)
{
    term inet = enif_make_tuple3(env, atom.inet, atom.cssl_inet, enif_make_resource(env, s));
    if (otp_release >= 28) {
        const term e[] = { atom.sslsocket, inet,         atom.undefined, atom.undefined,
                           atom.gen_tcp,   atom.tls_connection, atom.undefined, atom.undefined };
        return enif_make_tuple_from_array(env, e, 8);
    }
    return enif_make_tuple3(env, atom.sslsocket,
                            enif_make_tuple4(env, atom.gen_tcp, inet, atom.tls_connection,
                                             atom.undefined),
                            enif_make_list(env, 0));
}

/* socket(Res): its term */
NIF(nif_socket)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    return s == NULL ? enif_make_badarg(env) : sock_term(env, s);
}

static ErlNifFunc functions[] = {
    { "config", 3, nif_config, ERL_NIF_DIRTY_JOB_CPU_BOUND },
    { "options", 1, nif_options, 0 },
    { "derive", 3, nif_derive, ERL_NIF_DIRTY_JOB_CPU_BOUND },
    { "set_reactor", 2, nif_set_reactor, 0 },
    { "start_reactors", 1, nif_start_reactors, ERL_NIF_DIRTY_JOB_CPU_BOUND },
    { "renew", 3, nif_renew, ERL_NIF_DIRTY_JOB_CPU_BOUND },
    { "share", 2, nif_share, 0 },
    { "renegotiated", 2, nif_renegotiated, 0 },
    { "open", 4, nif_open, 0 },
    { "socket", 1, nif_socket, 0 },
    { "handshake", 2, nif_handshake, 0 },
    { "continue", 2, nif_continue, 0 },
    { "reconfigure", 2, nif_reconfigure, 0 },
    { "feed", 2, nif_feed, 0 },
    { "send_options", 1, nif_send_options, 0 },
    { "downgrade", 2, nif_downgrade, 0 },
    { "renegotiate", 1, nif_renegotiate, 0 },
    { "answer", 5, nif_answer, 0 },
    { "cancel_handshake", 1, nif_cancel_handshake, 0 },
    { "start", 1, nif_start, 0 },
    { "recv", 3, nif_recv, 0 },
    { "take", 3, nif_take, 0 },
    { "give", 2, nif_give, 0 },
    { "deliver", 5, nif_deliver, 0 },
    { "look", 1, nif_look, 0 },
    { "invalid", 2, nif_invalid, 0 },
    { "ready", 1, nif_ready, 0 },
    { "active", 3, nif_active, 0 },
    { "send", 4, nif_send, 0 },
    { "leave", 1, nif_leave, 0 },
    { "flush", 1, nif_flush, 0 },
    { "close", 2, nif_close, 0 },
    { "drop", 1, nif_drop, 0 },
    { "shutdown", 2, nif_shutdown, 0 },
    { "cancel", 2, nif_cancel, 0 },
    { "own", 2, nif_own, 0 },
    { "set", 2, nif_set, 0 },
    { "get", 1, nif_get, 0 },
    { "setsockopt", 4, nif_setsockopt, 0 },
    { "getsockopt", 4, nif_getsockopt, 0 },
    { "address", 2, nif_address, 0 },
    { "stat", 1, nif_stat, 0 },
    { "information", 1, nif_information, 0 },
    { "peercert", 2, nif_peercert, 0 },
    { "export", 4, nif_export, 0 },
    { "update_keys", 2, nif_update_keys, 0 },
    { "listen", 3, nif_listen, 0 },
    { "accept", 2, nif_accept, 0 },
    { "accept_cancel", 1, nif_accept_cancel, 0 },
    { "unlisten", 1, nif_unlisten, 0 },
    { "listener_own", 2, nif_listener_own, 0 },
    { "listener_config", 2, nif_listener_config, 0 },
    { "suites", 0, nif_suites, 0 },
    { "groups", 0, nif_groups, 0 },
    { "signature_algs", 1, nif_signature_algs, 0 },
};

/* upgrade takes connections over from a library that was made of the same sources: another one's
 * memory has another layout, and it is refused. */
static int upgrade(ErlNifEnv *env, void **priv, void **old, term info)
{
    struct common *theirs = *old;
    if (theirs == NULL || theirs->size != sizeof(struct sock) ||
        strcmp(theirs->version, CSSL_VERSION) != 0) {
        return 1;
    }
    common = theirs;
    return load(env, priv, info);
}

ERL_NIF_INIT(cssl_nif, functions, load, NULL, upgrade, NULL)
