/* hs_support.c - the fixture of hs_support.h. */
#include "base/error.h"
#include "hs_support.h"

#include "base/mem.h"

static int64_t side_now(void *user, cssl_clock which)
{
    struct hs_side *side = user;
    return test_clock_now(&side->clock, which);
}

static int side_random(void *user, uint8_t *out, size_t len)
{
    struct hs_side *side = user;
    return test_rng_random(&side->rng, out, len);
}

static void side_trace(void *user, const cssl_trace_event *event)
{
    struct hs_side *side = user;
    if (!event->sent) {
        return;
    }
    assert_true(side->first + side->num < HS_QUEUE);
    side->queue[side->first + side->num++] =
        (struct hs_sent){ .content_type = event->content_type,
                          .data = test_copy(event->message.data, event->message.len),
                          .len = event->message.len };
}

static void side_keylog(void *user, const char *line)
{
    struct hs_side *side = user;
    (void)snprintf(side->keylog, sizeof(side->keylog), "%s", line);
}

void hs_side_config(struct hs_side *side, bool server, const cssl_options *options)
{
    cssl_options o = { 0 };
    if (options != NULL) {
        o = *options;
    }
    memset(side, 0, sizeof(*side));
    test_clock_init(&side->clock, HS_NOW);
    test_rng_init(&side->rng, server ? 2 : 1);
    if (server && o.certfile == NULL && o.num_certs_keys == 0) {
        o.certfile = HS_CERTS "server.pem";
        o.keyfile = HS_CERTS "server.key.pem";
    }
    if (o.cacertfile == NULL && test_takes_x509(&o) &&
        (!server || o.verify == CSSL_VERIFY_PEER)) {
        o.cacertfile = HS_CERTS "ca.pem";
    }
    o.now_us = side_now;
    o.random = side_random;
    o.trace = side_trace;
    o.keylog = side_keylog;
    o.user = side;
    side->config = server ? cssl_server_config(&o, &side->err) : cssl_client_config(&o, &side->err);
    if (side->config == NULL) {
        fail_msg("config: %s", side->err.text);
    }
    side->worker = worker_new();
    assert_non_null(side->worker);
    memset(&side->err, 0, sizeof(side->err));
}

void hs_side_start(struct hs_side *side)
{
    const char *host = side->config->server ? NULL : "localhost";
    assert_int_equal(conn_init(&side->conn, side->config, host, 443, &side->err), 0);
    if (host != NULL) {
        side->conn.sni = mem_str(host);
    }
    side->hs = hs_new(&side->conn, &side->err);
    assert_non_null(side->hs);
}

void hs_side_end(struct hs_side *side)
{
    struct hs_sent sent;
    while (hs_side_take(side, &sent)) {
        free(sent.data);
    }
    hs_free(side->hs);
    side->hs = NULL;
    if (side->conn.config != NULL) {
        conn_free(&side->conn);
    }
    memset(&side->err, 0, sizeof(side->err));
}

void hs_side_free(struct hs_side *side)
{
    hs_side_end(side);
    worker_free(side->worker);
    cssl_config_free(side->config);
}

int hs_side_steps(struct hs_side *side)
{
    int ret = 0;
    struct pk_step *step = NULL;
    while (ret == 0 && (step = hs_take_step(side->hs)) != NULL) {
        pk_step_run(step);
        ret = hs_step_done(side->hs, side->worker, step, &side->err);
    }
    return ret;
}

bool hs_side_take(struct hs_side *side, struct hs_sent *sent)
{
    if (side->num == 0) {
        side->first = 0;
        return false;
    }
    *sent = side->queue[side->first++];
    side->num--;
    return true;
}

int hs_side_give(struct hs_side *side, const struct hs_sent *sent, bool more)
{
    int ret = 0;
    if (sent->content_type == CT_HANDSHAKE) {
        ret = hs_message(side->hs, side->worker, bytes_of(sent->data, sent->len), more,
                         &side->err);
    } else if (side->conn.version == TLS_1_2) {
        ret = hs_change_cipher_spec(side->hs, side->worker, &side->err);
    }
    return ret == 0 ? hs_side_steps(side) : ret;
}

/* give_changed hands sent to side, changed if it is the fault's message. */
static int give_changed(struct hs_side *side, const struct hs_sent *sent,
                        const struct hs_fault *fault, bool *met)
{
    if (fault == NULL || *met || sent->content_type != CT_HANDSHAKE ||
        side->config->server != fault->to_server || sent->data[0] != fault->type) {
        return hs_side_give(side, sent, false);
    }
    *met = true;
    uint8_t *roomy = calloc(1, sent->len + 64);
    assert_non_null(roomy);
    struct hs_sent changed = { .content_type = CT_HANDSHAKE, .len = sent->len };
    memcpy(roomy, sent->data, sent->len);
    if (fault->change != NULL) {
        fault->change(roomy, &changed.len);
        roomy[1] = 0;
        roomy[2] = (uint8_t)((changed.len - 4) >> 8);
        roomy[3] = (uint8_t)(changed.len - 4);
    }
    changed.data = test_copy(roomy, changed.len);
    int ret = hs_side_give(side, &changed, fault->more);
    free(changed.data);
    free(roomy);
    return ret;
}

bool hs_both(struct hs_side *client, struct hs_side *server, const struct hs_fault *fault)
{
    struct hs_side *sides[] = { client, server };
    bool met = fault == NULL;
    int ret = 0;
    if (client->hs->state == CLIENT13_START) {
        ret = hs_run(client->hs, client->worker, &client->err);
        ret = ret == 0 ? hs_side_steps(client) : ret;
    }
    for (bool moved = true; moved && ret == 0;) {
        moved = false;
        for (size_t i = 0; i < 2 && ret == 0; i++) {
            struct hs_sent sent;
            while (ret == 0 && !hs_done(sides[1 - i]->hs) && hs_side_take(sides[i], &sent)) {
                ret = give_changed(sides[1 - i], &sent, fault, &met);
                moved = true;
                free(sent.data);
            }
        }
    }
    return met;
}

void hs_both_must(struct hs_side *client, struct hs_side *server)
{
    (void)hs_both(client, server, NULL);
    if (!hs_done(client->hs) || !hs_done(server->hs)) {
        fail_msg("client in %s: %s; server in %s: %s", hs_state_name(client->hs),
                 client->err.text, hs_state_name(server->hs), server->err.text);
    }
}

void hs_refuses(const struct hs_refusal *rows, size_t num, const cssl_options *client,
                const cssl_options *server)
{
    for (size_t i = 0; i < num; i++) {
        struct hs_side c, s;
        hs_side_config(&c, false, client);
        hs_side_config(&s, true, server);
        hs_side_start(&c);
        hs_side_start(&s);
        if (!hs_both(&c, &s, &rows[i].fault)) {
            fail_msg("%s: the message never came; client: %s; server: %s", rows[i].what,
                     c.err.text, s.err.text);
        }
        const struct hs_side *refuser = rows[i].fault.to_server ? &s : &c;
        const struct hs_side *other = rows[i].fault.to_server ? &c : &s;
        if (refuser->err.reason != rows[i].reason || other->err.status != 0) {
            fail_msg("%s: %s (%s), other side: %s", rows[i].what, refuser->err.text,
                     refuser->err.reason == 0 ? "no error" : cssl_reason_name(refuser->err.reason),
                     other->err.text);
        }
        hs_side_free(&c);
        hs_side_free(&s);
    }
}
