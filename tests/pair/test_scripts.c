/*
 * test_scripts.c - recorded handshakes with one message changed, by a peer who holds all keys: each
 * check of the handshake has a script that meets it, and nothing else.
 */
#include "play/play.c"

#include "pair.h"
#include "record.h"

/* ---- Scripts ---- */

static struct wr script;
static uint8_t edited[70000]; /* the message that is being changed, without room for doubt */
static size_t edited_len;

static void start(bool server, unsigned variant)
{
    play_init(server);
    record_handshake(variant, server);
    wr_init(&script, 1 << 20);
    wr_u8(&script, (uint8_t)variant);
}

/* end plays the script: it must fail for the reason, and never connect. */
static void end(const char *what, int reason)
{
    cssl_error error = { 0 };
    assert_true(wr_ok(&script));
    bool connected = play(wr_view(&script), &error);
    if (connected || error.reason != reason) {
        fail_msg("%s: %s; expected %s, have %s: %s", what, connected ? "connected" : "refused",
                 cssl_reason_name((uint16_t)reason),
                 error.reason == 0 ? "none" : cssl_reason_name(error.reason), error.text);
    }
    wr_free(&script);
    record_forget();
    play_free();
}

/* find is the index of the nth message of a type. */
static size_t find(uint8_t type, size_t nth)
{
    for (size_t i = 0; i < num_recorded; i++) {
        if (recorded[i].type == type && nth-- == 0) {
            return i;
        }
    }
    fail_msg("no %s was recorded", name_of_handshake(type));
    return 0;
}

/* say puts recorded message i into the script, as it can be said in this connection. */
static void say(size_t i)
{
    const struct recorded *r = &recorded[i];
    uint8_t op = r->type == HT_FINISHED             ? PLAY_FINISHED
                 : r->type == HT_CERTIFICATE_VERIFY ? PLAY_VERIFY
                                                    : PLAY_HANDSHAKE;
    record_op(&script, op, bytes_of(r->data, op == PLAY_HANDSHAKE ? r->len : 0));
}

/* say_until says all messages before i. */
static void say_until(size_t i)
{
    for (size_t k = 0; k < i; k++) {
        say(k);
    }
}

static void take(size_t i)
{
    assert_true(recorded[i].len <= sizeof(edited));
    memcpy(edited, recorded[i].data, recorded[i].len);
    edited_len = recorded[i].len;
}

static void fix_len(void)
{
    edited[1] = (uint8_t)((edited_len - 4) >> 16);
    edited[2] = (uint8_t)((edited_len - 4) >> 8);
    edited[3] = (uint8_t)(edited_len - 4);
}

static void say_edited(void)
{
    record_op(&script, PLAY_HANDSHAKE, bytes_of(edited, edited_len));
}

static void add16(size_t at, int n)
{
    int value = (edited[at] << 8 | edited[at + 1]) + n;
    edited[at] = (uint8_t)(value >> 8);
    edited[at + 1] = (uint8_t)value;
}

/* Where the extensions of the edited message begin (their length's offset). */
static size_t extensions_at(void)
{
    struct rd r = rd_of(bytes_of(edited + 4, edited_len - 4));
    switch (edited[0]) {
    case HT_CLIENT_HELLO:
        (void)rd_bytes(&r, 34);
        (void)rd_vec8(&r);
        (void)rd_vec16(&r);
        (void)rd_vec8(&r);
        break;
    case HT_SERVER_HELLO:
        (void)rd_bytes(&r, 34);
        (void)rd_vec8(&r);
        (void)rd_bytes(&r, 3);
        break;
    case HT_CERTIFICATE_REQUEST:
        (void)rd_vec8(&r);
        break;
    default:
        break;
    }
    assert_true(rd_ok(&r));
    return edited_len - r.left;
}

/* extension finds one in the edited message: the offset of its data. */
static size_t extension(uint16_t type, size_t *len)
{
    size_t at = extensions_at() + 2;
    while (at + 4 <= edited_len) {
        size_t n = (size_t)edited[at + 2] << 8 | edited[at + 3];
        if ((edited[at] << 8 | edited[at + 1]) == type) {
            *len = n;
            return at + 4;
        }
        at += 4 + n;
    }
    fail_msg("no extension %u", type);
    return 0;
}

