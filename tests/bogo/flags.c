/* flags.c - the runner's flags, from a table. Knows nothing of what they mean. */
#include "shim.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    BOOL,        /* a bool of the settings */
    INT,         /* an int */
    TEXT,        /* a string */
    NUMBERS,     /* adds to struct numbers */
    OWN_BOOL,    /* the same kinds, of the newest credential */
    OWN_TEXT,
    OWN_NUMBERS,
    NEW,         /* begins a credential */
    NOTHING,     /* true of this library anyway, or of no consequence */
    NOTHING_1    /* likewise, with a value */
};

struct flag {
    const char *name;
    enum kind kind;
    size_t offset;
};

#define OF(field) offsetof(struct settings, field)
#define OF_OWN(field) offsetof(struct credential, field)
static const struct flag flags[] = {
    { "server", BOOL, OF(server) },
    { "port", INT, OF(port) },
    { "shim-id", TEXT, OF(shim_id) },
    { "ipv6", BOOL, OF(ipv6) },
    { "resume-count", INT, OF(resume_count) },
    { "min-version", INT, OF(min_version) },
    { "max-version", INT, OF(max_version) },
    { "no-tls1", NOTHING, 0 },
    { "no-tls11", NOTHING, 0 },
    { "no-tls12", BOOL, OF(no_tls12) },
    { "no-tls13", BOOL, OF(no_tls13) },
    { "expect-version", INT, OF(expect_version) },
    { "expect-cipher", INT, OF(expect_cipher) },
    { "expect-cipher-aes", INT, OF(expect_cipher_aes) },
    { "expect-cipher-no-aes", NOTHING_1, 0 },
    { "cipher", TEXT, OF(cipher) },
    { "server-preference", NOTHING, 0 },
    { "async", BOOL, OF(async) },
    { "implicit-handshake", BOOL, OF(implicit_handshake) },
    { "no-op-extra-handshake", NOTHING, 0 },
    { "shim-writes-first", BOOL, OF(shim_writes_first) },
    { "shim-initial-write", TEXT, OF(shim_initial_write) },
    { "repeat-shim-initial-write", INT, OF(repeat_shim_initial_write) },
    { "read-with-unfinished-write", BOOL, OF(read_with_unfinished_write) },
    { "shim-shuts-down", BOOL, OF(shim_shuts_down) },
    { "check-close-notify", BOOL, OF(check_close_notify) },
    { "read-size", INT, OF(read_size) },
    { "max-send-fragment", INT, OF(max_send_fragment) },
    { "max-cert-list", INT, OF(max_cert_list) },
    { "jdk11-workaround", NOTHING, 0 }, /* for clients of JDK 11 that find TLS 1.3 */
    { "expect-certificate-types", TEXT, OF(expect_certificate_types) },
    { "use-exporter-between-reads", BOOL, OF(use_exporter_between_reads) },
    { "peek-then-read", BOOL, OF(peek_then_read) },
    { "export-traffic-secrets", BOOL, OF(export_traffic_secrets) },
    { "expect-peer-verify-pref", NUMBERS, OF(peer_verify_prefs) },
    { "expect-client-ca-list", TEXT, OF(expect_client_ca_list) },
    { "expect-ticket-age-skew", INT, OF(expect_ticket_age_skew) },
    { "key-update", BOOL, OF(key_update) },
    { "enable-grease", BOOL, OF(grease) },
    { "export-keying-material", INT, OF(export_keying_material) },
    { "export-label", TEXT, OF(export_label) },
    { "export-context", TEXT, OF(export_context) },
    { "use-export-context", BOOL, OF(use_export_context) },
    { "tls-unique", BOOL, OF(tls_unique) },
    { "expect-msg-callback", TEXT, OF(expect_msg_callback) },
    { "cert-file", OWN_TEXT, OF_OWN(cert_file) },
    { "key-file", OWN_TEXT, OF_OWN(key_file) },
    { "signing-prefs", OWN_NUMBERS, OF_OWN(signing_prefs) },
    { "ocsp-response", OWN_TEXT, OF_OWN(ocsp_response) },
    { "signed-cert-timestamps", OWN_TEXT, OF_OWN(scts) },
    { "enable-ocsp-stapling", BOOL, OF(enable_ocsp_stapling) },
    { "expect-ocsp-response", TEXT, OF(expect_ocsp_response) },
    { "use-ocsp-callback", NOTHING, 0 },
    { "set-ocsp-in-callback", NOTHING, 0 },
    { "decline-ocsp-callback", BOOL, OF(decline_ocsp_callback) },
    { "enable-signed-cert-timestamps", BOOL, OF(enable_scts) },
    { "expect-signed-cert-timestamps", TEXT, OF(expect_scts) },
    { "must-match-issuer", OWN_BOOL, OF_OWN(must_match_issuer) },
    { "new-x509-credential", NEW, 0 },
    { "expect-selected-credential", INT, OF(expect_selected_credential) },
    { "trust-cert", TEXT, OF(trust_cert) },
    { "verify-peer", BOOL, OF(verify_peer) },
    { "require-any-client-certificate", BOOL, OF(require_any_client_certificate) },
    { "reverify-on-resume", BOOL, OF(reverify_on_resume) },
    { "verify-fail", BOOL, OF(verify_fail) },
    { "use-custom-verify-callback", BOOL, OF(use_custom_verify_callback) },
    { "expect-verify-result", NOTHING, 0 },
    { "expect-peer-cert-file", TEXT, OF(expect_peer_cert_file) },
    { "expect-no-peer-cert", BOOL, OF(expect_no_peer_cert) },
    { "verify-prefs", NUMBERS, OF(verify_prefs) },
    { "expect-peer-signature-algorithm", INT, OF(expect_peer_signature_algorithm) },
    { "use-client-ca-list", TEXT, OF(use_client_ca_list) },
    { "use-old-client-cert-callback", NOTHING, 0 },
    { "use-early-callback", NOTHING, 0 },
    { "curves", NUMBERS, OF(curves) },
    { "key-shares", NUMBERS, OF(key_shares) },
    { "expect-curve-id", INT, OF(expect_curve_id) },
    { "expect-hrr", BOOL, OF(expect_hrr) },
    { "expect-no-hrr", BOOL, OF(expect_no_hrr) },
    { "no-ticket", BOOL, OF(no_ticket) },
    { "expect-session-miss", BOOL, OF(expect_session_miss) },
    { "expect-no-session", BOOL, OF(expect_no_session) },
    { "expect-no-session-id", NOTHING, 0 },
    { "expect-extended-master-secret", BOOL, OF(expect_extended_master_secret) },
    { "expect-ticket-renewal", BOOL, OF(expect_ticket_renewal) },
    { "resumption-delay", INT, OF(resumption_delay) },
    { "host-name", TEXT, OF(host_name) },
    { "expect-server-name", TEXT, OF(expect_server_name) },
    { "expect-no-server-name", BOOL, OF(expect_no_server_name) },
    { "advertise-alpn", TEXT, OF(advertise_alpn) },
    { "expect-alpn", TEXT, OF(expect_alpn) },
    { "select-alpn", TEXT, OF(select_alpn) },
    { "expect-advertised-alpn", NOTHING_1, 0 }, /* the library does not tell */
    { "decline-alpn", BOOL, OF(decline_alpn) },
    { "expect-early-data-reason", NOTHING_1, 0 },
    { "enable-early-data", BOOL, OF(enable_early_data) },
    { "expect-accept-early-data", BOOL, OF(expect_accept_early_data) },
    { "expect-reject-early-data", BOOL, OF(expect_reject_early_data) },
    { "expect-no-offer-early-data", BOOL, OF(expect_no_offer_early_data) },
    { "expect-ticket-supports-early-data", BOOL, OF(expect_ticket_supports_early_data) },
    { "expect-session-id", NOTHING, 0 }, /* one stands in each of BoringSSL's sessions */
    { "reject-alpn", BOOL, OF(reject_alpn) },
    { "renegotiate-freely", BOOL, OF(renegotiate_freely) },
    { "renegotiate-explicit", BOOL, OF(renegotiate_freely) }, /* the shim asked would say yes */
    { "renegotiate-once", BOOL, OF(renegotiate_once) },
    { "renegotiate-ignore", NOTHING, 0 },
    { "expect-total-renegotiations", INT, OF(expect_total_renegotiations) },
    { "fail-early-callback", BOOL, OF(fail_early_callback) },
    { "install-ddos-callback", NOTHING, 0 },
    { "fail-ddos-callback", BOOL, OF(fail_ddos_callback) },
    { "fail-cert-callback", BOOL, OF(fail_cert_callback) },
    { "fail-ocsp-callback", BOOL, OF(fail_ocsp_callback) },
    { "psk", TEXT, OF(psk) },
    { "psk-identity", TEXT, OF(psk_identity) },
    { "new-psk-credential", NEW, 0 },
    { "new-rpk-credential", NEW, 0 },
    { "fips-202205", BOOL, OF(fips_202205) },
    { "wpa-202304", BOOL, OF(wpa_202304) },
    { "cnsa1-202603", BOOL, OF(cnsa1_202603) },
    { "cnsa2-202603", BOOL, OF(cnsa2_202603) },
    { "cnsa-202407", BOOL, OF(cnsa_202407) },
    { "accepted-peer-cert-types", NUMBERS, OF(accepted_peer_types) },
    { "available-client-cert-types", NUMBERS, OF(own_types) },
    { "expect-peer-certificate-type", INT, OF(expect_peer_type) },
    { "expect-peer-rpk-sha256", TEXT, OF(expect_peer_rpk) },
    { "psk-importer-key", OWN_TEXT, OF_OWN(psk_key) },
    { "psk-importer-identity", OWN_TEXT, OF_OWN(psk_identity) },
    { "psk-importer-context", OWN_TEXT, OF_OWN(psk_context) },
    { "psk-importer-sha256", NOTHING, 0 },
    { "psk-importer-sha384", OWN_BOOL, OF_OWN(psk_sha384) },
    { "expect-secure-renegotiation", NOTHING, 0 },
    { "no-legacy-server-connect", NOTHING, 0 },
    { "install-cert-compression-algs", BOOL, OF(all_toys) },
    { "install-one-cert-compression-alg", NUMBERS, OF(toys) },
};

