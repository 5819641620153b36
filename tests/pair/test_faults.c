/*
 * test_faults.c - handshakes over a wire that damages: every byte flipped, every split, every
 * record dropped, doubled, swapped, cut. What is damaged must fail with an alert, and both sides
 * must never believe in different connections.
 */
#include "base/error.h"
#include "pair.h"

static struct test_clock wall;
static struct pair_host client, server;

/* A stream with all messages: mutual, ALPN, tickets. Ed25519 makes signatures of one length, so
 * every run has the same offsets. */
static int set_up(void **state)
{
    (void)state;
    test_clock_init(&wall, PAIR_NOW);
    host_init(&client, false, &wall,
              &(cssl_options){ PAIR_IDENTITY(pair_client_ed25519),
                               .supported_groups = CSSL_LIST("x25519", "secp256r1"),
                               .alpn_protocols = CSSL_LIST("h2", "http/1.1"),
                               .session_tickets = CSSL_TICKETS_MANUAL });
    host_init(&server, true, &wall,
              &(cssl_options){ PAIR_IDENTITY(pair_ed25519), .verify = CSSL_VERIFY_PEER,
                               .supported_groups = CSSL_LIST("x25519", "secp256r1"),
                               .alpn_protocols = CSSL_LIST("http/1.1") });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_free(&client);
    host_free(&server);
    return 0;
}

static void begin(struct pair *p)
{
    host_forget(&client);
    host_forget(&server);
    pair_start(p, &client, &server, "server.test");
}

/* sane checks what holds whatever has happened to a connection whose stream has ended. */
static void sane(struct pair *p, const char *what, uint64_t at)
{
    const struct pair_side *c = &p->side[FROM_CLIENT], *s = &p->side[FROM_SERVER];
    if (c->error.status == 0 || s->error.status == 0) {
        fail_msg("%s %llu: a side does not know that the stream has ended", what,
                 (unsigned long long)at);
    }
    if (s->connected && !c->connected) {
        fail_msg("%s %llu: only the server is connected", what, (unsigned long long)at);
    }
    for (int i = 0; i < 2; i++) {
        const cssl_error *err = &p->side[i].error;
        if (err->status != CSSL_ALERT && err->status != CSSL_TRUNCATED &&
            err->status != CSSL_CLOSED) {
            fail_msg("%s %llu: side %d ends with status %d: %s", what, (unsigned long long)at, i,
                     err->status, err->text);
        }
        /* who refuses says so, and internal_error is nobody's fault but ours */
        if (err->status == CSSL_ALERT && !err->alert_from_peer) {
            assert_int_equal(host_alert(p->side[i].host, true), err->alert);
            if (err->alert == ALERT_INTERNAL_ERROR || err->alert == ALERT_NONE) {
                fail_msg("%s %llu: side %d: %s", what, (unsigned long long)at, i, err->text);
            }
        }
    }
    if (c->connected && s->connected) {
        pair_check_agreement(p);
    }
}

/* A good run: how long the streams are, and where their records begin. */
struct layout {
    size_t len[2], num[2];
    struct { size_t at, len; uint8_t type; } records[2][64];
};

static void lay_out(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                    struct buf *out)
{
    struct layout *l = p->tamper_arg;
    assert_true(number < 64);
    l->records[dir][number].at = l->len[dir];
    l->records[dir][number].len = record.len;
    l->records[dir][number].type = record.data[0];
    l->len[dir] += record.len;
    l->num[dir]++;
    assert_int_equal(buf_append(out, record.data, record.len), 0);
}

static struct layout good_run(void)
{
    struct layout l;
    struct pair p;
    memset(&l, 0, sizeof(l));
    begin(&p);
    p.tamper = lay_out;
    p.tamper_arg = &l;
    pair_must_connect(&p);
    struct layout handshake = l;
    pair_must_talk(&p);
    pair_free(&p);
    assert_true(handshake.num[FROM_CLIENT] >= 3 && handshake.num[FROM_SERVER] >= 3);
    return handshake;
}

/* free_byte tells whether a byte is one that nobody looks at: the version of a record in the
 * clear (RFC 8446 5.1: ignored), but for its first byte, which tells TLS from other protocols. */
static bool free_byte(const struct layout *l, enum pair_dir dir, size_t at)
{
    for (size_t i = 0; i < l->num[dir]; i++) {
        size_t in = at - l->records[dir][i].at;
        if (at >= l->records[dir][i].at && in < l->records[dir][i].len) {
            return l->records[dir][i].type != CT_APPLICATION_DATA && in == 2;
        }
    }
    return false;
}

