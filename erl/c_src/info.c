/* info.c - what is known of a connection, and what libcssl can do. Changes nothing. */
#include "nif.h"

#include "engine/engine.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static term closed(ErlNifEnv *env)
{
    return make_tagged(env, atom.error, atom.closed);
}

static void put(ErlNifEnv *env, term *map, const char *key, term value)
{
    (void)enif_make_map_put(env, *map, enif_make_atom(env, key), value, map);
}

static term flag(bool b)
{
    return b ? atom.yes : atom.no;
}

/* information(Res): {ok, Map} */
NIF(nif_information)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    lock_both(s);
    if (s->phase == PHASE_CLOSED) {
        unlock_both(s);
        return closed(env);
    }
    cssl_info i;
    cssl_engine_information(s->engine, &i);
    term map = enif_make_new_map(env);
    if (s->secrets != NULL) {
        put(env, &map, "keylog", make_bytes(env, s->secrets->lines, s->secrets->len));
    }
    unlock_both(s);
    put(env, &map, "protocol", enif_make_atom(env, i.protocol));
    put(env, &map, "cipher_suite", make_string_binary(env, i.cipher_suite));
    put(env, &map, "group", enif_make_atom(env, i.group));
    put(env, &map, "signature_scheme", enif_make_atom(env, i.signature_scheme));
    put(env, &map, "client_signature_scheme", enif_make_atom(env, i.client_signature_scheme));
    put(env, &map, "sni_hostname", make_string_binary(env, i.sni_hostname));
    put(env, &map, "alpn_protocol", make_string_binary(env, i.alpn_protocol));
    put(env, &map, "session_resumption", flag(i.session_resumption));
    put(env, &map, "hello_retry", flag(i.hello_retry));
    put(env, &map, "peer_verified", flag(i.peer_verified));
    put(env, &map, "early_data_offered", flag(i.early_data_offered));
    put(env, &map, "early_data_accepted", flag(i.early_data_accepted));
    put(env, &map, "secure_renegotiation", flag(i.secure_renegotiation));
    put(env, &map, "extended_master_secret", flag(i.extended_master_secret));
    put(env, &map, "encrypt_then_mac", flag(i.encrypt_then_mac));
    put(env, &map, "staple_verified", flag(i.staple_verified));
    put(env, &map, "max_fragment_length", enif_make_uint(env, i.max_fragment_length));
    put(env, &map, "record_size_limit", enif_make_uint(env, i.record_size_limit));
    put(env, &map, "cert_compression", make_string_binary(env, i.cert_compression));
    put(env, &map, "session_id", make_bytes(env, i.session_id, i.session_id_len));
    put(env, &map, "client_random", make_bytes(env, i.client_random, sizeof(i.client_random)));
    put(env, &map, "server_random", make_bytes(env, i.server_random, sizeof(i.server_random)));
    return make_tagged(env, atom.ok, map);
}

/* peercert(Res, I): {ok, Der}, or {error, closed | no_peercert} */
NIF(nif_peercert)
{
    struct sock *s = sock_get(env, argv[0]);
    unsigned i;
    cssl_bytes der;
    (void)argc;
    if (s == NULL || !enif_get_uint(env, argv[1], &i)) {
        return enif_make_badarg(env);
    }
    lock_both(s);
    term result;
    if (s->phase == PHASE_CLOSED) {
        result = closed(env);
    } else if (cssl_engine_peercert(s->engine, i, &der, NULL) != 0) {
        result = make_tagged(env, atom.error, enif_make_atom(env, "no_peercert"));
    } else {
        result = make_tagged(env, atom.ok, make_bytes(env, der.data, der.len));
    }
    unlock_both(s);
    return result;
}

/* export(Res, Label, Context | undefined, Length): {ok, Bytes} */
NIF(nif_export)
{
    struct sock *s = sock_get(env, argv[0]);
    ErlNifBinary label, context = { .size = 0 };
    unsigned len;
    char name[256];
    cssl_error err;
    (void)argc;
    if (s == NULL || !enif_inspect_binary(env, argv[1], &label) || label.size >= sizeof(name) ||
        !enif_get_uint(env, argv[3], &len) || len > 65535) {
        return enif_make_badarg(env);
    }
    memcpy(name, label.data, label.size);
    name[label.size] = '\0';
    bool given = enif_inspect_binary(env, argv[2], &context) != 0;
    cssl_bytes ctx = { .data = given ? context.data : NULL, .len = context.size };
    if (given && ctx.data == NULL) {
        ctx.data = (const uint8_t *)"";
    }
    term out;
    uint8_t *to = enif_make_new_binary(env, len, &out);
    lock_both(s);
    term result;
    if (s->phase == PHASE_CLOSED) {
        result = closed(env);
    } else if (cssl_engine_export_key_material(s->engine, name, ctx, to, len, &err) < 0) {
        result = make_failure(env, &err, "");
    } else {
        result = make_tagged(env, atom.ok, out);
    }
    unlock_both(s);
    return result;
}

