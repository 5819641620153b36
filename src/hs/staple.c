/* staple.c - asks for and sends what comes along with a certificate. Judges nothing. */
#include "hs/staple.h"

#include "base/error.h"
#include "base/mem.h"

enum { STATUS_OCSP = 1 };

int staple_ask(struct hs *hs, struct client_hello *ch, cssl_error *err)
{
    const struct peer_rules *rules = &hs->conn->config->rules;
    if (rules->ask_scts) {
        ext_add(&ch->has, EXT_SIGNED_CERTIFICATE_TIMESTAMP);
    }
    if (!rules->ask_staple || !cert_types_has(&hs->conn->config->peer_types, CERT_X509)) {
        return 0;
    }
    ext_add(&ch->has, EXT_STATUS_REQUEST);
    if (!rules->ask_nonce) {
        return 0;
    }
    if (hs->status_request_len == 0) {
        uint8_t extensions[OCSP_REQUEST_EXTENSIONS];
        struct wr w;
        int ret = rand_fill(&hs->conn->config->rand, hs->nonce, sizeof(hs->nonce), err);
        if (ret != 0) {
            return ret;
        }
        size_t len = ocsp_request_extensions(extensions, hs->nonce);
        wr_fixed(&w, hs->status_request, sizeof(hs->status_request));
        wr_u8(&w, STATUS_OCSP);
        wr_u16(&w, 0); /* any responder */
        wr_vec16(&w, bytes_of(extensions, len));
        if (!wr_ok(&w)) {
            return fail(err, CSSL_R_INTERNAL);
        }
        hs->status_request_len = w.len;
    }
    ch->status_request = bytes_of(hs->status_request, hs->status_request_len);
    return 0;
}

void staple_asked(struct hs *hs, const struct client_hello *ch)
{
    hs->status_asked = ext_has(ch->has, EXT_STATUS_REQUEST) && ch->status_request.len > 0 &&
                       ch->status_request.data[0] == STATUS_OCSP;
}

void staple_choose(struct hs *hs)
{
    /* Nobody speaks for a raw key. */
    const struct certkey *own = hs->conn->own_raw ? NULL : hs->own;
    if (hs->status_asked && hs->staple == NULL && own != NULL && own->stapler != NULL) {
        hs->staple = stapler_get(own->stapler, config_now(hs->conn->config));
    }
}

bool staple_fill(const struct hs *hs, struct certificate *c)
{
    struct certificate_entry *leaf = &c->entries[0];
    cssl_bytes scts = staple_scts(hs);
    if (!hs->conn->server || c->num_entries == 0) {
        return false;
    }
    if (hs->staple != NULL) {
        ext_add(&leaf->has, EXT_STATUS_REQUEST);
        leaf->status = staple_der(hs->staple);
    }
    if (scts.len > 0) {
        ext_add(&leaf->has, EXT_SIGNED_CERTIFICATE_TIMESTAMP);
        leaf->scts = bytes_of(scts.data + 2, scts.len - 2); /* its length is written again */
    }
    return hs->staple != NULL || scts.len > 0;
}

int staple_keep(struct conn *c, const cssl_bytes *staples, size_t num, cssl_bytes scts,
                cssl_error *err)
{
    size_t len = scts.len;
    for (size_t i = 0; staples != NULL && i < num; i++) {
        len += staples[i].len;
    }
    if (len == 0) {
        return 0;
    }
    struct peer_extras *extras = mem_new(sizeof(*extras) + len);
    if (extras == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    uint8_t *at = (uint8_t *)(extras + 1);
    for (size_t i = 0; staples != NULL && i < num; i++) {
        if (staples[i].len > 0) {
            memcpy(at, staples[i].data, staples[i].len);
            extras->staples[i] = bytes_of(at, staples[i].len);
            at += staples[i].len;
        }
    }
    if (scts.len > 0) {
        memcpy(at, scts.data, scts.len);
        extras->scts = bytes_of(at, scts.len);
    }
    mem_free(c->peer->extras);
    c->peer->extras = extras;
    return 0;
}
