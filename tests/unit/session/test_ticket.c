/* test_ticket.c - tickets: sealed and opened, damaged, over days, by servers that share a seed. */
#include "base/error.h"
#include "session/session.h"
#include "session/ticket.h"
#include "support.h"

enum { NOW = 1700000000, HEAD = 41, TAG = 16, DAY = 24 * 3600 };

static const uint8_t seed_bytes[32] = { 1, 2, 3 };
static const cssl_bytes seed = { seed_bytes, sizeof(seed_bytes) };
static const cssl_bytes no_seed = { NULL, 0 };
static const cssl_bytes plain = { (const uint8_t *)"what a session holds", 20 };

static struct worker *worker;

static int set_up(void **state)
{
    (void)state;
    worker = worker_new();
    return worker == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    worker_free(worker);
    return 0;
}

static struct ticket_keys *new_keys(cssl_bytes with, uint32_t lifetime)
{
    struct ticket_keys *keys = ticket_keys_new(with, lifetime, NULL);
    assert_non_null(keys);
    return keys;
}

static void seal(struct ticket_keys *keys, int64_t now, struct wr *out)
{
    cssl_error err = { 0 };
    wr_init(out, SESSION_TICKET_MAX);
    if (ticket_seal(keys, worker, NULL, now, plain, out, &err) != 0) {
        fail_msg("seal: %s", err.text);
    }
    assert_int_equal(out->len, HEAD + plain.len + TAG);
}

/* opens tells whether a ticket opens; if it does, it holds what it should. */
static bool opens(struct ticket_keys *keys, int64_t now, cssl_bytes ticket)
{
    struct wr out;
    cssl_error err = { 0 };
    wr_init(&out, SESSION_TICKET_MAX);
    wr_u8(&out, 0x77); /* what is in front stays */
    int ret = ticket_open(keys, worker, now, ticket, &out, &err);
    assert_true(wr_ok(&out));
    assert_int_equal(out.data[0], 0x77);
    if (ret == 0) {
        assert_int_equal(out.len, 1 + plain.len);
        assert_memory_equal(out.data + 1, plain.data, plain.len);
    } else {
        assert_int_equal(err.reason, CSSL_R_TICKET_UNKNOWN);
        assert_int_equal(out.len, 1);
    }
    wr_free(&out);
    return ret == 0;
}

static void test_seal_open(void **state)
{
    (void)state;
    struct ticket_keys *keys = new_keys(no_seed, 7200), *other = new_keys(no_seed, 7200);
    struct wr a, b;
    seal(keys, NOW, &a);
    seal(keys, NOW, &b);
    assert_true(opens(keys, NOW, wr_view(&a)));
    assert_true(opens(keys, NOW, wr_view(&a))); /* single use is not this layer's */
    assert_true(opens(keys, NOW, wr_view(&b)));
    assert_false(opens(other, NOW, wr_view(&a)));
    assert_memory_not_equal(a.data + 9, b.data + 9, 32); /* salts */
    assert_memory_not_equal(a.data + HEAD, b.data + HEAD, plain.len);
    /* nothing of the plaintext is to be seen */
    assert_null(memmem(a.data, a.len, plain.data, 8));
    wr_free(&a);
    wr_free(&b);
    ticket_keys_free(keys);
    ticket_keys_free(other);
}

static void test_append(void **state)
{
    (void)state;
    struct ticket_keys *keys = new_keys(no_seed, 7200);
    struct wr w;
    wr_init(&w, SESSION_TICKET_MAX + 2);
    wr_open16(&w);
    assert_int_equal(ticket_seal(keys, worker, NULL, NOW, plain, &w, NULL), 0);
    wr_close(&w);
    assert_true(wr_ok(&w));
    assert_true(opens(keys, NOW, bytes_of(w.data + 2, w.len - 2)));
    wr_free(&w);
    ticket_keys_free(keys);
}

