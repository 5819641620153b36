/* trace_hello.c - what the hellos and EncryptedExtensions say. */
#include "cli/trace_words.h"

#include "msg/small.h"

static void hello_psks(struct trace_message *m, const struct client_hello *ch)
{
    static const char *const modes[] = { "psk_ke", "psk_dhe_ke" };
    if (ext_has(ch->has, EXT_PRE_SHARED_KEY)) {
        struct trace_detail *d = detail_new(m, "pre-shared keys", true);
        for (size_t i = 0; i < ch->num_psks; i++) {
            detail_add(d, "identity of %zu bytes", ch->psks[i].identity.len);
        }
        d->more += ch->all_psks - ch->num_psks;
    }
    if (ext_has(ch->has, EXT_PSK_KEY_EXCHANGE_MODES)) {
        struct trace_detail *d = detail_new(m, "psk modes", true);
        for (size_t i = 0; i < ch->psk_modes.len; i++) {
            uint8_t mode = ch->psk_modes.data[i];
            if (mode < ARRAY_LEN(modes)) {
                detail_add(d, "%s", modes[mode]);
            } else {
                detail_add(d, "%u", mode);
            }
        }
    }
    if (ext_has(ch->has, EXT_EARLY_DATA)) {
        detail_say(m, "early data", "announced");
    }
}

static void hello_shares(struct trace_message *m, const struct client_hello *ch)
{
    if (ext_has(ch->has, EXT_KEY_SHARE)) {
        struct trace_detail *d = detail_new(m, "key shares", true);
        for (size_t i = 0; i < ch->num_shares; i++) {
            detail_number(d, ch->shares[i].group, name_of_group);
        }
        if (ch->num_shares == 0) {
            detail_add(d, "none");
        }
    }
}

static void add_protocols(struct trace_message *m, cssl_bytes list)
{
    struct rd r = rd_of(list);
    struct trace_detail *d = detail_new(m, "alpn", true);
    while (rd_more(&r)) {
        detail_peer(d, rd_view8(&r));
    }
}

/* RFC 6066 4 and RFC 8449, each empty when it is not there. */
static void say_sizes(struct trace_message *m, cssl_bytes fragment, cssl_bytes limit)
{
    if (fragment.len == 1 && fragment.data[0] >= 1 && fragment.data[0] <= 4) {
        detail_say(m, "max fragment", "%u bytes", 256U << fragment.data[0]);
    } else if (fragment.len > 0) {
        detail_say(m, "max fragment", "unknown size %u", fragment.data[0]);
    }
    if (u16s_len(limit) > 0) {
        detail_say(m, "record limit", "%u bytes", u16s_at(limit, 0));
    }
}

static void say_ticket(struct trace_message *m, cssl_bytes ticket)
{
    if (ticket.len == 0) {
        detail_say(m, "session ticket", "none yet");
    } else {
        detail_say(m, "session ticket", "%zu bytes", ticket.len);
    }
}

/* RFC 5746 3: what the Finished messages of the handshake before this one said. */
static void say_renegotiation(struct trace_message *m, cssl_bytes info)
{
    if (info.len == 0) {
        detail_say(m, "renegotiation", "safe, as by RFC 5746");
    } else {
        detail_say(m, "renegotiation", "this is one, of a handshake that it names");
    }
}

/* hello_block is the extension block of a ClientHello that has parsed. */
static cssl_bytes hello_block(cssl_bytes body)
{
    struct rd r = rd_of(body);
    (void)rd_bytes(&r, 2 + HELLO_RANDOM);
    (void)rd_view8(&r);
    (void)rd_view16(&r);
    (void)rd_view8(&r);
    return r.left > 0 ? rd_view16(&r) : bytes_of(NULL, 0);
}

static cssl_bytes server_hello_block(cssl_bytes body)
{
    struct rd r = rd_of(body);
    (void)rd_bytes(&r, 2 + HELLO_RANDOM);
    (void)rd_view8(&r);
    (void)rd_bytes(&r, 3);
    return r.left > 0 ? rd_view16(&r) : bytes_of(NULL, 0);
}

int trace_client_hello(struct trace_message *m, const struct trace_before *before,
                       cssl_bytes body, cssl_error *err)
{
    (void)before;
    static const uint16_t said[] = {
        EXT_SERVER_NAME, EXT_SUPPORTED_VERSIONS, EXT_SUPPORTED_GROUPS, EXT_KEY_SHARE,
        EXT_SIGNATURE_ALGORITHMS, EXT_SIGNATURE_ALGORITHMS_CERT, EXT_ALPN, EXT_PRE_SHARED_KEY,
        EXT_PSK_KEY_EXCHANGE_MODES, EXT_EARLY_DATA, EXT_COOKIE, EXT_COMPRESS_CERTIFICATE,
        EXT_CERTIFICATE_AUTHORITIES, EXT_MAX_FRAGMENT_LENGTH, EXT_RECORD_SIZE_LIMIT,
        EXT_SESSION_TICKET, EXT_RENEGOTIATION_INFO, EXT_CLIENT_CERTIFICATE_TYPE,
        EXT_SERVER_CERTIFICATE_TYPE,
    };
    struct client_hello ch;
    if (client_hello_parse(&ch, body, err) < 0) {
        return err->status;
    }
    if (ext_has(ch.has, EXT_SERVER_NAME)) {
        detail_peer(detail_new(m, "server name", false), ch.server_name);
    }
    if (ch.supported_versions.len > 0) {
        detail_numbers(m, "versions", ch.supported_versions, trace_version_text);
    } else {
        detail_number(detail_new(m, "versions", true), ch.legacy_version, trace_version_text);
    }
    detail_numbers(m, "suites", ch.cipher_suites, name_of_suite);
    detail_numbers(m, "groups", ch.supported_groups, name_of_group);
    hello_shares(m, &ch);
    detail_numbers(m, "signatures", ch.signature_algorithms, name_of_scheme);
    detail_numbers(m, "in certificates", ch.signature_algorithms_cert, name_of_scheme);
    if (ext_has(ch.has, EXT_ALPN)) {
        add_protocols(m, ch.alpn);
    }
    hello_psks(m, &ch);
    if (ext_has(ch.has, EXT_COOKIE)) {
        detail_say(m, "cookie", "%zu bytes", ch.cookie.len);
    }
    detail_numbers(m, "compression", ch.compress_certificate, name_of_compression);
    detail_types(m, "client shows", ch.client_certificate_types);
    detail_types(m, "server shows", ch.server_certificate_types);
    if (ext_has(ch.has, EXT_CERTIFICATE_AUTHORITIES)) {
        detail_names(m, ch.certificate_authorities);
    }
    if (ext_has(ch.has, EXT_SESSION_TICKET)) {
        say_ticket(m, ch.session_ticket);
    }
    say_sizes(m, ch.max_fragment_length, ch.record_size_limit);
    if (ext_has(ch.has, EXT_RENEGOTIATION_INFO)) {
        say_renegotiation(m, ch.renegotiation_info);
    }
    detail_rest(m, hello_block(body), IN_CLIENT_HELLO, said, ARRAY_LEN(said));
    return 0;
}