/* drop_extension takes one out, add_extension puts one in front of the others. */
static void drop_extension(uint16_t type)
{
    size_t len = 0, list = extensions_at();
    size_t at = extension(type, &len) - 4;
    memmove(edited + at, edited + at + 4 + len, edited_len - at - 4 - len);
    edited_len -= 4 + len;
    add16(list, -(int)(4 + len));
    fix_len();
}

static void add_extension(uint16_t type, const void *data, size_t len)
{
    size_t list = extensions_at(), at = list + 2;
    memmove(edited + at + 4 + len, edited + at, edited_len - at);
    edited[at] = (uint8_t)(type >> 8);
    edited[at + 1] = (uint8_t)type;
    edited[at + 2] = (uint8_t)(len >> 8);
    edited[at + 3] = (uint8_t)len;
    if (len > 0) {
        memcpy(edited + at + 4, data, len);
    }
    edited_len += 4 + len;
    add16(list, (int)(4 + len));
    fix_len();
}

static void change_extension(uint16_t type, const void *data, size_t len)
{
    drop_extension(type);
    add_extension(type, data, len);
}

/* ---- Good scripts stay good: what fails below fails for its change alone ---- */

static void test_unchanged(void **state)
{
    (void)state;
    for (int server = 0; server < 2; server++) {
        for (unsigned variant = 0; variant < VARIANTS; variant++) {
            cssl_error error = { 0 };
            if ((variant & VARIANT_PSK) != 0) {
                continue; /* its binder is made for the ClientHello as it is */
            }
            start(server == 1, variant);
            say_until(num_recorded);
            assert_true(play(wr_view(&script), &error));
            assert_int_equal(error.status, 0);
            wr_free(&script);
            record_forget();
            play_free();
        }
    }
}

/* ---- Both sides ---- */

static void test_finished(void **state)
{
    (void)state;
    static const uint8_t zeros[] = "\x14\0\0\x20" "12345678901234567890123456789012";
    for (int server = 0; server < 2; server++) {
        for (unsigned variant = 0; variant < 2; variant++) {
            start(server == 1, variant);
            say_until(find(HT_FINISHED, 0));
            record_op(&script, PLAY_HANDSHAKE, bytes_of(zeros, 36));
            end("a Finished of other bytes", CSSL_R_FINISHED_WRONG);
            start(server == 1, variant);
            say_until(find(HT_FINISHED, 0));
            record_op(&script, PLAY_HANDSHAKE, bytes_of((const uint8_t *)"\x14\0\0\x01x", 5));
            end("a Finished of one byte", CSSL_R_FINISHED_LENGTH);
            start(server == 1, variant);
            say_until(find(HT_FINISHED, 0));
            record_op(&script, PLAY_HANDSHAKE, bytes_of((const uint8_t *)"\x14\0\0", 4));
            end("an empty Finished", CSSL_R_FINISHED_LENGTH);
        }
    }
}