/* talks sends more both ways than a record holds: one whose length was flipped is filled up. */
static bool talks(struct pair *p)
{
    static const uint8_t data[20000];
    return pair_write(p, FROM_CLIENT, data, sizeof(data)) == 0 &&
           pair_write(p, FROM_SERVER, data, sizeof(data)) == 0 && pair_connected(p) &&
           p->side[FROM_CLIENT].data.len == sizeof(data) &&
           p->side[FROM_SERVER].data.len == sizeof(data);
}

static void test_each_byte(void **state)
{
    (void)state;
    struct layout l = good_run();
    struct test_rng rng;
    test_rng_init(&rng, test_seed(510));
    for (enum pair_dir dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        for (size_t at = 0; at < l.len[dir]; at++) {
            for (int variant = 0; variant < 2; variant++) {
                struct pair p;
                begin(&p);
                p.flip = true;
                p.flip_dir = dir;
                p.flip_at = at;
                p.xor_with = variant == 0 ? (uint8_t)(1U << test_rng_below(&rng, 8))
                                          : (uint8_t)(1 + test_rng_below(&rng, 255));
                pair_pump(&p);
                bool connected = pair_connected(&p) && talks(&p);
                if (connected && !free_byte(&l, dir, at)) {
                    fail_msg("byte %zu from the %s was not missed (xor %02x)", at,
                             dir == FROM_CLIENT ? "client" : "server", p.xor_with);
                }
                if (!connected && free_byte(&l, dir, at)) {
                    fail_msg("byte %zu: %s", at, p.side[!dir].error.text);
                }
                pair_end(&p);
                sane(&p, dir == FROM_CLIENT ? "client's byte" : "server's byte", at);
                pair_free(&p);
            }
        }
    }
}

/* ---- Splits ---- */

static void test_each_split(void **state)
{
    (void)state;
    struct layout l = good_run();
    static const size_t small[] = { 1, 2, 3, 4, 5, 6, 7, 11, 64, 255 };
    for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
        struct pair p;
        begin(&p);
        p.chunk = small[i];
        pair_must_connect(&p);
        pair_must_talk(&p);
        pair_free(&p);
    }
    /* two pieces, at every place: what stands behind the cut comes when the rest was handled */
    size_t longest = l.len[0] > l.len[1] ? l.len[0] : l.len[1];
    for (size_t at = 1; at < longest; at += 3) {
        struct pair p;
        begin(&p);
        p.chunk = at;
        pair_must_connect(&p);
        pair_free(&p);
    }
    struct test_rng rng;
    test_rng_init(&rng, test_seed(511));
    for (int i = 0; i < 100; i++) {
        struct pair p;
        begin(&p);
        p.random_chunks = &rng;
        p.chunk = 1 + test_rng_below(&rng, 400);
        pair_must_connect(&p);
        pair_must_talk(&p);
        pair_free(&p);
    }
}

/* Both flights and data behind them in one piece: keys change in the middle of what was read. */
static void hoard(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                  struct buf *out)
{
    (void)number;
    assert_int_equal(buf_append(dir == FROM_CLIENT ? &p->held : out, record.data, record.len), 0);
}

static void test_all_at_once(void **state)
{
    (void)state;
    struct pair p;
    begin(&p);
    pair_pump(&p); /* a good connection first, to see that hoarding is what matters below */
    assert_true(pair_connected(&p));
    pair_free(&p);
    begin(&p);
    p.tamper = hoard;
    pair_pump(&p);
    pair_inject(&p, FROM_CLIENT, buf_bytes(&p.held).data, p.held.len); /* ClientHello */
    buf_consume(&p.held, p.held.len);
    pair_pump(&p); /* the client ends its handshake; its flight is hoarded */
    assert_true(p.side[FROM_CLIENT].connected);
    assert_true(cssl_engine_write(p.side[FROM_CLIENT].engine, "at once", 7, NULL) == 7);
    assert_int_equal(cssl_engine_update_keys(p.side[FROM_CLIENT].engine, false, NULL), 0);
    assert_true(cssl_engine_write(p.side[FROM_CLIENT].engine, ", all", 5, NULL) == 5);
    assert_int_equal(cssl_engine_close(p.side[FROM_CLIENT].engine, NULL), 0);
    pair_pump(&p);
    pair_inject(&p, FROM_CLIENT, buf_bytes(&p.held).data, p.held.len);
    pair_pump(&p);
    assert_true(p.side[FROM_SERVER].connected && p.side[FROM_SERVER].closed);
    assert_int_equal(p.side[FROM_SERVER].data.len, 12);
    assert_memory_equal(buf_bytes(&p.side[FROM_SERVER].data).data, "at once, all", 12);
    pair_free(&p);
}

