/* fuzz_starttls.c - what a server says before TLS; the first byte chooses the protocol. */
#include "cli/starttls.h"

#include "socket/deadline.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "smtp", "imap", "pop3", "postgres", "ldap", "xmpp" };
    int fds[2];
    cssl_error err = { .text = "" };
    if (len == 0 || len > 16384 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) {
        return 0;
    }
    const struct starttls *protocol = starttls_find(names[data[0] % ARRAY_LEN(names)]);
    if (send(fds[1], data + 1, len - 1, MSG_DONTWAIT) == (ssize_t)(len - 1)) {
        (void)shutdown(fds[1], SHUT_WR);
        if (starttls_run(protocol, fds[0], "a.example", NEVER, &err) < 0 && err.text[0] == '\0') {
            abort();
        }
    }
    (void)close(fds[0]);
    (void)close(fds[1]);
    return 0;
}
