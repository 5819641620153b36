/* serve_plain.c - the services without a protocol of their own: echo and reply. */
#include "cli/serve.h"

static bool echo_data(struct conn *c, cssl_bytes data)
{
    return conn_write(c, data.data, data.len);
}

static bool reply_data(struct conn *c, cssl_bytes data)
{
    const char *text = c->server->args->reply;
    log_received(c, data);
    c->ending = true;
    return conn_write(c, text, strlen(text)) && conn_write(c, "\n", 1);
}

const struct service service_echo = { .name = "echo", .data = echo_data };
const struct service service_reply = { .name = "reply", .data = reply_data };
