/* conn.c - what a connection keeps, and how it writes records. Knows no order of messages. */
#include "hs/conn.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "hs/negotiate.h"
#include "hs/reassemble.h"

#include <stdio.h>

enum {
    HANDSHAKE_ROOM = 192 * 1024 /* queued besides send_limit: flights, tickets, alerts */
};

static void log_message(const struct conn *c, bool sent, uint8_t content_type,
                        cssl_bytes message);

int conn_init(struct conn *c, cssl_config *config, const char *host, uint16_t port,
              cssl_error *err)
{
    c->config = cssl_config_ref(config);
    c->server = config->server;
    c->port = port;
    c->peer_expires = INT64_MAX;
    c->psk_number = -1;
    c->out.limit = config->send_limit + HANDSHAKE_ROOM;
    if (host != NULL && (c->host = mem_str(host)) == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    return 0;
}

void conn_set_config(struct conn *c, cssl_config *config)
{
    cssl_config *old = c->config;
    c->other_policy = c->other_policy || memcmp(old->policy, config->policy, SESSION_DIGEST) != 0;
    c->config = cssl_config_ref(config);
    c->out.limit = config->send_limit + HANDSHAKE_ROOM;
    cssl_config_free(old);
}

void conn_free(struct conn *c)
{
    rec_wipe(&c->read);
    rec_wipe(&c->write);
    buf_free(&c->out);
    peer_chain_free(c->peer);
    mem_free(c->handshake);
    mem_free(c->host);
    mem_free(c->sni);
    mem_free(c->alpn);
    cssl_config_free(c->config);
    mem_wipe(c, sizeof(*c));
}

int conn_send(struct conn *c, struct worker *w, uint8_t type, cssl_bytes data, cssl_error *err)
{
    do {
        size_t max = min_size(c->config->max_fragment, rec_content_max(&c->write));
        cssl_bytes piece = bytes_of(data.data, min_size(data.len, max));
        int ret = rec_seal(&c->write, w, type, &piece, 1, c->config->record_padding, &c->out, err);
        if (ret != 0) {
            return ret;
        }
        data = bytes_of(data.data + piece.len, data.len - piece.len);
    } while (data.len > 0);
    return 0;
}

int conn_send_messages(struct conn *c, struct worker *w, cssl_bytes messages, cssl_error *err)
{
    const uint8_t *at = messages.data;
    struct rd left = rd_of(messages);
    while (rd_more(&left)) {
        (void)rd_u8(&left); /* the type */
        size_t len = HANDSHAKE_HEADER + rd_view24(&left).len;
        conn_trace(c, true, CT_HANDSHAKE, c->write.epoch, bytes_of(at, len));
        at += len;
    }
    return conn_send(c, w, CT_HANDSHAKE, messages, err);
}

int conn_send_ccs(struct conn *c, struct worker *w, cssl_error *err)
{
    static const uint8_t one[] = { 1 };
    const cssl_bytes ccs = bytes_of(one, sizeof(one));
    conn_trace(c, true, CT_CHANGE_CIPHER_SPEC, 0, ccs); /* shown as sent in the clear */
    return conn_send(c, w, CT_CHANGE_CIPHER_SPEC, ccs, err);
}

void conn_trace(const struct conn *c, bool sent, uint8_t content_type, uint8_t epoch,
                cssl_bytes message)
{
    log_message(c, sent, content_type, message);
    if (c->config->trace == NULL) {
        return;
    }
    const cssl_trace_event event = { .time_us = config_now_us(c->config, CSSL_CLOCK_MONOTONIC),
                                     .sent = sent,
                                     .content_type = content_type,
                                     .epoch = epoch,
                                     .message = message };
    c->config->trace(c->config->user, &event);
}

void conn_keylog(const struct conn *c, const char *label, const uint8_t *client_random,
                 const struct secret *secret)
{
    if (!keylog_wanted(c->config)) {
        return;
    }
    char line[64 + 2 * HELLO_RANDOM + 2 + 2 * SECRET_MAX];
    int at = snprintf(line, sizeof(line), "%s ", label);
    for (size_t i = 0; i < HELLO_RANDOM; i++) {
        at += snprintf(line + at, sizeof(line) - (size_t)at, "%02x", client_random[i]);
    }
    line[at++] = ' ';
    line[at] = '\0';
    for (size_t i = 0; i < secret->len; i++) {
        at += snprintf(line + at, sizeof(line) - (size_t)at, "%02x", secret->data[i]);
    }
    keylog_line(c->config, line);
    mem_wipe(line, sizeof(line));
}

void conn_signed(struct conn *c, bool own, uint16_t scheme)
{
    *(own == c->server ? &c->server_scheme : &c->client_scheme) = scheme;
}

const char *conn_verify_name(const struct conn *c)
{
    if (c->server) {
        return NULL;
    }
    if (c->config->has_sni) {
        return c->config->sni;
    }
    return c->host == NULL ? "" : c->host;
}

int conn_keep_name(char **to, cssl_bytes name, cssl_error *err)
{
    *to = mem_new(name.len + 1);
    if (*to == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    memcpy(*to, name.data, name.len);
    return 0;
}

int conn_check_alpn(const struct conn *c, cssl_bytes alpn, cssl_error *err)
{
    return alpn_has(bytes_of(c->config->alpn, c->config->alpn_len), alpn)
               ? 0
               : fail_text(err, CSSL_R_ALPN_NOT_OFFERED, "\"%.*s\"", (int)alpn.len,
                           (const char *)alpn.data);
}

struct peer_chain *peer_chain_of_key(cssl_bytes spki, cssl_error *err)
{
    struct spki_info info;
    if (spki_inspect(spki, &info, NULL) != 0) {
        (void)fail(err, CSSL_R_RAW_KEY_MALFORMED);
        return NULL;
    }
    if (info.type == KEY_NONE) {
        (void)fail(err, CSSL_R_UNSUPPORTED_KEY);
        return NULL;
    }
    struct peer_chain *chain = mem_new(sizeof(*chain));
    uint8_t *raw = mem_copy(spki.data, spki.len);
    if (chain == NULL || raw == NULL) {
        mem_free(chain);
        mem_free(raw);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    atomic_init(&chain->refs, 1);
    chain->raw = raw;
    chain->raw_len = spki.len;
    chain->raw_type = info.type;
    return chain;
}

cssl_bytes peer_chain_spki(const struct peer_chain *chain, enum key_type *type)
{
    if (chain->raw != NULL) {
        *type = chain->raw_type;
        return bytes_of(chain->raw, chain->raw_len);
    }
    *type = cert_key(chain->certs[0])->type;
    return cert_spki(chain->certs[0]);
}

void peer_chain_write(struct wr *w, const struct peer_chain *chain)
{
    if (chain->raw != NULL) {
        wr_vec24(w, bytes_of(chain->raw, chain->raw_len));
    }
    for (size_t i = 0; i < chain->num; i++) {
        wr_vec24(w, cert_der(chain->certs[i]));
    }
}

struct peer_chain *peer_chain_from(cssl_bytes encoded, bool raw, cssl_error *err)
{
    if (raw) {
        struct rd one = rd_of(encoded);
        return peer_chain_of_key(rd_view24(&one), err);
    }
    struct peer_chain *chain = mem_new(sizeof(*chain));
    if (chain == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    atomic_init(&chain->refs, 1);
    struct rd r = rd_of(encoded);
    while (rd_more(&r)) {
        cssl_bytes der = rd_view24(&r);
        if (!rd_ok(&r) || chain->num == CHAIN_CERTS_MAX) {
            (void)fail(err, CSSL_R_BAD_SESSION);
            peer_chain_free(chain);
            return NULL;
        }
        chain->certs[chain->num] = cert_parse(der, err);
        if (chain->certs[chain->num] == NULL) {
            peer_chain_free(chain);
            return NULL;
        }
        chain->num++;
    }
    return chain;
}

struct peer_chain *peer_chain_ref(struct peer_chain *chain)
{
    (void)atomic_fetch_add_explicit(&chain->refs, 1, memory_order_relaxed);
    return chain;
}

void peer_chain_free(struct peer_chain *chain)
{
    if (chain == NULL ||
        atomic_fetch_sub_explicit(&chain->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < chain->num; i++) {
        cert_free(chain->certs[i]);
    }
    mem_free(chain->extras);
    mem_free(chain->raw);
    mem_free(chain);
}

int64_t peer_chain_expires(const struct peer_chain *chain)
{
    int64_t end = INT64_MAX;
    for (size_t i = 0; chain != NULL && i < chain->num; i++) {
        int64_t one = cert_not_after(chain->certs[i]);
        end = one < end ? one : end;
    }
    return end;
}

/* For CSSL_LOG_DEBUG: which message, and how long it is. Never what is in it. */
static void log_message(const struct conn *c, bool sent, uint8_t content_type, cssl_bytes message)
{
    const cssl_config *config = c->config;
    char text[128];
    if (config->log == NULL || config->log_level < CSSL_LOG_DEBUG || message.len == 0) {
        return;
    }
    const char *name = content_type == CT_HANDSHAKE ? name_of_handshake(message.data[0])
                       : content_type == CT_ALERT   ? "alert"
                                                    : "change_cipher_spec";
    (void)snprintf(text, sizeof(text), "TLS %s: %s %s, %zu bytes", c->server ? "server" : "client",
                   sent ? "sent" : "received", name == NULL ? "a message of unknown type" : name,
                   message.len);
    config->log(config->user, CSSL_LOG_DEBUG, text);
}
