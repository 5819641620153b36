/* flow.c - drives a handshake along its table. Alone knows order; knows no message. */
#include "hs/flow.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/keep.h"
#include "hs/limits.h"

#include <assert.h>

static int enter(struct hs *hs, const struct hs_msg *m, cssl_error *err);
static void install(struct hs *hs, bool reading, enum hs_keys keys);

struct hs *hs_new(struct conn *conn, cssl_error *err)
{
    struct hs *hs = mem_new(sizeof(*hs));
    if (hs == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    hs->conn = conn;
    hs->state = conn->server ? SERVER13_START : CLIENT13_START;
    transcript_init(&hs->transcript);
    wr_init(&hs->out, HS_MESSAGE_LIMIT);
    wr_init(&hs->flight, 2 * HS_MESSAGE_LIMIT);
    return hs;
}

void hs_free(struct hs *hs)
{
    if (hs == NULL) {
        return;
    }
    for (size_t i = 0; i < hs->num_shares; i++) {
        kx_free(hs->shares[i]);
    }
    step_free(hs->step);
    session_wipe(&hs->session);
    keep_forget_told(hs);
    mem_free(hs->cookie);
    mem_free(hs->psks);
    mem_free(hs->early_scts);
    staple_free(hs->staple);
    mem_free(hs->content);
    chain_free(hs->verifying);
    store_free(hs->trusted);
    mem_free(hs->kept);
    mem_free(hs->dh);
    cssl_config_free(hs->offered);
    wr_free(&hs->out);
    wr_free(&hs->flight);
    transcript_drop(&hs->transcript);
    mem_free_wiped(hs, sizeof(*hs));
}

int hs_run(struct hs *hs, struct worker *w, cssl_error *err)
{
    int ret = 0;
    hs->worker = w;
    while (ret == 0 && !hs->waiting && !hs->asking &&
           (hs_rows[hs->state].accepts & ACCEPT_NOTHING) != 0) {
        ret = enter(hs, NULL, err);
    }
    /* A step that is run at once lets nobody wait. */
    if (ret == 0 && (!hs->waiting || hs->conn->config->defer_steps)) {
        ret = hs_flush(hs, err);
    }
    hs->worker = NULL;
    return ret;
}

int hs_message(struct hs *hs, struct worker *w, cssl_bytes message, bool more, cssl_error *err)
{
    assert(message.len >= HANDSHAKE_HEADER);
    const struct hs_msg m = { .type = message.data[0],
                              .body = bytes_of(message.data + HANDSHAKE_HEADER,
                                               message.len - HANDSHAKE_HEADER),
                              .whole = message,
                              .more = more };
    const struct hs_row *row = &hs_rows[hs->state];
    conn_trace(hs->conn, false, CT_HANDSHAKE, hs->conn->read.epoch, message);
    int ret = hs_check_type(hs, m.type, err);
    if (ret != 0) {
        return ret;
    }
    if (row->last && more) {
        return fail_text(err, CSSL_R_MESSAGE_ACROSS_KEYS, "after %s", name_of_handshake(m.type));
    }
    hs->worker = w;
    ret = enter(hs, &m, err);
    return ret == 0 ? hs_run(hs, w, err) : ret;
}

int hs_check_type(const struct hs *hs, uint8_t type, cssl_error *err)
{
    const struct hs_row *row = &hs_rows[hs->state];
    /* RFC 8879 4: only to those who have offered it. */
    bool possible = type < 28 && (type != HT_COMPRESSED_CERTIFICATE ||
                                  hs->conn->config->compression.num > 0);
    if (!hs->waiting && !hs->asking && possible && (row->accepts & ACCEPT(type)) != 0) {
        return 0;
    }
    const char *name = name_of_handshake(type);
    return fail_text(err, CSSL_R_UNEXPECTED_MESSAGE, "%s in state %s",
                     name == NULL ? "a message of unknown type" : name, row->name);
}

int hs_change_cipher_spec(struct hs *hs, struct worker *w, cssl_error *err)
{
    const struct hs_row *row = &hs_rows[hs->state];
    if (hs->waiting || hs->asking || (row->accepts & ACCEPT_CCS) == 0) {
        return fail_text(err, CSSL_R_CHANGE_CIPHER_SPEC, "in state %s", row->name);
    }
    hs->worker = w;
    int ret = enter(hs, NULL, err);
    return ret == 0 ? hs_run(hs, w, err) : ret;
}

struct pk_step *hs_take_step(struct hs *hs)
{
    struct pk_step *step = hs->step;
    hs->step = NULL;
    return step;
}

int hs_step_done(struct hs *hs, struct worker *w, struct pk_step *step, cssl_error *err)
{
    assert(hs->waiting && hs->step == NULL && step->done);
    int ret = step->status;
    if (ret != 0) {
        ret = error_copy(err, &step->error);
    } else {
        hs->worker = w;
        hs->waiting = false;
        hs->step = step;
        ret = enter(hs, NULL, err);
        if (hs->step == step) {
            hs->step = NULL;
        }
    }
    step_free(step);
    return ret == 0 ? hs_run(hs, w, err) : ret;
}

int hs_enter_answer(struct hs *hs, struct worker *w, cssl_error *err)
{
    struct pk_step *signed_elsewhere = hs->step;
    hs->worker = w;
    int ret = enter(hs, NULL, err);
    if (hs->step == signed_elsewhere) {
        hs->step = NULL;
    }
    step_free(signed_elsewhere);
    return ret == 0 ? hs_run(hs, w, err) : ret;
}

void step_free(struct pk_step *step)
{
    pk_step_wipe(step);
    mem_free(step);
}

bool hs_done(const struct hs *hs)
{
    return hs->state == HS_DONE;
}

bool hs_takes_data(const struct hs *hs)
{
    return hs->renegotiation && hs->state != CLIENT12_WAIT_FINISHED &&
           hs->state != SERVER12_WAIT_FINISHED;
}

const char *hs_state_name(const struct hs *hs)
{
    return hs_rows[hs->state].name;
}

int hs_send(struct hs *hs, cssl_error *err)
{
    if (!wr_ok(&hs->out)) {
        return fail(err, CSSL_R_NOMEM);
    }
    transcript_add(&hs->transcript, wr_view(&hs->out));
    if (hs->held != NULL) {
        wr_bytes(hs->held, wr_view(&hs->out));
        wr_clear(&hs->out);
        return wr_ok(hs->held) ? 0 : fail(err, CSSL_R_NOMEM);
    }
    wr_bytes(&hs->flight, wr_view(&hs->out));
    wr_clear(&hs->out);
    return wr_ok(&hs->flight) ? 0 : fail(err, CSSL_R_NOMEM);
}

int hs_flush(struct hs *hs, cssl_error *err)
{
    if (hs->flight.len == 0) {
        return 0;
    }
    int ret = conn_send_messages(hs->conn, hs->worker, wr_view(&hs->flight), err);
    wr_free(&hs->flight);
    wr_init(&hs->flight, 2 * HS_MESSAGE_LIMIT);
    return ret;
}

int hs_send_ccs(struct hs *hs, cssl_error *err)
{
    if (hs->ccs_sent || !hs->conn->config->middlebox_comp_mode || hs->session_id_len == 0) {
        return 0;
    }
    hs->ccs_sent = true;
    return hs_send_ccs12(hs, err);
}

int hs_send_ccs12(struct hs *hs, cssl_error *err)
{
    int ret = hs_flush(hs, err);
    return ret == 0 ? conn_send_ccs(hs->conn, hs->worker, err) : ret;
}

int hs_new_step(struct hs *hs, cssl_error *err)
{
    hs->step = mem_new(sizeof(*hs->step));
    if (hs->step == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    hs->waiting = true;
    return 0;
}

/* enter runs the state's handler, takes the message into the transcript, moves, changes keys. */
static int enter(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    const struct hs_row *row = &hs_rows[hs->state];
    int next = row->on(hs, m, err);
    if (next < 0) {
        return next;
    }
    if (m != NULL && !hs->holding) {
        transcript_add(&hs->transcript, m->whole);
    }
    hs->holding = false;
    hs->state = (enum hs_state)next;
    if (row->then_read != KEYS_SAME) {
        install(hs, true, row->then_read);
    }
    if (row->then_write != KEYS_SAME) {
        int ret = hs_flush(hs, err);
        install(hs, false, row->then_write);
        return ret;
    }
    return 0;
}

static void install(struct hs *hs, bool reading, enum hs_keys keys)
{
    struct conn *c = hs->conn;
    const struct schedule13 *s = &hs->schedule;
    struct rec_half *half = reading ? &c->read : &c->write;
    bool of_client = reading == c->server;
    if (c->version == TLS_1_2) {
        const struct suite *suite = suite_find(c->suite);
        if (suite->cipher == CIPHER_AEAD) {
            keys12(half, suite, &hs->master, c->randoms, of_client, EPOCH_APPLICATION);
        } else {
            keys12_cbc(half, suite, &hs->master, c->randoms, of_client, c->encrypt_then_mac,
                       &c->config->rand, EPOCH_APPLICATION);
        }
        limits_start(c, reading);
        return;
    }
    const struct {
        const struct secret *of_client, *of_server;
        uint8_t epoch;
    } rows[] = {
        [KEYS_EARLY] = { &s->client_early, &s->client_early, EPOCH_EARLY },
        [KEYS_HANDSHAKE] = { &s->client_handshake, &s->server_handshake, EPOCH_HANDSHAKE },
        [KEYS_APPLICATION] = { &s->client_application, &s->server_application,
                               EPOCH_APPLICATION },
    };
    struct secret *kept = reading ? &c->read_secret : &c->write_secret;
    if (keys == KEYS_CLEAR) {
        rec_wipe(half);
        secret_wipe(kept);
        return;
    }
    *kept = of_client ? *rows[keys].of_client : *rows[keys].of_server;
    keys13(half, (enum aead_alg)c->aead_alg, (enum hash_alg)c->hash_alg, kept, rows[keys].epoch);
    limits_start(c, reading);
}