/* Nothing may stand behind a message after which keys change (RFC 8446 5.1). */
static void test_across_keys(void **state)
{
    (void)state;
    static const uint8_t more[] = { HT_FINISHED, 0, 0, 32 };
    const struct { bool server; unsigned variant; uint8_t type; size_t nth; } cases[] = {
        { true, 0, HT_CLIENT_HELLO, 0 },
        { true, VARIANT_RETRY, HT_CLIENT_HELLO, 1 },
        { false, 0, HT_SERVER_HELLO, 0 },
        { false, VARIANT_RETRY, HT_SERVER_HELLO, 0 },
        { false, VARIANT_RETRY, HT_SERVER_HELLO, 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (size_t n = 1; n <= sizeof(more); n += 3) {
            start(cases[i].server, cases[i].variant);
            size_t at = find(cases[i].type, cases[i].nth);
            say_until(at);
            take(at);
            memcpy(edited + edited_len, more, n);
            edited_len += n;
            say_edited();
            end("bytes behind a hello", CSSL_R_MESSAGE_ACROSS_KEYS);
        }
    }
}

static void test_context(void **state)
{
    (void)state;
    start(false, VARIANT_MUTUAL);
    size_t at = find(HT_CERTIFICATE_REQUEST, 0);
    say_until(at);
    take(at);
    assert_int_equal(edited[4], 0);
    memmove(edited + 6, edited + 5, edited_len - 5);
    edited[4] = 1;
    edited[5] = 0xaa;
    edited_len++;
    fix_len();
    say_edited();
    end("a CertificateRequest with a context", CSSL_R_CERTIFICATE_CONTEXT);
}

/* ---- A server's hellos ---- */

enum { AT_VERSION = 4, AT_RANDOM = 6, AT_SESSION_ID = 38, AT_SUITE = 39, AT_COMPRESSION = 41 };

static void server_hello(unsigned variant, size_t nth)
{
    start(false, variant);
    size_t at = find(HT_SERVER_HELLO, nth);
    say_until(at);
    take(at);
}

static void test_server_hello(void **state)
{
    (void)state;
    static const uint8_t group_only[] = { 0, GROUP_SECP384R1 };
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
        int reason;
    } bytes[] = {
        { "legacy_version 3.4", AT_VERSION + 1, 4, CSSL_R_VERSION_NOT_OFFERED },
        { "a suite that was not offered", AT_SUITE + 1, 2, CSSL_R_SUITE_NOT_OFFERED },
        { "a suite that does not exist", AT_SUITE, 0x77, CSSL_R_SUITE_NOT_OFFERED },
        { "compression", AT_COMPRESSION, 1, CSSL_R_COMPRESSION },
    };
    for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
        server_hello(0, 0);
        edited[bytes[i].at] = bytes[i].value;
        say_edited();
        end(bytes[i].what, bytes[i].reason);
    }
    server_hello(0, 0);
    memmove(edited + AT_SESSION_ID + 2, edited + AT_SESSION_ID + 1,
            edited_len - AT_SESSION_ID - 1);
    edited[AT_SESSION_ID] = 1;
    edited_len++;
    fix_len();
    say_edited();
    end("a session id that was not sent", CSSL_R_SESSION_ID_NOT_ECHOED);

    server_hello(0, 0);
    drop_extension(EXT_KEY_SHARE);
    say_edited();
    end("no key share", CSSL_R_EXTENSION_MISSING);

    server_hello(0, 0);
    size_t len = 0, share = extension(EXT_KEY_SHARE, &len);
    memset(edited + share + 4, 0, len - 4);
    say_edited();
    end("an all-zero share", CSSL_R_BAD_KEY_SHARE);

    server_hello(0, 0);
    share = extension(EXT_KEY_SHARE, &len);
    memcpy(edited + share, group_only, 2);
    say_edited();
    end("a share of a group that was not offered", CSSL_R_SHARE_NOT_OFFERED);

    server_hello(0, 0);
    share = extension(EXT_KEY_SHARE, &len);
    edited[share + 1] = GROUP_SECP256R1;
    say_edited();
    end("a share of a group for which there was none", CSSL_R_SHARE_NOT_OFFERED);

    server_hello(0, 0);
    share = extension(EXT_KEY_SHARE, &len);
    change_extension(EXT_KEY_SHARE, "\0\x1d\0\x05xxxxx", 9);
    say_edited();
    end("a short share", CSSL_R_BAD_KEY_SHARE);

    server_hello(0, 0);
    add_extension(EXT_PRE_SHARED_KEY, "\0\0", 2);
    say_edited();
    end("a PSK although none was offered", CSSL_R_EXTENSION_UNASKED);

    server_hello(VARIANT_PSK, 0);
    change_extension(EXT_PRE_SHARED_KEY, "\0\1", 2);
    say_edited();
    end("the second PSK of one", CSSL_R_PSK_NOT_OFFERED);

    server_hello(0, 0);
    add_extension(EXT_ALPN, "\0\3\2h2", 5);
    say_edited();
    end("ALPN in the wrong message", CSSL_R_EXTENSION_MISPLACED);
}

