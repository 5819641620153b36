/* early13.c - see early13.h. Knows no record, and no order but what the table says. */
#include "hs/early13.h"

#include "base/error.h"
#include "hs/client13.h"
#include "hs/keep.h"

static bool fits_session(const struct hs *hs);

/* ---- Clients ---- */

bool early13_wanted(const struct hs *hs)
{
    const cssl_config *config = hs->conn->config;
    const struct session *s = hs->num_psks > 0 ? hs->psks[0].session : NULL;
    /* RFC 8446 4.2.10: it is for the first PSK, under its suite. Name, protocol and policy were
     * compared when the session was found. */
    return config->early_data_len > 0 && s != NULL && s->version == TLS_1_3 &&
           s->max_early_data >= config->early_data_len && codes_has(&config->suites, s->suite);
}

bool early13_possible(const struct hs *hs)
{
    return hs->conn->early_offered && !hs->retried && fits_session(hs);
}

int early13_answered(struct hs *hs, bool accepted, cssl_error *err)
{
    struct conn *c = hs->conn;
    if (!accepted) {
        return 0;
    }
    if (!early13_possible(hs)) {
        return fail(err, CSSL_R_EARLY_DATA_PSK);
    }
    if (strcmp(c->alpn == NULL ? "" : c->alpn, hs->session.alpn) != 0) {
        return fail_text(err, CSSL_R_EARLY_DATA_ALPN, "\"%s\" instead of \"%s\"",
                         c->alpn == NULL ? "" : c->alpn, hs->session.alpn);
    }
    c->early_accepted = true;
    return 0;
}

int client13_early_keys(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    const struct session *s = &hs->session;
    hs->conn->hash_alg = (uint8_t)suite_hash(s->suite);
    hs->conn->aead_alg = (uint8_t)suite_aead(s->suite);
    schedule13_early(&hs->schedule, suite_hash(s->suite), secret_bytes(&s->psk));
    early13_secret(hs);
    int ret = hs_send_ccs(hs, err); /* RFC 8446 D.4: in front of early data */
    return ret == 0 ? CLIENT13_EARLY : ret;
}

int client13_send_early(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    struct conn *c = hs->conn;
    int ret = conn_send(c, hs->worker, CT_APPLICATION_DATA,
                        bytes_of(c->config->early_data, c->config->early_data_len), err);
    return ret == 0 ? CLIENT13_WAIT_SH : ret;
}

/* The second ClientHello goes out in the clear, as the first one did. */
int client13_early_retry(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    (void)err;
    if (hs->step != NULL) {
        client13_take_share(hs);
    }
    return CLIENT13_RETRY;
}

int client13_early_refused(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)hs;
    (void)m;
    (void)err;
    return CLIENT13_WAIT_FINISHED;
}

int client13_send_end_of_early(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    msg_open(&hs->out, HT_END_OF_EARLY_DATA);
    wr_close(&hs->out);
    int ret = hs_send(hs, err);
    return ret == 0 ? CLIENT13_FINISHED : ret;
}

/* ---- Servers ---- */

void early13_announced(struct hs *hs, bool announced)
{
    hs->skip_early = announced;
    hs->early_left = announced ? EARLY_DATA_MAX : 0;
    hs->conn->early_offered = hs->conn->early_offered || announced;
}

bool early13_accept(struct hs *hs, const struct client_hello *ch)
{
    struct conn *c = hs->conn;
    const cssl_config *config = c->config;
    const struct session *s = &hs->session;
    if (!hs->skip_early || config->max_early_data == 0 || hs->retried || !c->resumed ||
        s->max_early_data == 0 || !fits_session(hs)) {
        return false;
    }
    struct replay *replay = atomic_load(&config->shared->replay);
    const int64_t now_ms = config_now_us(config, CSSL_CLOCK_WALL) / 1000;
    const uint32_t age_ms = ch->psks[0].obfuscated_ticket_age - s->age_add;
    if (replay == NULL || !replay_age_fits(replay, now_ms, s->issued_at_ms, age_ms)) {
        return false;
    }
    /* A session that is kept here is used once. A sealed one opens again and again, as does one
     * with the program, which may say what it likes: but what is under a binder's hash makes one
     * ClientHello, and no other has that binder. */
    if ((config->tickets != CSSL_TICKETS_STATEFUL || keep_by_program(config)) &&
        !replay_first(replay, now_ms, ch->binders[0])) {
        return false;
    }
    hs->skip_early = false;
    hs->early_left = s->max_early_data;
    c->early_accepted = true;
    return true;
}

int server13_end_of_early(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    hs->early_left = 0;
    return m->body.len == 0 ? SERVER13_WAIT_FINISHED
                            : fail_text(err, CSSL_R_MESSAGE_MALFORMED, "EndOfEarlyData");
}

/* ---- Both ---- */

void early13_secret(struct hs *hs)
{
    uint8_t hash[HASH_MAX];
    transcript_hash_with(&hs->transcript, hs->schedule.alg, bytes_of(NULL, 0), hash);
    schedule13_client_early(&hs->schedule, hash);
    conn_keylog(hs->conn, "CLIENT_EARLY_TRAFFIC_SECRET", hs->client_random,
                &hs->schedule.client_early);
}

/* fits_session: the first PSK was chosen, and is a session's, whose suite is the connection's. */
static bool fits_session(const struct hs *hs)
{
    return hs->using_psk && hs->psk_index == 0 && hs->conn->resumed &&
           hs->session.version == TLS_1_3 && hs->conn->suite == hs->session.suite;
}