int trace_server_hello(struct trace_message *m, const struct trace_before *before,
                       cssl_bytes body, cssl_error *err)
{
    static const uint16_t said[] = {
        EXT_SUPPORTED_VERSIONS, EXT_KEY_SHARE, EXT_PRE_SHARED_KEY, EXT_COOKIE, EXT_ALPN,
        EXT_MAX_FRAGMENT_LENGTH, EXT_RECORD_SIZE_LIMIT, EXT_RENEGOTIATION_INFO,
        EXT_CLIENT_CERTIFICATE_TYPE, EXT_SERVER_CERTIFICATE_TYPE,
    };
    struct server_hello sh;
    if (server_hello_parse(&sh, body, trace_everything, err) < 0) {
        return err->status;
    }
    if (sh.hello_retry) {
        (void)snprintf(m->name, sizeof(m->name), "HelloRetryRequest");
    }
    const uint16_t version = sh.selected_version != 0 ? sh.selected_version : sh.legacy_version;
    detail_number(detail_new(m, "version", false), version, trace_version_text);
    detail_number(detail_new(m, "suite", false), sh.cipher_suite, name_of_suite);
    if (ext_has(sh.has, EXT_KEY_SHARE)) {
        detail_number(detail_new(m, sh.hello_retry ? "wants group" : "key share", false),
                      sh.share.group, name_of_group);
    }
    if (ext_has(sh.has, EXT_PRE_SHARED_KEY)) {
        detail_say(m, "resumes", "with pre-shared key %u", sh.selected_psk);
    }
    if (ext_has(sh.has, EXT_COOKIE)) {
        detail_say(m, "cookie", "%zu bytes", sh.cookie.len);
    }
    if (sh.selected_version == 0 && sh.session_id.len > 0 &&
        bytes_equal(sh.session_id, before->session_id)) {
        detail_say(m, "resumes", "the session that was asked for");
    }
    if (ext_has(sh.has, EXT_ALPN)) {
        detail_peer(detail_new(m, "alpn", false), sh.alpn);
    }
    detail_types(m, "client shows", sh.client_certificate_type);
    detail_types(m, "server shows", sh.server_certificate_type);
    say_sizes(m, sh.max_fragment_length, sh.record_size_limit);
    if (ext_has(sh.has, EXT_RENEGOTIATION_INFO)) {
        say_renegotiation(m, sh.renegotiation_info);
    }
    detail_rest(m, server_hello_block(body),
                sh.selected_version == 0 ? IN_SERVER_HELLO_12
                : sh.hello_retry         ? IN_HELLO_RETRY_REQUEST
                                         : IN_SERVER_HELLO,
                said, ARRAY_LEN(said));
    return 0;
}

int trace_encrypted_extensions(struct trace_message *m, const struct trace_before *before,
                               cssl_bytes body, cssl_error *err)
{
    (void)before;
    static const uint16_t said[] = { EXT_ALPN, EXT_SUPPORTED_GROUPS, EXT_EARLY_DATA,
                                     EXT_SERVER_NAME, EXT_MAX_FRAGMENT_LENGTH,
                                     EXT_RECORD_SIZE_LIMIT, EXT_CLIENT_CERTIFICATE_TYPE,
                                     EXT_SERVER_CERTIFICATE_TYPE };
    struct encrypted_extensions ee;
    if (encrypted_extensions_parse(&ee, body, trace_everything, err) < 0) {
        return err->status;
    }
    if (ext_has(ee.has, EXT_ALPN)) {
        detail_peer(detail_new(m, "alpn", false), ee.alpn);
    }
    if (ext_has(ee.has, EXT_SERVER_NAME)) {
        detail_say(m, "server name", "used");
    }
    if (ext_has(ee.has, EXT_EARLY_DATA)) {
        detail_say(m, "early data", "accepted");
    }
    detail_numbers(m, "groups", ee.supported_groups, name_of_group);
    detail_types(m, "client shows", ee.client_certificate_type);
    detail_types(m, "server shows", ee.server_certificate_type);
    say_sizes(m, ee.max_fragment_length, ee.record_size_limit);
    struct rd r = rd_of(body);
    detail_rest(m, rd_view16(&r), IN_ENCRYPTED_EXTENSIONS, said, ARRAY_LEN(said));
    return 0;
}
