/* grease.c - RFC 8701's reserved values in a ClientHello. Chooses nothing that is meant. */
#include "hs/grease.h"

#include "base/error.h"
#include "base/mem.h"

/* Which byte of hs->grease decides about which value. */
enum { OF_SUITE, OF_GROUP, OF_SCHEME, OF_VERSION, OF_MODE, OF_ALPN, OF_EXTENSION, OF_LAST };

static uint16_t value(const struct hs *hs, int which);
static cssl_bytes greased_list(uint8_t *to, size_t room, uint16_t first, cssl_bytes list);

int grease_hello(struct greased *g, const struct hs *hs, struct client_hello *ch, cssl_error *err)
{
    static const uint8_t zero[] = { 0 };
    uint16_t group = value(hs, OF_GROUP), scheme = value(hs, OF_SCHEME);
    ch->cipher_suites = greased_list(g->suites, sizeof(g->suites), value(hs, OF_SUITE),
                                     ch->cipher_suites);
    ch->supported_groups = greased_list(g->groups, sizeof(g->groups), group,
                                        ch->supported_groups);
    ch->signature_algorithms = greased_list(g->schemes, sizeof(g->schemes), scheme,
                                            ch->signature_algorithms);
    ch->signature_algorithms_cert = greased_list(g->cert_schemes, sizeof(g->cert_schemes), scheme,
                                                 ch->signature_algorithms_cert);
    ch->supported_versions = greased_list(g->versions, sizeof(g->versions),
                                          value(hs, OF_VERSION), ch->supported_versions);
    g->modes[0] = (uint8_t)(0x0b + 0x1f * (hs->grease[OF_MODE] % 8)); /* RFC 8701 2 */
    if (ch->psk_modes.len > 0) {
        memcpy(g->modes + 1, ch->psk_modes.data, min_size(ch->psk_modes.len, sizeof(g->modes) - 1));
    }
    ch->psk_modes = bytes_of(g->modes, 1 + ch->psk_modes.len);
    wr_init(&g->alpn, 0xffff - 2);
    if (ch->alpn.len > 0) {
        const uint8_t name[] = { (uint8_t)(value(hs, OF_ALPN) >> 8), (uint8_t)value(hs, OF_ALPN) };
        wr_vec8(&g->alpn, bytes_of(name, sizeof(name)));
        wr_bytes(&g->alpn, ch->alpn);
        if (!wr_ok(&g->alpn)) { /* without it a second hello would differ from the first */
            return fail(err, CSSL_R_NOMEM);
        }
        ch->alpn = wr_view(&g->alpn);
    }
    if (!hs->retried && ext_has(ch->has, EXT_KEY_SHARE)) {
        memmove(&ch->shares[1], &ch->shares[0], ch->num_shares * sizeof(ch->shares[0]));
        ch->shares[0] = (struct key_share){ group, bytes_of(zero, sizeof(zero)) };
        ch->num_shares++;
    }
    /* Two extensions, one empty and one not, of different types. */
    ch->unknown[0].type = value(hs, OF_EXTENSION);
    ch->unknown[0].data = bytes_of(zero, 0);
    ch->unknown[1].type = value(hs, OF_LAST);
    ch->unknown[1].data = bytes_of(zero, sizeof(zero));
    if (ch->unknown[1].type == ch->unknown[0].type) {
        ch->unknown[1].type ^= 0x1010;
    }
    ch->num_unknown = 2;
    return 0;
}

void grease_free(struct greased *g)
{
    wr_free(&g->alpn);
}

/* 0x0a0a, 0x1a1a and so on to 0xfafa. */
static uint16_t value(const struct hs *hs, int which)
{
    return (uint16_t)(0x0a0a + 0x1010 * (hs->grease[which] % 16));
}

static cssl_bytes greased_list(uint8_t *to, size_t room, uint16_t first, cssl_bytes list)
{
    if (list.len + 2 > room) {
        return list;
    }
    to[0] = (uint8_t)(first >> 8);
    to[1] = (uint8_t)first;
    if (list.len > 0) {
        memcpy(to + 2, list.data, list.len);
    }
    return bytes_of(to, 2 + list.len);
}