/* ---- Records lost, doubled, swapped, cut, refilled ---- */

enum mischief { DROP, DOUBLE, SWAP, SHORTEN, LENGTHEN, EMPTY, RETYPE, REPLAY, MISCHIEFS };

struct plan {
    enum mischief what;
    enum pair_dir dir;
    size_t number;
};

static void put(struct buf *out, const void *data, size_t len)
{
    assert_int_equal(buf_append(out, data, len), 0);
}

static void put_with_len(struct buf *out, cssl_bytes record, size_t len)
{
    const uint8_t header[] = { record.data[0], record.data[1], record.data[2],
                               (uint8_t)(len >> 8), (uint8_t)len };
    put(out, header, sizeof(header));
    for (size_t i = 0; i < len; i++) {
        put(out, &record.data[i + 5 < record.len ? i + 5 : record.len - 1], 1);
    }
}

static void misbehave(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                      struct buf *out)
{
    const struct plan *plan = p->tamper_arg;
    if (dir != plan->dir || number != plan->number) {
        put(out, record.data, record.len);
        if (dir == plan->dir && p->held.len > 0) {
            cssl_bytes held = buf_bytes(&p->held);
            put(out, held.data, held.len);
            buf_consume(&p->held, held.len);
        }
        return;
    }
    switch (plan->what) {
    case DROP:
        break;
    case DOUBLE:
        put(out, record.data, record.len);
        put(out, record.data, record.len);
        break;
    case SWAP: /* it goes behind the next one */
        put(&p->held, record.data, record.len);
        break;
    case SHORTEN:
        put_with_len(out, record, record.len - 6);
        break;
    case LENGTHEN:
        put_with_len(out, record, record.len - 4);
        break;
    case EMPTY:
        put_with_len(out, record, 0);
        break;
    case RETYPE: {
        static const uint8_t types[] = { 20, 21, 22, 23, 24, 0 };
        uint8_t type = types[number % ARRAY_SIZE(types)];
        type = type == record.data[0] ? 25 : type;
        put(out, &type, 1);
        put(out, record.data + 1, record.len - 1);
        break;
    }
    case REPLAY: /* once more, later */
        put(out, record.data, record.len);
        put(&p->held, record.data, record.len);
        break;
    case MISCHIEFS:
        break;
    }
}

static void test_each_record(void **state)
{
    (void)state;
    static const char *const names[] = { "dropped", "doubled", "swapped", "shortened",
                                         "lengthened", "emptied", "retyped", "replayed" };
    struct layout l = good_run();
    for (int what = DROP; what < MISCHIEFS; what++) {
        for (enum pair_dir dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
            for (size_t number = 0; number < l.num[dir]; number++) {
                struct plan plan = { (enum mischief)what, dir, number };
                struct pair p;
                begin(&p);
                p.tamper = misbehave;
                p.tamper_arg = &plan;
                pair_pump(&p);
                /* A change_cipher_spec may be lost, or come twice or earlier: RFC 8446 D.4 drops it
                 * wherever it stands before the peer's Finished, which is in the next record. */
                bool ccs = l.records[dir][number].type == CT_CHANGE_CIPHER_SPEC;
                bool before_ccs = number + 1 < l.num[dir] && dir == FROM_SERVER &&
                                  l.records[dir][number + 1].type == CT_CHANGE_CIPHER_SPEC;
                bool harmless = (ccs && (what == DROP || what == DOUBLE)) ||
                                (before_ccs && what == SWAP);
                /* the last record of a stream has none behind it to swap with */
                bool last = (what == SWAP || what == REPLAY) && p.held.len > 0;
                bool unseen = what == DROP && number + 1 == l.num[dir] && dir == FROM_SERVER;
                if (pair_connected(&p) && !harmless && !last && !unseen) {
                    fail_msg("record %zu of side %d %s: nobody minds", number, dir, names[what]);
                }
                if (harmless && !pair_connected(&p)) {
                    fail_msg("change_cipher_spec of side %d %s: %s", dir, names[what],
                             p.side[!dir].error.text);
                }
                pair_end(&p);
                sane(&p, names[what], number);
                pair_free(&p);
            }
        }
    }
}

