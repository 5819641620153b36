/* later13.c - a client's authentication after the handshake. Knows no record and no event. */
#include "hs/later13.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/auth13.h"

enum { CONTEXT = 16 }; /* random bytes: no two requests of a connection have the same */

static void shadow_of(struct conn *shadow, const struct conn *c);

int later13_keep(struct hs *hs, cssl_error *err)
{
    const struct transcript *t = &hs->transcript;
    struct conn *c = hs->conn;
    if (c->handshake != NULL || !ext_has(hs->asked, EXT_POST_HANDSHAKE_AUTH)) {
        return 0;
    }
    c->handshake = mem_copy(t->alg == HASH_SHA384 ? &t->sha384 : &t->sha256,
                                 sizeof(struct hash));
    return c->handshake == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}

struct later13 *later13_new(struct conn *c, cssl_error *err)
{
    struct later13 *l = mem_new(sizeof(*l));
    if (l == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    l->conn = c;
    shadow_of(&l->shadow, c);
    l->hs = hs_new(&l->shadow, err);
    if (l->hs == NULL) {
        mem_free(l);
        return NULL;
    }
    wr_init(&l->held, HS_MESSAGE_LIMIT);
    struct hs *hs = l->hs;
    hs->state = c->server ? SERVER13_LATER_CERT : CLIENT13_LATER;
    hs->held = &l->held;
    transcript_choose(&hs->transcript, (enum hash_alg)c->hash_alg);
    *(c->hash_alg == HASH_SHA384 ? &hs->transcript.sha384 : &hs->transcript.sha256) =
        *c->handshake;
    return l;
}

void later13_free(struct later13 *l)
{
    if (l == NULL) {
        return;
    }
    hs_free(l->hs);
    wr_free(&l->held);
    peer_chain_free(l->shadow.peer);
    mem_free_wiped(l, sizeof(*l));
}

struct later13 *later13_request(struct conn *c, struct worker *w, cssl_error *err)
{
    struct later13 *l = later13_new(c, err);
    if (l == NULL) {
        return NULL;
    }
    int ret = rand_fill(&c->config->rand, l->hs->context, CONTEXT, err);
    l->hs->context_len = CONTEXT;
    if (ret == 0 && (ret = auth13_send_request(l->hs, err)) == 0) {
        ret = conn_send_messages(c, w, wr_view(&l->held), err);
    }
    wr_clear(&l->held);
    if (ret != 0) {
        later13_free(l);
        return NULL;
    }
    return l;
}

bool later13_takes(const struct later13 *l, uint8_t type)
{
    bool answer = type == HT_CERTIFICATE || type == HT_COMPRESSED_CERTIFICATE ||
                  type == HT_CERTIFICATE_VERIFY || type == HT_FINISHED;
    return l != NULL && l->conn->server && (answer || later13_open(l));
}

bool later13_open(const struct later13 *l)
{
    return l != NULL && l->conn->server && l->hs->state != SERVER13_LATER_CERT;
}

int later13_message(struct later13 *l, struct worker *w, cssl_bytes message, bool more,
                    cssl_error *err)
{
    struct hs *hs = l->hs;
    /* RFC 8446 4.4: Finished is made with the client's application secret of this moment. */
    if (l->conn->server) {
        hs->schedule.client_handshake = l->conn->read_secret;
    }
    int ret = hs_check_type(hs, message.data[0], err);
    return ret == 0 ? hs_message(hs, w, message, more, err) : ret;
}

void later13_commit(struct later13 *l)
{
    struct conn *c = l->conn, *s = &l->shadow;
    if (s->peer == NULL) {
        return; /* it showed none, which is allowed: whom it was before it is still */
    }
    peer_chain_free(c->peer);
    c->peer = s->peer;
    s->peer = NULL;
    c->peer_expires = s->peer_expires;
    c->peer_verified = s->peer_verified;
    c->client_scheme = s->client_scheme;
    c->compression = s->compression;
    c->authenticated_at = config_now(c->config);
}

struct later_reply *later13_reply(struct later13 *l, cssl_error *err)
{
    struct later_reply *reply = mem_new(sizeof(*reply));
    if (reply != NULL) {
        reply->messages = wr_ok(&l->held) ? mem_copy(l->held.data, l->held.len) : NULL;
    }
    if (reply == NULL || reply->messages == NULL) {
        later_reply_free(reply);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    reply->len = l->held.len;
    transcript_hash(&l->hs->transcript, reply->hash);
    return reply;
}

/* RFC 8446 4.6.2: the three messages follow each other and nothing stands between them. So they are
 * sealed as one, after there is room for all of it. */
int later13_send(struct conn *c, struct worker *w, const struct later_reply *reply, bool *sent,
                 cssl_error *err)
{
    uint8_t finished[HASH_MAX];
    enum hash_alg alg = (enum hash_alg)c->hash_alg;
    struct wr all;
    *sent = false;
    size_t len = reply->len + HANDSHAKE_HEADER + hash_len(alg);
    size_t records = len / min_size(c->config->max_fragment, rec_content_max(&c->write)) + 1;
    size_t room = len + records * (REC_WIRE_MAX - REC_PLAIN_MAX + c->config->record_padding);
    if (buf_room(&c->out, room) == NULL) {
        return 0;
    }
    wr_init(&all, len);
    wr_put(&all, reply->messages, reply->len);
    finished13(alg, &c->write_secret, reply->hash, finished);
    msg_open(&all, HT_FINISHED);
    wr_put(&all, finished, hash_len(alg));
    wr_close(&all);
    if (!wr_ok(&all)) {
        wr_free(&all);
        return 0;
    }
    struct rd r = rd_of(wr_view(&all));
    while (rd_more(&r)) {
        const uint8_t *at = r.p;
        (void)rd_u8(&r);
        (void)rd_view24(&r);
        conn_trace(c, true, CT_HANDSHAKE, c->write.epoch, bytes_of(at, (size_t)(r.p - at)));
    }
    int ret = conn_send(c, w, CT_HANDSHAKE, wr_view(&all), err);
    wr_free(&all);
    *sent = ret == 0;
    return ret;
}

void later_reply_free(struct later_reply *reply)
{
    if (reply != NULL) {
        mem_free(reply->messages);
        mem_free(reply);
    }
}

/* ---- A client's handlers ---- */

int later13_asked(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    struct certificate_request cr;
    int ret = certificate_request_parse(&cr, m->body, err);
    if (ret != 0) {
        return ret;
    }
    memcpy(hs->context, cr.context.data, cr.context.len);
    hs->context_len = (uint8_t)cr.context.len;
    ret = auth13_pick_own(hs, &cr, err);
    return ret == 0 ? CLIENT13_LATER_CERT : ret;
}

int later13_send_certificate(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = auth13_send_certificate(hs, hs->own, err);
    if (ret != 0 || hs->own == NULL) {
        return ret == 0 ? HS_DONE : ret;
    }
    ret = auth13_ask_signature(hs, hs->own, err);
    return ret == 0 ? CLIENT13_LATER_SIGNED : ret;
}

int later13_signed(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = auth13_send_verify(hs, err);
    return ret == 0 ? HS_DONE : ret;
}

/* ---- A server's ---- */

int later13_certificate(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    return auth13_take_client(hs, m, SERVER13_LATER_CV, SERVER13_LATER_FINISHED, err);
}

int later13_certificate_verify(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    int ret = auth13_take_verify(hs, m, err);
    return ret == 0 ? SERVER13_LATER_FINISHED : ret;
}

int later13_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    int ret = auth13_take_finished(hs, m, err);
    return ret == 0 ? HS_DONE : ret;
}

/* The parts of a connection that do not change after the handshake; its halves are left alone. */
static void shadow_of(struct conn *shadow, const struct conn *c)
{
    shadow->config = c->config;
    shadow->server = c->server;
    shadow->hash_alg = c->hash_alg;
    shadow->aead_alg = c->aead_alg;
    shadow->version = c->version;
    shadow->suite = c->suite;
    shadow->port = c->port;
    shadow->own_raw = c->own_raw;
    shadow->peer_raw = c->peer_raw;
    shadow->host = c->host;
    shadow->sni = c->sni;
    shadow->alpn = c->alpn;
    shadow->peer_expires = INT64_MAX;
    shadow->read.epoch = shadow->write.epoch = EPOCH_APPLICATION;
}