static void test_versions(void **state)
{
    (void)state;
    server_hello(0, 0);
    change_extension(EXT_SUPPORTED_VERSIONS, "\3\3", 2);
    say_edited();
    end("TLS 1.2 by supported_versions", CSSL_R_VERSION_NOT_OFFERED);

    for (uint8_t last = 0; last < 2; last++) {
        server_hello(0, 0);
        drop_extension(EXT_SUPPORTED_VERSIONS);
        drop_extension(EXT_KEY_SHARE);
        memcpy(edited + AT_RANDOM + 24, "DOWNGRD", 7);
        edited[AT_RANDOM + 31] = last;
        say_edited();
        end("a downgrade that the server confesses", CSSL_R_DOWNGRADE);
    }
    server_hello(0, 0);
    drop_extension(EXT_SUPPORTED_VERSIONS);
    drop_extension(EXT_KEY_SHARE);
    say_edited();
    end("TLS 1.2", CSSL_R_VERSION_NOT_COMMON);
}

static void test_retries(void **state)
{
    (void)state;
    static const struct { const char *what; const char *group; int reason; } groups[] = {
        { "the group of the share that was sent", "\0\x1d", CSSL_R_RETRY_GROUP },
        { "a group that was not offered", "\0\x18", CSSL_R_RETRY_GROUP },
        { "a group that does not exist", "\x7f\x7f", CSSL_R_RETRY_GROUP },
    };
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        server_hello(VARIANT_RETRY, 0);
        change_extension(EXT_KEY_SHARE, groups[i].group, 2);
        say_edited();
        end(groups[i].what, groups[i].reason);
    }
    server_hello(VARIANT_RETRY, 0);
    drop_extension(EXT_KEY_SHARE);
    drop_extension(EXT_COOKIE);
    say_edited();
    end("a retry that asks for nothing", CSSL_R_HELLO_RETRY_POINTLESS);

    server_hello(VARIANT_RETRY, 1);
    say(find(HT_SERVER_HELLO, 0));
    end("a second retry", CSSL_R_HELLO_RETRY_TWICE);

    server_hello(VARIANT_RETRY, 1);
    edited[AT_SUITE + 1] = SUITE_CHACHA20_POLY1305_SHA256 & 0xff;
    say_edited();
    end("another suite than the retry's", CSSL_R_SUITE_NOT_OFFERED);

    server_hello(VARIANT_RETRY, 1);
    size_t len = 0;
    uint8_t share[36] = { 0, GROUP_X25519, 0, 32, 9 };
    (void)extension(EXT_KEY_SHARE, &len);
    change_extension(EXT_KEY_SHARE, share, sizeof(share));
    say_edited();
    end("another group than the retry's", CSSL_R_SHARE_NOT_OFFERED);

    server_hello(VARIANT_RETRY, 0);
    edited[AT_SUITE] = 0x77;
    say_edited();
    end("a retry with a suite that was not offered", CSSL_R_SUITE_NOT_OFFERED);
}

static void test_encrypted_extensions(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint16_t type;
        const char *data;
        size_t len;
        int reason;
    } cases[] = {
        { "a protocol that was not offered", EXT_ALPN, "\0\3\2h3", 5, CSSL_R_ALPN_NOT_OFFERED },
        { "two protocols", EXT_ALPN, "\0\6\2h2\2h2", 8, CSSL_R_EXTENSION_MALFORMED },
        { "no protocol", EXT_ALPN, "\0\0", 2, CSSL_R_EXTENSION_MALFORMED },
        { "early data", EXT_EARLY_DATA, "", 0, CSSL_R_EXTENSION_UNASKED },
        { "something unknown", 0xfafa, "", 0, CSSL_R_EXTENSION_UNASKED },
        { "a key share", EXT_KEY_SHARE, "\0\x1d\0\1x", 5, CSSL_R_EXTENSION_MISPLACED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        start(false, 0);
        size_t at = find(HT_ENCRYPTED_EXTENSIONS, 0);
        say_until(at);
        take(at);
        if (cases[i].type == EXT_ALPN) {
            drop_extension(EXT_ALPN);
        }
        add_extension(cases[i].type, cases[i].data, cases[i].len);
        say_edited();
        end(cases[i].what, cases[i].reason);
    }
    start(false, 0);
    size_t at = find(HT_ENCRYPTED_EXTENSIONS, 0);
    say_until(at);
    take(at);
    add_extension(EXT_ALPN, "\0\3\2h2", 5);
    say_edited();
    end("ALPN twice", CSSL_R_EXTENSION_TWICE);
}

