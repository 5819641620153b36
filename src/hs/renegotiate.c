/* renegotiate.c - what a renegotiation of TLS 1.2 must repeat. Knows neither states nor records. */
#include "hs/renegotiate.h"

#include "base/error.h"
#include "base/mem.h"
#include "crypto/suite.h"
#include "hs/negotiate.h"

static int check_info(const struct hs *hs, bool server, bool there, cssl_bytes info,
                      cssl_error *err);
static int check_secret(const struct hs *hs, struct ext_set has, cssl_error *err);

struct hs *hs_renew(struct conn *conn, cssl_error *err)
{
    struct hs *hs = hs_new(conn, err);
    if (hs != NULL) {
        hs->renegotiation = true;
    }
    return hs;
}

cssl_bytes renegotiation_info(const struct hs *hs, bool server,
                              uint8_t bytes[RENEGOTIATION_INFO_MAX])
{
    if (!hs->renegotiation) {
        return bytes_of(NULL, 0);
    }
    memcpy(bytes, hs->conn->finished, RENEGOTIATION_INFO_MAX);
    return bytes_of(bytes, server ? RENEGOTIATION_INFO_MAX : FINISHED12);
}

int renegotiate_check_client(const struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    bool there = ext_has(ch->has, EXT_RENEGOTIATION_INFO);
    if (!hs->renegotiation && !there) {
        return 0; /* there will be no renegotiation */
    }
    /* RFC 5746 3.7: the suite that stands for an empty extension is of first handshakes. */
    if (hs->renegotiation && u16s_has(ch->cipher_suites, SUITE_EMPTY_RENEGOTIATION_INFO_SCSV)) {
        return fail(err, CSSL_R_RENEGOTIATION_INFO);
    }
    int ret = check_info(hs, false, there, ch->renegotiation_info, err);
    return ret == 0 ? check_secret(hs, ch->has, err) : ret;
}

int renegotiate_check_server(const struct hs *hs, const struct server_hello *sh, cssl_error *err)
{
    /* RFC 5746 3.4: without it an attacker could have put a handshake in front of this one. */
    int ret = check_info(hs, true, ext_has(sh->has, EXT_RENEGOTIATION_INFO),
                         sh->renegotiation_info, err);
    return ret == 0 ? check_secret(hs, sh->has, err) : ret;
}

int renegotiate_check_names(const struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    const struct conn *c = hs->conn;
    const cssl_bytes sni = conn_name(c->sni);
    if (ch->server_name.len > 0 && !bytes_equal(ch->server_name, sni)) {
        return fail_text(err, CSSL_R_RENEGOTIATION_CHANGED, "the server's name");
    }
    /* RFC 7301 3.2: it would mean another protocol from here on. Some clients leave it out. */
    if (c->alpn != NULL && ext_has(ch->has, EXT_ALPN) && !alpn_has(ch->alpn, bytes_str(c->alpn))) {
        return fail_text(err, CSSL_R_RENEGOTIATION_CHANGED, "the application protocol");
    }
    return 0;
}

int renegotiate_check_suite(const struct hs *hs, uint16_t suite, cssl_error *err)
{
    bool certificate = suite_find(suite)->auth != AUTH_PSK;
    if (!hs->renegotiation || hs->conn->server || certificate == (hs->conn->peer != NULL)) {
        return 0;
    }
    return fail_text(err, CSSL_R_RENEGOTIATION_CHANGED, "how the server is authenticated");
}

int renegotiate_check_peer(const struct hs *hs, cssl_bytes leaf, cssl_error *err)
{
    const struct peer_chain *before = hs->conn->peer;
    const cssl_bytes expected = before == NULL        ? bytes_of(NULL, 0)
                                : before->raw != NULL ? bytes_of(before->raw, before->raw_len)
                                                      : cert_der(before->certs[0]);
    if (!hs->renegotiation || bytes_equal(leaf, expected)) {
        return 0;
    }
    return fail_text(err, CSSL_R_RENEGOTIATION_CHANGED, "the peer's certificate");
}

static int check_info(const struct hs *hs, bool server, bool there, cssl_bytes info,
                      cssl_error *err)
{
    uint8_t bytes[RENEGOTIATION_INFO_MAX];
    const cssl_bytes expected = renegotiation_info(hs, server, bytes);
    bool same = there && info.len == expected.len &&
                (info.len == 0 || ct_equal(info.data, expected.data, info.len));
    return same ? 0 : fail(err, CSSL_R_RENEGOTIATION_INFO);
}

/* RFC 7627 5.4: whoever had it goes on with it. Nor does it come later: a peer has one opinion. */
static int check_secret(const struct hs *hs, struct ext_set has, cssl_error *err)
{
    bool now = ext_has(has, EXT_EXTENDED_MASTER_SECRET);
    return hs->renegotiation && hs->conn->extended_master_secret != now
               ? fail_text(err, CSSL_R_RENEGOTIATION_CHANGED, "%s extended_master_secret",
                           now ? "now there is" : "there is no more")
               : 0;
}
