/* term.c - C values become Erlang terms. Knows no connection's state but its socket term. */
#include "nif.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

struct atoms atom;

static _Thread_local struct sock *worked_for;
static _Thread_local char report[sizeof(((struct failure *)0)->report)];

bool atoms_load(ErlNifEnv *env)
{
#define X(name) atom.name = enif_make_atom(env, #name);
    ATOMS(X)
#undef X
    atom.yes = enif_make_atom(env, "true");
    atom.no = enif_make_atom(env, "false");
    atom.inet = enif_make_atom(env, "$inet");
    atom.tls12 = enif_make_atom(env, "tlsv1.2");
    atom.tls13 = enif_make_atom(env, "tlsv1.3");
    atom.auto_ = enif_make_atom(env, "auto");
    return true;
}

term make_bytes(ErlNifEnv *env, const void *data, size_t len)
{
    term t;
    uint8_t *to = enif_make_new_binary(env, len, &t);
    if (len > 0) {
        memcpy(to, data, len);
    }
    return t;
}

term make_string_binary(ErlNifEnv *env, const char *text)
{
    return make_bytes(env, text, strlen(text));
}

term make_tagged(ErlNifEnv *env, term tag, term value)
{
    return enif_make_tuple2(env, tag, value);
}

term make_posix(ErlNifEnv *env, int posix)
{
    /* The names are the constants', in lower case: glibc knows them. */
    const char *name = strerrorname_np(posix);
    char lower[32];
    size_t len = name == NULL ? 0 : strlen(name);
    if (len == 0 || len >= sizeof(lower)) {
        return enif_make_int(env, posix);
    }
    for (size_t i = 0; i < len; i++) {
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    }
    return enif_make_atom_len(env, lower, len);
}

term make_failure(ErlNifEnv *env, const cssl_error *err, const char *said)
{
    term why;
    switch (err->status) {
    case CSSL_CLOSED:
    case CSSL_TRUNCATED: why = atom.closed; break;
    case CSSL_TIMEOUT: why = atom.timeout; break;
    case CSSL_NOMEM: why = enif_make_atom(env, "enomem"); break;
    case CSSL_SYSTEM: why = make_posix(env, err->posix); break;
    case CSSL_ALERT: {
        const char *name = cssl_reason_name(err->reason);
        why = enif_make_tuple7(env, atom.alert, enif_make_atom(env, cssl_alert_name(err->alert)),
                               enif_make_uint(env, err->alert),
                               err->alert_from_peer ? atom.yes : atom.no,
                               enif_make_atom(env, name == NULL ? "" : name),
                               make_string_binary(env, said), make_string_binary(env, err->text));
        break;
    }
    case CSSL_OPTION: {
        const char *name = cssl_reason_name(err->reason);
        why = enif_make_tuple5(env, atom.option,
                               enif_make_atom(env, err->option == NULL ? "" : err->option),
                               enif_make_atom(env, name == NULL ? "" : name),
                               err->posix == 0 ? atom.undefined : make_posix(env, err->posix),
                               make_string_binary(env, err->text));
        break;
    }
    default: {
        const char *name = cssl_reason_name(err->reason);
        why = enif_make_tuple3(env, atom.state, enif_make_atom(env, name == NULL ? "" : name),
                               make_string_binary(env, err->text));
        break;
    }
    }
    return make_tagged(env, atom.error, why);
}

term make_fault(ErlNifEnv *env, const struct failure *fault)
{
    return make_failure(env, &fault->error, fault->report);
}

void capture_begin(void)
{
    report[0] = '\0';
}

const char *capture_text(void)
{
    return report;
}

void capture_log(void *user, cssl_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)snprintf(report, sizeof(report), "%s", text);
}

void capture_for(struct sock *s)
{
    worked_for = s;
}

void capture_secret(const char *line)
{
    struct sock *s = worked_for;
    size_t len = strlen(line);
    if (s == NULL) {
        return;
    }
    if (s->secrets == NULL) {
        s->secrets = mem_new(sizeof(*s->secrets));
    }
    if (s->secrets != NULL && sizeof(s->secrets->lines) - s->secrets->len > len) {
        memcpy(s->secrets->lines + s->secrets->len, line, len);
        s->secrets->lines[s->secrets->len + len] = '\n';
        s->secrets->len += len + 1;
    }
}
