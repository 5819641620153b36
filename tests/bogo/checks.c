/* checks.c - compares a connection with what the runner's -expect-... flags say of it. */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"

static bool wrong(const char *what)
{
    (void)fprintf(stderr, "not as expected: %s\n", what);
    return false;
}

static bool same(const char *name, const char *expected)
{
    return expected != NULL && strcmp(name, expected) == 0;
}

static bool check_parameters(const struct settings *s, const cssl_info *i)
{
    int suite = s->expect_cipher != 0 ? s->expect_cipher : s->expect_cipher_aes;
    if (suite != 0 && !same(i->cipher_suite, name_of_suite((uint16_t)suite))) {
        return wrong("cipher suite");
    }
    bool of12 = strcmp(i->protocol, "tlsv1.2") == 0;
    if (s->expect_version != 0 && s->expect_version != (of12 ? TLS_1_2 : TLS_1_3)) {
        return wrong("version");
    }
    /* In TLS 1.2 a resumed connection has no key exchange; in BoringSSL it has the session's. */
    bool exchanged = !of12 || !i->session_resumption;
    if (s->expect_curve_id != 0 && exchanged &&
        !same(i->group, name_of_group((uint16_t)s->expect_curve_id))) {
        return wrong("group");
    }
    if ((s->expect_hrr && !i->hello_retry) || (s->expect_no_hrr && i->hello_retry)) {
        return wrong("HelloRetryRequest");
    }
    if (i->ticket_age_skew != s->expect_ticket_age_skew && i->session_resumption &&
        s->expect_ticket_age_skew != 0) {
        return wrong("the ticket's age");
    }
    if (s->expect_extended_master_secret && of12 && !i->extended_master_secret) {
        return wrong("extended master secret");
    }
    /* A resumed connection has none in this library; in BoringSSL it is that of the session. */
    uint16_t scheme = i->session_resumption ? 0 : (uint16_t)s->expect_peer_signature_algorithm;
    if (scheme != 0 && !same(s->server ? i->client_signature_scheme : i->signature_scheme,
                             name_of_scheme(scheme))) {
        return wrong("the peer's signature scheme");
    }
    return true;
}

static bool check_names(const struct settings *s, const cssl_info *i)
{
    const char *alpn = s->server ? s->select_alpn : s->expect_alpn;
    if (!same(i->alpn_protocol, alpn == NULL ? "" : alpn)) {
        return wrong("ALPN");
    }
    if ((s->expect_server_name != NULL && !same(i->sni_hostname, s->expect_server_name)) ||
        (s->expect_no_server_name && i->sni_hostname[0] != '\0')) {
        return wrong("server name");
    }
    return true;
}

