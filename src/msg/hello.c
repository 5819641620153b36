/* hello.c - ClientHello, ServerHello and HelloRetryRequest, read and written. Form only: what the
 * values mean, and whether they please, is not known here. */
#include "msg/hello.h"

#include "base/error.h"
#include "msg/form.h"

#include <stddef.h>

enum { HANDSHAKE_HEADER = 4, PAD_FROM = 256, PAD_TO = 512, EXT_HEADER = 4 };

/* RFC 8446 4.1.3 */
const uint8_t hello_retry_random[HELLO_RANDOM] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* A set of all 16-bit numbers, for lists that are longer than our arrays. */
struct u16_set {
    uint8_t bits[65536 / 8];
};

static int own_server_name(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static int own_status_request(void *message, struct rd *data, enum ext_place place,
                              cssl_error *err);
static int own_key_shares(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static int own_psks(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static int own_padding(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static int own_version(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static int own_share(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static int own_group(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static int own_selected_psk(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static void write_server_name(struct wr *w, const void *message);
static void write_status_request(struct wr *w, const void *message);
static void write_key_shares(struct wr *w, const void *message);
static void write_version(struct wr *w, const void *message);
static void write_share(struct wr *w, const void *message);
static void write_group(struct wr *w, const void *message);
static void write_selected_psk(struct wr *w, const void *message);
static void write_padding(struct wr *w, const struct client_hello *ch, size_t body_at);
static void write_unknown(struct wr *w, const struct client_hello *ch, size_t i);
static void write_psks(struct wr *w, struct client_hello *ch, size_t body_at);
static int check_client_hello(const struct client_hello *ch, const struct ext_walk *walk,
                              cssl_error *err);
static int check_offer_13(const struct client_hello *ch, cssl_error *err);
static int check_server_hello(const struct server_hello *sh, cssl_error *err);

#define FIELD(name) offsetof(struct client_hello, name)
static const struct form_row client_rows[] = {
    { EXT_SERVER_NAME, FORM_OWN, 0, own_server_name, write_server_name },
    { EXT_EXTENDED_MASTER_SECRET, FORM_EMPTY, 0, NULL, NULL },                 /* RFC 7627 5.1 */
    { EXT_RENEGOTIATION_INFO, FORM_BYTES8_0, FIELD(renegotiation_info), NULL, NULL },
    { EXT_SUPPORTED_GROUPS, FORM_U16S16, FIELD(supported_groups), NULL, NULL }, /* 4.2.7 */
    { EXT_EC_POINT_FORMATS, FORM_BYTES8, FIELD(ec_point_formats), NULL, NULL },
    { EXT_SESSION_TICKET, FORM_RAW, FIELD(session_ticket), NULL, NULL },
    { EXT_ENCRYPT_THEN_MAC, FORM_EMPTY, 0, NULL, NULL },                       /* RFC 7366 2 */
    { EXT_ALPN, FORM_LIST_OF_8, FIELD(alpn), NULL, NULL },                     /* RFC 7301 3.1 */
    { EXT_STATUS_REQUEST, FORM_OWN, 0, own_status_request, write_status_request },
    { EXT_SIGNATURE_ALGORITHMS, FORM_U16S16, FIELD(signature_algorithms), NULL, NULL }, /* 4.2.3 */
    { EXT_SIGNATURE_ALGORITHMS_CERT, FORM_U16S16, FIELD(signature_algorithms_cert), NULL, NULL },
    { EXT_SIGNED_CERTIFICATE_TIMESTAMP, FORM_EMPTY, 0, NULL, NULL },           /* RFC 6962 3.3.1 */
    { EXT_KEY_SHARE, FORM_OWN, 0, own_key_shares, write_key_shares },
    { EXT_PSK_KEY_EXCHANGE_MODES, FORM_BYTES8, FIELD(psk_modes), NULL, NULL }, /* 4.2.9 */
    { EXT_SUPPORTED_VERSIONS, FORM_U16S8, FIELD(supported_versions), NULL, NULL }, /* 4.2.1 */
    { EXT_COOKIE, FORM_BYTES16, FIELD(cookie), NULL, NULL },                   /* 4.2.2 */
    { EXT_CERTIFICATE_AUTHORITIES, FORM_LIST_OF_16, FIELD(certificate_authorities), NULL, NULL },
    { EXT_POST_HANDSHAKE_AUTH, FORM_EMPTY, 0, NULL, NULL },                    /* 4.2.6 */
    { EXT_MAX_FRAGMENT_LENGTH, FORM_FIXED1, FIELD(max_fragment_length), NULL, NULL },
    { EXT_RECORD_SIZE_LIMIT, FORM_FIXED2, FIELD(record_size_limit), NULL, NULL },
    { EXT_USE_SRTP, FORM_RAW, FIELD(use_srtp), NULL, NULL },
    { EXT_CLIENT_CERTIFICATE_TYPE, FORM_BYTES8, FIELD(client_certificate_types), NULL, NULL },
    { EXT_SERVER_CERTIFICATE_TYPE, FORM_BYTES8, FIELD(server_certificate_types), NULL, NULL },
    { EXT_COMPRESS_CERTIFICATE, FORM_U16S8, FIELD(compress_certificate), NULL, NULL },
    { EXT_DELEGATED_CREDENTIAL, FORM_U16S16, FIELD(delegated_credential), NULL, NULL },
    { EXT_EARLY_DATA, FORM_EMPTY, 0, NULL, NULL },                             /* 4.2.10 */
    /* These two close the block; client_hello_write writes them by itself. */
    { EXT_PADDING, FORM_OWN, 0, own_padding, NULL },
    { EXT_PRE_SHARED_KEY, FORM_OWN, 0, own_psks, NULL },
};
#undef FIELD

#define FIELD(name) offsetof(struct server_hello, name)
static const struct form_row server_rows[] = {
    { EXT_SUPPORTED_VERSIONS, FORM_OWN, 0, own_version, write_version },
    { EXT_KEY_SHARE, FORM_OWN, 0, own_share, write_share },
    { EXT_PRE_SHARED_KEY, FORM_OWN, 0, own_selected_psk, write_selected_psk },
};
static const struct form_row retry_rows[] = {
    { EXT_SUPPORTED_VERSIONS, FORM_OWN, 0, own_version, write_version },
    { EXT_KEY_SHARE, FORM_OWN, 0, own_group, write_group },
    { EXT_COOKIE, FORM_BYTES16, FIELD(cookie), NULL, NULL },
};
static const struct form_row server_rows_12[] = {
    { EXT_SERVER_NAME, FORM_EMPTY, 0, NULL, NULL },            /* RFC 6066 3 */
    { EXT_EXTENDED_MASTER_SECRET, FORM_EMPTY, 0, NULL, NULL }, /* RFC 7627 5.1 */
    { EXT_RENEGOTIATION_INFO, FORM_BYTES8_0, FIELD(renegotiation_info), NULL, NULL },
    { EXT_EC_POINT_FORMATS, FORM_BYTES8, FIELD(ec_point_formats), NULL, NULL },
    { EXT_SUPPORTED_GROUPS, FORM_RAW, FIELD(supported_groups), NULL, NULL },
    { EXT_SESSION_TICKET, FORM_EMPTY, 0, NULL, NULL },         /* RFC 5077 3.2 */
    { EXT_ENCRYPT_THEN_MAC, FORM_EMPTY, 0, NULL, NULL },       /* RFC 7366 2 */
    { EXT_ALPN, FORM_ONE_OF_8, FIELD(alpn), NULL, NULL },      /* RFC 7301 3.1 */
    { EXT_STATUS_REQUEST, FORM_EMPTY, 0, NULL, NULL },         /* RFC 6066 8 */
    { EXT_SIGNED_CERTIFICATE_TIMESTAMP, FORM_LIST_OF_16, FIELD(scts), NULL, NULL },
    { EXT_MAX_FRAGMENT_LENGTH, FORM_FIXED1, FIELD(max_fragment_length), NULL, NULL },
    { EXT_RECORD_SIZE_LIMIT, FORM_FIXED2, FIELD(record_size_limit), NULL, NULL },
    { EXT_USE_SRTP, FORM_RAW, FIELD(use_srtp), NULL, NULL },
    { EXT_CLIENT_CERTIFICATE_TYPE, FORM_FIXED1, FIELD(client_certificate_type), NULL, NULL },
    { EXT_SERVER_CERTIFICATE_TYPE, FORM_FIXED1, FIELD(server_certificate_type), NULL, NULL },
};
#undef FIELD

bool u16s_has(cssl_bytes list, uint16_t number)
{
    for (size_t i = 0; i < u16s_len(list); i++) {
        if (u16s_at(list, i) == number) {
            return true;
        }
    }
    return false;
}

int client_hello_parse(struct client_hello *ch, cssl_bytes body, cssl_error *err)
{
    *ch = (struct client_hello){ .last_extension = 0xffff };
    struct rd r = rd_of(body);
    ch->legacy_version = rd_u16(&r);
    ch->random = rd_bytes(&r, HELLO_RANDOM);
    ch->session_id = rd_view8(&r);
    ch->cipher_suites = rd_view16(&r);
    ch->compression = rd_view8(&r);
    struct ext_walk walk = { .place = IN_CLIENT_HELLO };
    if (rd_more(&r)) { /* before TLS 1.3 there may be no extensions: RFC 5246 7.4.1.2 */
        walk.block = rd_vec16(&r);
    }
    /* RFC 8446 4.1.2: session_id<0..32>, cipher_suites<2..2^16-2>, compression<1..2^8-1> */
    if (!rd_done(&r) || ch->session_id.len > HELLO_SESSION_ID_MAX || ch->cipher_suites.len == 0 ||
        ch->cipher_suites.len % 2 != 0 || ch->compression.len == 0) {
        return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "ClientHello");
    }
    int status = form_block_parse(&walk, client_rows, ARRAY_LEN(client_rows), ch, err);
    if (status < 0) {
        return status;
    }
    ch->has = walk.seen;
    if (walk.num > 0) {
        ch->last_extension = walk.types[walk.num - 1];
    }
    return check_client_hello(ch, &walk, err);
}

void client_hello_write(struct wr *w, struct client_hello *ch)
{
    const size_t body_at = w->len;
    wr_u16(w, ch->legacy_version);
    wr_bytes(w, ch->random);
    wr_vec8(w, ch->session_id);
    wr_vec16(w, ch->cipher_suites);
    wr_vec8(w, ch->compression);
    if (ch->has.bits == 0 && !ch->padding) {
        return;
    }
    wr_open16(w);
    write_unknown(w, ch, 0);
    form_block_write(w, client_rows, ARRAY_LEN(client_rows), ch, ch->has);
    write_unknown(w, ch, 1);
    write_padding(w, ch, body_at);
    write_psks(w, ch, body_at);
    wr_close(w);
}

int server_hello_parse(struct server_hello *sh, cssl_bytes body, struct ext_set asked,
                       cssl_error *err)
{
    *sh = (struct server_hello){ 0 };
    struct rd r = rd_of(body);
    sh->legacy_version = rd_u16(&r);
    sh->random = rd_bytes(&r, HELLO_RANDOM);
    sh->session_id = rd_view8(&r);
    sh->cipher_suite = rd_u16(&r);
    sh->compression = rd_u8(&r);
    struct ext_walk walk = { .place = IN_SERVER_HELLO_12, .asked = asked };
    if (rd_more(&r)) { /* before TLS 1.3 there may be no extensions: RFC 5246 7.4.1.3 */
        walk.block = rd_vec16(&r);
    }
    if (!rd_done(&r) || sh->session_id.len > HELLO_SESSION_ID_MAX) {
        return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "ServerHello");
    }
    sh->hello_retry = memcmp(sh->random.data, hello_retry_random, HELLO_RANDOM) == 0;
    struct rd look = walk.block; /* whose rules hold? form_block_parse is the one that judges */
    while (rd_more(&look)) {
        if (rd_u16(&look) == EXT_SUPPORTED_VERSIONS) {
            walk.place = IN_SERVER_HELLO;
        }
        (void)rd_view16(&look);
    }
    const struct form_row *rows = server_rows_12;
    size_t num = ARRAY_LEN(server_rows_12);
    if (sh->hello_retry) {
        walk.place = IN_HELLO_RETRY_REQUEST;
        rows = retry_rows;
        num = ARRAY_LEN(retry_rows);
    } else if (walk.place == IN_SERVER_HELLO) {
        rows = server_rows;
        num = ARRAY_LEN(server_rows);
    }
    int status = form_block_parse(&walk, rows, num, sh, err);
    if (status < 0) {
        return status;
    }
    sh->has = walk.seen;
    return check_server_hello(sh, err);
}

void server_hello_write(struct wr *w, const struct server_hello *sh)
{
    wr_u16(w, sh->legacy_version);
    wr_bytes(w, sh->hello_retry ? bytes_of(hello_retry_random, HELLO_RANDOM) : sh->random);
    wr_vec8(w, sh->session_id);
    wr_u16(w, sh->cipher_suite);
    wr_u8(w, sh->compression);
    if (sh->has.bits == 0) {
        return;
    }
    wr_open16(w);
    if (sh->hello_retry) {
        form_block_write(w, retry_rows, ARRAY_LEN(retry_rows), sh, sh->has);
    } else if (ext_has(sh->has, EXT_SUPPORTED_VERSIONS)) {
        form_block_write(w, server_rows, ARRAY_LEN(server_rows), sh, sh->has);
    } else {
        form_block_write(w, server_rows_12, ARRAY_LEN(server_rows_12), sh, sh->has);
    }
    wr_close(w);
}

/* ---- ClientHello ---- */

static int check_client_hello(const struct client_hello *ch, const struct ext_walk *walk,
                              cssl_error *err)
{
    if (ext_has(ch->has, EXT_PRE_SHARED_KEY) && ch->last_extension != EXT_PRE_SHARED_KEY) {
        return ext_fail(err, CSSL_R_PRE_SHARED_KEY_NOT_LAST, ch->last_extension,
                        walk->place); /* RFC 8446 4.2.11 */
    }
    if (u16s_has(ch->supported_versions, TLS_1_3)) {
        return check_offer_13(ch, err);
    }
    if (memchr(ch->compression.data, 0, ch->compression.len) == NULL) { /* RFC 5246 7.4.1.2 */
        return fail_text(err, CSSL_R_COMPRESSION, "\"none\" is not among the client's methods");
    }
    return 0;
}

/* check_offer_13: what a hello has to have that offers TLS 1.3 (RFC 8446 4.1.2, 4.2.9, 9.2). */
static int check_offer_13(const struct client_hello *ch, cssl_error *err)
{
    const bool psk = ext_has(ch->has, EXT_PRE_SHARED_KEY);
    const bool groups = ext_has(ch->has, EXT_SUPPORTED_GROUPS);
    const bool shares = ext_has(ch->has, EXT_KEY_SHARE);
    uint16_t missing = 0xffff;
    if (ch->compression.len != 1 || ch->compression.data[0] != 0) { /* 4.1.2 */
        return fail_text(err, CSSL_R_COMPRESSION, "a hello of TLS 1.3 offers more than \"none\"");
    }
    if (psk && !ext_has(ch->has, EXT_PSK_KEY_EXCHANGE_MODES)) { /* 4.2.9 */
        missing = EXT_PSK_KEY_EXCHANGE_MODES;
    } else if (shares && !groups) { /* 9.2, and the next three */
        missing = EXT_SUPPORTED_GROUPS;
    } else if (groups && !shares) {
        missing = EXT_KEY_SHARE;
    } else if (!psk && !groups) {
        missing = EXT_SUPPORTED_GROUPS;
    } else if (!psk && !ext_has(ch->has, EXT_SIGNATURE_ALGORITHMS)) {
        missing = EXT_SIGNATURE_ALGORITHMS;
    }
    return missing == 0xffff ? 0
                             : ext_fail(err, CSSL_R_EXTENSION_MISSING, missing, IN_CLIENT_HELLO);
}

/* RFC 6066 3: a list of names, one of a type at most, and host_name is the only type there is. */
static int own_server_name(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    struct client_hello *ch = message;
    struct rd list = rd_vec16(data);
    uint8_t type = rd_u8(&list);
    cssl_bytes name = rd_view16(&list);
    if (!rd_ok(&list) || name.len == 0) {
        return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_SERVER_NAME, place);
    }
    if (rd_more(&list)) {
        return fail_text(err, CSSL_R_SERVER_NAME, "more than one name");
    }
    if (type != 0) {
        return fail_text(err, CSSL_R_SERVER_NAME, "type %u is not host_name", (unsigned)type);
    }
    if (name.len > 255) {
        return fail_text(err, CSSL_R_SERVER_NAME, "%zu bytes, a name has 255 at most", name.len);
    }
    if (memchr(name.data, 0, name.len) != NULL) {
        return fail_text(err, CSSL_R_SERVER_NAME, "a zero byte in the name");
    }
    ch->server_name = name;
    return 0;
}

static void write_server_name(struct wr *w, const void *message)
{
    const struct client_hello *ch = message;
    wr_open16(w);
    wr_u8(w, 0);
    wr_vec16(w, ch->server_name);
    wr_close(w);
}

/* RFC 6066 8. Status types other than ocsp (1) have a form that we don't know. */
static int own_status_request(void *message, struct rd *data, enum ext_place place,
                              cssl_error *err)
{
    struct client_hello *ch = message;
    struct rd form = *data;
    ch->status_request = rd_rest(data);
    if (rd_u8(&form) == 1) {
        (void)rd_view16(&form);
        (void)rd_view16(&form);
    } else {
        (void)rd_rest(&form);
    }
    if (!rd_done(&form)) {
        return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_STATUS_REQUEST, place);
    }
    return 0;
}

static void write_status_request(struct wr *w, const void *message)
{
    const struct client_hello *ch = message;
    if (ch->status_request.len > 0) {
        wr_bytes(w, ch->status_request);
    } else {
        wr_u8(w, 1);  /* ocsp */
        wr_u16(w, 0); /* any responder */
        wr_u16(w, 0); /* no extensions */
    }
}

/* RFC 8446 4.2.8: the list may be empty, a key may not, and no group may stand twice. */
static int own_key_shares(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    struct client_hello *ch = message;
    struct rd list = rd_vec16(data);
    struct u16_set met = { { 0 } };
    if (!rd_ok(&list)) {
        return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_KEY_SHARE, place);
    }
    while (rd_more(&list)) {
        struct key_share share = { .group = rd_u16(&list) };
        share.key = rd_view16(&list);
        if (!rd_ok(&list) || share.key.len == 0) {
            return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_KEY_SHARE, place);
        }
        uint8_t bit = (uint8_t)(1U << share.group % 8);
        if ((met.bits[share.group / 8] & bit) != 0) {
            return fail_text(err, CSSL_R_KEY_SHARE_TWICE, "group %u", (unsigned)share.group);
        }
        met.bits[share.group / 8] |= bit;
        if (ch->num_shares < HELLO_SHARES_MAX) {
            ch->shares[ch->num_shares++] = share;
        }
    }
    return 0;
}

static void write_key_shares(struct wr *w, const void *message)
{
    const struct client_hello *ch = message;
    wr_open16(w);
    for (size_t i = 0; i < ch->num_shares; i++) {
        wr_u16(w, ch->shares[i].group);
        wr_vec16(w, ch->shares[i].key);
    }
    wr_close(w);
}

/* RFC 8446 4.2.11: identities<7..2^16-1>, binders<33..2^16-1> of <32..255>, as many of each. */
static int own_psks(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    struct client_hello *ch = message;
    struct rd identities = rd_vec16(data);
    while (rd_more(&identities)) {
        struct psk_identity psk = { .identity = rd_view16(&identities) };
        psk.obfuscated_ticket_age = rd_u32(&identities);
        if (psk.identity.len == 0) {
            return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_PRE_SHARED_KEY, place);
        }
        if (ch->num_psks < HELLO_PSKS_MAX) {
            ch->psks[ch->num_psks++] = psk;
        }
        ch->all_psks++;
    }
    /* random stands two bytes behind the body's beginning */
    ch->binders_at = (size_t)(data->p - ch->random.data) + 2;
    struct rd binders = rd_vec16(data);
    size_t all_binders = 0;
    while (rd_more(&binders)) {
        cssl_bytes binder = rd_view8(&binders);
        if (binder.len < 32) {
            return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_PRE_SHARED_KEY, place);
        }
        if (all_binders < HELLO_PSKS_MAX) {
            ch->binders[all_binders] = binder;
        }
        all_binders++;
    }
    if (!rd_done(&identities) || !rd_done(&binders) || ch->all_psks == 0 || all_binders == 0) {
        return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_PRE_SHARED_KEY, place);
    }
    if (all_binders != ch->all_psks) {
        return fail_text(err, CSSL_R_BINDERS_UNEQUAL, "%zu binders for %zu identities", all_binders,
                         ch->all_psks);
    }
    return 0;
}

