/*
 * der_write.h - writing DER (X.690), sticky: after a failure nothing is written any more, and one
 * dw_ok at the end tells. Reading is der.h's.
 */
#ifndef CSSL_PKI_DER_WRITE_H
#define CSSL_PKI_DER_WRITE_H

#include "pki/der.h"

enum { DW_DEPTH = 16 };

struct dw {
    struct wr out;
    size_t open[DW_DEPTH]; /* where the contents of each open element begin */
    unsigned depth;
};

/* dw_init prepares a writer of at most limit bytes; dw_free wipes and frees what it holds. dw_fixed
 * is for one that fills the caller's bytes and takes no memory. */
void dw_init(struct dw *w, size_t limit);
void dw_fixed(struct dw *w, uint8_t *data, size_t cap);
void dw_free(struct dw *w);
/* dw_ok: everything fitted, was representable, and what was opened is closed. */
bool dw_ok(const struct dw *w) CHECK;
/* dw_view is what was written, until the next call; empty unless dw_ok. */
cssl_bytes dw_view(const struct dw *w);
/* dw_take hands the memory over, to be freed with mem_free_wiped, or returns NULL unless dw_ok. */
uint8_t *dw_take(struct dw *w, size_t *len) CHECK;

/* dw_open begins an element whose length is filled in by its dw_close: a SEQUENCE, a SET, [n], or
 * an OCTET STRING that wraps another element. dw_open_bits does so for a BIT STRING. */
void dw_open(struct dw *w, uint8_t tag);
void dw_open_bits(struct dw *w);
void dw_close(struct dw *w);

/* dw_put writes a whole element; dw_raw appends elements that are DER already. */
void dw_put(struct dw *w, uint8_t tag, cssl_bytes contents);
void dw_raw(struct dw *w, cssl_bytes der);
/* dw_true writes TRUE; FALSE is a default wherever certificates have one, and is left out. */
void dw_true(struct dw *w);
void dw_null(struct dw *w);
void dw_integer(struct dw *w, uint64_t value);
/* dw_natural writes a number of any size, given as big-endian bytes. */
void dw_natural(struct dw *w, cssl_bytes magnitude);
/* dw_oid writes an object identifier from its dotted form: "2.5.29.17". */
void dw_oid(struct dw *w, const char *dotted);
/* dw_bits writes a BIT STRING of whole bytes; dw_named_bits a named bit list, bit 0 being 0x8000,
 * without its trailing zeros. */
void dw_bits(struct dw *w, cssl_bytes bytes);
void dw_named_bits(struct dw *w, uint16_t bits);
/* dw_utf8 writes a UTF8String; text that is not UTF-8, or has control characters, fails. */
void dw_utf8(struct dw *w, const char *text);
/* dw_time writes seconds since 1970 as RFC 5280 4.1.2.5 wants it: UTCTime until 2049,
 * GeneralizedTime from 2050 on. Years before 1950 and after 9999 fail. */
#define DW_TIME_MIN INT64_C(-631152000)
#define DW_TIME_MAX INT64_C(253402300799)
void dw_time(struct dw *w, int64_t seconds);

/* utf8_char decodes the character at the beginning of p (len > 0) into *c and returns its length
 * in bytes, or 0 where there is no well-formed one (RFC 3629). */
size_t utf8_char(const uint8_t *p, size_t len, uint32_t *c);

#endif
