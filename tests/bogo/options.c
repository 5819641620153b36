/* options.c - from the runner's flags to options of the library. Opens no connection. */
#include "shim.h"

#include "base/names.h"

#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 128, TEXT_MAX = 1024, RSA_PSS_SHA256 = 0x0804, CERTIFICATE_UNKNOWN = 46,
       HANDSHAKE_FAILURE = 40, INTERNAL_ERROR = 80, X509 = 0, RAW = 2, MLKEM1024 = 514 };

/* Lists that the options point to; they have to live until the config is made. */
struct lists {
    const char *groups[LIST_MAX], *shares[LIST_MAX], *schemes[LIST_MAX], *suites[LIST_MAX];
    const char *alpn[LIST_MAX], *toys[LIST_MAX], *own_types[4], *peer_types[4];
    char alpn_text[TEXT_MAX];
    uint8_t early[65536];
    cssl_psk psks[CREDENTIALS_MAX];
    cssl_cert_key identities[CREDENTIALS_MAX];
    const char *own_schemes[CREDENTIALS_MAX][NUMBERS_MAX + 1];
};

static bool cannot(const char *what)
{
    (void)fprintf(stderr, "cannot: %s\n", what);
    return false;
}

static int64_t now_us(void *user, cssl_clock which)
{
    const struct surroundings *around = user;
    (void)which;
    return around->clock * 1000000;
}

static void trace(void *user, const cssl_trace_event *event)
{
    struct surroundings *around = user;
    const uint8_t *m = event->message.data;
    const char *way = event->sent ? "write" : "read";
    char line[64] = "";
    see_message(&around->seen, event);
    if (event->content_type == 22) {
        (void)snprintf(line, sizeof(line), "%s hs %u\n", way, m[0]);
    } else if (event->content_type == 21) {
        (void)snprintf(line, sizeof(line), "%s alert %u %u\n", way, m[0], m[1]);
    } else {
        (void)snprintf(line, sizeof(line), "%s ccs\n", way);
    }
    if (event->content_type == 22 && !event->sent && m[0] == 2) { /* ServerHello */
        around->reject_peer = around->reject_peer || around->retry_rejects;
    }
    size_t len = strlen(line);
    if (around->trace_len + len < sizeof(around->trace)) {
        memcpy(around->trace + around->trace_len, line, len + 1);
        around->trace_len += len;
    }
}

cssl_answer judge(const struct surroundings *around, const cssl_question *q)
{
    bool no = q->kind == CSSL_ASK_SNI             ? around->reject_name
              : q->kind != CSSL_ASK_VERIFY        ? false
              : q->event == CSSL_BAD_CERT         ? q->reason == CSSL_R_CERT_KEY_USAGE ||
                                                        q->reason == CSSL_R_STAPLE
              : q->event == CSSL_VALID_PEER       ? around->reject_peer
                                                  : false;
    return (cssl_answer){ .id = q->id,
                          .verdict = no ? CSSL_REJECT
                                     : q->kind == CSSL_ASK_VERIFY ? CSSL_ACCEPT
                                                                  : CSSL_ANSWER_DEFAULT,
                          .alert = no ? around->reject_alert : 0 };
}

static bool ask(void *user, const cssl_question *q, cssl_answer *a)
{
    *a = judge(user, q);
    return true;
}

/* BoringSSL's policies, as lists of the library's options; what is empty is as without one. */
struct policy {
    const char *suites13[4], *suites12[5];
    struct numbers groups, schemes;
};

