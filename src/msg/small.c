/* small.c - the messages of TLS 1.3 behind the hellos, read and written. Form only. */
#include "msg/small.h"

#include "base/error.h"
#include "msg/form.h"

#include <stddef.h>

enum { TICKET_LIFETIME_MAX = 604800, STATUS_OCSP = 1 };

static int own_oid_filters(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static void write_oid_filters(struct wr *w, const void *message);
static int own_status(void *message, struct rd *data, enum ext_place place, cssl_error *err);
static void write_status(struct wr *w, const void *message);
static int own_max_early_data(void *message, struct rd *data, enum ext_place place,
                              cssl_error *err);
static void write_max_early_data(struct wr *w, const void *message);
static int entry_parse(struct certificate_entry *entry, struct rd *r, struct ext_set asked,
                       cssl_error *err);

#define FIELD(name) offsetof(struct encrypted_extensions, name)
static const struct form_row ee_rows[] = {
    { EXT_SERVER_NAME, FORM_EMPTY, 0, NULL, NULL }, /* RFC 6066 3 */
    { EXT_SUPPORTED_GROUPS, FORM_U16S16, FIELD(supported_groups), NULL, NULL },
    { EXT_ALPN, FORM_ONE_OF_8, FIELD(alpn), NULL, NULL }, /* RFC 7301 3.1 */
    { EXT_MAX_FRAGMENT_LENGTH, FORM_FIXED1, FIELD(max_fragment_length), NULL, NULL },
    { EXT_RECORD_SIZE_LIMIT, FORM_FIXED2, FIELD(record_size_limit), NULL, NULL },
    { EXT_USE_SRTP, FORM_RAW, FIELD(use_srtp), NULL, NULL },
    { EXT_CLIENT_CERTIFICATE_TYPE, FORM_FIXED1, FIELD(client_certificate_type), NULL, NULL },
    { EXT_SERVER_CERTIFICATE_TYPE, FORM_FIXED1, FIELD(server_certificate_type), NULL, NULL },
    { EXT_EARLY_DATA, FORM_EMPTY, 0, NULL, NULL }, /* RFC 8446 4.2.10 */
};
#undef FIELD

#define FIELD(name) offsetof(struct certificate_request, name)
static const struct form_row cr_rows[] = {
    { EXT_SIGNATURE_ALGORITHMS, FORM_U16S16, FIELD(signature_algorithms), NULL, NULL },
    { EXT_SIGNATURE_ALGORITHMS_CERT, FORM_U16S16, FIELD(signature_algorithms_cert), NULL, NULL },
    { EXT_CERTIFICATE_AUTHORITIES, FORM_LIST_OF_16, FIELD(certificate_authorities), NULL, NULL },
    { EXT_OID_FILTERS, FORM_OWN, 0, own_oid_filters, write_oid_filters },
    { EXT_STATUS_REQUEST, FORM_EMPTY, 0, NULL, NULL },               /* RFC 8446 4.4.2.1 */
    { EXT_SIGNED_CERTIFICATE_TIMESTAMP, FORM_EMPTY, 0, NULL, NULL }, /* RFC 6962 3.3.1 */
    { EXT_COMPRESS_CERTIFICATE, FORM_U16S8, FIELD(compress_certificate), NULL, NULL },
    { EXT_DELEGATED_CREDENTIAL, FORM_U16S16, FIELD(delegated_credential), NULL, NULL },
};
#undef FIELD

#define FIELD(name) offsetof(struct certificate_entry, name)
static const struct form_row entry_rows[] = {
    { EXT_STATUS_REQUEST, FORM_OWN, 0, own_status, write_status },
    { EXT_SIGNED_CERTIFICATE_TIMESTAMP, FORM_LIST_OF_16, FIELD(scts), NULL, NULL },
    { EXT_DELEGATED_CREDENTIAL, FORM_RAW, FIELD(delegated_credential), NULL, NULL },
};
#undef FIELD

static const struct form_row ticket_rows[] = {
    { EXT_EARLY_DATA, FORM_OWN, 0, own_max_early_data, write_max_early_data },
};

void msg_open(struct wr *w, enum handshake_type type)
{
    wr_u8(w, (uint8_t)type);
    wr_open24(w);
}

/* ---- EncryptedExtensions, RFC 8446 4.3.1 ---- */

int encrypted_extensions_parse(struct encrypted_extensions *ee, cssl_bytes body,
                               struct ext_set asked, cssl_error *err)
{
    *ee = (struct encrypted_extensions){ .has = { 0 } };
    struct rd r = rd_of(body);
    struct ext_walk walk = { .place = IN_ENCRYPTED_EXTENSIONS, .asked = asked };
    walk.block = rd_vec16(&r);
    if (!rd_done(&r)) {
        return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "EncryptedExtensions");
    }
    int status = form_block_parse(&walk, ee_rows, ARRAY_LEN(ee_rows), ee, err);
    ee->has = walk.seen;
    return status;
}

