/*
 * test_alloc.c - memory that runs out at each allocation in turn, while configs are made, two
 * engines shake hands with both certificates, talk, resume and close. Each failure is a clean
 * CSSL_NOMEM; nothing crashes or leaks (under AddressSanitizer) and nobody is let in for it.
 *
 * Every allocation is tried with CSSL_ALLOC_ALL=1, and by `make soak`; otherwise a sample, chosen
 * by CSSL_SEED.
 */
#include "out_of_memory.h"
#include "pair/certs.h"
#include "base/error.h"
#include "pki/certkey.h"
#include "support.h"

#include "status_maker.h"

enum { WIRE = 200000, NOW = 1800000000, SAMPLE = 250 };

/* ---- Two engines without a harness that allocates ---- */

struct side {
    cssl_config *config;
    cssl_engine *engine;
    struct test_rng rng;
    uint8_t name, psk[33];
    bool connected, closed;
    size_t data; /* bytes that were received */
    uint8_t wire[WIRE];
    size_t wire_len;
};

static struct side sides[2]; /* client, server */
static struct test_clock wall;
static bool later; /* the client is asked for its certificate after the handshake */
static bool early; /* the second connection begins with early data */
static const char *const *compressed; /* NULL: certificates are not */
static bool cbc; /* TLS 1.2, and a suite that is not an AEAD's */
static bool raw; /* public keys are shown, not certificates: */
static cssl_bytes raw_keys[2];
static bool grease;
static bool again;  /* TLS 1.2: both renegotiate; cbc too then */
static bool status; /* the client looks at a list and at what the server staples: */
static struct sm_id authority, leaf;
static struct sm_der list, staple;
static uint8_t *leaf_key;
static size_t leaf_key_len;
/* Who asks whatever can be asked, and pauses at hellos: by its function, or by events. */
static enum { NOBODY, AT_ONCE, BY_EVENT } asking;
static struct certkey elsewhere[2]; /* the keys that sign what is asked for */
static cssl_error first_error;
static bool failed;

static int random_bytes(void *user, uint8_t *out, size_t len)
{
    struct side *s = user;
    test_rng_fill(&s->rng, out, len);
    return 0;
}

static int64_t now(void *user, cssl_clock which)
{
    (void)user;
    return test_clock_now(&wall, which);
}

/* check notes a failure: whoever fails must say why, and the first one to fail must say that
 * memory is out. */
static void check(int ret, const cssl_error *err)
{
    plan.armed = false;
    if (ret >= 0) {
        return;
    }
    if (err->status >= 0 || err->text[0] == '\0') {
        fail_msg("allocation %lu: failed without a reason", plan.fail_at);
    }
    if (!failed) {
        first_error = *err;
        failed = true;
    }
}

/* find_answer is the program, whose own memory never runs out. */
static void find_answer(const cssl_question *q, cssl_answer *a)
{
    static uint8_t signature[PKEY_SIGNATURE_MAX];
    const bool was = plan.armed;
    plan.armed = false;
    *a = (cssl_answer){ .id = q->id };
    if (q->kind == CSSL_ASK_SIGN) {
        const bool server = bytes_equal(q->certificate, cert_der(elsewhere[1].certs[0]));
        size_t len = 0;
        assert_int_equal(pkey_sign(elsewhere[server].key, q->scheme, q->subject, signature, &len,
                                   NULL), 0);
        a->verdict = CSSL_ACCEPT;
        a->value = bytes_of(signature, len);
    }
    plan.armed = was;
}

static bool on_ask(void *user, const cssl_question *q, cssl_answer *a)
{
    (void)user;
    find_answer(q, a);
    return true;
}

