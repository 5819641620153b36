/*
 * starttls.c - asks a server of another protocol to begin TLS (RFC 3207, 9051, 2595, 4511, 6120;
 * PostgreSQL's SSLRequest). It is not a client of these protocols beyond that.
 *
 * Everything read here came in the clear, perhaps from somebody in the middle. Therefore what comes
 * behind the server's consent is refused rather than taken for something said under TLS, and only
 * "may TLS begin" is decided.
 */
#include "cli/starttls.h"

#include "pki/hostname.h"
#include "socket/deadline.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

/* What has been received and not yet looked at. */
struct talk {
    int fd;
    int64_t deadline;
    const char *host;
    cssl_error *err;
    uint8_t in[4096];
    size_t at, len;
    size_t total;
};

struct starttls {
    const char *name;
    uint16_t port;
    int (*run)(struct talk *t);
};

static int run_smtp(struct talk *t);
static int run_imap(struct talk *t);
static int run_pop3(struct talk *t);
static int run_postgres(struct talk *t);
static int run_ldap(struct talk *t);
static int run_xmpp(struct talk *t);

static const struct starttls protocols[] = {
    { "smtp", 25, run_smtp },          { "imap", 143, run_imap }, { "pop3", 110, run_pop3 },
    { "postgres", 5432, run_postgres }, { "ldap", 389, run_ldap }, { "xmpp", 5222, run_xmpp },
};

const struct starttls *starttls_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        if (strcmp(protocols[i].name, name) == 0) {
            return &protocols[i];
        }
    }
    return NULL;
}

const char *starttls_name(const struct starttls *protocol)
{
    return protocol->name;
}

uint16_t starttls_port(const struct starttls *protocol)
{
    return protocol->port;
}

int starttls_run(const struct starttls *protocol, int fd, const char *host, int64_t deadline,
                 cssl_error *err)
{
    struct talk t = { .fd = fd, .deadline = deadline, .host = host, .err = err };
    int status = protocol->run(&t);
    if (status < 0) {
        return status;
    }
    /* A server speaks only after our ClientHello now. Whatever is here was put here by somebody
     * who wants it taken for the server's words under TLS. */
    uint8_t byte;
    if (t.at < t.len || recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
        return fail_text(err, CSSL_R_STARTTLS_INJECTED,
                         "somebody may have put them there, so this connection is not used");
    }
    return 0;
}

/* ---- Reading and writing, with bounds ---- */

static int wait_for(struct talk *t, short events)
{
    struct pollfd p = { .fd = t->fd, .events = events };
    for (;;) {
        int n = poll(&p, 1, deadline_left(t->deadline));
        if (n > 0) {
            return 0;
        }
        if (n == 0) {
            return fail_text(t->err, CSSL_R_TIMEOUT,
                             "before TLS began: is this the server's port for the protocol?");
        }
        if (errno != EINTR) {
            return fail_system(t->err, errno, "waiting for the server failed");
        }
    }
}

static int fill(struct talk *t)
{
    if (t->total >= STARTTLS_TALK_MAX) {
        return fail_text(t->err, CSSL_R_STARTTLS_ANSWER, "it said more than %d bytes before TLS",
                         STARTTLS_TALK_MAX);
    }
    for (;;) {
        int status = wait_for(t, POLLIN);
        if (status < 0) {
            return status;
        }
        ssize_t n = recv(t->fd, t->in, sizeof(t->in), MSG_DONTWAIT);
        if (n > 0) {
            t->at = 0;
            t->len = (size_t)n;
            t->total += t->len;
            return 0;
        }
        if (n == 0) {
            return fail_text(t->err, CSSL_R_CLOSED, "the server hung up before TLS began");
        }
        if (errno != EINTR && errno != EAGAIN) {
            return fail_system(t->err, errno, "reading from the server failed");
        }
    }
}

static int read_byte(struct talk *t, uint8_t *byte)
{
    int status = t->at < t->len ? 0 : fill(t);
    if (status == 0) {
        *byte = t->in[t->at++];
    }
    return status;
}

static int read_line(struct talk *t, char line[STARTTLS_LINE_MAX])
{
    size_t n = 0;
    for (;;) {
        uint8_t c;
        int status = read_byte(t, &c);
        if (status < 0) {
            return status;
        }
        if (c == '\n') {
            break;
        }
        if (n + 1 >= STARTTLS_LINE_MAX || c == '\0') {
            return fail_text(t->err, CSSL_R_STARTTLS_ANSWER,
                             c == '\0' ? "a line has a NUL in it" : "a line has no end");
        }
        line[n++] = (char)c;
    }
    if (n > 0 && line[n - 1] == '\r') {
        n--;
    }
    line[n] = '\0';
    return 0;
}

