/* pause.c - a handshake that is paused at the peer's hello: looking at it, going on, ending it. */
#include "socket/socket.h"

#include "config/config.h"
#include "socket/deadline.h"
#include "socket/mailbox.h"
#include "socket/sockerr.h"

int cssl_peer_hello_sized(const cssl_socket *s, cssl_hello *hello, size_t size, cssl_error *err)
{
    if (s->engine == NULL || !s->paused) {
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not paused at a hello");
    }
    return cssl_engine_peer_hello_sized(s->engine, hello, size, err);
}

int cssl_handshake_continue_sized(cssl_socket *s, const cssl_options *more, size_t size,
                                  int timeout, cssl_error *err)
{
    int64_t deadline = deadline_after(timeout);
    if (s->phase != PHASE_HANDSHAKE || (more != NULL && !s->paused)) {
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not paused at a hello");
    }
    if (s->paused) {
        cssl_config *config = NULL;
        if (more != NULL) {
            config = cssl_config_derive_sized(s->config, more, size, err);
            if (config == NULL) {
                return err == NULL ? CSSL_OPTION : err->status;
            }
        }
        cssl_error why;
        int rc = cssl_engine_continue(s->engine, config, &why);
        if (config != NULL) {
            cssl_config *old = s->config;
            (void)pthread_mutex_lock(&s->lock); /* whoever answers too early reads it */
            s->config = config;
            (void)pthread_mutex_unlock(&s->lock);
            cssl_config_free(old);
        }
        s->paused = false;
        if (rc < 0) {
            sock_keep_error(s, &why);
        }
    }
    if (s->mailbox != NULL) {
        mailbox_queue(s);
        return 0;
    }
    return sock_handshake(s, deadline, err);
}

void cssl_handshake_refuse(cssl_socket *s, uint8_t alert)
{
    if (s != NULL && s->engine != NULL && s->phase == PHASE_HANDSHAKE) {
        cssl_engine_refuse(s->engine, alert);
    }
    cssl_handshake_cancel(s);
}

void cssl_handshake_cancel(cssl_socket *s)
{
    (void)cssl_close(s, FAREWELL_MS, NULL);
}