static void make_config(struct side *s, bool server)
{
    cssl_cert_key identity = {
        .cert = { (const uint8_t *)(server ? pair_p256 : pair_client),
                  strlen(server ? pair_p256 : pair_client) },
        .external_key = asking != NOBODY
    };
    if (status) {
        identity.cert = cert_der(leaf.cert);
        identity.key = bytes_of(leaf_key, leaf_key_len);
        identity.staple = sm_bytes(&staple);
    }
    static const char *const raw_first[] = { "raw_public_key", "x509", NULL };
    static const char *const suites[] = { "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", NULL };
    /* Keys that only one side has: the certificate is used all the same. */
    const cssl_psk psks[] = {
        { .identity = { &s->name, 1 }, .secret = { s->psk, 32 }, .import = true, .hash = 384 },
        { .identity = { &s->name, 1 }, .secret = { s->psk + 1, 32 } },
    };
    s->name = server ? 's' : 'c';
    s->psk[0] = 1; /* which makes two keys of it */
    const unsigned all = CSSL_ASK_VERIFY | CSSL_ASK_PARTIAL_CHAIN |
                         (server ? CSSL_ASK_SNI | CSSL_ASK_PSK : 0);
    const cssl_options o = { .grease = grease && !server,
                             .client_renegotiation = again ? CSSL_ON : CSSL_DEFAULT,
                             .pause_at_hello = asking != NOBODY,
                             .ask_about = asking != NOBODY ? all : 0,
                             .ask = asking == AT_ONCE ? on_ask : NULL,
                             .crl_check = status && !server ? CSSL_CRL_PEER : CSSL_CRL_NONE,
                             .crls = status && !server ? sm_bytes(&list) : bytes_of(NULL, 0),
                             .stapling = status && !server ? CSSL_ON : CSSL_DEFAULT,
                             .certs_keys = &identity,
                             .psks = psks,
                             .num_psks = later || (asking != NOBODY && !server && !cbc)
                                             ? ARRAY_SIZE(psks) : 0,
                             .num_certs_keys = status && !server ? 0 : 1,
                             .cacerts = !status ? bytes_str(pair_root)
                                        : server ? bytes_of(NULL, 0)
                                                 : cert_der(authority.cert),
                             .verify = status && server ? CSSL_VERIFY_NONE : CSSL_VERIFY_PEER,
                             .alpn_protocols = CSSL_LIST("h2", "http/1.1"),
                             .cert_compression = compressed,
                             .versions = cbc ? CSSL_TLSV1_2 : 0,
                             .ciphers = cbc ? suites : NULL,
                             .post_handshake_auth = later,
                             .verify_on_resume = early,
                             .own_cert_types = raw ? raw_first : NULL,
                             .peer_cert_types = raw ? raw_first : NULL,
                             .trusted_keys = raw ? &raw_keys[!server] : NULL,
                             .num_trusted_keys = raw ? 1 : 0,
                             .early_data = { (const uint8_t *)"early", early && !server ? 5 : 0 },
                             .max_early_data = early && server ? 100 : 0,
                             .supported_groups = server && !early ? CSSL_LIST("secp256r1")
                                                        : CSSL_LIST("x25519", "secp256r1"),
                             .now_us = now,
                             .random = random_bytes,
                             .user = s };
    cssl_error err = { 0 };
    plan.armed = true;
    s->config = server ? cssl_server_config(&o, &err) : cssl_client_config(&o, &err);
    check(s->config == NULL ? -1 : 0, &err);
}

static void make_engine(struct side *s)
{
    static const cssl_peer peer = { .name = "server.test", .port = 443 };
    cssl_error err = { 0 };
    s->connected = s->closed = false;
    s->wire_len = s->data = 0;
    plan.armed = true;
    s->engine = cssl_engine_new(s->config, s == &sides[0] ? &peer : NULL, &err);
    check(s->engine == NULL ? -1 : 0, &err);
}

static bool take_event(struct side *s, cssl_event *event)
{
    plan.armed = true;
    bool more = cssl_engine_next(s->engine, event);
    plan.armed = false;
    return more;
}