static void test_sizes(void **state)
{
    (void)state;
    struct ticket_keys *keys = new_keys(seed, 7200);
    struct wr w, out;
    cssl_error err = { 0 };
    size_t most = SESSION_TICKET_MAX - HEAD - TAG;
    uint8_t *big = mem_new(most + 1);
    assert_non_null(big);
    wr_init(&w, SESSION_TICKET_MAX);
    wr_init(&out, SESSION_TICKET_MAX);
    assert_int_equal(ticket_seal(keys, worker, NULL, NOW, bytes_of(big, most), &w, &err), 0);
    assert_int_equal(w.len, SESSION_TICKET_MAX);
    assert_int_equal(ticket_open(keys, worker, NOW, wr_view(&w), &out, &err), 0);
    assert_int_equal(out.len, most);
    wr_clear(&w);
    assert_true(ticket_seal(keys, worker, NULL, NOW, bytes_of(big, most + 1), &w, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_TICKET_TOO_LONG);
    assert_int_equal(w.len, 0);

    wr_clear(&w); /* an empty session is still a whole ticket */
    wr_clear(&out);
    assert_int_equal(ticket_seal(keys, worker, NULL, NOW, no_seed, &w, &err), 0);
    assert_int_equal(w.len, HEAD + TAG);
    assert_int_equal(ticket_open(keys, worker, NOW, wr_view(&w), &out, &err), 0);
    assert_int_equal(out.len, 0);

    uint8_t little[64]; /* no room: an error, and nothing half written */
    struct wr tight;
    wr_fixed(&tight, little, sizeof(little));
    assert_int_equal(ticket_seal(keys, worker, NULL, NOW, plain, &tight, &err), CSSL_NOMEM);
    assert_int_equal(tight.len, 0);
    wr_free(&w);
    wr_free(&out);
    mem_free(big);
    ticket_keys_free(keys);
}

static void refuse(void *arg, uint8_t *data, size_t len)
{
    if (opens(arg, NOW, bytes_of(data, len))) {
        fail_msg("a damaged ticket of %zu bytes was opened", len);
    }
}

static void refuse_unless_same(void *arg, uint8_t *data, size_t len)
{
    void **both = arg;
    struct wr *whole = both[1];
    if (!bytes_equal(bytes_of(data, len), wr_view(whole))) {
        refuse(both[0], data, len);
    }
}

static void test_damage(void **state)
{
    (void)state;
    const cssl_bytes seeds[] = { seed, no_seed };
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        struct ticket_keys *keys = new_keys(seeds[i], SESSION_AGE_MAX);
        struct wr w;
        seal(keys, NOW, &w);
        for_each_truncation(w.data, w.len, refuse, keys);
        for_each_bit_flip(w.data, w.len, refuse, keys);
        for_each_damage(w.data, w.len, test_seed(502), 2000, refuse_unless_same,
                        (void *[]){ keys, &w });
        wr_u8(&w, 0);
        assert_false(opens(keys, NOW, wr_view(&w)));
        wr_free(&w);
        ticket_keys_free(keys);
    }
}

/* Tickets made every hour for three weeks open as long as they live, and no longer than their
 * secret. */
static void rotate(cssl_bytes with, uint32_t lifetime)
{
    enum { HOURS = 21 * 24 };
    struct ticket_keys *keys = new_keys(with, lifetime);
    static struct wr tickets[HOURS];
    int64_t start = NOW / TICKET_PERIOD * TICKET_PERIOD;
    for (int hour = 0; hour < HOURS; hour++) {
        int64_t now = start + hour * 3600;
        seal(keys, now, &tickets[hour]);
        for (int made = 0; made <= hour; made += made + 24 < hour - 200 ? 24 : 1) {
            int64_t age = (hour - made) * 3600;
            int64_t ends = (made / 12 + 1) * (int64_t)TICKET_PERIOD + lifetime;
            bool want = age <= lifetime || hour * INT64_C(3600) < ends;
            if (opens(keys, now, wr_view(&tickets[made])) != want) {
                fail_msg("ticket of hour %d at hour %d: %s", made, hour, want ? "lost" : "alive");
            }
        }
    }
    for (int hour = 0; hour < HOURS; hour++) {
        wr_free(&tickets[hour]);
    }
    ticket_keys_free(keys);
}