/* A connection that has been good for a while: damaged, replayed and lost data. */
static void test_data_records(void **state)
{
    (void)state;
    for (int what = DROP; what < MISCHIEFS; what++) {
        for (enum pair_dir dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
            struct pair p;
            begin(&p);
            pair_must_connect(&p);
            struct plan plan = { (enum mischief)what, dir, p.side[dir].num_records };
            p.tamper = misbehave;
            p.tamper_arg = &plan;
            (void)pair_write(&p, dir, "first", 5);
            (void)pair_write(&p, dir, "second", 6);
            (void)pair_write(&p, dir, "third", 5);
            struct pair_side *to = &p.side[dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT];
            assert_int_equal(to->error.status, CSSL_ALERT);
            assert_false(to->error.alert_from_peer);
            /* what came out before is the beginning of what was sent, and nothing else */
            assert_true(to->data.len <= 11);
            assert_memory_equal("firstsecond", to->data.len == 0
                                                   ? (const uint8_t *)"firstsecond"
                                                   : buf_bytes(&to->data).data, to->data.len);
            pair_free(&p);
        }
    }
}

/* The stream ends after each byte of the handshake. */
static struct { enum pair_dir dir; size_t left; } cut;

static void cut_stream(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                       struct buf *out)
{
    (void)p;
    (void)number;
    size_t n = record.len;
    if (dir == cut.dir) {
        n = min_size(n, cut.left);
        cut.left -= n;
    }
    put(out, record.data, n);
}

static void test_each_truncation(void **state)
{
    (void)state;
    struct layout l = good_run();
    for (enum pair_dir dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        for (size_t at = 0; at < l.len[dir]; at++) {
            struct pair p;
            begin(&p);
            cut.dir = dir;
            cut.left = at;
            p.tamper = cut_stream;
            pair_end(&p);
            sane(&p, "cut at", at);
            const struct pair_side *to = &p.side[dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT];
            assert_true(to->error.status == CSSL_TRUNCATED || to->error.alert_from_peer);
            pair_free(&p);
        }
    }
}

/* Random damage of several kinds at once. */
static struct test_rng chaos_rng;

static void chaos(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                  struct buf *out)
{
    (void)dir;
    (void)number;
    uint8_t *copy = test_copy(record.data, record.len);
    size_t len = record.len;
    switch (test_rng_below(&chaos_rng, 12)) {
    case 0:
        copy[test_rng_below(&chaos_rng, len)] ^= (uint8_t)(1 + test_rng_below(&chaos_rng, 255));
        break;
    case 1:
        len = test_rng_below(&chaos_rng, len);
        break;
    case 2:
        put(out, copy, len);
        break;
    case 3:
        put(&p->held, copy, len);
        len = 0;
        break;
    case 4:
        put(out, buf_bytes(&p->held).data, p->held.len);
        break;
    case 5: {
        uint8_t junk[40];
        test_rng_fill(&chaos_rng, junk, sizeof(junk));
        junk[0] = (uint8_t)(20 + junk[0] % 4);
        junk[1] = junk[2] = 3;
        junk[3] = 0;
        junk[4] = 35;
        put(out, junk, sizeof(junk));
        break;
    }
    default:
        break;
    }
    put(out, copy, len);
    free(copy);
}

static void test_chaos(void **state)
{
    (void)state;
    test_rng_init(&chaos_rng, test_seed(512));
    for (uint64_t i = 0; i < 2000; i++) {
        struct pair p;
        begin(&p);
        p.tamper = chaos;
        p.chunk = 1 + test_rng_below(&chaos_rng, 2000);
        p.random_chunks = &chaos_rng;
        pair_pump(&p);
        if (pair_connected(&p)) {
            (void)pair_write(&p, FROM_CLIENT, "some data", 9);
        }
        pair_end(&p);
        sane(&p, "chaos", i);
        pair_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_byte),       cmocka_unit_test(test_each_split),
        cmocka_unit_test(test_all_at_once),     cmocka_unit_test(test_each_record),
        cmocka_unit_test(test_data_records),    cmocka_unit_test(test_each_truncation),
        cmocka_unit_test(test_chaos),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
