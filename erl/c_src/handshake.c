/*
 * handshake.c - a connection from its descriptor to the end of its handshake, driven by the process
 * that called connect or handshake. Questions go out as terms, and come back as answers.
 */
#include "nif.h"

#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static term run(ErlNifEnv *env, struct sock *s, term ref);
static term question_term(ErlNifEnv *env, struct sock *s, const cssl_question *q);
static term hello_term(ErlNifEnv *env, struct sock *s);
static term failed(ErlNifEnv *env, struct sock *s);

/* open(Fd, Config, Name | undefined, Port): a connection of a copy of an inet port's descriptor. */
NIF(nif_open)
{
    int fd, port;
    struct config *config;
    ErlNifBinary name;
    char host[256];
    cssl_error err;
    (void)argc;
    if (!enif_get_int(env, argv[0], &fd) || !enif_get_int(env, argv[3], &port) || port < 0 ||
        port > UINT16_MAX ||
        !enif_get_resource(env, argv[1], config_type, (void **)&config)) {
        return enif_make_badarg(env);
    }
    bool named = !enif_is_identical(argv[2], atom.undefined);
    if (named && !enif_inspect_binary(env, argv[2], &name)) {
        return enif_make_badarg(env);
    }
    if (named) {
        if (name.size >= sizeof(host) || memchr(name.data, 0, name.size) != NULL) {
            return make_tagged(env, atom.error, atom.einval); /* never as if it had no name */
        }
        memcpy(host, name.data, name.size);
        host[name.size] = '\0';
    }
    int copy = copy_stream(fd);
    if (copy < 0) {
        return make_tagged(env, atom.error, make_posix(env, errno));
    }
    struct sock *s = sock_new(env, copy, config, named ? host : NULL, (uint16_t)port, &err);
    if (s == NULL) {
        return make_failure(env, &err, capture_text());
    }
    term t = enif_make_resource(env, s);
    enif_release_resource(s);
    return make_tagged(env, atom.ok, t);
}

/* handshake(Res, Ref): ok; select (a message comes, then call again); {hello, Map}; {ask, Map}; or
 * {error, Why}, and the connection is gone. */
NIF(nif_handshake)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    lock_both(s);
    bool on = s->phase == PHASE_HANDSHAKE || s->phase == PHASE_FAILED;
    sock_seen(env, s);
    capture_for(s);
    (void)reader_enter(env, s);
    term result = on ? run(env, s, argv[1]) : make_tagged(env, atom.error, atom.closed);
    capture_for(NULL);
    unlock_both(s);
    return result;
}

/* continue(Res, Config | undefined): goes on after the hello; then handshake. */
NIF(nif_continue)
{
    struct sock *s = sock_get(env, argv[0]);
    struct config *config = NULL;
    cssl_error err;
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    if (!enif_is_identical(argv[1], atom.undefined) &&
        (!enif_get_resource(env, argv[1], config_type, (void **)&config) ||
         config->server != s->server)) {
        return enif_make_badarg(env);
    }
    lock_both(s);
    term result = atom.ok;
    capture_begin();
    if (s->phase != PHASE_HANDSHAKE) {
        result = make_tagged(env, atom.error, atom.closed);
    } else if (cssl_engine_continue(s->engine, config == NULL ? NULL : config->config, &err) < 0) {
        sock_fail(s, &err);
        result = failed(env, s);
    } else if (config != NULL) {
        enif_keep_resource(config);
        enif_release_resource(s->config);
        s->config = config;
    }
    unlock_both(s);
    return result;
}

/* reconfigure(Res, Config): another config before the first byte was read. */
NIF(nif_reconfigure)
{
    struct sock *s = sock_get(env, argv[0]);
    struct config *config;
    cssl_error err;
    (void)argc;
    if (s == NULL || !enif_get_resource(env, argv[1], config_type, (void **)&config) ||
        config->server != s->server) {
        return enif_make_badarg(env);
    }
    lock_both(s);
    term result = atom.ok;
    if (s->phase != PHASE_HANDSHAKE) {
        result = make_tagged(env, atom.error, atom.closed);
    } else {
        cssl_engine *engine = cssl_engine_new(config->config, NULL, &err);
        if (engine == NULL) {
            result = make_failure(env, &err, "");
        } else {
            engine_two_threads(engine);
            cssl_engine_free(s->engine);
            s->engine = engine;
            enif_keep_resource(config);
            enif_release_resource(s->config);
            s->config = config;
        }
    }
    unlock_both(s);
    return result;
}