static void test_rotation(void **state)
{
    (void)state;
    rotate(no_seed, 7200);
    rotate(no_seed, SESSION_AGE_MAX);
    rotate(seed, 7200);
    rotate(seed, SESSION_AGE_MAX);
    rotate(seed, 0);
}

static void test_shared_seed(void **state)
{
    (void)state;
    struct ticket_keys *a = new_keys(seed, 7200), *b = new_keys(seed, 7200);
    static const uint8_t other_bytes[32] = { 1, 2, 4 };
    struct ticket_keys *other = new_keys(bytes_of(other_bytes, sizeof(other_bytes)), 7200);
    for (int day = 0; day < 30; day++) {
        int64_t now = NOW + day * DAY;
        struct wr w;
        seal(a, now, &w);
        assert_true(opens(b, now, wr_view(&w)));
        assert_false(opens(other, now, wr_view(&w)));
        wr_free(&w);
    }
    /* clocks on both sides of a border open each other's tickets; further apart they do not */
    int64_t border = (NOW / TICKET_PERIOD + 1) * TICKET_PERIOD;
    struct wr early, late;
    seal(a, border - 1, &early);
    seal(b, border, &late);
    assert_memory_not_equal(early.data + 1, late.data + 1, 8);
    assert_true(opens(b, border, wr_view(&early)));
    assert_true(opens(a, border - 1, wr_view(&late)));
    assert_true(opens(a, border - TICKET_PERIOD, wr_view(&late)));
    assert_false(opens(a, border - TICKET_PERIOD - 1, wr_view(&late)));
    wr_free(&early);
    wr_free(&late);
    ticket_keys_free(a);
    ticket_keys_free(b);
    ticket_keys_free(other);
}

/* The schedule may never change from one version of the library to the next: fleets of servers
 * are upgraded one by one. The ticket was computed from the description in ticket.c by an
 * independent program (Python's hmac and the cryptography package). */
static void test_known_ticket(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("ticket.txt");
    int num = 0;
    while (vectors_next(v)) {
        size_t seed_len = 0, ticket_len = 0, plain_len = 0;
        const uint8_t *s = vectors_bytes(v, "seed", &seed_len);
        const uint8_t *ticket = vectors_bytes(v, "ticket", &ticket_len);
        const uint8_t *want = vectors_bytes(v, "plain", &plain_len);
        struct ticket_keys *keys = new_keys(bytes_of(s, seed_len), 7200);
        struct wr out;
        wr_init(&out, SESSION_TICKET_MAX);
        assert_int_equal(ticket_open(keys, worker, (int64_t)vectors_number(v, "now"),
                                     bytes_of(ticket, ticket_len), &out, NULL), 0);
        assert_int_equal(out.len, plain_len);
        assert_memory_equal(out.data, want, plain_len);
        wr_free(&out);
        ticket_keys_free(keys);
        num++;
    }
    assert_true(num >= 2);
    vectors_close(v);
}

