/* record.c - see record.h. */
#include "record.h"

#include "base/base.h"
#include "pki/certkey.h"
#include "pair.h"
#include "play/play.h"

/* ---- Recording ---- */

struct recorded recorded[RECORDED_MAX];
size_t num_recorded;

static void see(void *user, const cssl_trace_event *event)
{
    (void)user;
    if (!event->sent && event->content_type == CT_HANDSHAKE) {
        assert_true(num_recorded < ARRAY_SIZE(recorded));
        struct recorded *r = &recorded[num_recorded++];
        r->type = event->message.data[0];
        r->len = event->message.len;
        r->data = test_copy(event->message.data, event->message.len);
    }
}

void record_forget(void)
{
    for (size_t i = 0; i < num_recorded; i++) {
        free(recorded[i].data);
    }
    num_recorded = 0;
}

static void carry(cssl_engine *from, cssl_engine *to)
{
    cssl_event event;
    cssl_bytes out = cssl_engine_output(from);
    uint8_t *where = NULL;
    if (out.len > 0) {
        assert_true(cssl_engine_room(to, &where) >= out.len);
        memcpy(where, out.data, out.len);
        assert_int_equal(cssl_engine_received(to, out.len, NULL), 0);
        cssl_engine_sent(from, out.len);
    }
    while (cssl_engine_next(to, &event)) {
    }
}

static int64_t fixed(void *user, cssl_clock which)
{
    (void)user;
    (void)which;
    return PAIR_NOW * INT64_C(1000000);
}

/* handshake runs one between options like those of the player, and records what role receives. */
void record_handshake(unsigned variant, bool server)
{
    const cssl_peer peer = { .name = "server.test", .port = 443 };
    const cssl_cert_key of_client = { .cert = PAIR_PEM(pair_client_ed25519) };
    const cssl_cert_key of_server = { .cert = PAIR_PEM(pair_ed25519) };
    bool mutual = (variant & VARIANT_MUTUAL) != 0;
    bool retry = (variant & VARIANT_RETRY) != 0;
    cssl_options c = { .middlebox_comp_mode = CSSL_OFF,
                       .alpn_protocols = CSSL_LIST("h2"),
                       .cacerts = PAIR_PEM(pair_root),
                       .supported_groups = CSSL_LIST("x25519", "secp256r1"),
                       .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256"),
                       .certs_keys = mutual ? &of_client : NULL,
                       .num_certs_keys = mutual,
                       .now_us = fixed,
                       .trace = server ? NULL : see };
    cssl_options s = { .alpn_protocols = CSSL_LIST("h2"),
                       .verify = mutual ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE,
                       .cacerts = (cssl_bytes){ (const uint8_t *)pair_root,
                                                mutual ? strlen(pair_root) : 0 },
                       .supported_groups = retry ? CSSL_LIST("secp256r1")
                                                 : CSSL_LIST("x25519", "secp256r1"),
                       .cookie = server ? CSSL_OFF : CSSL_ON,
                       .certs_keys = &of_server,
                       .num_certs_keys = 1,
                       .now_us = fixed,
                       .trace = server ? see : NULL };
    static const char *const raw_first[] = { "raw_public_key", "x509", NULL };
    struct certkey client_key, server_key;
    assert_int_equal(certkey_load(&client_key, &of_client, NULL, NULL), 0);
    assert_int_equal(certkey_load(&server_key, &of_server, NULL, NULL), 0);
    const cssl_bytes of_clients = certkey_spki(&client_key), of_servers = certkey_spki(&server_key);
    if ((variant & VARIANT_RAW) != 0) {
        c.own_cert_types = s.own_cert_types = raw_first;
        c.peer_cert_types = s.peer_cert_types = raw_first;
        c.trusted_keys = &of_servers;
        c.num_trusted_keys = 1;
        s.trusted_keys = &of_clients;
        s.num_trusted_keys = mutual;
    }
    if ((variant & VARIANT_PSK) != 0) {
        c.psk_identity = s.psk_identity = PLAY_PSK_IDENTITY;
        c.psk = s.psk = bytes_str(PLAY_PSK);
    }
    cssl_config *cc = cssl_client_config(&c, NULL), *sc = cssl_server_config(&s, NULL);
    assert_non_null(cc);
    assert_non_null(sc);
    cssl_engine *ce = cssl_engine_new(cc, &peer, NULL), *se = cssl_engine_new(sc, NULL, NULL);
    assert_non_null(ce);
    assert_non_null(se);
    for (int i = 0; i < 4; i++) {
        carry(ce, se);
        carry(se, ce);
    }
    cssl_engine_free(ce);
    cssl_engine_free(se);
    cssl_config_free(cc);
    cssl_config_free(sc);
    certkey_free(&client_key);
    certkey_free(&server_key);
}

/* ---- Scripts ---- */

void record_op(struct wr *w, uint8_t what, cssl_bytes bytes)
{
    wr_u8(w, what);
    wr_vec16(w, bytes);
}

static void op_text(struct wr *w, uint8_t what, const char *text, size_t len)
{
    record_op(w, what, bytes_of((const uint8_t *)text, len));
}

void record_script(struct wr *w, unsigned variant, bool server)
{
    wr_u8(w, (uint8_t)variant);
    for (size_t i = 0; i < num_recorded; i++) {
        const struct recorded *r = &recorded[i];
        bool with_binder = r->type == HT_CLIENT_HELLO && (variant & VARIANT_PSK) != 0;
        uint8_t what = r->type == HT_FINISHED             ? PLAY_FINISHED
                       : r->type == HT_CERTIFICATE_VERIFY ? PLAY_VERIFY
                       : with_binder                      ? PLAY_BINDER
                                                          : PLAY_HANDSHAKE;
        bool made = what == PLAY_FINISHED || what == PLAY_VERIFY;
        record_op(w, what, made ? bytes_of(NULL, 0) : bytes_of(r->data, r->len));
        if (server && r->type == HT_CLIENT_HELLO) {
            op_text(w, PLAY_CCS, "\1", 1);
        }
    }
    op_text(w, PLAY_WRITE, "hello", 5);
    op_text(w, PLAY_DATA, "world", 5);
    op_text(w, PLAY_HANDSHAKE, "\x18\0\0\1\1", 5);
    op_text(w, PLAY_DATA, "", 0);
    op_text(w, PLAY_UPDATE, "x", 1);
    op_text(w, PLAY_WRITE, "again", 5);
    op_text(w, PLAY_CLOSE, "", 0);
    op_text(w, PLAY_ALERT, "\1\0", 2);
    op_text(w, PLAY_END, "", 0);
    assert_true(wr_ok(w));
}