static const struct {
    const char *prefix;
    unsigned which; /* bits of the settings that it is for */
} prefixes[] = {
    { "-on-initial-", 1 << ON_INITIAL },
    { "-on-resume-", 1 << ON_RESUME },
    { "-on-retry-", 1 << ON_RETRY },
    { "-", 1 << ON_INITIAL | 1 << ON_RESUME | 1 << ON_RETRY },
};

cssl_bytes from_base64(const char *text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static uint8_t bytes[65536];
    static size_t used;
    const size_t begin = used;
    uint32_t value = 0;
    unsigned bits = 0;
    for (; text != NULL && *text != '\0' && *text != '=' && used < sizeof(bytes); text++) {
        const char *digit = strchr(alphabet, *text);
        value = value << 6 | (uint32_t)(digit == NULL ? 0 : digit - alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[used++] = (uint8_t)(value >> bits);
        }
    }
    return (cssl_bytes){ bytes + begin, used - begin };
}

static const struct flag *find(const char *name)
{
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(flags[i].name, name) == 0) {
            return &flags[i];
        }
    }
    return NULL;
}

static bool add_number(struct numbers *n, const char *value)
{
    if (n->num == NUMBERS_MAX) {
        return false;
    }
    n->list[n->num++] = (uint16_t)strtoul(value, NULL, 10);
    return true;
}

