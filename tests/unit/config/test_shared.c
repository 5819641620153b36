/*
 * test_shared.c - what configs share: by role, counted, with workers that are lent and come back.
 */
#include "base/error.h"
#include "support.h"

#include "config/shared.h"

enum { NOW = 1800000000, LIFETIME = 7200, WORKERS = 70 /* more than a pool keeps */ };

static const cssl_bytes no_seed = { NULL, 0 };

static cssl_bytes seed_of(uint8_t *memory, uint8_t with)
{
    memset(memory, with, 32);
    return bytes_of(memory, 32);
}

static struct wr sealed_by(struct shared *s, const char *plain)
{
    struct wr ticket;
    struct worker *w = worker_borrow(s);
    assert_non_null(w);
    wr_init(&ticket, 1024);
    assert_int_equal(ticket_seal(s->ticket_keys, w, NULL, NOW, bytes_str(plain), &ticket, NULL),
                     0);
    worker_return(s, w);
    return ticket;
}

static bool opens(struct shared *s, const struct wr *ticket, int64_t now)
{
    struct wr plain;
    struct worker *w = worker_borrow(s);
    wr_init(&plain, 1024);
    bool good = ticket_open(s->ticket_keys, w, now, wr_view(ticket), &plain, NULL) == 0;
    wr_free(&plain);
    worker_return(s, w);
    return good;
}

static void test_roles(void **state)
{
    (void)state;
    cssl_error err;
    struct shared *server = shared_new(true, LIFETIME, no_seed, &err);
    struct shared *client = shared_new(false, LIFETIME, no_seed, &err);
    assert_non_null(server);
    assert_non_null(client);
    assert_non_null(server->ticket_keys);
    assert_null(client->ticket_keys);
    /* A client keeps CACHE_CLIENT_PER_KEY sessions of one peer, a server one by identifier. */
    static const uint8_t key[SESSION_DIGEST] = { 1 };
    for (int i = 0; i < CACHE_CLIENT_PER_KEY + 2; i++) {
        struct session a = { .expires_at = NOW + 60 }, b = { .expires_at = NOW + 60 };
        assert_int_equal(cache_put(server->sessions, key, &a, NOW, &err), 0);
        assert_int_equal(cache_put(client->sessions, key, &b, NOW, &err), 0);
    }
    assert_int_equal(cache_size(server->sessions), 1);
    assert_int_equal(cache_size(client->sessions), CACHE_CLIENT_PER_KEY);
    shared_free(server);
    shared_free(client);
    shared_free(NULL);
}

/* Each reference holds everything; a sanitizer sees what is freed too early or never. */
static void test_counted(void **state)
{
    (void)state;
    struct shared *s = shared_new(true, LIFETIME, no_seed, NULL);
    assert_non_null(s);
    assert_ptr_equal(shared_ref(s), s);
    struct wr ticket = sealed_by(s, "a session");
    shared_free(s);
    assert_true(opens(s, &ticket, NOW));
    wr_free(&ticket);
    shared_free(s);
}

static void test_renew(void **state)
{
    (void)state;
    uint8_t a[32], b[32];
    const struct {
        cssl_bytes first, then;
        bool good;
    } rows[] = {
        { no_seed, no_seed, true },
        { no_seed, seed_of(a, 1), false },
        { seed_of(a, 1), seed_of(a, 1), true },
        { seed_of(a, 1), seed_of(b, 2), false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err;
        struct shared *s = shared_new(true, LIFETIME, rows[i].first, &err);
        assert_non_null(s);
        struct wr ticket = sealed_by(s, "a session");
        struct shared *again = shared_renew(s, LIFETIME, rows[i].then, &err);
        if (rows[i].good) {
            assert_ptr_equal(again, s);
            shared_free(again);
        } else {
            assert_null(again);
            assert_int_equal(err.reason, CSSL_R_TICKET_SEED);
            assert_int_equal(err.status, CSSL_OPTION);
        }
        assert_true(opens(s, &ticket, NOW)); /* a refusal has taken no reference, nor given one */
        wr_free(&ticket);
        shared_free(s);
    }
    /* A client has no seed to be compared. */
    struct shared *client = shared_new(false, LIFETIME, no_seed, NULL);
    assert_non_null(client);
    assert_ptr_equal(shared_renew(client, 2 * LIFETIME, no_seed, NULL), client);
    shared_free(client);
    shared_free(client);
}

/* A renewal with a longer lifetime keeps secrets for as long as it says. */
static void test_renew_longer(void **state)
{
    (void)state;
    static const uint32_t day = 24 * 3600;
    for (int longer = 0; longer < 2; longer++) {
        struct shared *s = shared_new(true, LIFETIME, no_seed, NULL);
        assert_non_null(s);
        assert_ptr_equal(shared_renew(s, longer ? 6 * day : 60, no_seed, NULL), s);
        struct wr ticket = sealed_by(s, "a session");
        assert_true(opens(s, &ticket, NOW + LIFETIME - 1)); /* never less than before */
        assert_int_equal(opens(s, &ticket, NOW + 3 * day), longer);
        wr_free(&ticket);
        shared_free(s);
        shared_free(s);
    }
}

static void test_workers(void **state)
{
    (void)state;
    struct shared *s = shared_new(false, LIFETIME, no_seed, NULL);
    struct worker *out[WORKERS];
    assert_non_null(s);
    worker_return(s, NULL);
    /* The one that came back last is the next to go: its keys are still warm. */
    out[0] = worker_borrow(s);
    out[1] = worker_borrow(s);
    assert_non_null(out[0]);
    assert_non_null(out[1]);
    assert_ptr_not_equal(out[0], out[1]);
    worker_return(s, out[0]);
    worker_return(s, out[1]);
    assert_ptr_equal(worker_borrow(s), out[1]);
    assert_ptr_equal(worker_borrow(s), out[0]);
    /* Nobody is lent to two at once, however many are out; what the pool does not keep is freed. */
    for (size_t i = 2; i < WORKERS; i++) {
        out[i] = worker_borrow(s);
        assert_non_null(out[i]);
        for (size_t j = 0; j < i; j++) {
            assert_ptr_not_equal(out[i], out[j]);
        }
    }
    struct worker *last = out[WORKERS - 1];
    uintptr_t surplus = (uintptr_t)last;
    for (size_t i = 0; i < WORKERS; i++) {
        worker_return(s, out[i]);
    }
    last = worker_borrow(s);
    assert_true((uintptr_t)last != surplus); /* the pool was full when it came */
    worker_return(s, last);
    shared_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles),   cmocka_unit_test(test_counted),
        cmocka_unit_test(test_renew),   cmocka_unit_test(test_renew_longer),
        cmocka_unit_test(test_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
