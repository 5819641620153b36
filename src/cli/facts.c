/* facts.c - what is known of one connection, as JSON and as lines for people. */
#include "cli/facts.h"

#include "crypto/hash.h"
#include "pki/cert.h"
#include "pki/dname.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

/* The order in which people are shown what `facts_of` collects. */
static const struct {
    const char *key;
    const char *label;
    bool bytes; /* a number of them */
} shown[] = {
    { "peer", "Peer", false },
    { "protocol", "Protocol", false },
    { "cipher_suite", "Cipher suite", false },
    { "group", "Key exchange", false },
    { "signature_scheme", "Server's signature", false },
    { "client_signature_scheme", "Client's signature", false },
    { "server_name", "Server name (SNI)", false },
    { "alpn", "Application (ALPN)", false },
    { "resumed", "Resumed", false },
    { "hello_retry", "HelloRetryRequest", false },
    { "early_data", "Early data", false },
    { "session_id", "Session", false },
    { "extended_master_secret", "Extended secret", false },
    { "secure_renegotiation", "Safe renegotiation", false },
    { "encrypt_then_mac", "Encrypt then MAC", false },
    { "max_fragment_length", "Records agreed on", true },
    { "record_size_limit", "Records it takes", true },
    { "cert_compression", "Chain compressed", false },
    { "staple", "OCSP response", false },
};

/* ---- Addresses ---- */

void facts_address(char out[ADDRESS_MAX], const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        (void)inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
        (void)snprintf(out, ADDRESS_MAX, "%s:%u", text, ntohs(in.sin_port));
    } else if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        unsigned port = ntohs(in6.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
            (void)inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12], text, sizeof(text));
            (void)snprintf(out, ADDRESS_MAX, "%s:%u", text, port);
            return;
        }
        (void)inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof(text));
        (void)snprintf(out, ADDRESS_MAX, "[%s]:%u", text, port);
    } else {
        (void)snprintf(out, ADDRESS_MAX, "unknown");
    }
}

void facts_peer(char out[ADDRESS_MAX], const cssl_socket *s)
{
    struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
    if (cssl_peername(s, &address, NULL) < 0) {
        address.ss_family = AF_UNSPEC;
    }
    facts_address(out, &address);
}

void facts_local(char out[ADDRESS_MAX], const cssl_socket *s)
{
    struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
    if (cssl_sockname(s, &address, NULL) < 0) {
        address.ss_family = AF_UNSPEC;
    }
    facts_address(out, &address);
}

/* ---- Certificates ---- */

json_t *facts_certificate(cssl_bytes der)
{
    struct cert *cert = cert_parse(der, NULL);
    if (cert == NULL) {
        return NULL;
    }
    char subject[DNAME_TEXT_MAX];
    char issuer[DNAME_TEXT_MAX];
    uint8_t digest[32];
    hash_once(HASH_SHA256, der.data, der.len, digest);
    json_t *j = cli_memory(json_pack(
        "{s:o, s:o, s:o, s:o, s:o}", "subject",
        cli_json_text(bytes_str(dname_text(subject, cert_subject(cert)))), "issuer",
        cli_json_text(bytes_str(dname_text(issuer, cert_issuer(cert)))), "not_before",
        cli_json_time(cert_not_before(cert)), "not_after", cli_json_time(cert_not_after(cert)),
        "sha256", cli_json_hex(bytes_of(digest, sizeof(digest)))));
    cert_free(cert);
    return j;
}

void facts_subject(char out[SUBJECT_MAX], const cssl_socket *s)
{
    cssl_bytes der;
    out[0] = '\0';
    if (cssl_peercert(s, 0, &der, NULL) < 0) {
        return;
    }
    json_t *certificate = facts_certificate(der);
    if (certificate != NULL) {
        (void)snprintf(out, SUBJECT_MAX, "%s",
                       json_string_value(json_object_get(certificate, "subject")));
    }
    json_decref(certificate);
}

static json_t *chain_of(const cssl_socket *s)
{
    json_t *chain = cli_memory(json_array());
    cssl_bytes der;
    for (size_t i = 0; cssl_peercert(s, i, &der, NULL) >= 0; i++) {
        json_t *certificate = facts_certificate(der);
        if (certificate != NULL) {
            (void)json_array_append_new(chain, certificate);
        }
    }
    return chain;
}

/* ---- All of it ---- */

/* TLS 1.3 has no such choices, or none that differ. */
static void facts_of_12(json_t *facts, const cssl_info *info)
{
    cssl_suite_info suite;
    cli_json_set(facts, "session_id",
                 cli_json_hex(bytes_of(info->session_id, info->session_id_len)));
    cli_json_set(facts, "extended_master_secret", json_boolean(info->extended_master_secret));
    cli_json_set(facts, "secure_renegotiation", json_boolean(info->secure_renegotiation));
    if (cssl_cipher_suite_info(info->cipher_suite, &suite, NULL) == 0 &&
        strcmp(suite.mac, "aead") != 0) {
        cli_json_set(facts, "encrypt_then_mac", json_boolean(info->encrypt_then_mac));
    }
}