void encrypted_extensions_write(struct wr *w, const struct encrypted_extensions *ee)
{
    wr_open16(w);
    form_block_write(w, ee_rows, ARRAY_LEN(ee_rows), ee, ee->has);
    wr_close(w);
}

/* ---- CertificateRequest, RFC 8446 4.3.2 ---- */

int certificate_request_parse(struct certificate_request *cr, cssl_bytes body, cssl_error *err)
{
    *cr = (struct certificate_request){ .has = { 0 } };
    struct rd r = rd_of(body);
    struct ext_walk walk = { .place = IN_CERTIFICATE_REQUEST };
    cr->context = rd_view8(&r);
    walk.block = rd_vec16(&r);
    if (!rd_done(&r)) {
        return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "CertificateRequest");
    }
    int status = form_block_parse(&walk, cr_rows, ARRAY_LEN(cr_rows), cr, err);
    cr->has = walk.seen;
    if (status == 0 && !ext_has(cr->has, EXT_SIGNATURE_ALGORITHMS)) { /* RFC 8446 4.3.2 */
        return ext_fail(err, CSSL_R_EXTENSION_MISSING, EXT_SIGNATURE_ALGORITHMS, walk.place);
    }
    return status;
}

void certificate_request_write(struct wr *w, const struct certificate_request *cr)
{
    wr_vec8(w, cr->context);
    wr_open16(w);
    form_block_write(w, cr_rows, ARRAY_LEN(cr_rows), cr, cr->has);
    wr_close(w);
}

/* RFC 8446 4.2.5: filters<0..2^16-1> of an OID<1..2^8-1> and values<0..2^16-1>. */
static int own_oid_filters(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    struct certificate_request *cr = message;
    cr->oid_filters = rd_view16(data);
    struct rd list = rd_of(cr->oid_filters);
    while (rd_more(&list)) {
        if (rd_view8(&list).len == 0) {
            return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_OID_FILTERS, place);
        }
        (void)rd_view16(&list);
    }
    return rd_done(&list) ? 0 : ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_OID_FILTERS, place);
}

static void write_oid_filters(struct wr *w, const void *message)
{
    const struct certificate_request *cr = message;
    wr_vec16(w, cr->oid_filters);
}

/* ---- Certificate, RFC 8446 4.4.2 ---- */

int certificate_parse(struct certificate *c, cssl_bytes body, struct ext_set asked,
                      cssl_error *err)
{
    *c = (struct certificate){ .num_entries = 0 };
    struct rd r = rd_of(body);
    c->context = rd_view8(&r);
    struct rd list = rd_vec24(&r);
    if (!rd_done(&r)) {
        return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "Certificate");
    }
    while (rd_more(&list)) {
        if (c->num_entries == CERTIFICATE_ENTRIES_MAX) {
            return fail_text(err, CSSL_R_CERTIFICATES_TOO_MANY, "more than %d",
                             CERTIFICATE_ENTRIES_MAX);
        }
        int status = entry_parse(&c->entries[c->num_entries], &list, asked, err);
        if (status < 0) {
            return status;
        }
        c->num_entries++;
    }
    return 0;
}

void certificate_write(struct wr *w, const struct certificate *c)
{
    wr_vec8(w, c->context);
    wr_open24(w);
    for (size_t i = 0; i < c->num_entries; i++) {
        const struct certificate_entry *entry = &c->entries[i];
        wr_vec24(w, entry->cert);
        wr_open16(w);
        form_block_write(w, entry_rows, ARRAY_LEN(entry_rows), entry, entry->has);
        wr_close(w);
    }
    wr_close(w);
}

static int entry_parse(struct certificate_entry *entry, struct rd *r, struct ext_set asked,
                       cssl_error *err)
{
    struct ext_walk walk = { .place = IN_CERTIFICATE, .asked = asked };
    entry->cert = rd_view24(r);
    walk.block = rd_vec16(r);
    if (!rd_ok(r) || entry->cert.len == 0) { /* cert_data<1..2^24-1> */
        return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "Certificate");
    }
    int status = form_block_parse(&walk, entry_rows, ARRAY_LEN(entry_rows), entry, err);
    entry->has = walk.seen;
    return status;
}

/* RFC 6066 8: CertificateStatus, of which ocsp is the one kind; RFC 8446 4.4.2.1. */
static int own_status(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    struct certificate_entry *entry = message;
    uint8_t type = rd_u8(data);
    if (rd_ok(data) && type != STATUS_OCSP) {
        return fail_text(err, CSSL_R_STATUS_TYPE, "type %u", (unsigned)type);
    }
    entry->status = rd_view24(data);
    if (entry->status.len == 0) { /* OCSPResponse<1..2^24-1> */
        return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, EXT_STATUS_REQUEST, place);
    }
    return 0;
}