/* ---- A client's hellos ---- */

static void client_hello(unsigned variant, size_t nth)
{
    start(true, variant);
    size_t at = find(HT_CLIENT_HELLO, nth);
    say_until(at);
    take(at);
}

static void test_client_hello(void **state)
{
    (void)state;
    static const uint16_t needed[] = { EXT_SUPPORTED_GROUPS, EXT_KEY_SHARE,
                                       EXT_SIGNATURE_ALGORITHMS };
    for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
        client_hello(0, 0);
        drop_extension(needed[i]);
        say_edited();
        end("an extension is missing", CSSL_R_EXTENSION_MISSING);
    }
    client_hello(0, 0);
    drop_extension(EXT_SUPPORTED_VERSIONS);
    say_edited();
    end("a client of TLS 1.2", CSSL_R_VERSION_NOT_COMMON);

    client_hello(0, 0);
    change_extension(EXT_SUPPORTED_VERSIONS, "\2\3\3", 3);
    say_edited();
    end("a client that says TLS 1.2 alone", CSSL_R_VERSION_NOT_COMMON);

    client_hello(0, 0);
    change_extension(EXT_ALPN, "\0\3\2h3", 5);
    say_edited();
    end("no protocol in common", CSSL_R_ALPN_NOT_COMMON);

    client_hello(0, 0);
    size_t len = 0, share = extension(EXT_KEY_SHARE, &len);
    memset(edited + share + 6, 0, 32);
    say_edited();
    end("an all-zero share", CSSL_R_BAD_KEY_SHARE);

    client_hello(0, 0);
    share = extension(EXT_KEY_SHARE, &len);
    edited[share + 3] = GROUP_SECP384R1;
    say_edited();
    end("a share of a group that is not in supported_groups", CSSL_R_SHARE_NOT_IN_GROUPS);

    client_hello(0, 0);
    change_extension(EXT_SERVER_NAME, "\0\x0e\0\0\x0b" "server test", 16);
    say_edited();
    end("a server name with a space", CSSL_R_SERVER_NAME);

    client_hello(VARIANT_PSK, 0);
    say_edited(); /* the binder of another client random's hello */
    record_op(&script, PLAY_RAW, bytes_of(NULL, 0));
    wr_clear(&script);
    wr_u8(&script, VARIANT_PSK);
    edited[AT_RANDOM] ^= 1;
    say_edited();
    end("a binder of another hello", CSSL_R_BINDER_WRONG);
}

/* A client that cannot do psk_dhe_ke gets no tickets, and no PSK of it is used (RFC 8446 4.2.9). */
static void test_psk_modes(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        unsigned variant;
        const char *modes;
        size_t len;
        unsigned tickets, certificates;
    } cases[] = {
        { "psk_dhe_ke", 0, "\1\1", 2, 2, 1 },
        { "both", 0, "\2\0\1", 3, 2, 1 },
        { "psk_ke alone", 0, "\1\0", 2, 0, 1 },
        { "unknown modes", 0, "\2\7\10", 3, 0, 1 },
        { "psk_dhe_ke with a PSK", VARIANT_PSK, "\1\1", 2, 2, 0 },
        { "psk_ke alone with a PSK", VARIANT_PSK, "\1\0", 2, 0, 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cssl_error error = { 0 };
        client_hello(cases[i].variant, 0);
        change_extension(EXT_PSK_KEY_EXCHANGE_MODES, cases[i].modes, cases[i].len);
        record_op(&script, cases[i].variant == 0 ? PLAY_HANDSHAKE : PLAY_BINDER,
                  bytes_of(edited, edited_len));
        record_op(&script, PLAY_FINISHED, bytes_of(NULL, 0));
        if (!play(wr_view(&script), &error) || play_sent.tickets != cases[i].tickets ||
            play_sent.certificates != cases[i].certificates) {
            fail_msg("%s: %u tickets, %u certificates %s", cases[i].what, play_sent.tickets,
                     play_sent.certificates, error.text);
        }
        wr_free(&script);
        record_forget();
        play_free();
    }
    client_hello(0, 0);
    change_extension(EXT_PSK_KEY_EXCHANGE_MODES, "\0", 1);
    say_edited();
    end("no mode at all", CSSL_R_EXTENSION_MALFORMED);
}

