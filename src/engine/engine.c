/* engine.c - the engine's API: bytes in and out, events, plaintext. Blocks nowhere. */
#include "engine/engine.h"

#include "base/error.h"
#include "base/mem.h"
#include "pki/hostname.h"

enum {
    PIECES_MAX = REC_PIECES_MAX,
    IN_LIMIT = 65536 /* bytes that wait to be taken apart: a few records a read */
};
_Static_assert((size_t)IN_LIMIT >= 2 * (size_t)REC_WIRE_MAX, "a record and what follows it fit");

static int name_peer(struct cssl_engine *e, const cssl_peer *peer, cssl_error *err);
static const cssl_error *refusal(void);
static int check_writable(struct cssl_engine *e, cssl_error *err);
static int refresh_keys(struct cssl_engine *e, struct worker *w, cssl_error *err);
static size_t next_pieces(const struct iovec *v, int n, int *at, size_t *offset, size_t max,
                          cssl_bytes *pieces, size_t *num);

cssl_engine *cssl_engine_new(cssl_config *config, const cssl_peer *peer, cssl_error *err)
{
    return engine_new_for(NULL, config, peer, err);
}

struct cssl_engine *engine_new_for(cssl_socket *s, cssl_config *config, const cssl_peer *peer,
                                   cssl_error *err)
{
    static atomic_uint_fast64_t last;
    cssl_engine *e = mem_new(sizeof(*e));
    if (e == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    e->serial = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    atomic_init(&e->owed_alert, -1);
    atomic_init(&e->owed_update, false);
    atomic_init(&e->owed_refusal, false);
    atomic_init(&e->renegotiating, false);
    atomic_init(&e->requested, false);
    atomic_init(&e->renegotiation_due, false);
    atomic_init(&e->gave_up, false);
    atomic_init(&e->rx_failed, false);
    atomic_init(&e->updates_asked, 0);
    atomic_init(&e->owed_reply, NULL);
    e->in.limit = IN_LIMIT;
    e->socket = s;
    if (conn_init(&e->conn, config, config->server || peer == NULL ? NULL : peer->name,
                  peer == NULL ? 0 : peer->port, err) != 0 ||
        name_peer(e, peer, err) != 0 || (e->hs = hs_new(&e->conn, err)) == NULL ||
        (!config->server && pump(e, err) != 0)) {
        cssl_engine_free(e);
        return NULL;
    }
    return e;
}

void cssl_engine_free(cssl_engine *e)
{
    if (e == NULL) {
        return;
    }
    engine_drop_event(e);
    mem_free_wiped(e->ticket, e->ticket_len);
    hs_free(e->hs);
    later_end(e);
    later_reply_free(atomic_load(&e->owed_reply));
    reassemble_free(&e->messages);
    buf_free(&e->in);
    mem_free(e->rx_error);
    conn_free(&e->conn);
    mem_free_wiped(e, sizeof(*e));
}

size_t cssl_engine_room(cssl_engine *e, uint8_t **where)
{
    *where = NULL;
    if (e->event != 0 || e->peer_closed || e->ended || e->record_len > 0 ||
        atomic_load_explicit(&e->rx_failed, memory_order_relaxed)) {
        return 0;
    }
    size_t want = e->bulk ? IN_LIMIT : REC_WIRE_MAX;
    *where = buf_room(&e->in, e->in.len < want ? want - e->in.len : 1);
    if (*where == NULL) { /* said now: without room nobody would call again to hear of it */
        cssl_error error;
        (void)fail(&error, CSSL_R_NOMEM);
        (void)engine_fail(e, &error, NULL);
        engine_raise(e, CSSL_EV_ERROR);
        return 0;
    }
    return buf_space(&e->in);
}

int cssl_engine_received(cssl_engine *e, size_t len, cssl_error *err)
{
    if (atomic_load_explicit(&e->rx_failed, memory_order_relaxed)) {
        return engine_fail(e, NULL, err);
    }
    if (e->peer_closed) {
        return 0; /* RFC 8446 6.1: what comes after close_notify is ignored */
    }
    /* What came before the end is handed out before the end is. */
    e->ended = e->ended || len == 0;
    buf_grow(&e->in, len);
    e->idle = false;
    e->bulk = len > 0 && buf_space(&e->in) == 0; /* there is more where that came from */
    return e->event == 0 ? pump(e, err) : 0;
}

bool cssl_engine_next_sized(cssl_engine *e, cssl_event *event, size_t size)
{
    cssl_event ev = { 0 };
    if (e->event_taken && event_waits(e->event) && engine_blocked(e)) {
        return false; /* until a step is handed back, a question answered */
    }
    if (e->event_taken) {
        engine_drop_event(e);
    }
    if (e->event == 0 && !atomic_load_explicit(&e->rx_failed, memory_order_relaxed) &&
        pump(e, NULL) != 0) {
        e->event = CSSL_EV_ERROR;
    }
    if (e->event == 0) {
        /* A stream in full flow will want the memory again at once; asked twice, it does not. */
        if (!e->bulk || e->idle) {
            buf_shrink(&e->in);
            e->bulk = false;
        }
        e->idle = true;
        return false;
    }
    ev.type = (cssl_event_type)e->event;
    ev.fd = -1;
    ev.data = e->event_data;
    if (e->event == CSSL_EV_ASK) {
        ev.question = engine_asker(e)->question;
    }
    if (e->event == CSSL_EV_ERROR) {
        ev.error = engine_error(e);
    } else if (e->event == CSSL_EV_CONNECTED && e->refused) {
        ev.error = refusal();
        e->refused = false;
    }
    e->event_taken = true;
    memcpy(event, &ev, min_size(size, sizeof(ev)));
    if (size > sizeof(ev)) {
        memset((uint8_t *)event + sizeof(ev), 0, size - sizeof(ev));
    }
    return true;
}

ssize_t cssl_engine_write(cssl_engine *e, const void *data, size_t len, cssl_error *err)
{
    const struct iovec v = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
    return cssl_engine_writev(e, &v, 1, err);
}

ssize_t cssl_engine_writev(cssl_engine *e, const struct iovec *v, int n, cssl_error *err)
{
    pay_owed(e);
    int ret = check_writable(e, err);
    if (ret != 0 || engine_renegotiating(e)) {
        return ret; /* what is written waits for the end of a renegotiation */
    }
    const cssl_config *config = e->conn.config;
    struct worker *w = worker_borrow(config->shared);
    if (w == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    int at = 0;
    size_t offset = 0;
    ssize_t taken = 0;
    while (ret == 0 && e->conn.out.len < config->send_limit) {
        cssl_bytes pieces[PIECES_MAX];
        size_t num = 0;
        size_t max = min_size(config->max_fragment, rec_content_max(&e->conn.write));
        max = min_size(max, config->send_limit - e->conn.out.len);
        size_t len = next_pieces(v, n, &at, &offset, max, pieces, &num);
        if (len == 0) {
            break;
        }
        ret = refresh_keys(e, w, err);
        if (ret == 0) {
            ret = rec_seal(&e->conn.write, w, CT_APPLICATION_DATA, pieces, num,
                           config->record_padding, &e->conn.out, err);
        }
        taken += ret == 0 ? (ssize_t)len : 0;
    }
    worker_return(config->shared, w);
    return taken > 0 ? taken : ret;
}

cssl_bytes cssl_engine_output(cssl_engine *e)
{
    pay_owed(e);
    return buf_bytes(&e->conn.out);
}

void cssl_engine_sent(cssl_engine *e, size_t len)
{
    buf_consume(&e->conn.out, min_size(len, e->conn.out.len));
    buf_shrink(&e->conn.out);
}

int cssl_engine_update_keys(cssl_engine *e, bool both_ways, cssl_error *err)
{
    pay_owed(e);
    int ret = check_writable(e, err);
    if (ret == 0 && (e->hs != NULL || e->conn.version != TLS_1_3)) {
        ret = fail_text(err, CSSL_R_NOT_NOW, e->hs != NULL ? "the handshake is not done"
                                                           : "TLS 1.2 has no key updates");
    }
    if (ret != 0) {
        return ret;
    }
    struct worker *w = worker_borrow(e->conn.config->shared);
    if (w == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    ret = post13_send_update(&e->conn, w, both_ways, err);
    worker_return(e->conn.config->shared, w);
    if (ret == 0 && both_ways) {
        (void)atomic_fetch_add(&e->updates_asked, 1);
    }
    return ret;
}

/* name_peer settles whom a client wants to speak to: what is sent as SNI and what is verified. */
static int name_peer(struct cssl_engine *e, const cssl_peer *peer, cssl_error *err)
{
    const cssl_config *config = e->conn.config;
    if (config->server) {
        return 0;
    }
    const char *name = conn_verify_name(&e->conn);
    char ascii[HOSTNAME_MAX + 1];
    if (config->verify && cert_types_has(&config->peer_types, CERT_X509) && !config->has_sni &&
        (peer == NULL || name[0] == '\0')) {
        return fail_option(err, CSSL_R_NO_PEER_NAME, "server_name_indication", "none was given");
    }
    if (hostname_to_ascii(ascii, name, NULL) != 0) {
        return 0; /* RFC 6066 3: an address is not sent; a name is, without its last dot */
    }
    e->conn.sni = mem_str(ascii);
    return e->conn.sni == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}

static const cssl_error *refusal(void)
{
    static const cssl_error error = { .status = CSSL_STATE,
                                      .reason = CSSL_R_RENEGOTIATION_REFUSED,
                                      .alert = ALERT_NO_RENEGOTIATION,
                                      .alert_from_peer = true,
                                      .cert_index = -1,
                                      .text = "the peer does not renegotiate; the connection goes "
                                              "on as it was" };
    return &error;
}

static int check_writable(struct cssl_engine *e, cssl_error *err)
{
    if (atomic_load_explicit(&e->rx_failed, memory_order_acquire)) {
        return error_copy(err, engine_error(e));
    }
    if (e->closed) {
        return fail_text(err, CSSL_R_CLOSED, "close_notify was sent already");
    }
    /* Before the handshake is done a server may write (0.5-RTT), unless it waits to see who the
     * client is. */
    bool early = e->hs != NULL && !engine_renegotiating(e) &&
                 (e->conn.config->verify || e->conn.version != TLS_1_3);
    if (e->conn.write.epoch != EPOCH_APPLICATION || early) {
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not done");
    }
    return 0;
}

/* refresh_keys changes the sending keys before they are used up (RFC 8446 5.5). */
static int refresh_keys(struct cssl_engine *e, struct worker *w, cssl_error *err)
{
    enum { RECORDS_MAX = 1 << 24, RECORDS_MAX_CCM = 1 << 22 };
    const struct rec_half *h = &e->conn.write;
    bool ccm = aead_is_ccm((enum aead_alg)h->key.alg);
    uint64_t bytes = e->conn.config->key_update_at;
    if (e->conn.version == TLS_1_2) {
        return renegotiate_records(e, ccm ? RECORDS_MAX_CCM : RECORDS_MAX, err);
    }
    if ((h->seq < (ccm ? RECORDS_MAX_CCM : RECORDS_MAX) && (bytes == 0 || h->sent < bytes))) {
        return 0;
    }
    return post13_send_update(&e->conn, w, false, err);
}

/* next_pieces collects up to max bytes of v, from *at and *offset on, and moves those. */
static size_t next_pieces(const struct iovec *v, int n, int *at, size_t *offset, size_t max,
                          cssl_bytes *pieces, size_t *num)
{
    size_t len = 0;
    while (*at < n && len < max && *num < PIECES_MAX) {
        size_t left = v[*at].iov_len - *offset;
        size_t take = min_size(left, max - len);
        if (take > 0) {
            pieces[(*num)++] = bytes_of((const uint8_t *)v[*at].iov_base + *offset, take);
            len += take;
            *offset += take;
        }
        if (take == left) {
            (*at)++;
            *offset = 0;
        }
    }
    return len;
}