static void write_status(struct wr *w, const void *message)
{
    const struct certificate_entry *entry = message;
    wr_u8(w, STATUS_OCSP);
    wr_vec24(w, entry->status);
}

/* ---- CompressedCertificate, RFC 8879 4 ---- */

int compressed_certificate_parse(struct compressed_certificate *c, cssl_bytes body,
                                 cssl_error *err)
{
    struct rd r = rd_of(body);
    c->algorithm = rd_u16(&r);
    c->length = rd_u24(&r);
    c->packed = rd_view24(&r);
    return rd_done(&r) && c->packed.len > 0
               ? 0
               : fail_text(err, CSSL_R_MESSAGE_MALFORMED, "CompressedCertificate");
}

void compressed_certificate_write(struct wr *w, const struct compressed_certificate *c)
{
    wr_u16(w, c->algorithm);
    wr_u24(w, c->length);
    wr_vec24(w, c->packed);
}

/* ---- CertificateVerify, RFC 8446 4.4.3 ---- */

int certificate_verify_parse(struct certificate_verify *cv, cssl_bytes body, cssl_error *err)
{
    struct rd r = rd_of(body);
    cv->scheme = rd_u16(&r);
    cv->signature = rd_view16(&r);
    return rd_done(&r) ? 0 : fail_text(err, CSSL_R_MESSAGE_MALFORMED, "CertificateVerify");
}

void certificate_verify_write(struct wr *w, const struct certificate_verify *cv)
{
    wr_u16(w, cv->scheme);
    wr_vec16(w, cv->signature);
}

void certificate_verify_content(struct wr *w, bool by_server, cssl_bytes transcript_hash)
{
    for (int i = 0; i < 64; i++) {
        wr_u8(w, ' ');
    }
    wr_bytes(w, bytes_str(by_server ? "TLS 1.3, server CertificateVerify"
                                    : "TLS 1.3, client CertificateVerify"));
    wr_u8(w, 0);
    wr_bytes(w, transcript_hash);
}

/* ---- NewSessionTicket, RFC 8446 4.6.1 ---- */

int new_session_ticket_parse(struct new_session_ticket *t, cssl_bytes body, cssl_error *err)
{
    *t = (struct new_session_ticket){ .has = { 0 } };
    struct rd r = rd_of(body);
    struct ext_walk walk = { .place = IN_NEW_SESSION_TICKET };
    t->lifetime = rd_u32(&r);
    t->age_add = rd_u32(&r);
    t->nonce = rd_view8(&r);
    t->ticket = rd_view16(&r);
    walk.block = rd_vec16(&r);
    if (!rd_done(&r) || t->ticket.len == 0) { /* ticket<1..2^16-1> */
        return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "NewSessionTicket");
    }
    if (t->lifetime > TICKET_LIFETIME_MAX) {
        return fail_text(err, CSSL_R_TICKET_LIFETIME, "%lu seconds", (unsigned long)t->lifetime);
    }
    int status = form_block_parse(&walk, ticket_rows, ARRAY_LEN(ticket_rows), t, err);
    t->has = walk.seen;
    return status;
}

void new_session_ticket_write(struct wr *w, const struct new_session_ticket *t)
{
    wr_u32(w, t->lifetime);
    wr_u32(w, t->age_add);
    wr_vec8(w, t->nonce);
    wr_vec16(w, t->ticket);
    wr_open16(w);
    form_block_write(w, ticket_rows, ARRAY_LEN(ticket_rows), t, t->has);
    wr_close(w);
}

static int own_max_early_data(void *message, struct rd *data, enum ext_place place,
                              cssl_error *err)
{
    (void)place;
    (void)err; /* what overran or is left over is refused behind us */
    struct new_session_ticket *t = message;
    t->max_early_data = rd_u32(data);
    return 0;
}

static void write_max_early_data(struct wr *w, const void *message)
{
    const struct new_session_ticket *t = message;
    wr_u32(w, t->max_early_data);
}

/* ---- KeyUpdate, RFC 8446 4.6.3 ---- */

int key_update_parse(bool *requested, cssl_bytes body, cssl_error *err)
{
    struct rd r = rd_of(body);
    uint8_t value = rd_u8(&r);
    if (!rd_done(&r)) {
        return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "KeyUpdate");
    }
    if (value > 1) {
        return fail_text(err, CSSL_R_KEY_UPDATE_VALUE, "%u", (unsigned)value);
    }
    *requested = value == 1;
    return 0;
}

void key_update_write(struct wr *w, bool request)
{
    wr_u8(w, request ? 1 : 0);
}