static void write_psks(struct wr *w, struct client_hello *ch, size_t body_at)
{
    if (!ext_has(ch->has, EXT_PRE_SHARED_KEY)) {
        return;
    }
    wr_u16(w, EXT_PRE_SHARED_KEY);
    wr_open16(w);
    wr_open16(w);
    for (size_t i = 0; i < ch->num_psks; i++) {
        wr_vec16(w, ch->psks[i].identity);
        wr_u32(w, ch->psks[i].obfuscated_ticket_age);
    }
    wr_close(w);
    ch->binders_at = w->len - body_at;
    wr_open16(w);
    for (size_t i = 0; i < ch->num_psks; i++) {
        wr_vec8(w, ch->binders[i]);
    }
    wr_close(w);
    wr_close(w);
}

/* psks_len is how many bytes write_psks will write. */
static size_t psks_len(const struct client_hello *ch)
{
    if (!ext_has(ch->has, EXT_PRE_SHARED_KEY)) {
        return 0;
    }
    size_t len = EXT_HEADER + 2 + 2;
    for (size_t i = 0; i < ch->num_psks; i++) {
        len += 2 + ch->psks[i].identity.len + 4 + 1 + ch->binders[i].len;
    }
    return len;
}

/* Padding may be anything we are concerned: RFC 7685 3 binds its sender alone. */
static int own_padding(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    (void)message;
    (void)place;
    (void)err;
    (void)rd_rest(data);
    return 0;
}

