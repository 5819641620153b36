/* test_starttls.c - what servers say before TLS: consent, refusal, nonsense, injected bytes. */
#include "support.h"

#include "cli/starttls.h"
#include "socket/deadline.h"

#include <sys/socket.h>
#include <unistd.h>

struct outcome {
    int status;
    cssl_error err;
    char said[4096]; /* by the client */
    size_t said_len;
};

/* The server says everything at once, and then hangs up or waits. */
static struct outcome play(const char *protocol, const void *script, size_t len, bool hang_up)
{
    struct outcome o = { .status = 0 };
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    int size = 1 << 20;
    assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    assert_int_equal(send(fds[1], script, len, 0), (ssize_t)len);
    if (hang_up) {
        assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
    }
    const struct starttls *p = starttls_find(protocol);
    assert_non_null(p);
    o.status = starttls_run(p, fds[0], "mail.example", deadline_after(hang_up ? 60000 : 0), &o.err);
    ssize_t n = recv(fds[1], o.said, sizeof(o.said) - 1, MSG_DONTWAIT);
    o.said_len = n > 0 ? (size_t)n : 0;
    (void)close(fds[0]);
    (void)close(fds[1]);
    return o;
}

#define XMPP_HELLO   "<?xml version='1.0'?><stream:stream from='mail.example'><stream:features>"
#define XMPP_OFFER   "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
#define XMPP_GO      "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define LDAP_YES     "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
#define SCRIPT(text) text, sizeof(text) - 1

static const struct {
    const char *protocol, *script;
    size_t len;
    int reason; /* 0: consent */
    const char *said;
} cases[] = {
    { "smtp", SCRIPT("220 hi\r\n250-mail\r\n250-SIZE 1\r\n250 STARTTLS\r\n220 go\r\n"), 0,
      "EHLO localhost\r\nSTARTTLS\r\n" },
    { "smtp", SCRIPT("220-hi\r\n220 there\r\n250 starttls\n220 go\n"), 0,
      "EHLO localhost\r\nSTARTTLS\r\n" },
    { "smtp", SCRIPT("220 hi\r\n250-mail\r\n250 SIZE\r\n"), CSSL_R_STARTTLS_REFUSED,
      "EHLO localhost\r\n" },
    { "smtp", SCRIPT("554 go away\r\n"), CSSL_R_STARTTLS_REFUSED, "" },
    { "smtp", SCRIPT("hello\r\n"), CSSL_R_STARTTLS_ANSWER, "" },
    { "smtp", SCRIPT("2200 hi\r\n"), CSSL_R_STARTTLS_ANSWER, "" },
    { "smtp", SCRIPT("220 hi\r\n250 STARTTLS\r\n454 not now\r\n"), CSSL_R_STARTTLS_REFUSED,
      "EHLO localhost\r\nSTARTTLS\r\n" },
    { "smtp", SCRIPT("220 hi\r\n250 STARTTLS\r\n220 go\r\n250 injected\r\n"),
      CSSL_R_STARTTLS_INJECTED, "EHLO localhost\r\nSTARTTLS\r\n" },
    { "imap", SCRIPT("* OK hi\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\nc1 OK done\r\nc2 OK go\r\n"), 0,
      "c1 CAPABILITY\r\nc2 STARTTLS\r\n" },
    { "imap", SCRIPT("* PREAUTH hi\r\n"), CSSL_R_STARTTLS_REFUSED, "" },
    { "imap", SCRIPT("* BYE\r\n"), CSSL_R_STARTTLS_REFUSED, "" },
    { "imap", SCRIPT("* OK hi\r\n* CAPABILITY IMAP4rev1 XSTARTTLS\r\nc1 OK done\r\n"),
      CSSL_R_STARTTLS_REFUSED, "c1 CAPABILITY\r\n" },
    { "imap", SCRIPT("* OK hi\r\n* CAPABILITY STARTTLS\r\nc1 OK done\r\nc2 NO\r\n"),
      CSSL_R_STARTTLS_REFUSED, "c1 CAPABILITY\r\nc2 STARTTLS\r\n" },
    { "imap", SCRIPT("* OK hi\r\n* CAPABILITY STARTTLS\r\nc1 OK\r\nc2 OK go\r\n* PREAUTH\r\n"),
      CSSL_R_STARTTLS_INJECTED, "c1 CAPABILITY\r\nc2 STARTTLS\r\n" },
    { "pop3", SCRIPT("+OK hi\r\n+OK\r\nTOP\r\nSTLS\r\n.\r\n+OK go\r\n"), 0, "CAPA\r\nSTLS\r\n" },
    { "pop3", SCRIPT("+OK hi\r\n+OK\r\nTOP\r\n.\r\n"), CSSL_R_STARTTLS_REFUSED, "CAPA\r\n" },
    { "pop3", SCRIPT("-ERR\r\n"), CSSL_R_STARTTLS_REFUSED, "" },
    { "pop3", SCRIPT("+OK\r\n+OK\r\nSTLS\r\n.\r\n+OK go\r\nx"), CSSL_R_STARTTLS_INJECTED,
      "CAPA\r\nSTLS\r\n" },
    { "postgres", SCRIPT("S"), 0, NULL },
    { "postgres", SCRIPT("N"), CSSL_R_STARTTLS_REFUSED, NULL },
    { "postgres", SCRIPT("E"), CSSL_R_STARTTLS_REFUSED, NULL },
    { "postgres", SCRIPT("x"), CSSL_R_STARTTLS_ANSWER, NULL },
    { "postgres", SCRIPT("S\x15"), CSSL_R_STARTTLS_INJECTED, NULL },
    { "ldap", SCRIPT(LDAP_YES), 0, NULL },
    { "ldap",
      SCRIPT("\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00"
             "\x04\x00\x04\x00"),
      0, NULL },
    { "ldap", SCRIPT("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x35\x04\x00\x04\x00"),
      CSSL_R_STARTTLS_REFUSED, NULL },
    { "ldap", SCRIPT("\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
      CSSL_R_STARTTLS_ANSWER, NULL },
    { "ldap", SCRIPT("\x30\x85\x00\x00\x00\x00\x0c"), CSSL_R_STARTTLS_ANSWER, NULL },
    { "ldap", SCRIPT("\x30\x80\x02"), CSSL_R_STARTTLS_ANSWER, NULL },
    { "ldap", SCRIPT("\x30\x84\xff\xff\xff\xff\x02"), CSSL_R_STARTTLS_ANSWER, NULL },
    { "ldap", SCRIPT(LDAP_YES "\x30"), CSSL_R_STARTTLS_INJECTED, NULL },
    { "xmpp", SCRIPT(XMPP_HELLO XMPP_OFFER "</stream:features>" XMPP_GO), 0, NULL },
    { "xmpp", SCRIPT(XMPP_HELLO "</stream:features>" XMPP_GO), CSSL_R_STARTTLS_REFUSED, NULL },
    { "xmpp", SCRIPT(XMPP_HELLO XMPP_OFFER "</stream:features><failure/>"), CSSL_R_STARTTLS_REFUSED,
      NULL },
    { "xmpp", SCRIPT(XMPP_HELLO XMPP_OFFER "</stream:features>" XMPP_GO "<x/>"),
      CSSL_R_STARTTLS_INJECTED, NULL },
};

static void test_conversations(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct outcome o = play(cases[i].protocol, cases[i].script, cases[i].len, true);
        int reason = o.status < 0 ? o.err.reason : 0;
        if (reason != cases[i].reason) {
            fail_msg("case %zu, %s: %d %s", i, cases[i].protocol, reason,
                     o.status < 0 ? o.err.text : "");
        }
        if (cases[i].said != NULL) {
            assert_string_equal(o.said, cases[i].said);
        }
    }
}

