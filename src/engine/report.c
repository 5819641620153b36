/* report.c - what happened to a connection, in OTP's words, for options.log. Decides nothing. */
#include "engine/engine.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static void say(const struct conn *c, cssl_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "TLS client: In state wait_cv generated CLIENT ALERT: Fatal - Bad Certificate", and why. */
void report_failure(const struct cssl_engine *e, const cssl_error *error)
{
    const struct conn *c = &e->conn;
    const char *state = e->hs == NULL ? "connection" : hs_state_name(e->hs);
    bool of_server = c->server != error->alert_from_peer;
    if (error->status != CSSL_ALERT) {
        say(c, error->status == CSSL_NOMEM ? CSSL_LOG_ERROR : CSSL_LOG_NOTICE,
            "In state %s: %s", state, error->text);
        return;
    }
    bool ours = !error->alert_from_peer && error->alert == ALERT_INTERNAL_ERROR;
    say(c, ours ? CSSL_LOG_ERROR : CSSL_LOG_NOTICE, "In state %s %s %s ALERT: Fatal - %s%s%s",
        state, error->alert_from_peer ? "received" : "generated", of_server ? "SERVER" : "CLIENT",
        alert_text(error->alert), error->alert_from_peer ? "" : "\n ",
        error->alert_from_peer ? "" : error->text);
}

void report_warning(const struct cssl_engine *e, uint8_t alert)
{
    const struct conn *c = &e->conn;
    say(c, CSSL_LOG_NOTICE, "In state %s received %s ALERT: Warning - %s",
        e->hs == NULL ? "connection" : hs_state_name(e->hs), c->server ? "CLIENT" : "SERVER",
        alert_text(alert));
}

static void say(const struct conn *c, cssl_log_level level, const char *format, ...)
{
    char text[768];
    const cssl_config *config = c->config;
    if (config->log == NULL || level > config->log_level) {
        return;
    }
    int at = snprintf(text, sizeof(text), "TLS %s: ", c->server ? "server" : "client");
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + at, sizeof(text) - (size_t)at, format, args);
    va_end(args);
    config->log(config->user, level, text);
}
