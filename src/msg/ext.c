/* ext.c - the table of extensions and the walk that enforces it. Knows no extension's content. */
#include "msg/ext.h"

#include "base/error.h"

/* The messages in the columns of the table, with the abbreviations of RFC 8446 4.2. */
enum {
    CH = 1 << IN_CLIENT_HELLO,
    SH = 1 << IN_SERVER_HELLO,
    HRR = 1 << IN_HELLO_RETRY_REQUEST,
    EE = 1 << IN_ENCRYPTED_EXTENSIONS,
    CR = 1 << IN_CERTIFICATE_REQUEST,
    CT = 1 << IN_CERTIFICATE,
    NST = 1 << IN_NEW_SESSION_TICKET,
    SH12 = 1 << IN_SERVER_HELLO_12, /* not a column of the RFC's: the ServerHello of TLS 1.2 */

    ANSWERS = SH | HRR | EE | CT | SH12 /* the other messages ask */
};

struct ext_row {
    uint16_t type;
    uint16_t places;
};

/* A row's index is its bit in a struct ext_set. First the rows of RFC 8446 4.2, in its order, then
 * those of other RFCs. Heartbeat (RFC 6520) is left out: to us it is an unknown one. */
static const struct ext_row rows[] = {
    { .type = EXT_SERVER_NAME,                  .places = CH | EE | SH12 },  /* RFC 6066 */
    { .type = EXT_MAX_FRAGMENT_LENGTH,          .places = CH | EE | SH12 },  /* RFC 6066 */
    { .type = EXT_STATUS_REQUEST,               .places = CH | CR | CT | SH12 }, /* RFC 6066 */
    /* RFC 8422, 7919. Servers of TLS 1.2 have nothing to say in it, and some say it. */
    { .type = EXT_SUPPORTED_GROUPS,             .places = CH | EE | SH12 },
    { .type = EXT_SIGNATURE_ALGORITHMS,         .places = CH | CR },         /* RFC 8446 */
    { .type = EXT_USE_SRTP,                     .places = CH | EE | SH12 },  /* RFC 5764 */
    { .type = EXT_ALPN,                         .places = CH | EE | SH12 },  /* RFC 7301 */
    { .type = EXT_SIGNED_CERTIFICATE_TIMESTAMP, .places = CH | CR | CT | SH12 }, /* RFC 6962 */
    { .type = EXT_CLIENT_CERTIFICATE_TYPE,      .places = CH | EE | SH12 },  /* RFC 7250 */
    { .type = EXT_SERVER_CERTIFICATE_TYPE,      .places = CH | EE | SH12 },  /* RFC 7250 */
    { .type = EXT_PADDING,                      .places = CH },              /* RFC 7685 */
    { .type = EXT_KEY_SHARE,                    .places = CH | SH | HRR },   /* RFC 8446 */
    { .type = EXT_PRE_SHARED_KEY,               .places = CH | SH },         /* RFC 8446 */
    { .type = EXT_PSK_KEY_EXCHANGE_MODES,       .places = CH },              /* RFC 8446 */
    { .type = EXT_EARLY_DATA,                   .places = CH | EE | NST },   /* RFC 8446 */
    { .type = EXT_COOKIE,                       .places = CH | HRR },        /* RFC 8446 */
    { .type = EXT_SUPPORTED_VERSIONS,           .places = CH | SH | HRR },   /* RFC 8446 */
    { .type = EXT_CERTIFICATE_AUTHORITIES,      .places = CH | CR },         /* RFC 8446 */
    { .type = EXT_OID_FILTERS,                  .places = CR },              /* RFC 8446 */
    { .type = EXT_POST_HANDSHAKE_AUTH,          .places = CH },              /* RFC 8446 */
    { .type = EXT_SIGNATURE_ALGORITHMS_CERT,    .places = CH | CR },         /* RFC 8446 */
    /* later than RFC 8446, or of TLS 1.2 alone */
    { .type = EXT_COMPRESS_CERTIFICATE,         .places = CH | CR },         /* RFC 8879 */
    { .type = EXT_RECORD_SIZE_LIMIT,            .places = CH | EE | SH12 },  /* RFC 8449 */
    { .type = EXT_DELEGATED_CREDENTIAL,         .places = CH | CR | CT },    /* RFC 9345 */
    { .type = EXT_EC_POINT_FORMATS,             .places = CH | SH12 },       /* RFC 8422 */
    { .type = EXT_ENCRYPT_THEN_MAC,             .places = CH | SH12 },       /* RFC 7366 */
    { .type = EXT_EXTENDED_MASTER_SECRET,       .places = CH | SH12 },       /* RFC 7627 */
    { .type = EXT_SESSION_TICKET,               .places = CH | SH12 },       /* RFC 5077 */
    { .type = EXT_RENEGOTIATION_INFO,           .places = CH | SH12 },       /* RFC 5746 */
};
_Static_assert(ARRAY_LEN(rows) <= 64, "struct ext_set has 64 bits");