static const struct policy *policy_of(const struct settings *s)
{
    static const struct policy fips = {
        { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384" },
        { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
        { { 23, 24 }, 2 },
        { { 0x0403, 0x0503, RSA_PSS_SHA256, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601 }, 8 }
    };
    static const struct policy wpa = {
        { "TLS_AES_256_GCM_SHA384" },
        { "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
        { { 24 }, 1 },
        { { 0x0503, 0x0805, 0x0806, 0x0501, 0x0601 }, 5 }
    };
    static const struct policy cnsa1 = {
        { "TLS_AES_256_GCM_SHA384" },
        { "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_RSA_WITH_AES_256_GCM_SHA384" },
        { { MLKEM1024, 24 }, 2 },
        { { 0x0503, 0x0805, 0x0501 }, 3 }
    };
    static const struct policy cnsa2 = {
        { "TLS_AES_256_GCM_SHA384" }, { NULL }, { { MLKEM1024 }, 1 },
        { { 0x0503, 0x0805, 0x0501 }, 3 }
    };
    static const struct policy cnsa = {
        { "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256" },
        { NULL }, { { 0 }, 0 }, { { 0 }, 0 }
    };
    return s->fips_202205    ? &fips
           : s->wpa_202304   ? &wpa
           : s->cnsa1_202603 ? &cnsa1
           : s->cnsa2_202603 ? &cnsa2
           : s->cnsa_202407  ? &cnsa
                             : NULL;
}

/* Without flags: what the runner takes for the default, as far as this libcrypto has it. */
static bool set_groups(cssl_options *o, struct lists *l, const struct settings *s)
{
    if (s->expect_curve_id != 0 && usable_group((uint16_t)s->expect_curve_id) == NULL) {
        return cannot("a group that this library does not have");
    }
    static const struct numbers by_default = { { 4588, 29, 23, 24 }, 4 };
    const struct policy *policy = policy_of(s);
    const struct numbers *n = s->curves.num > 0 ? &s->curves : &by_default;
    n = policy != NULL && policy->groups.num > 0 ? &policy->groups : n;
    size_t num = 0;
    for (size_t i = 0; i < n->num; i++) {
        l->groups[num] = usable_group(n->list[i]);
        if (l->groups[num] == NULL && s->curves.num > 0) {
            return cannot("a group that this library does not have");
        }
        num += l->groups[num] == NULL ? 0 : 1;
    }
    for (size_t i = 0; i < s->key_shares.num; i++) {
        l->shares[i] = usable_group(s->key_shares.list[i]);
        if (l->shares[i] == NULL) {
            return cannot("a key share of a group that this library does not have");
        }
    }
    if (num == 0) {
        return cannot("only groups that this library does not have");
    }
    o->supported_groups = l->groups;
    o->grease = s->grease && !s->server;
    o->key_share_groups = s->key_shares.num > 0 ? l->shares : NULL;
    return true;
}

static void add_schemes(const char **list, size_t *num, const struct numbers *n)
{
    for (size_t i = 0; i < n->num; i++) {
        const char *name = usable_scheme(n->list[i]);
        bool there = name == NULL;
        for (size_t k = 0; k < *num && !there; k++) {
            there = strcmp(list[k], name) == 0;
        }
        if (!there) {
            list[(*num)++] = name;
        }
    }
}

static size_t num_of_13(const char *const *schemes)
{
    const char *const *all = cssl_signature_algs("all", CSSL_TLSV1_3);
    size_t num = 0;
    for (size_t i = 0; schemes[i] != NULL; i++) {
        for (size_t k = 0; all[k] != NULL; k++) {
            num += strcmp(schemes[i], all[k]) == 0;
        }
    }
    return num;
}

/* The library has one list for what it signs with and what it accepts; the runner has two. */
static bool set_schemes(cssl_options *o, struct lists *l, const struct settings *s)
{
    static const struct numbers by_default = {
        { 0x0403, RSA_PSS_SHA256, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601 }, 8
    };
    static const struct numbers only_signing = { { 0x0603, 0x0807, 0x0904, 0x0905, 0x0906 }, 5 };
    static const struct numbers of_the_servers = { { RSA_PSS_SHA256 }, 1 };
    const struct numbers *signing = NULL;
    size_t num_signing = 0;
    for (size_t i = 0; i < s->num_credentials; i++) {
        if (s->credentials[i].signing_prefs.num > 0) {
            num_signing++;
            signing = &s->credentials[i].signing_prefs;
        }
    }
    signing = num_signing == 1 ? signing : NULL; /* each of several has a list of its own */
    const struct policy *policy = policy_of(s);
    const struct numbers *n = s->verify_prefs.num > 0 ? &s->verify_prefs : NULL;
    if (policy != NULL && policy->schemes.num > 0) { /* for both purposes */
        size_t num = 0;
        add_schemes(l->schemes, &num, &policy->schemes);
        o->signature_algs = l->schemes;
        return true;
    }
    if (signing != NULL && n != NULL) {
        return cannot("other schemes for signing than for verifying");
    }
    bool verifies = !s->server || s->verify_peer || s->require_any_client_certificate;
    if (signing == NULL && n == NULL && !verifies) {
        return true; /* all */
    }
    size_t num = 0;
    add_schemes(l->schemes, &num, signing != NULL ? signing : n != NULL ? n : &by_default);
    if (num == 0) {
        return cannot("only signature schemes that this library does not have");
    }
    /* Behind the list for one purpose: what the other one needs. */
    if ((signing == NULL) == s->server) {
        add_schemes(l->schemes, &num, &of_the_servers);
    } else if (signing == NULL &&
               (s->credentials[0].cert_file != NULL || s->num_credentials > 1)) {
        add_schemes(l->schemes, &num, &only_signing);
    }
    for (size_t i = 0; num_signing > 1 && i < s->num_credentials; i++) {
        add_schemes(l->schemes, &num, &s->credentials[i].signing_prefs);
    }
    o->signature_algs = l->schemes;
    if (num_of_13(l->schemes) == 0 && (o->versions & CSSL_TLSV1_2) != 0) {
        o->versions = CSSL_TLSV1_2; /* which BoringSSL leaves to the handshake */
    }
    return true;
}

/* BoringSSL shows what it has credentials of, in their order, where -available-client-cert-types
 * does not say otherwise. */
static bool own_type(const struct settings *s, size_t i, uint16_t *type)
{
    size_t num = 0;
    if (s->own_types.num > 0) {
        *type = i < s->own_types.num ? s->own_types.list[i] : 0;
        return i < s->own_types.num;
    }
    for (size_t k = 1; k <= s->num_credentials; k++) {
        const struct credential *c = &s->credentials[k % s->num_credentials];
        uint16_t this_one = c->cert_file != NULL ? X509 : RAW;
        bool new = c->key_file != NULL && (num == 0 || (num == 1 && this_one != *type));
        *type = new ? this_one : *type;
        num += new ? 1 : 0;
        if (new && num == i + 1) {
            return true;
        }
    }
    return false;
}

bool is_identity(const struct settings *s, const struct credential *c)
{
    uint16_t type = 0;
    for (size_t i = 0; c->cert_file == NULL && own_type(s, i, &type); i++) {
        if (type == RAW && c->key_file != NULL) {
            return true;
        }
    }
    return c->cert_file != NULL;
}

/* The default credential is the last choice. */
static bool set_identities(cssl_options *o, struct lists *l, const struct settings *s)
{
    for (size_t i = 1; i <= s->num_credentials; i++) {
        const struct credential *c = &s->credentials[i % s->num_credentials];
        const char **schemes = l->own_schemes[i % s->num_credentials];
        size_t num = 0;
        add_schemes(schemes, &num, &c->signing_prefs);
        if (c->cert_file != NULL) {
            l->identities[o->num_certs_keys++] = (cssl_cert_key){
                .certfile = c->cert_file,
                .keyfile = c->key_file,
                .staple = from_base64(s->server && !s->decline_ocsp_callback ? c->ocsp_response
                                                                                : NULL),
                .scts = from_base64(s->server ? c->scts : NULL),
                .only_for_issuers = c->must_match_issuer,
            };
        } else if (is_identity(s, c)) {
            l->identities[o->num_certs_keys++] = (cssl_cert_key){ .keyfile = c->key_file };
        } else {
            continue;
        }
        if (num > 0) {
            l->identities[o->num_certs_keys - 1].signature_algs = schemes;
        }
    }
    o->certs_keys = l->identities;
    o->fail_if_no_own_cert = !s->server && o->num_certs_keys > 0;
    return true;
}

static bool add_type(const char **names, size_t i, uint16_t type)
{
    names[i] = type == RAW ? "raw_public_key" : "x509";
    return (i < 2 && (type == RAW || type == X509)) || cannot("such types of certificates");
}

/* Which raw key is right is for inside.c; one that nobody has stands for it. */
static void trust_raw_keys(cssl_options *o, const struct settings *s)
{
    static const uint8_t nobodys_key[] = {
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, /* Ed25519 */
        0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
        0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
        0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66
    };
    static const cssl_bytes key = { nobodys_key, sizeof(nobodys_key) };
    o->verify = CSSL_VERIFY_PEER;
    o->fail_if_no_peer_cert = !s->server                        ? CSSL_DEFAULT
                              : s->require_any_client_certificate ? CSSL_ON
                                                                  : CSSL_OFF;
    o->trusted_keys = &key;
    o->num_trusted_keys = 1;
}

static bool set_types(cssl_options *o, struct lists *l, const struct settings *s)
{
    const struct numbers *accepted = &s->accepted_peer_types;
    const bool wanted = !s->server || s->verify_peer || s->require_any_client_certificate;
    bool raw = false;
    bool x509 = false;
    uint16_t type = 0;
    for (size_t i = 0; own_type(s, i, &type); i++) {
        if (!add_type(l->own_types, i, type)) {
            return false;
        }
        o->own_cert_types = l->own_types;
    }
    for (size_t i = 0; wanted && i < accepted->num; i++) {
        if (!add_type(l->peer_types, i, accepted->list[i])) {
            return false;
        }
        raw = raw || accepted->list[i] == RAW;
        x509 = x509 || accepted->list[i] == X509;
        o->peer_cert_types = l->peer_types;
    }
    if (raw && !x509) {
        o->certificate_authorities = CSSL_DEFAULT;
        o->cacertfile = NULL;
    }
    if (raw && (!x509 || o->verify == CSSL_VERIFY_PEER)) {
        trust_raw_keys(o, s);
    }
    return true;
}

static bool set_verify(cssl_options *o, const struct settings *s, struct surroundings *around)
{
    bool wanted = s->verify_peer || s->require_any_client_certificate;
    bool named = s->trust_cert != NULL && s->trust_cert[0] != '\0';
    o->cacertfile = named ? s->trust_cert : s->credentials[0].cert_file;
    if (!s->server) {
        o->verify = o->cacertfile != NULL ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE;
        o->server_name_indication = s->host_name == NULL ? "" : NULL;
        o->stapling = s->fail_ocsp_callback     ? CSSL_ON /* the runner's are no good */
                      : s->enable_ocsp_stapling ? CSSL_DEFAULT
                                                : CSSL_OFF;
        o->signed_certificate_timestamps = s->enable_scts;
    } else if (wanted && o->cacertfile != NULL) {
        o->verify = CSSL_VERIFY_PEER;
        o->certificate_authorities = CSSL_OFF;
        o->fail_if_no_peer_cert = s->require_any_client_certificate ? CSSL_ON : CSSL_OFF;
    } else if (wanted && s->accepted_peer_types.num == 0) {
        return cannot("to verify without anchors");
    }
    if (o->verify != CSSL_VERIFY_PEER) {
        o->cacertfile = NULL;
    }
    o->verify_on_resume = s->reverify_on_resume && o->verify == CSSL_VERIFY_PEER;
    around->refuse_hello = s->fail_cert_callback || (s->server && (s->fail_ddos_callback ||
                                                                   s->fail_ocsp_callback))
                               ? INTERNAL_ERROR
                               : 0;
    o->pause_at_hello = around->refuse_hello != 0;
    around->reject_peer = s->verify_fail && (wanted || s->accepted_peer_types.num > 0);
    around->reject_name = s->fail_early_callback;
    around->reject_alert = s->fail_early_callback          ? HANDSHAKE_FAILURE
                           : s->use_custom_verify_callback ? CERTIFICATE_UNKNOWN
                                                           : 0;
    o->ask_about = (o->verify == CSSL_VERIFY_PEER ? (unsigned)CSSL_ASK_VERIFY : 0) |
                   (s->fail_early_callback ? (unsigned)CSSL_ASK_SNI : 0);
    o->ask = o->ask_about == 0 || s->async ? NULL : ask;
    return true;
}

/* -advertise-alpn has each protocol behind its length. */
static bool set_alpn(cssl_options *o, struct lists *l, const struct settings *s)
{
    size_t num = 0;
    if (s->server) {
        l->alpn[num] = s->reject_alpn ? "nobody-offers-this" : s->select_alpn;
        num += l->alpn[0] == NULL || l->alpn[0][0] == '\0' ? 0 : 1;
    } else if (s->advertise_alpn != NULL) {
        char *to = l->alpn_text;
        size_t left = strlen(s->advertise_alpn);
        for (const char *at = s->advertise_alpn; left > 0 && num + 1 < LIST_MAX;) {
            size_t len = (uint8_t)*at;
            if (len == 0 || len >= left || len + 1 > (size_t)(l->alpn_text + TEXT_MAX - to)) {
                return cannot("such a list of protocols");
            }
            memcpy(to, at + 1, len);
            l->alpn[num++] = to;
            to += len + 1;
            at += len + 1;
            left -= len + 1;
        }
    }
    o->alpn_protocols = num > 0 ? l->alpn : NULL;
    return true;
}

/* TLS 1.2 has no compressed certificates; BoringSSL ignores there what the library refuses. */
static void set_compression(cssl_options *o, struct lists *l, const struct settings *s)
{
    static const struct numbers all = { { 0xff02, 0xff01, 0xff03 }, 3 };
    const struct numbers *n = s->all_toys ? &all : &s->toys;
    for (size_t i = 0; i < n->num && i + 1 < LIST_MAX; i++) {
        l->toys[i] = toy_name(n->list[i]);
    }
    o->cert_compression = n->num > 0 && (o->versions & CSSL_TLSV1_3) != 0 ? l->toys : NULL;
}

static bool allows(const struct settings *s, int version)
{
    return s->min_version <= version && (s->max_version == 0 || s->max_version >= version) &&
           !(version == TLS_1_2 ? s->no_tls12 : s->no_tls13);
}

/* What is written first goes out early where a session allows that; -on-resume- alone has it. */
static bool set_early(cssl_options *o, struct lists *l, const struct settings *s)
{
    enum { BORINGSSLS_LIMIT = 14336, BORINGSSLS_WINDOW = 60 /* seconds */ };
    const char *text = first_words(s);
    size_t len = strlen(text);
    if (!s->enable_early_data) {
        return true;
    }
    if (s->server) {
        const bool of13 = (o->versions & CSSL_TLSV1_3) != 0;
        o->anti_replay_window = of13 ? BORINGSSLS_WINDOW : 0;
        o->max_early_data = of13 ? BORINGSSLS_LIMIT : 0;
    } else if (s->shim_writes_first && (o->versions & CSSL_TLSV1_3) != 0) {
        for (int i = 0; i < s->repeat_shim_initial_write; i++) {
            if (o->early_data.len + len > sizeof(l->early)) {
                return cannot("so much early data");
            }
            memcpy(l->early + o->early_data.len, text, len);
            o->early_data = (cssl_bytes){ l->early, o->early_data.len + len };
        }
    }
    return true;
}

/* -psk is about TLS 1.2; a key of sixteen bytes stands for the runner's, which is shorter. */
static bool set_psk(cssl_options *o, struct lists *l, const struct settings *s)
{
    static const uint8_t placeholder[16];
    if (s->psk != NULL) {
        o->versions &= (unsigned)CSSL_TLSV1_2;
        o->psk_identity = "placeholder";
        o->psk = (cssl_bytes){ placeholder, sizeof(placeholder) };
        o->psk_hint = s->server && s->psk_identity != NULL && s->psk_identity[0] != '\0'
                          ? s->psk_identity
                          : NULL;
    }
    for (size_t i = 0; i < s->num_credentials; i++) {
        const struct credential *key = &s->credentials[i];
        if (key->psk_key != NULL) {
            l->psks[o->num_psks++] = (cssl_psk){ .identity = from_base64(key->psk_identity),
                                                 .secret = from_base64(key->psk_key),
                                                 .context = from_base64(key->psk_context),
                                                 .hash = key->psk_sha384 ? 384 : 256,
                                                 .import = true };
        }
    }
    o->psks = l->psks;
    return o->versions != 0 || cannot("a pre-shared key of TLS 1.2 in TLS 1.3");
}

const char *first_words(const struct settings *s)
{
    return s->shim_initial_write == NULL ? "hello" : s->shim_initial_write;
}

static bool set_versions(cssl_options *o, const struct settings *s)
{
    o->versions = (allows(s, TLS_1_2) ? (unsigned)CSSL_TLSV1_2 : 0) |
                  (allows(s, TLS_1_3) ? (unsigned)CSSL_TLSV1_3 : 0);
    if (s->cnsa2_202603) {
        o->versions &= (unsigned)CSSL_TLSV1_3;
    }
    return o->versions != 0 || cannot("a version older than TLS 1.2");
}

/* -cipher is about TLS 1.2 alone; without it there is everything that the library has. */
static bool set_suites(cssl_options *o, struct lists *l, const struct settings *s)
{
    const char *const *of13 = cssl_cipher_suites("default", CSSL_TLSV1_3);
    const char *const *of12 = cssl_cipher_suites("all", CSSL_TLSV1_2);
    size_t num = 0;
    if (s->cipher != NULL && strpbrk(s->cipher, "!+-@") != NULL) {
        return cannot("such a list of cipher suites");
    }
    const struct policy *policy = policy_of(s);
    if (policy != NULL) {
        of13 = policy->suites13;
        of12 = policy->suites12[0] == NULL ? of12 : policy->suites12;
    }
    if (s->server && policy == NULL && (o->versions & CSSL_TLSV1_3) != 0) {
        l->suites[num++] = "[TLS_AES_128_GCM_SHA256|TLS_AES_256_GCM_SHA384|"
                           "TLS_CHACHA20_POLY1305_SHA256]";
        of13 += 3;
    }
    for (; *of13 != NULL && (o->versions & CSSL_TLSV1_3) != 0 && num + 1 < LIST_MAX; of13++) {
        l->suites[num++] = *of13;
    }
    if (s->cipher != NULL && (o->versions & CSSL_TLSV1_2) != 0) {
        l->suites[num++] = s->cipher;
    }
    for (; *of12 != NULL && s->cipher == NULL && (o->versions & CSSL_TLSV1_2) != 0 &&
           num + 1 < LIST_MAX; of12++) {
        l->suites[num++] = *of12;
    }
    o->ciphers = l->suites;
    return true;
}

cssl_config *make_config(const struct settings *s, cssl_config *old, cssl_bytes ticket,
                         struct surroundings *around)
{
    cssl_options o = { .max_fragment = (size_t)s->max_send_fragment,
                       .max_handshake_size = (size_t)s->max_cert_list,
                       .use_ticket = s->no_ticket ? (cssl_bytes){ NULL, 0 } : ticket,
                       .defer_steps = s->async,
                      .client_renegotiation =
                          s->renegotiate_freely || s->renegotiate_once ? CSSL_ON : CSSL_OFF,
                       .now_us = now_us,
                       .trace = trace,
                       .user = around };
    static struct lists l;
    cssl_error err;
    memset(&l, 0, sizeof(l));
    memset(&around->seen, 0, sizeof(around->seen));
    o.keylog = s->export_traffic_secrets ? see_secret : NULL;
    if (!set_versions(&o, s) || !set_psk(&o, &l, s) || !set_suites(&o, &l, s) ||
        !set_groups(&o, &l, s) || !set_schemes(&o, &l, s) || !set_identities(&o, &l, s) ||
        !set_verify(&o, s, around) || !set_types(&o, &l, s) || !set_alpn(&o, &l, s) ||
        !set_early(&o, &l, s)) {
        return NULL;
    }
    set_compression(&o, &l, s);
    o.session_tickets = s->no_ticket ? CSSL_TICKETS_DISABLED
                        : s->server  ? CSSL_TICKETS_STATELESS
                                     : CSSL_TICKETS_MANUAL;
    cssl_config *config = old != NULL  ? cssl_config_renew(old, &o, &err)
                          : s->server ? cssl_server_config(&o, &err)
                                      : cssl_client_config(&o, &err);
    if (config == NULL) {
        (void)cannot(err.text);
    } else if (s->psk != NULL) {
        set_short_psk(config, s->psk_identity == NULL ? "" : s->psk_identity, s->psk);
    } else if (s->use_client_ca_list != NULL && s->use_client_ca_list[0] != '<') {
        set_authorities(config, s->use_client_ca_list);
    }
    return config;
}