static void test_requests(void **state)
{
    (void)state;
    struct outcome o = play("postgres", "S", 1, true);
    test_same_hex(o.said, o.said_len, "00000008 04d2162f");
    o = play("ldap", LDAP_YES, sizeof(LDAP_YES) - 1, true);
    test_same_hex(o.said, o.said_len,
                  "301d 020101 7718 8016 312e332e362e312e342e312e313436362e3230303337");
}

/* Each beginning of what a server says is waited for, or is its end; never consent. */
static void try_truncation(void *arg, uint8_t *data, size_t len)
{
    const char *protocol = arg;
    struct outcome o = play(protocol, data, len, true);
    assert_true(o.status < 0);
    assert_int_equal(o.err.reason, CSSL_R_CLOSED);
    o = play(protocol, data, len, false);
    assert_true(o.status < 0);
    assert_int_equal(o.err.status, CSSL_TIMEOUT);
}

static void try_damage(void *arg, uint8_t *data, size_t len)
{
    struct outcome o = play(arg, data, len, true);
    assert_true(o.status == 0 || o.err.text[0] != '\0');
}

static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char protocol[16];
        (void)snprintf(protocol, sizeof(protocol), "%s", cases[i].protocol);
        if (cases[i].reason == 0) {
            for_each_truncation(cases[i].script, cases[i].len, try_truncation, protocol);
        }
        for_each_damage(cases[i].script, cases[i].len, test_seed(7), 300, try_damage, protocol);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    static char text[STARTTLS_TALK_MAX + 4096];
    memset(text, '2', sizeof(text)); /* a line without an end */
    struct outcome o = play("smtp", text, sizeof(text), true);
    assert_int_equal(o.err.reason, CSSL_R_STARTTLS_ANSWER);
    memcpy(text, "+OK\r\n+OK\r\n", 10); /* a list without an end */
    for (size_t i = 10; i + 3 <= sizeof(text); i += 3) {
        memcpy(text + i, "a\r\n", 3);
    }
    o = play("pop3", text, sizeof(text), true);
    assert_int_equal(o.err.reason, CSSL_R_STARTTLS_ANSWER);
    memset(text, 'x', sizeof(text));
    o = play("xmpp", text, sizeof(text), true);
    assert_int_equal(o.err.reason, CSSL_R_STARTTLS_ANSWER);
    o = play("smtp", "220 \0\r\n", 7, true);
    assert_int_equal(o.err.reason, CSSL_R_STARTTLS_ANSWER);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t port;
    } known[] = { { "smtp", 25 },       { "imap", 143 }, { "pop3", 110 },
                  { "postgres", 5432 }, { "ldap", 389 }, { "xmpp", 5222 } };
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        const struct starttls *p = starttls_find(known[i].name);
        assert_non_null(p);
        assert_string_equal(starttls_name(p), known[i].name);
        assert_int_equal(starttls_port(p), known[i].port);
    }
    assert_null(starttls_find("ftp"));
    assert_null(starttls_find(""));
}

/* A name that is none must not reach the XML. */
static void test_xmpp_name(void **state)
{
    (void)state;
    int fds[2];
    cssl_error err;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_true(starttls_run(starttls_find("xmpp"), fds[0], "a'/><b", NEVER, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_STARTTLS_REFUSED);
    char byte;
    assert_int_equal(recv(fds[1], &byte, 1, MSG_DONTWAIT), -1);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversations), cmocka_unit_test(test_requests),
        cmocka_unit_test(test_damage),        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_names),         cmocka_unit_test(test_xmpp_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