static int say(struct talk *t, const void *data, size_t len)
{
    const uint8_t *p = data;
    while (len > 0) {
        int status = wait_for(t, POLLOUT);
        if (status < 0) {
            return status;
        }
        ssize_t n = send(t->fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return fail_system(t->err, errno, "writing to the server failed");
        }
        p += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int say_text(struct talk *t, const char *text)
{
    return say(t, text, strlen(text));
}

static int refused(struct talk *t, const char *words)
{
    return fail_text(t->err, CSSL_R_STARTTLS_REFUSED, "%.200s", words);
}

static int strange(struct talk *t, const char *words)
{
    return fail_text(t->err, CSSL_R_STARTTLS_ANSWER, "%.200s", words);
}

/* word is one of the words of line, which are separated by spaces. */
static bool has_word(const char *line, const char *word)
{
    size_t len = strlen(word);
    const char *p = line;
    while (*p != '\0') {
        size_t n = strcspn(p, " ");
        if (n == len && strncasecmp(p, word, n) == 0) {
            return true;
        }
        p += n;
        p += strspn(p, " ");
    }
    return false;
}

/* ---- SMTP, RFC 3207 ---- */

/* Reads one answer: lines "250-..." and a last one "250 ...". *offers says whether one of them is
 * the extension STARTTLS. */
static int smtp_answer(struct talk *t, const char *wanted, bool *offers)
{
    char line[STARTTLS_LINE_MAX];
    for (;;) {
        int status = read_line(t, line);
        if (status < 0) {
            return status;
        }
        if (strspn(line, "0123456789") < 3 || (line[3] != ' ' && line[3] != '-' && line[3] != 0)) {
            return strange(t, line);
        }
        if (strncmp(line, wanted, 3) != 0) {
            return refused(t, line);
        }
        if (offers != NULL && line[3] != '\0' && strcasecmp(line + 4, "STARTTLS") == 0) {
            *offers = true;
        }
        if (line[3] != '-') {
            return 0;
        }
    }
}

static int run_smtp(struct talk *t)
{
    bool offers = false;
    int status = smtp_answer(t, "220", NULL);
    if (status == 0) {
        status = say_text(t, "EHLO localhost\r\n");
    }
    if (status == 0) {
        status = smtp_answer(t, "250", &offers);
    }
    if (status == 0 && !offers) {
        status = refused(t, "it does not offer STARTTLS");
    }
    if (status == 0) {
        status = say_text(t, "STARTTLS\r\n");
    }
    return status < 0 ? status : smtp_answer(t, "220", NULL);
}

/* ---- IMAP, RFC 9051 6.2.1 ---- */

/* Reads up to the line that begins with tag and demands OK there. */
static int imap_answer(struct talk *t, const char *tag, bool *offers)
{
    char line[STARTTLS_LINE_MAX];
    for (;;) {
        int status = read_line(t, line);
        if (status < 0) {
            return status;
        }
        size_t len = strlen(tag);
        if (strncmp(line, tag, len) == 0 && line[len] == ' ') {
            bool ok = strncasecmp(line + len + 1, "OK", 2) == 0;
            return ok ? 0 : refused(t, line);
        }
        if (line[0] != '*') {
            return strange(t, line);
        }
        if (offers != NULL && has_word(line, "CAPABILITY") && has_word(line, "STARTTLS")) {
            *offers = true;
        }
    }
}

static int run_imap(struct talk *t)
{
    char line[STARTTLS_LINE_MAX];
    bool offers = false;
    int status = read_line(t, line);
    if (status == 0 && strncasecmp(line, "* OK", 4) != 0) {
        /* PREAUTH would mean a session that begins in the clear: never with STARTTLS. */
        status = line[0] == '*' ? refused(t, line) : strange(t, line);
    }
    if (status == 0) {
        status = say_text(t, "c1 CAPABILITY\r\n");
    }
    if (status == 0) {
        status = imap_answer(t, "c1", &offers);
    }
    if (status == 0 && !offers) {
        status = refused(t, "it does not offer STARTTLS");
    }
    if (status == 0) {
        status = say_text(t, "c2 STARTTLS\r\n");
    }
    return status < 0 ? status : imap_answer(t, "c2", NULL);
}

/* ---- POP3, RFC 2595 4 ---- */

static int pop3_ok(struct talk *t)
{
    char line[STARTTLS_LINE_MAX];
    int status = read_line(t, line);
    if (status == 0 && strncmp(line, "+OK", 3) != 0) {
        status = line[0] == '-' ? refused(t, line) : strange(t, line);
    }
    return status;
}

static int run_pop3(struct talk *t)
{
    char line[STARTTLS_LINE_MAX];
    bool offers = false;
    int status = pop3_ok(t);
    if (status == 0) {
        status = say_text(t, "CAPA\r\n");
    }
    if (status == 0) {
        status = pop3_ok(t);
    }
    while (status == 0) {
        status = read_line(t, line);
        if (status == 0 && strcmp(line, ".") == 0) {
            break;
        }
        offers = offers || (status == 0 && strcasecmp(line, "STLS") == 0);
    }
    if (status == 0 && !offers) {
        status = refused(t, "it does not offer STLS");
    }
    if (status == 0) {
        status = say_text(t, "STLS\r\n");
    }
    return status < 0 ? status : pop3_ok(t);
}

/* ---- PostgreSQL: a request of 8 bytes, an answer of one ---- */

static int run_postgres(struct talk *t)
{
    static const uint8_t request[] = { 0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f };
    uint8_t answer = 0;
    int status = say(t, request, sizeof(request));
    if (status == 0) {
        status = read_byte(t, &answer);
    }
    if (status < 0 || answer == 'S') {
        return status;
    }
    return answer == 'N' || answer == 'E' ? refused(t, "it has TLS turned off")
                                          : strange(t, "it is no PostgreSQL server");
}

/* ---- LDAP, RFC 4511 4.14 ---- */

/* Reads the tag and the length of one BER element. */
static int ber_head(struct talk *t, uint8_t wanted, size_t *len)
{
    uint8_t tag = 0;
    uint8_t first = 0;
    int status = read_byte(t, &tag);
    if (status == 0) {
        status = read_byte(t, &first);
    }
    if (status < 0) {
        return status;
    }
    *len = first;
    if (first >= 0x80) {
        size_t bytes = first & 0x7fu;
        *len = 0;
        if (bytes == 0 || bytes > 4) {
            return strange(t, "a length that LDAP does not allow");
        }
        for (size_t i = 0; i < bytes; i++) {
            uint8_t byte = 0;
            status = read_byte(t, &byte);
            if (status < 0) {
                return status;
            }
            *len = *len << 8 | byte;
        }
    }
    if (tag != wanted || *len > STARTTLS_TALK_MAX) {
        return strange(t, "it is no LDAP message of the kind that was asked for");
    }
    return 0;
}

/* A value of one byte. */
static int ber_value(struct talk *t, uint8_t wanted, uint8_t *value)
{
    size_t len = 0;
    int status = ber_head(t, wanted, &len);
    if (status == 0 && len != 1) {
        status = strange(t, "a value of LDAP is longer than it can be");
    }
    return status < 0 ? status : read_byte(t, value);
}

static size_t position(const struct talk *t)
{
    return t->total - (t->len - t->at);
}

static int run_ldap(struct talk *t)
{
    /* message 1: an extended request named 1.3.6.1.4.1.1466.20037 */
    static const char request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
                                  "1.3.6.1.4.1.1466.20037";
    uint8_t id = 0;
    uint8_t code = 0;
    size_t len = 0;
    int status = say(t, request, sizeof(request) - 1);
    if (status == 0) {
        status = ber_head(t, 0x30, &len);
    }
    size_t end = position(t) + len;
    if (status == 0) {
        status = ber_value(t, 0x02, &id);
    }
    if (status == 0 && id != 1) {
        status = strange(t, "it answers another message");
    }
    if (status == 0) {
        status = ber_head(t, 0x78, &len); /* an extended response */
    }
    if (status == 0) {
        status = ber_value(t, 0x0a, &code); /* its result code */
    }
    if (status == 0 && code != 0) {
        char words[48];
        (void)snprintf(words, sizeof(words), "its result code is %u", code);
        status = refused(t, words);
    }
    uint8_t byte;
    while (status == 0 && position(t) < end) {
        status = read_byte(t, &byte); /* texts that nobody needs */
    }
    return status;
}

/* ---- XMPP, RFC 6120 5 ---- */

/* Reads until text ends with one of two words. */
static int xmpp_until(struct talk *t, char *text, size_t size, const char *end, const char *or_end)
{
    size_t n = 0;
    for (;;) {
        uint8_t c;
        int status = read_byte(t, &c);
        if (status < 0) {
            return status;
        }
        if (n + 1 >= size || c == '\0') {
            return strange(t, "it says too much before its features");
        }
        text[n++] = (char)c;
        text[n] = '\0';
        size_t a = strlen(end);
        size_t b = strlen(or_end);
        if ((n >= a && strcmp(text + n - a, end) == 0) ||
            (n >= b && strcmp(text + n - b, or_end) == 0)) {
            return 0;
        }
    }
}

static int run_xmpp(struct talk *t)
{
    static const char ns[] = "urn:ietf:params:xml:ns:xmpp-tls";
    char text[16384];
    if (!hostname_is_dns(t->host)) {
        return refused(t, "XMPP needs the name of a host, such as --name example.org");
    }
    (void)snprintf(text, sizeof(text),
                   "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                   "xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>",
                   t->host);
    int status = say_text(t, text);
    if (status == 0) {
        status = xmpp_until(t, text, sizeof(text), "</stream:features>", "</stream:stream>");
    }
    if (status == 0 && (strstr(text, "<starttls") == NULL || strstr(text, ns) == NULL)) {
        status = refused(t, "it does not offer STARTTLS");
    }
    if (status == 0) {
        (void)snprintf(text, sizeof(text), "<starttls xmlns='%s'/>", ns);
        status = say_text(t, text);
    }
    if (status == 0) {
        status = xmpp_until(t, text, sizeof(text), ">", ">");
    }
    if (status < 0) {
        return status;
    }
    const char *word = text + strspn(text, " \t\r\n");
    return strncmp(word, "<proceed", 8) == 0 && strstr(text, "/>") != NULL
               ? 0
               : refused(t, "it answers STARTTLS with something else than <proceed/>");
}