/* feed(Res, Bytes): what inet had read of the connection before it was taken over. */
NIF(nif_feed)
{
    struct sock *s = sock_get(env, argv[0]);
    ErlNifBinary data;
    (void)argc;
    if (s == NULL || !enif_inspect_binary(env, argv[1], &data)) {
        return enif_make_badarg(env);
    }
    term result = atom.ok;
    lock_both(s);
    if (s->phase != PHASE_HANDSHAKE) {
        result = make_tagged(env, atom.error, atom.closed);
    } else if (!stash_add(&s->early, data.data, data.size)) {
        result = make_tagged(env, atom.error, enif_make_atom(env, "enomem"));
    }
    unlock_both(s);
    return result;
}

/* answer(Res, Id, Verdict, Alert, Value | Config): then handshake. */
NIF(nif_answer)
{
    struct sock *s = sock_get(env, argv[0]);
    ErlNifUInt64 id;
    unsigned alert;
    ErlNifBinary value;
    struct config *config;
    cssl_error err;
    (void)argc;
    if (s == NULL || !enif_get_uint64(env, argv[1], &id) || !enif_get_uint(env, argv[3], &alert)) {
        return enif_make_badarg(env);
    }
    cssl_answer a = { .id = id, .alert = (uint8_t)alert };
    a.verdict = enif_is_identical(argv[2], atom.accept)    ? CSSL_ACCEPT
                : enif_is_identical(argv[2], atom.reject)  ? CSSL_REJECT
                : enif_is_identical(argv[2], atom.unknown) ? CSSL_UNKNOWN
                                                           : CSSL_ANSWER_DEFAULT;
    if (enif_inspect_binary(env, argv[4], &value)) {
        a.value = (cssl_bytes){ .data = value.data, .len = value.size };
    } else if (enif_get_resource(env, argv[4], config_type, (void **)&config)) {
        if (config->server != s->server) {
            return enif_make_badarg(env);
        }
        a.config = config->config;
    }
    lock_both(s);
    term result = atom.ok;
    capture_begin();
    if (s->phase != PHASE_HANDSHAKE) {
        result = make_tagged(env, atom.error, atom.closed);
    } else if (cssl_engine_answer(s->engine, &a, &err) < 0) {
        sock_fail(s, &err);
        result = failed(env, s);
    }
    unlock_both(s);
    return result;
}

/* cancel_handshake(Res): user_canceled, and the end. */
NIF(nif_cancel_handshake)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    lock_both(s);
    if (s->phase == PHASE_HANDSHAKE) {
        cssl_engine_cancel(s->engine);
        (void)io_flush(s);
        sock_end(env, s);
    }
    unlock_both(s);
    return atom.ok;
}

static term run(ErlNifEnv *env, struct sock *s, term ref)
{
    ErlNifPid self;
    (void)enif_self(env, &self);
    for (;;) {
        cssl_event event;
        bool connected = false;
        capture_begin();
        if (s->phase == PHASE_FAILED) {
            return failed(env, s);
        }
        while (!connected && cssl_engine_next(s->engine, &event)) {
            cssl_error err;
            switch (event.type) {
            case CSSL_EV_CONNECTED: connected = true; break;
            case CSSL_EV_HELLO: (void)io_flush(s); return hello_term(env, s);
            case CSSL_EV_ASK: (void)io_flush(s); return question_term(env, s, &event.question);
            case CSSL_EV_ERROR: sock_fail(s, event.error); return failed(env, s);
            case CSSL_EV_EARLY_DATA:
                if (!stash_add(&s->stash, event.data.data, event.data.len)) {
                    s->peer_closed = true;
                }
                break;
            case CSSL_EV_CLOSED: s->peer_closed = true; return failed(env, s);
            case CSSL_EV_STEP: {
                cssl_step *step = cssl_engine_step(s->engine);
                if (step != NULL) {
                    cssl_step_run(step);
                    if (cssl_engine_step_done(s->engine, step, &err) < 0) {
                        sock_fail(s, &err);
                        return failed(env, s);
                    }
                }
                break;
            }
            default: break;
            }
        }
        enum io out = io_flush(s);
        if (connected) {
            s->phase = PHASE_OPEN;
            if (out == IO_AGAIN) {
                ErlNifPid reactor = reactor_pid(s);
                (void)sock_select(env, s, ERL_NIF_SELECT_WRITE, &reactor, atom.undefined);
            }
            return atom.ok;
        }
        enum io in = io_read(s);
        if (in == IO_AGAIN) {
            if (out == IO_AGAIN) {
                (void)sock_select(env, s, ERL_NIF_SELECT_WRITE, &self, ref);
            }
            return sock_wait(env, s, ref);
        }
        if (in == IO_FAILED || s->phase == PHASE_FAILED) {
            return failed(env, s);
        }
    }
}

