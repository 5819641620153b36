/* info.c - what a program may ask of a connection: addresses, counts, and what its engine knows. */
#include "socket/addr.h"
#include "socket/socket.h"
#include "socket/sockerr.h"

#include <errno.h>

static int has_engine(const cssl_socket *s, cssl_error *err);

void cssl_connection_information_sized(const cssl_socket *s, cssl_info *info, size_t size)
{
    if (s->engine != NULL) {
        cssl_engine_information_sized(s->engine, info, size);
        return;
    }
    const cssl_info none = { .protocol = "",
                             .cipher_suite = "",
                             .group = "",
                             .signature_scheme = "",
                             .client_signature_scheme = "" };
    memset(info, 0, size);
    memcpy(info, &none, min_size(size, sizeof(none)));
}

int cssl_peer_key(const cssl_socket *s, cssl_bytes *der, cssl_error *err)
{
    int rc = has_engine(s, err);
    return rc != 0 ? rc : cssl_engine_peer_key(s->engine, der, err);
}

int cssl_peercert(const cssl_socket *s, size_t i, cssl_bytes *der, cssl_error *err)
{
    int rc = has_engine(s, err);
    return rc != 0 ? rc : cssl_engine_peercert(s->engine, i, der, err);
}

int cssl_peer_staple(const cssl_socket *s, cssl_bytes *der, cssl_error *err)
{
    int rc = has_engine(s, err);
    return rc != 0 ? rc : cssl_engine_peer_staple(s->engine, der, err);
}

int cssl_peer_scts(const cssl_socket *s, cssl_bytes *list, cssl_error *err)
{
    int rc = has_engine(s, err);
    return rc != 0 ? rc : cssl_engine_peer_scts(s->engine, list, err);
}

int cssl_peername(const cssl_socket *s, struct sockaddr_storage *addr, cssl_error *err)
{
    socklen_t len = sizeof(*addr);
    memset(addr, 0, sizeof(*addr));
    if (getpeername(s->fd, (struct sockaddr *)addr, &len) != 0) {
        return fail_socket(err, errno, "the peer's address");
    }
    addr_unmap(addr);
    return 0;
}

int cssl_sockname(const cssl_socket *s, struct sockaddr_storage *addr, cssl_error *err)
{
    socklen_t len = sizeof(*addr);
    memset(addr, 0, sizeof(*addr));
    if (getsockname(s->fd, (struct sockaddr *)addr, &len) != 0) {
        return fail_socket(err, errno, "the address of this side");
    }
    addr_unmap(addr);
    return 0;
}

int cssl_getstat_sized(const cssl_socket *s, cssl_stat *stat, size_t size, cssl_error *err)
{
    cssl_stat now = { .recv_oct = 0 };
    if (stat == NULL) {
        return fail_text(err, CSSL_R_ARGUMENT, "there is no place for the counts");
    }
    cssl_socket *mine = (cssl_socket *)(uintptr_t)s; /* only holding the half writes to it */
    send_begin(mine);
    now.send_oct = s->send_oct;
    now.send_cnt = s->send_cnt;
    now.send_pend = s->engine == NULL ? 0 : cssl_engine_output(s->engine).len;
    send_end(mine);
    (void)pthread_mutex_lock(&mine->lock);
    now.recv_oct = s->recv_oct;
    now.recv_cnt = s->recv_cnt;
    (void)pthread_mutex_unlock(&mine->lock);
    memset(stat, 0, size);
    memcpy(stat, &now, min_size(size, sizeof(now)));
    return 0;
}

int cssl_export_key_material(cssl_socket *s, const char *label, cssl_bytes context, uint8_t *out,
                             size_t len, cssl_error *err)
{
    int rc = has_engine(s, err);
    return rc != 0 ? rc : cssl_engine_export_key_material(s->engine, label, context, out, len, err);
}

int cssl_channel_binding(cssl_socket *s, const char *type, uint8_t *out, size_t *len,
                         cssl_error *err)
{
    int rc = has_engine(s, err);
    return rc != 0 ? rc : cssl_engine_channel_binding(s->engine, type, out, len, err);
}

static int has_engine(const cssl_socket *s, cssl_error *err)
{
    return s->engine != NULL ? 0 : fail_text(err, CSSL_R_NOT_NOW, "there was no handshake yet");
}