/* ---- Early data, which is never accepted: skipped up to a bound (RFC 8446 4.2.10) ---- */

/* early says records of early data as a client with keys of its own would: len bytes of content in
 * all, at most max in each. */
static void early_in(size_t len, size_t max)
{
    enum { SEALED = 1 + 16 }; /* the type and the tag */
    while (len > 0) {
        uint8_t record[5 + 16384 + SEALED] = { CT_APPLICATION_DATA, 3, 3 };
        size_t content = min_size(len, max);
        record[3] = (uint8_t)((content + SEALED) >> 8);
        record[4] = (uint8_t)(content + SEALED);
        memset(record + 5, 0x5a, content + SEALED);
        record_op(&script, PLAY_RAW, bytes_of(record, 5 + content + SEALED));
        len -= content;
    }
}

static void early(size_t len)
{
    early_in(len, 5000);
}

static void test_early_data(void **state)
{
    (void)state;
    enum { SKIPPED = 16384 };
    static const struct { unsigned variant; size_t len, max; int reason; } cases[] = {
        { 0, 100, 5000, 0 },
        { 0, SKIPPED, 5000, 0 },
        { 0, SKIPPED, SKIPPED, 0 },
        { 0, SKIPPED, 64, 0 }, /* a client of small records has no less */
        { 0, SKIPPED + 1, 5000, CSSL_R_EARLY_DATA_TOO_LONG },
        { 0, SKIPPED + 1, 64, CSSL_R_EARLY_DATA_TOO_LONG },
        { VARIANT_MUTUAL, 3000, 5000, 0 },
        { VARIANT_RETRY, 6000, 5000, 0 },
        { VARIANT_RETRY, SKIPPED, 5000, 0 },
        { VARIANT_RETRY, SKIPPED + 1, 5000, CSSL_R_EARLY_DATA_TOO_LONG },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cssl_error error = { 0 };
        client_hello(cases[i].variant, 0);
        add_extension(EXT_EARLY_DATA, "", 0);
        say_edited();
        early_in(cases[i].len, cases[i].max);
        for (size_t k = 1; k < num_recorded; k++) {
            say(k);
        }
        record_op(&script, PLAY_DATA, bytes_str("and now in earnest"));
        assert_true(wr_ok(&script));
        bool connected = play(wr_view(&script), &error);
        if (connected != (cases[i].reason == 0) || error.reason != cases[i].reason) {
            fail_msg("case %zu: %s %s", i, connected ? "connected" : "refused", error.text);
        }
        wr_free(&script);
        record_forget();
        play_free();
    }
    /* without having said so */
    client_hello(0, 0);
    say_edited();
    early(100);
    end("data under unknown keys", CSSL_R_BAD_RECORD_MAC);
    /* what can be opened ends the skipping */
    client_hello(VARIANT_MUTUAL, 0);
    add_extension(EXT_EARLY_DATA, "", 0);
    say_edited();
    early(100);
    say(1);
    early(100);
    end("early data behind the second flight", CSSL_R_BAD_RECORD_MAC);
}

/* raw says one record in the clear. */
static void raw(uint8_t type, const uint8_t *data, size_t len)
{
    static uint8_t record[5 + 16384 + 256];
    const uint8_t header[5] = { type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };
    assert_true(sizeof(header) + len <= sizeof(record));
    memcpy(record, header, sizeof(header));
    memcpy(record + sizeof(header), data, len);
    record_op(&script, PLAY_RAW, bytes_of(record, sizeof(header) + len));
}