/* go_on answers what was asked and, at a hello, changes to a config that is made for that. */
static void go_on(struct side *s, const cssl_event *event)
{
    cssl_error err = { 0 };
    cssl_answer a;
    int ret = 0;
    if (event->type == CSSL_EV_ASK) {
        find_answer(&event->question, &a);
        plan.armed = true;
        ret = cssl_engine_answer(s->engine, &a, &err);
    } else {
        const cssl_options more = { .max_handshake_size = 200000 };
        plan.armed = true;
        cssl_config *config = cssl_config_derive(s->config, &more, &err);
        ret = config == NULL ? (int)err.status : cssl_engine_continue(s->engine, config, &err);
        plan.armed = false;
        cssl_config_free(config);
        if (config == NULL) {
            cssl_engine_cancel(s->engine);
        }
    }
    check(ret, &err);
}

static void take_events(struct side *s)
{
    cssl_event event;
    memset(&event, 0, sizeof(event));
    while (take_event(s, &event)) {
        switch (event.type) {
        case CSSL_EV_CONNECTED:
            s->connected = true;
            break;
        case CSSL_EV_CLOSED:
            s->closed = true;
            break;
        case CSSL_EV_DATA:
            s->data += event.data.len;
            break;
        case CSSL_EV_AUTHENTICATED:
            break;
        case CSSL_EV_ASK:
        case CSSL_EV_HELLO:
            go_on(s, &event);
            break;
        case CSSL_EV_EARLY_DATA:
            assert_true(early && event.data.len == 5 && !s->connected);
            break;
        case CSSL_EV_ERROR:
            check(-1, event.error);
            break;
        default:
            fail_msg("event %d", (int)event.type);
        }
    }
}

/* carry moves what from has to say to to. */
static bool carry(struct side *from, struct side *to)
{
    plan.armed = true;
    cssl_bytes out = cssl_engine_output(from->engine);
    plan.armed = false;
    assert_true(out.len <= WIRE - from->wire_len);
    if (out.len > 0) {
        memcpy(from->wire + from->wire_len, out.data, out.len);
        from->wire_len += out.len;
        cssl_engine_sent(from->engine, out.len);
    }
    if (from->wire_len == 0) {
        return false;
    }
    uint8_t *where = NULL;
    plan.armed = true;
    size_t room = cssl_engine_room(to->engine, &where);
    plan.armed = false;
    size_t len = room < from->wire_len ? room : from->wire_len;
    if (len > 0) {
        cssl_error err = { 0 };
        memcpy(where, from->wire, len);
        memmove(from->wire, from->wire + len, from->wire_len - len);
        from->wire_len -= len;
        plan.armed = true;
        check(cssl_engine_received(to->engine, len, &err), &err);
    }
    take_events(to);
    return len > 0 || out.len > 0;
}

static void pump(void)
{
    int idle = 0; /* no room may be for want of memory: once more, then it is refused for good */
    for (int turn = 0; turn < 10000 && idle < 2; turn++) {
        bool moved = carry(&sides[0], &sides[1]);
        moved = carry(&sides[1], &sides[0]) || moved;
        idle = moved ? 0 : idle + 1;
    }
    assert_int_equal(idle, 2);
}

static void talk(struct side *from)
{
    static const uint8_t data[40000];
    for (size_t done = 0; done < sizeof(data) && !failed;) {
        cssl_error err = { 0 };
        plan.armed = true;
        ssize_t n = cssl_engine_write(from->engine, data + done, sizeof(data) - done, &err);
        check(n < 0 ? -1 : 0, &err);
        done += n > 0 ? (size_t)n : 0;
        pump();
        if (n == 0) {
            break;
        }
    }
}

static void ask(struct side *s)
{
    cssl_error err = { 0 };
    uint8_t key[32];
    cssl_bytes der = { 0 };
    if (!cbc) {
        plan.armed = true;
        check(cssl_engine_update_keys(s->engine, true, &err), &err);
    }
    plan.armed = true;
    check(cssl_engine_export_key_material(s->engine, "EXPORTER-x", bytes_of(NULL, 0), key,
                                          sizeof(key), &err), &err);
    plan.armed = true;
    if (!status || s == &sides[0]) {
        check(raw ? cssl_engine_peer_key(s->engine, &der, &err)
                  : cssl_engine_peercert(s->engine, 0, &der, &err), &err);
    }
    plan.armed = false;
}

