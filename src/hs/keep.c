/* keep.c - see keep.h. Does not know who may resume what. */
#include "hs/keep.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/ask.h"

static int seal(struct conn *c, struct worker *w, const uint8_t key[SESSION_DIGEST],
                struct session *s, struct wr *sealed, cssl_error *err) CHECK;
static bool is_of(const struct session *s, const uint8_t key[SESSION_DIGEST]);
static bool forget(const cssl_config *config, const uint8_t key[SESSION_DIGEST]);

int keep_put(struct conn *c, struct worker *w, const uint8_t key[SESSION_DIGEST],
             struct session *s, bool *kept, cssl_error *err)
{
    const cssl_config *config = c->config;
    const int64_t now = config_now(config);
    if (!keep_by_program(config)) {
        int ret = cache_put(config->shared->sessions, key, s, now, err);
        *kept = ret == 0;
        return ret;
    }
    const int64_t left = s->expires_at - now;
    struct wr sealed;
    wr_init(&sealed, SESSION_ENCODED_MAX);
    int ret = seal(c, w, key, s, &sealed, err);
    *kept = ret == 0 && left > 0 &&
            config->store_session(config->user, bytes_of(key, SESSION_DIGEST), wr_view(&sealed),
                                  (uint32_t)left);
    wr_free(&sealed);
    session_wipe(s);
    return ret;
}

bool keep_find(const struct hs *hs, const uint8_t key[SESSION_DIGEST], struct session *s)
{
    const cssl_config *config = hs->conn->config;
    if (!keep_by_program(config)) {
        return cache_find(config->shared->sessions, key, config_now(config), s);
    }
    *s = (struct session){ 0 };
    return hs->told != NULL && is_of(hs->told, key) && session_copy(s, hs->told) == 0;
}

bool keep_use(const struct conn *c, const uint8_t key[SESSION_DIGEST])
{
    const cssl_config *config = c->config;
    struct session s;
    if (keep_by_program(config)) {
        return forget(config, key);
    }
    bool there = cache_take(config->shared->sessions, key, config_now(config), &s);
    session_wipe(&s);
    return there;
}

void keep_drop(const struct conn *c, const uint8_t key[SESSION_DIGEST])
{
    if (keep_by_program(c->config)) {
        (void)forget(c->config, key);
    } else {
        cache_drop(c->config->shared->sessions, key, bytes_of(NULL, 0));
    }
}

void keep_ask(struct hs *hs, const uint8_t key[SESSION_DIGEST])
{
    memcpy(hs->asked_key, key, SESSION_DIGEST);
    hs_ask(hs, &(cssl_question){ .kind = CSSL_ASK_SESSION,
                                 .subject = bytes_of(hs->asked_key, SESSION_DIGEST) });
}

bool keep_answered(struct hs *hs)
{
    const cssl_config *config = hs->conn->config;
    const cssl_answer *a = hs->answer;
    struct wr plain;
    keep_forget_told(hs);
    if (a->verdict != CSSL_ACCEPT || (hs->told = mem_new(sizeof(*hs->told))) == NULL) {
        return false;
    }
    wr_init(&plain, SESSION_ENCODED_MAX);
    bool good = ticket_open(config->shared->ticket_keys, hs->worker, config_now(config), a->value,
                            &plain, NULL) == 0 &&
                session_decode(hs->told, wr_view(&plain), NULL) == 0 &&
                is_of(hs->told, hs->asked_key);
    wr_free(&plain);
    if (!good) {
        keep_forget_told(hs);
    }
    return good;
}

void keep_forget_told(struct hs *hs)
{
    if (hs->told != NULL) {
        session_wipe(hs->told);
        mem_free(hs->told);
        hs->told = NULL;
    }
}

/* is_of: the session was sealed for this place. */
static bool is_of(const struct session *s, const uint8_t key[SESSION_DIGEST])
{
    return bytes_equal(bytes_of(s->ticket, s->ticket_len), bytes_of(key, SESSION_DIGEST));
}

/* seal writes *s with the key of its place, where clients have their ticket. */
static int seal(struct conn *c, struct worker *w, const uint8_t key[SESSION_DIGEST],
                struct session *s, struct wr *sealed, cssl_error *err)
{
    const cssl_config *config = c->config;
    struct wr plain;
    s->ticket = mem_copy(key, SESSION_DIGEST);
    s->ticket_len = s->ticket == NULL ? 0 : SESSION_DIGEST;
    wr_init(&plain, SESSION_ENCODED_MAX);
    session_encode(&plain, s);
    int ret = s->ticket == NULL || !wr_ok(&plain)
                  ? fail(err, CSSL_R_NOMEM)
                  : ticket_seal(config->shared->ticket_keys, w, &config->rand, config_now(config),
                                wr_view(&plain), sealed, err);
    wr_free(&plain);
    return ret;
}

/* forget has the program drop a session: false, it had none. */
static bool forget(const cssl_config *config, const uint8_t key[SESSION_DIGEST])
{
    return config->store_session(config->user, bytes_of(key, SESSION_DIGEST), bytes_of(NULL, 0),
                                 0);
}