static void write_unknown(struct wr *w, const struct client_hello *ch, size_t i)
{
    if (i < ch->num_unknown) {
        wr_u16(w, ch->unknown[i].type);
        wr_vec16(w, ch->unknown[i].data);
    }
}

static void write_padding(struct wr *w, const struct client_hello *ch, size_t body_at)
{
    size_t pad = 0;
    if (ch->padding) {
        size_t len = HANDSHAKE_HEADER + w->len - body_at + psks_len(ch);
        if (len < PAD_FROM || len >= PAD_TO) {
            return;
        }
        /* One byte at least: there are servers that do not bear an empty extension at the end. */
        size_t gap = PAD_TO - len;
        pad = gap > EXT_HEADER ? gap - EXT_HEADER : 1;
    } else if (!ext_has(ch->has, EXT_PADDING)) {
        return;
    }
    wr_u16(w, EXT_PADDING);
    wr_open16(w);
    (void)wr_space(w, pad);
    wr_close(w);
}

/* ---- ServerHello and HelloRetryRequest ---- */

static int check_server_hello(const struct server_hello *sh, cssl_error *err)
{
    if (sh->compression != 0) { /* RFC 8446 4.1.3; before TLS 1.3: nothing else was offered */
        return fail_text(err, CSSL_R_COMPRESSION, "the server selected method %u",
                         (unsigned)sh->compression);
    }
    const bool share = ext_has(sh->has, EXT_KEY_SHARE);
    const bool versions = ext_has(sh->has, EXT_SUPPORTED_VERSIONS);
    if (sh->hello_retry) {
        if (!versions) { /* RFC 8446 4.1.4 */
            return ext_fail(err, CSSL_R_EXTENSION_MISSING, EXT_SUPPORTED_VERSIONS,
                            IN_HELLO_RETRY_REQUEST);
        }
        if (!share && !ext_has(sh->has, EXT_COOKIE)) { /* RFC 8446 4.1.4 */
            return fail(err, CSSL_R_HELLO_RETRY_POINTLESS);
        }
    } else if (versions && !share && !ext_has(sh->has, EXT_PRE_SHARED_KEY)) { /* RFC 8446 9.2 */
        return ext_fail(err, CSSL_R_EXTENSION_MISSING, EXT_KEY_SHARE, IN_SERVER_HELLO);
    }
    return 0;
}