static const char *const place_names[] = {
    [IN_CLIENT_HELLO] = "ClientHello",
    [IN_SERVER_HELLO] = "ServerHello",
    [IN_HELLO_RETRY_REQUEST] = "HelloRetryRequest",
    [IN_ENCRYPTED_EXTENSIONS] = "EncryptedExtensions",
    [IN_CERTIFICATE_REQUEST] = "CertificateRequest",
    [IN_CERTIFICATE] = "Certificate",
    [IN_NEW_SESSION_TICKET] = "NewSessionTicket",
    [IN_SERVER_HELLO_12] = "ServerHello of TLS 1.2",
};

static const struct ext_row *row_of(uint16_t type);
static uint64_t bit_of(uint16_t type);
static int check_block(struct ext_walk *walk, cssl_error *err);
static int check_place(const struct ext_walk *walk, uint16_t type, cssl_error *err);

bool ext_has(struct ext_set set, uint16_t extension)
{
    return (set.bits & bit_of(extension)) != 0;
}

void ext_add(struct ext_set *set, uint16_t extension)
{
    set->bits |= bit_of(extension);
}

bool ext_may_stand(uint16_t extension, enum ext_place place)
{
    const struct ext_row *row = row_of(extension);
    return row != NULL && (row->places & 1U << place) != 0;
}

bool ext_is_known(uint16_t extension)
{
    return row_of(extension) != NULL;
}

const char *ext_place_name(enum ext_place place)
{
    return place_names[place];
}

int ext_next(struct ext_walk *walk, struct ext *e, cssl_error *err)
{
    *e = (struct ext){ .type = 0xffff };
    int status = walk->checked ? 0 : check_block(walk, err);
    if (status < 0 || !rd_more(&walk->block)) {
        return status;
    }
    uint16_t type = rd_u16(&walk->block);
    cssl_bytes data = rd_view16(&walk->block);
    status = check_place(walk, type, err);
    if (status < 0) {
        return status;
    }
    ext_add(&walk->seen, type);
    *e = (struct ext){ .type = type, .data = data };
    return 0;
}

int ext_fail(cssl_error *err, cssl_reason reason, uint16_t extension, enum ext_place place)
{
    const char *name = name_of_extension(extension);
    if (name != NULL) {
        return fail_text(err, reason, "%s in %s", name, place_names[place]);
    }
    return fail_text(err, reason, "number %u in %s", (unsigned)extension, place_names[place]);
}

/* check_block looks at the form of the whole block: pairs of a type and a length that fits, none
 * twice (RFC 8446 4.2), known or not. */
static int check_block(struct ext_walk *walk, cssl_error *err)
{
    struct rd block = walk->block;
    while (!rd_done(&block)) {
        uint16_t type = rd_u16(&block);
        (void)rd_view16(&block);
        if (!rd_ok(&block)) {
            return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "extensions of %s",
                             place_names[walk->place]);
        }
        for (size_t i = 0; i < walk->num; i++) {
            if (walk->types[i] == type) {
                return ext_fail(err, CSSL_R_EXTENSION_TWICE, type, walk->place);
            }
        }
        if (walk->num == EXT_MAX) {
            return fail_text(err, CSSL_R_EXTENSIONS_TOO_MANY, "more than %d in %s", EXT_MAX,
                             place_names[walk->place]);
        }
        walk->types[walk->num++] = type;
    }
    walk->checked = true;
    return 0;
}

/* RFC 8446 4.2: one that is known and out of place is illegal_parameter, an answer to what was not
 * asked unsupported_extension. What is unknown cannot have been asked; where nothing is asked for
 * it is skipped (4.1.2, 4.3.2, 4.6.1), and so GREASE is (RFC 8701). */
static int check_place(const struct ext_walk *walk, uint16_t type, cssl_error *err)
{
    const unsigned place = 1U << walk->place;
    if (ext_is_known(type) && !ext_may_stand(type, walk->place)) {
        return ext_fail(err, CSSL_R_EXTENSION_MISPLACED, type, walk->place);
    }
    if ((place & ANSWERS) == 0 || ext_has(walk->asked, type)) {
        return 0;
    }
    if (walk->place == IN_HELLO_RETRY_REQUEST && type == EXT_COOKIE) {
        return 0; /* RFC 8446 4.2: the one answer that comes unasked */
    }
    return ext_fail(err, CSSL_R_EXTENSION_UNASKED, type, walk->place);
}

static const struct ext_row *row_of(uint16_t type)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].type == type) {
            return &rows[i];
        }
    }
    return NULL;
}

static uint64_t bit_of(uint16_t type)
{
    const struct ext_row *row = row_of(type);
    return row == NULL ? 0 : UINT64_C(1) << (row - rows);
}
