/*
 * asn1.h - the little DER (X.690) that keys need: strict, on wire.h's sticky reader.
 *
 * What is not DER (indefinite or longer than minimal lengths, multi-byte tags, integers that are
 * padded) makes the reader bad; one rd_done at the end of a parser is the check. Certificates have
 * a reader of their own (pki/der.h) that says more about what is wrong.
 */
#ifndef CSSL_CRYPTO_ASN1_H
#define CSSL_CRYPTO_ASN1_H

#include "base/wire.h"

enum {
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OCTET_STRING = 0x04,
    TAG_NULL = 0x05,
    TAG_OID = 0x06,
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31
};
/* The tag of [n] EXPLICIT (or of a constructed IMPLICIT one), and of a primitive IMPLICIT one. */
#define TAG_CONTEXT(n)           (0xa0 | (n))
#define TAG_CONTEXT_PRIMITIVE(n) (0x80 | (n))

/* asn1_open takes the next element, whose tag must be tag, as a reader of its content. */
struct rd asn1_open(struct rd *r, unsigned tag);
cssl_bytes asn1_view(struct rd *r, unsigned tag);
/* asn1_is says whether the next element has this tag; it takes nothing. */
bool asn1_is(const struct rd *r, unsigned tag);
/* asn1_element takes the next element whatever it is, with its header. */
cssl_bytes asn1_element(struct rd *r);
/* asn1_natural takes an INTEGER that is not negative: its magnitude without leading zeros (zero is
 * empty). asn1_small is one up to 0xffffffff. */
cssl_bytes asn1_natural(struct rd *r);
uint32_t asn1_small(struct rd *r);
/* asn1_bits takes a BIT STRING whose length is a multiple of eight bits. */
cssl_bytes asn1_bits(struct rd *r);

/* asn1_put writes an element; asn1_put_header only its tag and length. */
void asn1_put(struct wr *w, unsigned tag, cssl_bytes content);
void asn1_put_header(struct wr *w, unsigned tag, size_t len);
/* asn1_header_len is how many bytes asn1_put_header writes. */
size_t asn1_header_len(size_t len);

#endif