/* Around a HelloRetryRequest early data meet a server that has no keys yet. */
static void test_early_data_retried(void **state)
{
    (void)state;
    static const uint8_t full[16384 + 1 + 16]; /* as much as fits into a record, and its tag */
    for (int i = 0; i < 3; i++) {
        cssl_error error = { 0 };
        client_hello(VARIANT_RETRY, 0);
        add_extension(EXT_EARLY_DATA, "", 0);
        say_edited();
        size_t second = find(HT_CLIENT_HELLO, 1);
        take(second);
        if (i == 0) {
            raw(CT_APPLICATION_DATA, full, sizeof(full));
            for (size_t k = second; k < num_recorded; k++) {
                say(k);
            }
            assert_true(wr_ok(&script));
            if (!play(wr_view(&script), &error)) {
                fail_msg("a full record of early data: %s", error.text);
            }
            wr_free(&script);
            record_forget();
            play_free();
        } else if (i == 1) {
            raw(CT_HANDSHAKE, edited, 100);
            raw(CT_APPLICATION_DATA, full, 50);
            raw(CT_HANDSHAKE, edited + 100, edited_len - 100);
            end("early data amid the second hello", CSSL_R_RECORD_INTERLEAVED);
        } else {
            say_edited();
            raw(CT_APPLICATION_DATA, full, 50);
            end("early data behind the second hello", CSSL_R_BAD_RECORD_MAC);
        }
    }
}

static void test_second_hello(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint16_t type;
        const char *data;
        size_t len;
    } cases[] = {
        { "other versions", EXT_SUPPORTED_VERSIONS, "\4\3\4\3\3", 5 },
        { "other protocols", EXT_ALPN, "\0\6\2h2\2h3", 8 },
        { "another name", EXT_SERVER_NAME, "\0\x0d\0\0\x0aother.test", 15 },
        { "other groups", EXT_SUPPORTED_GROUPS, "\0\2\0\x17", 4 },
        { "other signatures", EXT_SIGNATURE_ALGORITHMS, "\0\2\x08\x07", 4 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        client_hello(VARIANT_RETRY, 1);
        change_extension(cases[i].type, cases[i].data, cases[i].len);
        say_edited();
        end(cases[i].what, CSSL_R_HELLO_CHANGED);
    }
    client_hello(VARIANT_RETRY, 1);
    edited[AT_RANDOM] ^= 1;
    say_edited();
    end("another random", CSSL_R_HELLO_CHANGED);

    client_hello(VARIANT_RETRY, 1);
    drop_extension(EXT_ALPN);
    say_edited();
    end("an extension less", CSSL_R_HELLO_CHANGED);

    client_hello(VARIANT_RETRY, 1);
    add_extension(EXT_EARLY_DATA, "", 0);
    say_edited();
    end("early data in the second hello", CSSL_R_HELLO_CHANGED);

    client_hello(VARIANT_RETRY, 1);
    say(find(HT_CLIENT_HELLO, 0));
    end("the first hello again", CSSL_R_RETRY_IGNORED);

    client_hello(VARIANT_RETRY, 1);
    size_t len = 0, at = extension(EXT_KEY_SHARE, &len);
    uint8_t two[2 + 69 + 36];
    assert_int_equal(len, 2 + 69);
    memcpy(two, edited + at, len);
    two[1] = 69 + 36;
    memset(two + len, 9, 36);
    memcpy(two + len, "\0\x1d\0\x20", 4);
    change_extension(EXT_KEY_SHARE, two, sizeof(two));
    say_edited();
    end("two shares in the second hello", CSSL_R_RETRY_IGNORED);

    client_hello(VARIANT_RETRY, 1);
    add_extension(EXT_COOKIE, "\0\1x", 3);
    say_edited();
    end("a cookie that was not given", CSSL_R_COOKIE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unchanged),     cmocka_unit_test(test_finished),
        cmocka_unit_test(test_across_keys),   cmocka_unit_test(test_context),
        cmocka_unit_test(test_server_hello),  cmocka_unit_test(test_versions),
        cmocka_unit_test(test_retries),       cmocka_unit_test(test_encrypted_extensions),
        cmocka_unit_test(test_client_hello),  cmocka_unit_test(test_early_data),
        cmocka_unit_test(test_early_data_retried),
        cmocka_unit_test(test_second_hello),  cmocka_unit_test(test_psk_modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