static bool apply(struct settings *s, const struct flag *flag, const char *value)
{
    bool own = flag->kind == OWN_BOOL || flag->kind == OWN_TEXT || flag->kind == OWN_NUMBERS;
    char *base = own ? (char *)&s->credentials[s->num_credentials - 1] : (char *)s;
    void *at = base + flag->offset;
    switch (flag->kind) {
    case BOOL:
    case OWN_BOOL:
        *(bool *)at = true;
        return true;
    case INT:
        *(int *)at = (int)strtol(value, NULL, 10);
        return true;
    case TEXT:
    case OWN_TEXT:
        *(const char **)at = value;
        return true;
    case NUMBERS:
    case OWN_NUMBERS:
        return add_number(at, value);
    case NEW:
        return s->num_credentials++ < CREDENTIALS_MAX;
    case NOTHING:
    case NOTHING_1:
        break;
    }
    return true;
}

static bool has_value(enum kind kind)
{
    return kind != BOOL && kind != OWN_BOOL && kind != NEW && kind != NOTHING;
}

bool parse_flags(struct settings settings[NUM_SETTINGS], int argc, char **argv)
{
    for (size_t i = 0; i < NUM_SETTINGS; i++) {
        settings[i] = (struct settings){ .num_credentials = 1,
                                         .repeat_shim_initial_write = 1,
                                         .read_size = 512,
                                         .expect_selected_credential = -2,
                                         .expect_peer_type = -1 };
    }
    for (int i = 1; i < argc; i++) {
        size_t p = 0;
        while (p < 3 && strncmp(argv[i], prefixes[p].prefix, strlen(prefixes[p].prefix)) != 0) {
            p++;
        }
        const struct flag *flag =
            argv[i][0] == '-' ? find(argv[i] + strlen(prefixes[p].prefix)) : NULL;
        if (flag == NULL || (has_value(flag->kind) && i + 1 == argc)) {
            (void)fprintf(stderr, "no such flag: %s\n", argv[i]);
            return false;
        }
        const char *value = has_value(flag->kind) ? argv[++i] : NULL;
        for (size_t k = 0; k < NUM_SETTINGS; k++) {
            if ((prefixes[p].which >> k & 1) != 0 && !apply(&settings[k], flag, value)) {
                (void)fprintf(stderr, "too many of flag %s\n", flag->name);
                return false;
            }
        }
    }
    return true;
}
