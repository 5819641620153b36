/* asn1.c - strict DER for keys. Knows no key. */
#include "crypto/asn1.h"

static size_t take_length(struct rd *r);

struct rd asn1_open(struct rd *r, unsigned tag)
{
    if (rd_u8(r) != tag) {
        r->bad = true;
    }
    struct rd content = rd_of(rd_bytes(r, take_length(r)));
    content.bad = r->bad;
    if (r->bad) {
        content.left = 0;
        r->left = 0;
    }
    return content;
}

cssl_bytes asn1_view(struct rd *r, unsigned tag)
{
    struct rd content = asn1_open(r, tag);
    return rd_rest(&content);
}

bool asn1_is(const struct rd *r, unsigned tag)
{
    return rd_more(r) && r->p[0] == tag;
}

cssl_bytes asn1_element(struct rd *r)
{
    struct rd start = *r;
    unsigned tag = rd_more(r) ? r->p[0] : 0;
    if ((tag & 0x1f) == 0x1f) { /* a tag of several bytes: nothing here has one */
        r->bad = true;
    }
    (void)asn1_open(r, tag);
    return r->bad ? bytes_of(NULL, 0) : bytes_of(start.p, (size_t)(r->p - start.p));
}

cssl_bytes asn1_natural(struct rd *r)
{
    cssl_bytes v = asn1_view(r, TAG_INTEGER);
    bool padded = v.len > 1 && v.data[0] == 0 && (v.data[1] & 0x80) == 0;
    if (v.len == 0 || (v.data[0] & 0x80) != 0 || padded) {
        r->bad = true;
        r->left = 0;
        return bytes_of(NULL, 0);
    }
    return v.data[0] == 0 ? bytes_of(v.data + 1, v.len - 1) : v;
}

uint32_t asn1_small(struct rd *r)
{
    cssl_bytes v = asn1_natural(r);
    if (v.len > 4) {
        r->bad = true;
        r->left = 0;
        return 0;
    }
    uint32_t n = 0;
    for (size_t i = 0; i < v.len; i++) {
        n = n << 8 | v.data[i];
    }
    return n;
}

cssl_bytes asn1_bits(struct rd *r)
{
    struct rd content = asn1_open(r, TAG_BIT_STRING);
    if (rd_u8(&content) != 0 || content.bad) {
        r->bad = true;
        r->left = 0;
        return bytes_of(NULL, 0);
    }
    return rd_rest(&content);
}

void asn1_put(struct wr *w, unsigned tag, cssl_bytes content)
{
    asn1_put_header(w, tag, content.len);
    wr_bytes(w, content);
}

void asn1_put_header(struct wr *w, unsigned tag, size_t len)
{
    wr_u8(w, (uint8_t)tag);
    if (len < 0x80) {
        wr_u8(w, (uint8_t)len);
    } else if (len <= 0xff) {
        wr_u8(w, 0x81);
        wr_u8(w, (uint8_t)len);
    } else if (len <= 0xffff) {
        wr_u8(w, 0x82);
        wr_u16(w, (uint16_t)len);
    } else if (len <= 0xffffff) {
        wr_u8(w, 0x83);
        wr_u24(w, (uint32_t)len);
    } else {
        w->bad = true; /* no key is that long */
    }
}

size_t asn1_header_len(size_t len)
{
    return len < 0x80 ? 2 : len <= 0xff ? 3 : len <= 0xffff ? 4 : 5;
}

/* take_length reads a definite, minimal length of at most four bytes. */
static size_t take_length(struct rd *r)
{
    uint8_t first = rd_u8(r);
    if (first < 0x80) {
        return first;
    }
    size_t num = first & 0x7f;
    if (num == 0 || num > 4) {
        r->bad = true;
        r->left = 0;
        return 0;
    }
    uint32_t len = 0;
    for (size_t i = 0; i < num; i++) {
        len = len << 8 | rd_u8(r);
    }
    if (len < 0x80 || len >> (8 * (num - 1)) == 0) {
        r->bad = true;
        r->left = 0;
        return 0;
    }
    return len;
}