static int own_version(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    (void)place;
    (void)err; /* what overran or is left over is refused behind us */
    struct server_hello *sh = message;
    sh->selected_version = rd_u16(data);
    return 0;
}

static void write_version(struct wr *w, const void *message)
{
    const struct server_hello *sh = message;
    wr_u16(w, sh->selected_version);
}

static int own_share(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    struct server_hello *sh = message;
    sh->share.group = rd_u16(data);
    sh->share.key = rd_view16(data);
    if (sh->share.key.len == 0) { /* RFC 8446 4.2.8: key_exchange<1..2^16-1> */
        return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_KEY_SHARE, place);
    }
    return 0;
}

static void write_share(struct wr *w, const void *message)
{
    const struct server_hello *sh = message;
    wr_u16(w, sh->share.group);
    wr_vec16(w, sh->share.key);
}

static int own_group(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    (void)place;
    (void)err;
    struct server_hello *sh = message;
    sh->share.group = rd_u16(data);
    return 0;
}

static void write_group(struct wr *w, const void *message)
{
    const struct server_hello *sh = message;
    wr_u16(w, sh->share.group);
}

static int own_selected_psk(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    (void)place;
    (void)err;
    struct server_hello *sh = message;
    sh->selected_psk = rd_u16(data);
    return 0;
}

static void write_selected_psk(struct wr *w, const void *message)
{
    const struct server_hello *sh = message;
    wr_u16(w, sh->selected_psk);
}
