/* error.c - the reason table and how an error is filled from it. Prints nothing. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

struct reason_row {
    uint16_t number;
    uint8_t alert;
    int8_t status;
    const char *name;
    const char *text;
};

static const struct reason_row reason_rows[] = {
#define REASON(number, name, status, alert, text) \
    { (number), ALERT_##alert, CSSL_##status, #name, (text) },
#include "cssl_reasons.def"
#undef REASON
};

struct alert_row {
    uint8_t number;
    const char *name; /* OTP's atom */
    const char *text; /* OTP's words */
    const char *hint; /* what it means for whoever receives it, and what to do; may be NULL */
};

static const struct alert_row alert_rows[] = {
    { 0, "close_notify", "Close Notify", NULL },
    { 10, "unexpected_message", "Unexpected Message", NULL },
    { 20, "bad_record_mac", "Bad Record MAC", NULL },
    { 21, "decryption_failed_reserved", "Decryption Failed Reserved", NULL },
    { 22, "record_overflow", "Record Overflow", NULL },
    { 30, "decompression_failure", "Decompression Failure", NULL },
    { 40, "handshake_failure", "Handshake Failure",
      "it found nothing in common: compare ciphers, groups and signature_algs" },
    { 41, "no_certificate_reserved", "No Certificate Reserved", NULL },
    { 42, "bad_certificate", "Bad Certificate",
      "it does not accept our certificate" },
    { 43, "unsupported_certificate", "Unsupported Certificate",
      "it does not accept our certificate: this kind of key, or its use" },
    { 44, "certificate_revoked", "Certificate Revoked", NULL },
    { 45, "certificate_expired", "Certificate Expired",
      "our certificate has expired, or its clock is wrong" },
    { 46, "certificate_unknown", "Certificate Unknown", NULL },
    { 47, "illegal_parameter", "Illegal Parameter", NULL },
    { 48, "unknown_ca", "Unknown CA",
      "it does not trust whoever issued our certificate" },
    { 49, "access_denied", "Access Denied", NULL },
    { 50, "decode_error", "Decode Error", NULL },
    { 51, "decrypt_error", "Decrypt Error", NULL },
    { 60, "export_restriction", "Export Restriction", NULL },
    { 70, "protocol_version", "Protocol Version",
      "it speaks no version of TLS in common" },
    { 71, "insufficient_security", "Insufficient Security", NULL },
    { 80, "internal_error", "Internal Error", NULL },
    { 86, "inappropriate_fallback", "Inappropriate Fallback", NULL },
    { 90, "user_canceled", "User Canceled", NULL },
    { 100, "no_renegotiation", "No Renegotiation", NULL },
    { 109, "missing_extension", "Missing extension", NULL },
    { 110, "unsupported_extension", "Unsupported Extension", NULL },
    { 111, "certificate_unobtainable", "Certificate Unobtainable", NULL },
    { 112, "unrecognized_name", "Unrecognised Name",
      "it does not serve the name that was asked for" },
    { 113, "bad_certificate_status_response", "Bad Certificate Status Response", NULL },
    { 114, "bad_certificate_hash_value", "Bad Certificate Hash Value", NULL },
    { 115, "unknown_psk_identity", "Unknown Psk Identity",
      "it does not know our psk_identity" },
    { 116, "certificate_required", "Certificate required",
      "it wants a certificate from us: give certfile and keyfile" },
    { 120, "no_application_protocol", "No application protocol",
      "it speaks none of our alpn_protocols" },
};

static const struct reason_row *reason_find(uint16_t number);
static int fail_row(cssl_error *err, cssl_reason reason);
static void append_text(cssl_error *err, const char *format, va_list args) PRINTF_LIKE(2, 0);

int fail(cssl_error *err, cssl_reason reason)
{
    return fail_row(err, reason);
}

int fail_text(cssl_error *err, cssl_reason reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int status = fail_row(err, reason);
    append_text(err, format, args);
    va_end(args);
    return status;
}

int fail_cert(cssl_error *err, cssl_reason reason, int index, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int status = fail_row(err, reason);
    append_text(err, format, args);
    va_end(args);
    if (err != NULL) {
        err->cert_index = (int16_t)index;
    }
    return status;
}

int fail_option(cssl_error *err, cssl_reason reason, const char *option, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int status = fail_row(err, reason);
    append_text(err, format, args);
    va_end(args);
    if (err != NULL) {
        err->option = option;
    }
    return status;
}