/* update_keys(Res, BothWays): ok */
NIF(nif_update_keys)
{
    struct sock *s = sock_get(env, argv[0]);
    cssl_error err;
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    term result = atom.ok;
    (void)pthread_mutex_lock(&s->rx);
    (void)pthread_mutex_lock(&s->tx);
    bool there = s->phase == PHASE_OPEN;
    bool good = there && cssl_engine_update_keys(s->engine, enif_is_identical(argv[1], atom.yes),
                                                 &err) == 0;
    (void)pthread_mutex_unlock(&s->tx);
    if (!there) {
        result = closed(env);
    } else if (!good) {
        result = make_failure(env, &err, "");
    } else {
        io_kick(env, s);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

/* renegotiate(Res): ok, or {error, Why}; the end is seen by renegotiated/1 */
NIF(nif_renegotiate)
{
    struct sock *s = sock_get(env, argv[0]);
    cssl_error err;
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    term result = atom.ok;
    lock_both(s);
    if (s->phase != PHASE_OPEN) {
        result = closed(env);
    } else {
        engine_hold_both(s->engine, true);
        s->renegotiated = RENEGOTIATION_NONE;
        if (cssl_engine_renegotiate(s->engine, &err) < 0) {
            result = make_failure(env, &err, "");
        }
        (void)io_flush(s);
        engine_hold_both(s->engine, false);
    }
    unlock_both(s);
    return result;
}

/* stat(Res): {RecvOct, RecvCnt, RecvMax, SendOct, SendCnt, SendMax, SendPend} */
NIF(nif_stat)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    lock_both(s);
    size_t pending = s->phase == PHASE_CLOSED ? 0 : cssl_engine_output(s->engine).len;
    bool gone = s->phase == PHASE_CLOSED;
    term t = enif_make_tuple7(env, enif_make_uint64(env, s->recv_oct),
                              enif_make_uint64(env, s->recv_cnt),
                              enif_make_uint64(env, s->recv_max),
                              enif_make_uint64(env, s->send_oct),
                              enif_make_uint64(env, s->send_cnt),
                              enif_make_uint64(env, s->send_max),
                              enif_make_uint64(env, pending));
    unlock_both(s);
    return gone ? closed(env) : make_tagged(env, atom.ok, t);
}

/* suites(): {Number, Iana, Openssl, Version, KeyExchange, Cipher, Mac, Prf, IsDefault} each */
NIF(nif_suites)
{
    static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };
    term list = enif_make_list(env, 0);
    (void)argc;
    (void)argv;
    for (size_t v = 0; v < 2; v++) {
        const char *const *all = cssl_cipher_suites("all", versions[v]);
        const char *const *usual = cssl_cipher_suites("default", versions[v]);
        for (size_t i = 0; all[i] != NULL; i++) {
            cssl_suite_info info;
            size_t d = 0;
            while (usual[d] != NULL && strcmp(usual[d], all[i]) != 0) {
                d++;
            }
            if (cssl_cipher_suite_info(all[i], &info, NULL) != 0) {
                continue;
            }
            term t = enif_make_tuple9(
                env, enif_make_uint(env, info.number), make_string_binary(env, info.name),
                make_string_binary(env, info.openssl_name), v == 0 ? atom.tls12 : atom.tls13,
                enif_make_atom(env, info.key_exchange), enif_make_atom(env, info.cipher),
                enif_make_atom(env, info.mac), enif_make_atom(env, info.prf),
                flag(usual[d] != NULL));
            list = enif_make_list_cell(env, t, list);
        }
    }
    (void)enif_make_reverse_list(env, list, &list);
    return list;
}

static term names_term(ErlNifEnv *env, const char *const *all, const char *const *usual)
{
    term list = enif_make_list(env, 0);
    size_t num = 0;
    while (all != NULL && all[num] != NULL) {
        num++;
    }
    for (size_t i = num; i > 0; i--) {
        size_t d = 0;
        while (usual[d] != NULL && strcmp(usual[d], all[i - 1]) != 0) {
            d++;
        }
        term t = enif_make_tuple2(env, enif_make_atom(env, all[i - 1]), flag(usual[d] != NULL));
        list = enif_make_list_cell(env, t, list);
    }
    return list;
}

/* groups(): {Name, IsDefault} each */
NIF(nif_groups)
{
    (void)argc;
    (void)argv;
    return names_term(env, cssl_groups("all"), cssl_groups("default"));
}

/* signature_algs(Version): {Name, IsDefault} each */
NIF(nif_signature_algs)
{
    (void)argc;
    unsigned version = enif_is_identical(argv[0], atom.tls12) ? CSSL_TLSV1_2 : CSSL_TLSV1_3;
    return names_term(env, cssl_signature_algs("all", version),
                      cssl_signature_algs("default", version));
}