static void test_clock_goes_back(void **state)
{
    (void)state;
    struct ticket_keys *keys = new_keys(no_seed, 7200);
    struct wr first, next, again, far;
    const int64_t border = (NOW / TICKET_PERIOD + 1) * TICKET_PERIOD;
    seal(keys, border - 100, &first);
    seal(keys, border + 100, &next);
    /* back across the border: both secrets are still there */
    assert_true(opens(keys, border - 50, wr_view(&first)));
    assert_true(opens(keys, border - 50, wr_view(&next)));
    seal(keys, border - 50, &again);
    assert_true(opens(keys, border - 50, wr_view(&again)));
    assert_true(opens(keys, border + 100, wr_view(&again)));
    /* a year ahead and back: what the wrong clock made is gone, and there is room for all */
    for (int i = 0; i < 100; i++) {
        seal(keys, NOW + 365 * DAY + i * DAY, &far);
        assert_false(opens(keys, NOW, wr_view(&far)));
        wr_free(&far);
    }
    assert_false(opens(keys, NOW, wr_view(&first)));
    wr_free(&first);
    seal(keys, NOW, &first);
    assert_true(opens(keys, NOW, wr_view(&first)));
    wr_free(&first);
    /* before 1970, and at the end of time */
    seal(keys, -5, &first);
    assert_true(opens(keys, -5, wr_view(&first)));
    wr_free(&first);
    seal(keys, INT64_MAX, &first);
    assert_true(opens(keys, INT64_MAX, wr_view(&first)));
    wr_free(&first);
    wr_free(&next);
    wr_free(&again);
    ticket_keys_free(keys);
}

static int broken_random(void *user, uint8_t *out, size_t len)
{
    int *left = user;
    memset(out, 7, len);
    return (*left)-- > 0 ? 0 : -1;
}

/* Without randomness, for the salt or for the secret, nothing is sealed. */
static void test_no_randomness(void **state)
{
    (void)state;
    for (int calls = 0; calls < 2; calls++) {
        int left = calls;
        struct rand_source rand = { .fn = broken_random, .user = &left };
        struct ticket_keys *keys = new_keys(no_seed, 7200);
        struct wr w;
        cssl_error err = { 0 };
        wr_init(&w, SESSION_TICKET_MAX);
        assert_true(ticket_seal(keys, worker, &rand, NOW, plain, &w, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_RANDOM_FAILED);
        assert_int_equal(w.len, 0);
        wr_free(&w);
        ticket_keys_free(keys);
    }
}

/* A config that takes keys over keeps their seed; a longer lifetime keeps secrets for longer. */
static void test_renew(void **state)
{
    (void)state;
    static const uint8_t other_bytes[32] = { 9 };
    const cssl_bytes other = { other_bytes, sizeof(other_bytes) };
    struct ticket_keys *seeded = new_keys(seed, 7200), *random = new_keys(no_seed, 7200);
    cssl_error err = { 0 };
    struct wr w;
    assert_int_equal(ticket_keys_renew(seeded, seed, 100, NULL), 0);
    assert_int_equal(ticket_keys_renew(seeded, no_seed, 100, NULL), 0);
    assert_int_equal(ticket_keys_renew(seeded, other, 100, &err), CSSL_OPTION);
    assert_int_equal(err.reason, CSSL_R_TICKET_SEED);
    assert_string_equal(err.option, "ticket_seed");
    assert_int_equal(ticket_keys_renew(random, seed, 100, NULL), CSSL_OPTION);
    assert_int_equal(ticket_keys_renew(random, no_seed, 100, NULL), 0);
    seal(random, NOW, &w);
    assert_true(opens(random, NOW + 7200, wr_view(&w))); /* the lifetime did not shrink */
    assert_int_equal(ticket_keys_renew(random, no_seed, SESSION_AGE_MAX, NULL), 0);
    assert_true(opens(random, NOW + 6 * DAY, wr_view(&w)));
    wr_free(&w);
    ticket_keys_free(seeded);
    ticket_keys_free(random);
}

static void test_arguments(void **state)
{
    (void)state;
    cssl_error err = { 0 };
    assert_null(ticket_keys_new(bytes_of(seed_bytes, 31), 7200, &err));
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    assert_null(ticket_keys_new(no_seed, SESSION_AGE_MAX + 1, &err));
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    ticket_keys_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seal_open),     cmocka_unit_test(test_append),
        cmocka_unit_test(test_sizes),         cmocka_unit_test(test_damage),
        cmocka_unit_test(test_rotation),      cmocka_unit_test(test_shared_seed),
        cmocka_unit_test(test_known_ticket),  cmocka_unit_test(test_clock_goes_back),
        cmocka_unit_test(test_no_randomness), cmocka_unit_test(test_renew),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
