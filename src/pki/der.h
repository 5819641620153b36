/*
 * der.h - reading DER (X.690) strictly, over views.
 *
 * The reader is base/wire.h's: sticky, so that a parser is straight code with one check at its
 * end. What is not DER - a long form where a short one fits, an indefinite length, an integer with
 * a needless byte, a boolean that is neither 00 nor ff - makes the reader bad.
 */
#ifndef CSSL_PKI_DER_H
#define CSSL_PKI_DER_H

#include "base/wire.h"

/* Identifier bytes. Tag numbers over 30 occur nowhere in certificates and are refused. */
enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_NUMERIC_STRING = 0x12,
    DER_PRINTABLE_STRING = 0x13,
    DER_TELETEX_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE_STRING = 0x1a,
    DER_UNIVERSAL_STRING = 0x1c,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31
};
/* DER_CONTEXT is [n] of a primitive type, DER_CONTEXT_OF of a constructed one. */
#define DER_CONTEXT(n) ((uint8_t)(0x80 | (n)))
#define DER_CONTEXT_OF(n) ((uint8_t)(0xa0 | (n)))

/* der_peek is the next element's identifier byte, 0 when nothing is left. */
uint8_t der_peek(const struct rd *r);
/* der_any takes the next element whatever it is: *tag and its contents. */
cssl_bytes der_any(struct rd *r, uint8_t *tag);
/* der_whole takes the next element, which must be a tag, header and all. */
cssl_bytes der_whole(struct rd *r, uint8_t tag);
/* der_value takes the contents of the next element, which must be a tag. */
cssl_bytes der_value(struct rd *r, uint8_t tag);
/* der_enter is der_value as a reader; it is bad when r is. */
struct rd der_enter(struct rd *r, uint8_t tag);
/* der_enter_if enters a tag when that comes next, and says whether it did. */
bool der_enter_if(struct rd *r, uint8_t tag, struct rd *inner);
/* der_bad makes r bad: the caller found what the type does not allow. */
void der_bad(struct rd *r);

bool der_boolean(struct rd *r, uint8_t tag);
/* der_flag reads a BOOLEAN DEFAULT FALSE: DER leaves the default out. */
bool der_flag(struct rd *r);
/* der_integer views an integer's contents: at least one byte, two's complement, minimal. */
cssl_bytes der_integer(struct rd *r, uint8_t tag);
/* der_small reads an integer from 0 to max. */
uint32_t der_small(struct rd *r, uint8_t tag, uint32_t max);
/* der_oid views an object identifier's contents. */
cssl_bytes der_oid(struct rd *r);
/* der_bits views a bit string's bytes and sets *unused to the number of padding bits, which are
 * zero. der_octet_bits is for one that holds whole bytes. */
cssl_bytes der_bits(struct rd *r, uint8_t tag, unsigned *unused);
cssl_bytes der_octet_bits(struct rd *r);
/* der_named_bits reads a named bit list of at most 16 bits: bit 0 is 0x8000. DER has no trailing
 * zero bits in it; where there are some, *untrimmed is set (roots in use have them). */
uint16_t der_named_bits(struct rd *r, uint8_t tag, bool *untrimmed);
/* der_time reads a UTCTime or GeneralizedTime in RFC 5280's form (4.1.2.5: seconds, "Z", no
 * fraction) as seconds since 1970. *late_form, which may be NULL, tells whether a GeneralizedTime
 * was used for a year before 2050. */
int64_t der_time(struct rd *r, bool *late_form);
void der_null(struct rd *r);

enum { DER_DEPTH_MAX = 32 };
/* der_valid says whether bytes are whole well-formed elements, nested at most DER_DEPTH_MAX deep.
 * It looks at headers only. */
bool der_valid(cssl_bytes bytes);

/* der_time_civil is a date and time (UTC) as seconds since 1970; der_time_text writes seconds
 * since 1970 in ISO form: 2031-04-05T06:07:08Z. */
int64_t der_time_civil(int year, unsigned month, unsigned day, unsigned second_of_day);
enum { DER_TIME_TEXT_MAX = 32 };
const char *der_time_text(char out[DER_TIME_TEXT_MAX], int64_t seconds);
/* der_oid_text writes an OID's contents in dotted form, cut short when it is long. */
enum { DER_OID_TEXT_MAX = 80 };
const char *der_oid_text(char out[DER_OID_TEXT_MAX], cssl_bytes oid);

#endif