static void ask_later(void)
{
    cssl_error err = { 0 };
    plan.armed = true;
    check(cssl_engine_request_certificate(sides[1].engine, &err), &err);
    pump();
}

/* renegotiate: the client wants it, then the server does. */
static void renegotiate(void)
{
    for (int i = 0; i < 2 && !failed; i++) {
        cssl_error err = { 0 };
        sides[0].connected = sides[1].connected = false;
        plan.armed = true;
        check(cssl_engine_renegotiate(sides[i].engine, &err), &err);
        pump();
        assert_true(failed || (sides[0].connected && sides[1].connected));
    }
}

static void drop_engines(void)
{
    for (int i = 0; i < 2; i++) {
        cssl_engine_free(sides[i].engine);
        sides[i].engine = NULL;
    }
}

/* connection makes one connection and ends it; true if both sides came to its end. */
static bool connection(bool *resumed)
{
    make_engine(&sides[0]);
    make_engine(&sides[1]);
    if (sides[0].engine == NULL || sides[1].engine == NULL) {
        return false;
    }
    pump();
    if (sides[1].connected) {
        cssl_info info;
        memset(&info, 0, sizeof(info));
        cssl_engine_information(sides[1].engine, &info);
        assert_true(info.peer_verified != (later || status)); /* whatever failed */
        *resumed = info.session_resumption;
    }
    if (sides[0].connected && sides[1].connected && !failed) {
        talk(&sides[0]);
        if (later && !failed) {
            ask_later();
        }
        if (again && !failed) {
            renegotiate();
        }
        if (!failed) {
            ask(&sides[0]);
            ask(&sides[1]);
            talk(&sides[1]);
        }
    }
    for (int i = 0; i < 2; i++) {
        cssl_error err = { 0 };
        plan.armed = true;
        check(cssl_engine_close(sides[i].engine, &err), &err);
    }
    pump();
    return !failed && sides[0].closed && sides[1].closed && sides[0].data == 40000 &&
           sides[1].data == 40000;
}

/* scenario runs everything; true if nothing failed. */
static bool scenario(void)
{
    bool first = false, second = false;
    test_clock_init(&wall, NOW);
    failed = false;
    plan.count = 0;
    for (int i = 0; i < 2; i++) {
        test_rng_init(&sides[i].rng, (uint64_t)i + 1);
        make_config(&sides[i], i == 1);
    }
    bool done = sides[0].config != NULL && sides[1].config != NULL;
    if (done) {
        done = connection(&first);
        drop_engines();
        assert_false(first);
    }
    if (done) {
        done = connection(&second);
        /* without a failure the second one is resumed; a session that was lost is no failure */
        assert_true(second || plan.fail_at != 0 || !done);
    }
    drop_engines();
    for (int i = 0; i < 2; i++) {
        cssl_config_free(sides[i].config);
        sides[i].config = NULL;
    }
    return done;
}

static void run_at(unsigned long at, bool for_good)
{
    plan.fail_at = at;
    plan.for_good = for_good;
    bool done = scenario();
    if (!done && !failed) {
        fail_msg("allocation %lu: it ended early, and nobody said why", at);
    }
    if (failed && first_error.reason != CSSL_R_NOMEM) {
        fail_msg("allocation %lu: %s (%s)", at, first_error.text,
                 cssl_reason_name(first_error.reason));
    }
    if (failed && first_error.status != CSSL_NOMEM) {
        fail_msg("allocation %lu: out of memory, with status %d", at, first_error.status);
    }
}

static void must_work(void)
{
    plan.fail_at = 0;
    if (!scenario()) {
        fail_msg("with all the memory it wants: %s", failed ? first_error.text : "nothing said");
    }
}

