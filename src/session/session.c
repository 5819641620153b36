/*
 * session.c - a session as bytes, strictly: every encoding decodes to one session, and every
 * session has one encoding. Seals nothing (ticket.c) and keeps nothing (cache.c).
 */
#include "session/session.h"

#include "base/error.h"
#include "base/names.h"

enum { FORMAT = 2, NAME_MAX_LEN = 255 };

static bool name_ok(const char name[NAME_MAX_LEN + 1]);
static bool psk_ok(size_t len);
static bool id_ok(const struct session *s, size_t len);
static bool chain_ok(cssl_bytes chain, bool raw);
static bool times_ok(const struct session *s);
static int take_copies(struct session *s, cssl_bytes chain, cssl_bytes ticket);

void session_encode(struct wr *w, const struct session *s)
{
    if (!psk_ok(s->psk.len) || !id_ok(s, s->ticket_len) ||
        !name_ok(s->server_name) || !name_ok(s->alpn) ||
        !chain_ok(bytes_of(s->chain, s->chain_len), s->peer_raw) || !times_ok(s)) {
        w->bad = true; /* nothing is written that session_decode would refuse */
        return;
    }
    wr_u8(w, FORMAT);
    wr_u16(w, s->version);
    wr_u16(w, s->suite);
    wr_u16(w, s->group);
    wr_vec8(w, secret_bytes(&s->psk));
    wr_vec8(w, bytes_str(s->server_name));
    wr_vec8(w, bytes_str(s->alpn));
    wr_put(w, s->policy, sizeof(s->policy));
    wr_u8(w, (uint8_t)((s->peer_verified ? 1 : 0) | (s->extended_master_secret ? 2 : 0) |
                       (s->has_id ? 4 : 0) | (s->peer_raw ? 8 : 0) | (s->own_raw ? 16 : 0)));
    wr_u64(w, (uint64_t)s->authenticated_at);
    wr_u64(w, (uint64_t)s->expires_at);
    wr_u64(w, (uint64_t)s->issued_at_ms);
    wr_u32(w, s->age_add);
    wr_u32(w, s->max_early_data);
    wr_vec24(w, bytes_of(s->chain, s->chain_len));
    wr_vec16(w, bytes_of(s->ticket, s->ticket_len));
}

/* rd_time reads seconds or milliseconds since 1970; what lies before that is refused. */
static int64_t rd_time(struct rd *r)
{
    uint64_t t = rd_u64(r);
    if (t > INT64_MAX) {
        r->bad = true;
        return 0;
    }
    return (int64_t)t;
}

/* rd_name reads a string into name. A NUL within it would hide what follows: it is refused. */
static void rd_name(struct rd *r, char name[NAME_MAX_LEN + 1])
{
    cssl_bytes bytes = rd_view8(r);
    if (bytes.len > 0) {
        r->bad = r->bad || memchr(bytes.data, 0, bytes.len) != NULL;
        memcpy(name, bytes.data, bytes.len);
    }
    name[bytes.len] = '\0';
}

static void rd_psk(struct rd *r, struct secret *psk)
{
    cssl_bytes bytes = rd_view8(r);
    if (!psk_ok(bytes.len)) {
        r->bad = true;
        return;
    }
    psk->len = (uint8_t)bytes.len;
    memcpy(psk->data, bytes.data, bytes.len);
}

int session_decode(struct session *s, cssl_bytes bytes, cssl_error *err)
{
    struct rd r = rd_of(bytes);
    memset(s, 0, sizeof(*s));
    if (rd_u8(&r) != FORMAT) {
        return fail(err, CSSL_R_BAD_SESSION);
    }
    s->version = rd_u16(&r);
    s->suite = rd_u16(&r);
    s->group = rd_u16(&r);
    rd_psk(&r, &s->psk);
    rd_name(&r, s->server_name);
    rd_name(&r, s->alpn);
    cssl_bytes policy = rd_bytes(&r, sizeof(s->policy));
    uint8_t flags = rd_u8(&r);
    s->peer_verified = (flags & 1) != 0;
    s->extended_master_secret = (flags & 2) != 0;
    s->has_id = (flags & 4) != 0;
    s->peer_raw = (flags & 8) != 0;
    s->own_raw = (flags & 16) != 0;
    s->authenticated_at = rd_time(&r);
    s->expires_at = rd_time(&r);
    s->issued_at_ms = rd_time(&r);
    s->age_add = rd_u32(&r);
    s->max_early_data = rd_u32(&r);
    cssl_bytes chain = rd_view24(&r);
    cssl_bytes ticket = rd_view16(&r);

    if (!rd_done(&r) || flags > 31 || !id_ok(s, ticket.len) || !times_ok(s) ||
        !chain_ok(chain, s->peer_raw)) {
        session_wipe(s);
        return fail(err, CSSL_R_BAD_SESSION);
    }
    memcpy(s->policy, policy.data, policy.len);
    if (take_copies(s, chain, ticket) != 0) {
        return fail(err, CSSL_R_NOMEM);
    }
    return 0;
}

void session_wipe(struct session *s)
{
    mem_free_wiped(s->chain, s->chain_len);
    mem_free_wiped(s->ticket, s->ticket_len);
    mem_wipe(s, sizeof(*s));
}

int session_copy(struct session *to, const struct session *from)
{
    *to = *from;
    return take_copies(to, bytes_of(from->chain, from->chain_len),
                       bytes_of(from->ticket, from->ticket_len));
}

/* take_copies gives s a chain and a ticket of its own; what it pointed to before is not touched.
 * When memory is out it wipes s. */
static int take_copies(struct session *s, cssl_bytes chain, cssl_bytes ticket)
{
    s->chain = chain.len == 0 ? NULL : mem_copy(chain.data, chain.len);
    s->chain_len = s->chain == NULL ? 0 : chain.len;
    s->ticket = ticket.len == 0 ? NULL : mem_copy(ticket.data, ticket.len);
    s->ticket_len = s->ticket == NULL ? 0 : ticket.len;
    if (s->chain_len != chain.len || s->ticket_len != ticket.len) {
        session_wipe(s);
        return CSSL_NOMEM;
    }
    return 0;
}

/* name_ok: there is a NUL at the end of name or before. */
static bool name_ok(const char name[NAME_MAX_LEN + 1])
{
    return memchr(name, 0, NAME_MAX_LEN + 1) != NULL;
}

static bool psk_ok(size_t len)
{
    return len > 0 && len <= SECRET_MAX;
}

/* id_ok: identifiers are of TLS 1.2, and as long as RFC 5246 7.4.1.2 allows. */
static bool id_ok(const struct session *s, size_t len)
{
    return !s->has_id || (s->version == TLS_1_2 && len > 0 && len <= SESSION_ID_MAX);
}

/* chain_ok: the chain is a list of certificates, none of them empty, within its bounds; or one raw
 * public key. */
static bool chain_ok(cssl_bytes chain, bool raw)
{
    struct rd r = rd_of(chain);
    size_t num = 0;
    while (rd_more(&r)) {
        num++;
        if (rd_view24(&r).len == 0) {
            return false;
        }
    }
    return rd_done(&r) && num <= SESSION_CERTS_MAX && (!raw || num == 1) &&
           chain.len <= SESSION_CHAIN_MAX;
}

/* times_ok: a session that lived longer than SESSION_AGE_MAX was not made by us. */
static bool times_ok(const struct session *s)
{
    return s->authenticated_at >= 0 && s->issued_at_ms >= 0 &&
           s->expires_at >= s->authenticated_at &&
           s->expires_at - s->authenticated_at <= SESSION_AGE_MAX;
}