/* The chain that the peer sent has to be that of a PEM file, byte for byte. */
static bool same_chain(const char *file, const cssl_engine *e)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    FILE *f = fopen(file, "re");
    char line[256];
    cssl_bytes der = { 0 };
    size_t num = 0;
    size_t at = 0;
    unsigned bits = 0;
    unsigned value = 0;
    bool good = f != NULL;
    while (good && fgets(line, sizeof(line), f) != NULL) {
        if (line[0] == '-') {
            good = strncmp(line, "-----BEGIN", 10) == 0
                       ? cssl_engine_peercert(e, num++, &der, NULL) == 0
                       : at == der.len;
            at = bits = value = 0;
            continue;
        }
        for (const char *c = line; good && *c != '\0'; c++) {
            const char *digit = strchr(alphabet, *c);
            if (digit == NULL) {
                continue; /* padding, end of line */
            }
            value = value << 6 | (unsigned)(digit - alphabet);
            bits += 6;
            if (bits >= 8) {
                bits -= 8;
                good = at < der.len && der.data[at++] == (uint8_t)(value >> bits);
            }
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return good && cssl_engine_peercert(e, num, &der, NULL) != 0;
}

/* What came beside the peer's certificate. */
static bool same_extras(const struct settings *s, const cssl_engine *e)
{
    cssl_bytes staple = from_base64(s->expect_ocsp_response);
    cssl_bytes scts = from_base64(s->expect_scts);
    cssl_bytes got;
    if (staple.len > 0 &&
        (cssl_engine_peer_staple(e, &got, NULL) != 0 || !bytes_equal(got, staple))) {
        return wrong("the stapled response");
    }
    return scts.len == 0 ||
           (cssl_engine_peer_scts(e, &got, NULL) == 0 && bytes_equal(got, scts)) ||
           wrong("the timestamps");
}

/* -1 stands for the default credential, too, which is the last identity. */
static int credential_used(const struct settings *s, const cssl_engine *e, int psk)
{
    int left = selected_credential(e);
    for (size_t i = 1; i <= s->num_credentials; i++) {
        const struct credential *c = &s->credentials[i % s->num_credentials];
        bool this_one = psk > 0 ? c->psk_key != NULL && --psk == 0
                                : is_identity(s, c) && left-- == 0;
        if (this_one) {
            return (int)(i % s->num_credentials) - 1;
        }
    }
    return -1;
}

static bool has_psk(const struct settings *s)
{
    bool has = s->psk != NULL;
    for (size_t i = 0; i < s->num_credentials; i++) {
        has = has || s->credentials[i].psk_key != NULL;
    }
    return has;
}

static bool check_seen(const struct settings *s, const struct seen *seen)
{
    const struct numbers *prefs = &s->peer_verify_prefs;
    if (prefs->num > 0 &&
        (prefs->num != seen->schemes.num ||
         memcmp(prefs->list, seen->schemes.list, prefs->num * sizeof(prefs->list[0])) != 0)) {
        return wrong("the peer's signature schemes");
    }
    const cssl_bytes types = from_base64(s->expect_certificate_types);
    if (types.len > 0 && !bytes_equal(types, (cssl_bytes){ seen->types, seen->num_types })) {
        return wrong("the types of certificates");
    }
    return s->expect_client_ca_list == NULL || s->expect_client_ca_list[0] == '<' ||
           same(seen->authorities, s->expect_client_ca_list) || wrong("the authorities");
}

bool check_handshake(const struct settings *s, cssl_engine *e, const struct seen *seen,
                     bool resumption)
{
    cssl_info i;
    cssl_bytes der;
    cssl_engine_information(e, &i);
    if (!check_parameters(s, &i) || !check_names(s, &i) || !check_seen(s, seen)) {
        return false;
    }
    if (i.session_resumption != (resumption && !s->expect_session_miss)) {
        return wrong(i.session_resumption ? "resumed" : "not resumed");
    }
    bool has_cert = cssl_engine_peercert(e, 0, &der, NULL) == 0;
    bool has_key = cssl_engine_peer_key(e, &der, NULL) == 0;
    if ((!s->server && !has_key && !has_psk(s)) || (s->expect_no_peer_cert && has_cert)) {
        return wrong("the peer's certificate");
    }
    if ((s->expect_peer_type >= 0 && (!has_key || has_cert != (s->expect_peer_type == 0))) ||
        (s->expect_peer_rpk != NULL && !same_hash(der, from_base64(s->expect_peer_rpk)))) {
        return wrong("the peer's raw key");
    }
    if (!i.session_resumption && !same_extras(s, e)) {
        return false;
    }
    if (s->expect_peer_cert_file != NULL && !same_chain(s->expect_peer_cert_file, e)) {
        return wrong("the peer's chain");
    }
    if (s->expect_selected_credential != -2 &&
        s->expect_selected_credential != credential_used(s, e, i.psk_number)) {
        return wrong("the identity that was used");
    }
    return true;
}

bool check_early(const struct settings *s, const cssl_info *info)
{
    bool rejected = (s->server || info->early_data_offered) && !info->early_data_accepted;
    return (!s->expect_accept_early_data || info->early_data_accepted ||
            wrong("early data are not accepted")) &&
           (!s->expect_reject_early_data || rejected || wrong("early data are not rejected")) &&
           (!s->expect_no_offer_early_data || !info->early_data_offered ||
            wrong("early data are offered"));
}

bool same_trace(const struct settings *s, const struct surroundings *around)
{
    const char *want = s->expect_msg_callback;
    if (want == NULL || strcmp(want, around->trace) == 0) {
        return true;
    }
    (void)fprintf(stderr, "messages:\n%s", around->trace);
    return wrong("the messages");
}