int fail_system(cssl_error *err, int posix, const char *format, ...)
{
    if (err == NULL) {
        return CSSL_SYSTEM;
    }
    va_list args;
    va_start(args, format);
    int status = fail_row(err, CSSL_R_SYSTEM);
    char what[384];
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    char why[96];
    (void)snprintf(err->text, sizeof(err->text), "%s: %s", what,
                   strerror_r(posix, why, sizeof(why)));
    err->posix = posix;
    return status;
}

int fail_peer_alert(cssl_error *err, uint8_t alert)
{
    const char *hint = NULL;
    for (size_t i = 0; i < ARRAY_LEN(alert_rows); i++) {
        hint = alert_rows[i].number == alert ? alert_rows[i].hint : hint;
    }
    int status = fail_text(err, CSSL_R_PEER_ALERT, "%s%s%s", alert_text(alert),
                           hint == NULL ? "" : "; ", hint == NULL ? "" : hint);
    if (err != NULL) {
        err->alert = alert;
        err->alert_from_peer = true;
    }
    return status;
}

int error_copy(cssl_error *to, const cssl_error *from)
{
    if (to != NULL && to != from) {
        *to = *from;
    }
    return from->status;
}

int reason_status(cssl_reason reason)
{
    const struct reason_row *row = reason_find((uint16_t)reason);
    return row == NULL ? CSSL_STATE : row->status;
}

uint8_t reason_alert(cssl_reason reason)
{
    const struct reason_row *row = reason_find((uint16_t)reason);
    return row == NULL ? (uint8_t)ALERT_INTERNAL_ERROR : row->alert;
}

const char *reason_text(cssl_reason reason)
{
    const struct reason_row *row = reason_find((uint16_t)reason);
    return row == NULL ? "unknown reason" : row->text;
}

const char *cssl_reason_name(uint16_t reason)
{
    const struct reason_row *row = reason_find(reason);
    return row == NULL ? NULL : row->name;
}

const char *cssl_alert_name(uint8_t alert)
{
    for (size_t i = 0; i < ARRAY_LEN(alert_rows); i++) {
        if (alert_rows[i].number == alert) {
            return alert_rows[i].name;
        }
    }
    return "unsupported/unknown_alert";
}

const char *alert_text(uint8_t alert)
{
    for (size_t i = 0; i < ARRAY_LEN(alert_rows); i++) {
        if (alert_rows[i].number == alert) {
            return alert_rows[i].text;
        }
    }
    return "unsupported/unknown alert";
}

void text_printable(char *out, size_t size, const void *in, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *p = in;
    size_t at = 0;
    if (size == 0) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (p[i] >= 0x20 && p[i] < 0x7f) {
            if (at + 1 >= size) {
                break;
            }
            out[at++] = (char)p[i];
        } else {
            if (at + 4 >= size) {
                break;
            }
            out[at++] = '\\';
            out[at++] = 'x';
            out[at++] = hex[p[i] >> 4];
            out[at++] = hex[p[i] & 15];
        }
    }
    out[at] = '\0';
}

/* The table is in the order of its numbers; test_error.c checks that. */
static const struct reason_row *reason_find(uint16_t number)
{
    size_t low = 0;
    size_t high = ARRAY_LEN(reason_rows);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (reason_rows[middle].number == number) {
            return &reason_rows[middle];
        }
        if (reason_rows[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static int fail_row(cssl_error *err, cssl_reason reason)
{
    int status = reason_status(reason);
    if (err != NULL) {
        *err = (cssl_error){ .status = (cssl_status)status,
                             .reason = (uint16_t)reason,
                             .alert = reason_alert(reason),
                             .cert_index = -1 };
        (void)snprintf(err->text, sizeof(err->text), "%s", reason_text(reason));
    }
    return status;
}

static void append_text(cssl_error *err, const char *format, va_list args)
{
    if (err == NULL) {
        return;
    }
    char raw[400];
    int n = vsnprintf(raw, sizeof(raw), format, args);
    if (n <= 0) {
        return;
    }
    size_t at = strlen(err->text);
    if (at + 3 < sizeof(err->text)) {
        err->text[at++] = ':';
        err->text[at++] = ' ';
        text_printable(err->text + at, sizeof(err->text) - at, raw,
                       min_size((size_t)n, sizeof(raw) - 1));
    }
}
