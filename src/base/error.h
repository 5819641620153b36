/* error.h - raising errors: one expression at the place where the fault is seen. */
#ifndef CSSL_BASE_ERROR_H
#define CSSL_BASE_ERROR_H

#include "base/base.h"

/* The alerts of RFC 8446 6, and NONE for failures that send none. */
enum alert {
    ALERT_CLOSE_NOTIFY = 0,
    ALERT_UNEXPECTED_MESSAGE = 10,
    ALERT_BAD_RECORD_MAC = 20,
    ALERT_RECORD_OVERFLOW = 22,
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_BAD_CERTIFICATE = 42,
    ALERT_UNSUPPORTED_CERTIFICATE = 43,
    ALERT_CERTIFICATE_REVOKED = 44,
    ALERT_CERTIFICATE_EXPIRED = 45,
    ALERT_CERTIFICATE_UNKNOWN = 46,
    ALERT_ILLEGAL_PARAMETER = 47,
    ALERT_UNKNOWN_CA = 48,
    ALERT_ACCESS_DENIED = 49,
    ALERT_DECODE_ERROR = 50,
    ALERT_DECRYPT_ERROR = 51,
    ALERT_PROTOCOL_VERSION = 70,
    ALERT_INSUFFICIENT_SECURITY = 71,
    ALERT_INTERNAL_ERROR = 80,
    ALERT_INAPPROPRIATE_FALLBACK = 86,
    ALERT_USER_CANCELED = 90,
    ALERT_NO_RENEGOTIATION = 100,
    ALERT_MISSING_EXTENSION = 109,
    ALERT_UNSUPPORTED_EXTENSION = 110,
    ALERT_UNRECOGNIZED_NAME = 112,
    ALERT_BAD_CERTIFICATE_STATUS_RESPONSE = 113,
    ALERT_UNKNOWN_PSK_IDENTITY = 115,
    ALERT_CERTIFICATE_REQUIRED = 116,
    ALERT_NO_APPLICATION_PROTOCOL = 120,
    ALERT_NONE = 255
};

/* Each of these fills *err (which may be NULL) and returns its status, which is negative. The
 * reason's row gives status, alert and the beginning of the text. */
int fail(cssl_error *err, cssl_reason reason);
/* fail_text puts ": " and the formatted words behind the reason's text. What comes from a peer
 * is made harmless: bytes that are not printable ASCII become \xNN. */
int fail_text(cssl_error *err, cssl_reason reason, const char *format, ...) PRINTF_LIKE(3, 4);
/* fail_cert is fail_text for certificate index of the chain, 0 the leaf. */
int fail_cert(cssl_error *err, cssl_reason reason, int index, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* fail_option names the field of cssl_options that is at fault (a string literal). */
int fail_option(cssl_error *err, cssl_reason reason, const char *option, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* fail_system is for an errno value: "<what>: <strerror>". */
int fail_system(cssl_error *err, int posix, const char *format, ...) PRINTF_LIKE(3, 4);
/* fail_peer_alert is for a fatal alert that was received. */
int fail_peer_alert(cssl_error *err, uint8_t alert);
/* error_copy passes a failure on: it fills to, which may be NULL, and returns the status. */
int error_copy(cssl_error *to, const cssl_error *from);

/* What the table says of a reason, for code that has no cssl_error at hand. */
int reason_status(cssl_reason reason);
uint8_t reason_alert(cssl_reason reason);
const char *reason_text(cssl_reason reason);
/* alert_text is the capitalised name of an alert as OTP prints it: "Unknown CA". */
const char *alert_text(uint8_t alert);
/* text_printable copies len bytes of in as printable ASCII with \xNN escapes; always NUL-ended,
 * cut short to fit size. */
void text_printable(char *out, size_t size, const void *in, size_t len);

#endif