/* failed: what is left to say is said, the connection ends. */
static term failed(ErlNifEnv *env, struct sock *s)
{
    term why = s->fault != NULL ? make_fault(env, s->fault)
                                : make_tagged(env, atom.error, atom.closed);
    (void)io_flush(s);
    (void)shutdown(s->fd, SHUT_WR); /* an alert that was sent arrives */
    sock_end(env, s);
    return why;
}

static void put(ErlNifEnv *env, term *map, const char *key, term value)
{
    (void)enif_make_map_put(env, *map, enif_make_atom(env, key), value, map);
}

static void put_bytes(ErlNifEnv *env, term *map, const char *key, cssl_bytes b)
{
    if (b.data != NULL) {
        put(env, map, key, make_bytes(env, b.data, b.len));
    }
}

static term hello_term(ErlNifEnv *env, struct sock *s)
{
    cssl_hello h;
    cssl_error err;
    term map = enif_make_new_map(env);
    if (cssl_engine_peer_hello(s->engine, &h, &err) == 0) {
        put(env, &map, "client", h.client ? atom.yes : atom.no);
        put(env, &map, "legacy_version", enif_make_uint(env, h.legacy_version));
        put_bytes(env, &map, "random", h.random);
        put_bytes(env, &map, "session_id", h.session_id);
        put_bytes(env, &map, "cipher_suites", h.cipher_suites);
        put_bytes(env, &map, "supported_versions", h.supported_versions);
        put_bytes(env, &map, "supported_groups", h.supported_groups);
        put_bytes(env, &map, "signature_algs", h.signature_algs);
        put_bytes(env, &map, "signature_algs_cert", h.signature_algs_cert);
        put_bytes(env, &map, "server_name", h.server_name);
        put_bytes(env, &map, "alpn", h.alpn);
        put_bytes(env, &map, "extensions", h.extensions);
    }
    return make_tagged(env, atom.hello, map);
}

static term question_term(ErlNifEnv *env, struct sock *s, const cssl_question *q)
{
    term map = enif_make_new_map(env);
    const char *kind = q->kind == CSSL_ASK_VERIFY          ? "verify"
                       : q->kind == CSSL_ASK_PARTIAL_CHAIN ? "partial_chain"
                       : q->kind == CSSL_ASK_SNI           ? "sni"
                       : q->kind == CSSL_ASK_PSK           ? "psk"
                       : q->kind == CSSL_ASK_SIGN          ? "sign"
                                                           : "session";
    const char *event = q->event == CSSL_VALID        ? "valid"
                        : q->event == CSSL_VALID_PEER ? "valid_peer"
                        : q->event == CSSL_BAD_CERT   ? "bad_cert"
                        : q->event == CSSL_EXTENSION  ? "extension"
                                                      : "undefined";
    const char *reason = q->reason == 0 ? NULL : cssl_reason_name(q->reason);
    term certs = enif_make_list(env, 0);
    (void)s;
    for (size_t i = q->num_certs; i > 0; i--) {
        certs = enif_make_list_cell(
            env, make_bytes(env, q->certs[i - 1].data, q->certs[i - 1].len), certs);
    }
    put(env, &map, "kind", enif_make_atom(env, kind));
    put(env, &map, "id", enif_make_uint64(env, q->id));
    put(env, &map, "event", enif_make_atom(env, event));
    put(env, &map, "reason", enif_make_atom(env, reason == NULL ? "undefined" : reason));
    put(env, &map, "critical", q->critical ? atom.yes : atom.no);
    put_bytes(env, &map, "oid", q->oid);
    put_bytes(env, &map, "subject", q->subject);
    put(env, &map, "index", enif_make_int(env, q->index));
    put(env, &map, "certs", certs);
    put(env, &map, "scheme", enif_make_uint(env, q->scheme));
    put_bytes(env, &map, "certificate", q->certificate);
    return make_tagged(env, atom.ask, map);
}