static void each_allocation(void)
{
    struct test_rng rng;
    test_rng_init(&rng, test_seed(520));
    must_work();
    unsigned long total = plan.count;
    assert_true(total > 100);
    bool all = getenv("CSSL_ALLOC_ALL") != NULL || getenv("CSSL_SOAK") != NULL;
    unsigned long step = all ? 1 : total / SAMPLE + 1;
    unsigned long at = all ? 1 : 1 + test_rng_below(&rng, step);
    print_message("%lu allocations, every %lu. from %lu on\n", total, step, at);
    for (; at <= total; at += step) {
        run_at(at, false);
        if (all || at % 4 == 0) {
            run_at(at, true);
        }
    }
    must_work();
}

static void test_each_allocation(void **state)
{
    (void)state;
    each_allocation();
}

/* What Erlang's ssl does not have, as far as it allocates. zlib and zstd have allocators of their
 * own, which do not fail here. */
static void test_beyond(void **state)
{
    (void)state;
    static const char *const lists[][2] = { { "zlib" }, { "brotli" }, { "zstd" } };
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        cssl_error err = { 0 };
        cssl_config *config = cssl_client_config(
            &(cssl_options){ .cert_compression = lists[i], .verify = CSSL_VERIFY_NONE }, &err);
        if (config != NULL) { /* this build has it */
            cssl_config_free(config);
            compressed = lists[i];
            each_allocation();
        }
    }
    compressed = NULL;
    later = true;
    each_allocation();
    later = false;
    early = true;
    each_allocation();
    early = false;
}

/* Raw public keys, in both versions. */
static void test_raw(void **state)
{
    (void)state;
    struct certkey keys[2];
    for (int i = 0; i < 2; i++) {
        const char *pem = i == 0 ? pair_client : pair_p256;
        const cssl_cert_key conf = { .cert = { (const uint8_t *)pem, strlen(pem) } };
        assert_int_equal(certkey_load(&keys[i], &conf, NULL, NULL), 0);
        raw_keys[i] = certkey_spki(&keys[i]);
    }
    raw = true;
    each_allocation();
    cbc = true;
    each_allocation();
    raw = cbc = false;
    certkey_free(&keys[0]);
    certkey_free(&keys[1]);
}

static void test_cbc(void **state)
{
    (void)state;
    cbc = true;
    each_allocation();
    again = true;
    each_allocation();
    again = cbc = false;
}

static void test_grease(void **state)
{
    (void)state;
    grease = true;
    each_allocation();
    grease = false;
}

/* A list, and a response that the server staples. */
static void test_status(void **state)
{
    (void)state;
    sm_make(&authority, &(struct sm_cert){ .name = "ca", .ca = true });
    sm_make(&leaf, &(struct sm_cert){ .name = "leaf", .issuer = &authority, .serial = 42 });
    sm_make_crl(&list, &(struct sm_crl){ .issuer = &authority, .serials = { 43 } });
    sm_make_ocsp(&staple, &(struct sm_ocsp){ .signer = &authority, .cert = leaf.cert,
                                             .issuer = authority.cert });
    assert_int_equal(pkey_to_der(leaf.key, NULL, &leaf_key, &leaf_key_len, NULL), 0);
    status = true;
    each_allocation();
    cbc = true;
    each_allocation();
    status = cbc = false;
    free(leaf_key);
    sm_free(&leaf);
    sm_free(&authority);
}

/* All that can be asked in a handshake, and both pauses at hellos, in both versions. */
static void test_questions(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *pem = i == 0 ? pair_client : pair_p256;
        const cssl_cert_key conf = { .cert = bytes_str(pem) };
        assert_int_equal(certkey_load(&elsewhere[i], &conf, NULL, NULL), 0);
    }
    for (asking = AT_ONCE; asking <= BY_EVENT; asking++) {
        each_allocation();
        cbc = true;
        each_allocation();
        cbc = false;
    }
    asking = NOBODY;
    certkey_free(&elsewhere[0]);
    certkey_free(&elsewhere[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_allocation),
                                        cmocka_unit_test(test_beyond),
                                        cmocka_unit_test(test_raw),
                                        cmocka_unit_test(test_cbc), cmocka_unit_test(test_grease),
                                        cmocka_unit_test(test_status),
                                        cmocka_unit_test(test_questions) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