/* Bytes; left out when nothing was agreed on. */
static void facts_of_records(json_t *facts, const cssl_info *info)
{
    if (info->max_fragment_length > 0) {
        cli_json_set(facts, "max_fragment_length", json_integer(info->max_fragment_length));
    }
    if (info->record_size_limit > 0) {
        cli_json_set(facts, "record_size_limit", json_integer(info->record_size_limit));
    }
}

static void facts_of_staple(json_t *facts, const cssl_socket *s, const cssl_info *info)
{
    cssl_bytes der;
    const bool there = cssl_peer_staple(s, &der, NULL) >= 0;
    cli_json_set(facts, "staple",
                 json_string(info->staple_verified ? "good" : there ? "not verified" : ""));
    if (cssl_peer_scts(s, &der, NULL) >= 0) {
        cli_json_set(facts, "scts", cli_json_hex(der));
    }
}

json_t *facts_of(const cssl_socket *s)
{
    char peer[ADDRESS_MAX];
    char local[ADDRESS_MAX];
    cssl_info info;
    facts_peer(peer, s);
    facts_local(local, s);
    cssl_connection_information(s, &info);
    json_t *facts = cli_memory(json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:b, s:s}", "peer", peer, "local",
        local, "protocol", info.protocol, "cipher_suite", info.cipher_suite, "group", info.group,
        "signature_scheme", info.signature_scheme, "client_signature_scheme",
        info.client_signature_scheme, "server_name",
        cli_json_text(bytes_str(info.sni_hostname)), "alpn",
        cli_json_text(bytes_str(info.alpn_protocol)), "resumed", info.session_resumption,
        "hello_retry", info.hello_retry, "peer_verified", info.peer_verified,
        "early_data", info.early_data_accepted  ? "accepted"
                      : info.early_data_offered ? "refused"
                                                : ""));
    if (strcmp(info.protocol, "tlsv1.2") == 0) {
        facts_of_12(facts, &info);
    }
    facts_of_records(facts, &info);
    (void)json_object_set_new(facts, "cert_compression", json_string(info.cert_compression));
    (void)json_object_set_new(facts, "server_cert_type", json_string(info.server_cert_type));
    (void)json_object_set_new(facts, "client_cert_type", json_string(info.client_cert_type));
    facts_of_staple(facts, s, &info);
    (void)json_object_set_new(facts, "certificates", chain_of(s));
    return facts;
}

char *facts_next(const json_t *facts, size_t *i, const char **label)
{
    while (*i < ARRAY_LEN(shown)) {
        const json_t *value = json_object_get(facts, shown[*i].key);
        *label = shown[*i].label;
        (*i)++;
        char number[40];
        const char *text = json_string_value(value);
        if (shown[*i - 1].bytes && json_is_integer(value)) {
            (void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT " bytes at most",
                           json_integer_value(value));
            text = number;
        }
        if (json_is_true(value)) {
            text = "yes";
        } else if (json_is_false(value)) {
            text = "no";
        }
        if (text != NULL && text[0] != '\0') {
            return cli_text(bytes_str(text), true);
        }
    }
    return NULL;
}

void facts_print(FILE *f, const json_t *facts)
{
    size_t i = 0;
    const char *label = NULL;
    char *value;
    while ((value = facts_next(facts, &i, &label)) != NULL) {
        term_print(f, STYLE_DIM, "  %-20s", label);
        (void)fprintf(f, "%s\n", value);
        free(value);
    }
    facts_print_chain(f, json_object_get(facts, "certificates"));
}

static const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

void facts_print_chain(FILE *f, const json_t *certificates)
{
    for (size_t i = 0; i < json_array_size(certificates); i++) {
        const json_t *c = json_array_get(certificates, i);
        term_print(f, STYLE_DIM, "  %-20s", i == 0 ? "Certificate" : "");
        (void)fprintf(f, "%zu  %s\n", i, member(c, "subject"));
        (void)fprintf(f, "  %-20s   issued by %s\n", "", member(c, "issuer"));
        (void)fprintf(f, "  %-20s   valid %.10s to %.10s\n", "", member(c, "not_before"),
                      member(c, "not_after"));
    }
}

/* ---- Errors ---- */

json_t *facts_error(const cssl_error *err)
{
    static const char *const names[] = { "ok",     "closed", "truncated", "timeout", "alert",
                                         "option", "system", "nomem",     "state" };
    size_t status = (size_t) - (int)err->status;
    const char *reason = cssl_reason_name(err->reason);
    json_t *j = cli_memory(json_pack("{s:s, s:s, s:o}", "status",
                                     status < ARRAY_LEN(names) ? names[status] : "unknown",
                                     "reason", reason == NULL ? "" : reason, "text",
                                     cli_json_text(bytes_str(err->text))));
    if (err->status == CSSL_ALERT) {
        (void)json_object_set_new(j, "alert", json_string(cssl_alert_name(err->alert)));
        (void)json_object_set_new(j, "alert_from_peer", json_boolean(err->alert_from_peer));
    }
    return j;
}
