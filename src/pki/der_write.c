/* der_write.c - a sticky DER writer. Knows the encoding rules and nothing of certificates. */
#include "pki/der_write.h"

#include "base/mem.h"

#include <stdio.h>

static void write_header(struct dw *w, uint8_t tag, size_t len);
static size_t encode_length(uint8_t out[5], size_t len);

void dw_init(struct dw *w, size_t limit)
{
    *w = (struct dw){ .depth = 0 };
    wr_init(&w->out, limit);
}

void dw_fixed(struct dw *w, uint8_t *data, size_t cap)
{
    *w = (struct dw){ .depth = 0 };
    wr_fixed(&w->out, data, cap);
}

void dw_free(struct dw *w)
{
    wr_free(&w->out);
}

bool dw_ok(const struct dw *w)
{
    return w->depth == 0 && wr_ok(&w->out);
}

cssl_bytes dw_view(const struct dw *w)
{
    return dw_ok(w) ? wr_view(&w->out) : bytes_of(NULL, 0);
}

uint8_t *dw_take(struct dw *w, size_t *len)
{
    if (!dw_ok(w) || w->out.len == 0) {
        return NULL;
    }
    uint8_t *copy = mem_copy(w->out.data, w->out.len);
    if (copy != NULL) {
        *len = w->out.len;
    }
    return copy;
}

void dw_open(struct dw *w, uint8_t tag)
{
    if (w->depth == DW_DEPTH) {
        w->out.bad = true;
        return;
    }
    wr_u8(&w->out, tag);
    w->open[w->depth++] = w->out.len;
}

void dw_open_bits(struct dw *w)
{
    dw_open(w, DER_BIT_STRING);
    wr_u8(&w->out, 0);
}

/* The length goes in front of what was written meanwhile, which moves up by one to five bytes. */
void dw_close(struct dw *w)
{
    if (w->depth == 0) {
        w->out.bad = true;
        return;
    }
    size_t start = w->open[--w->depth];
    if (!wr_ok(&w->out) || w->out.len < start) {
        w->out.bad = true;
        return;
    }
    uint8_t length[5];
    size_t len = w->out.len - start;
    size_t length_len = encode_length(length, len);
    if (length_len == 0 || wr_space(&w->out, length_len) == NULL) {
        w->out.bad = true;
        return;
    }
    uint8_t *contents = w->out.data + start;
    memmove(contents + length_len, contents, len);
    memcpy(contents, length, length_len);
}

void dw_put(struct dw *w, uint8_t tag, cssl_bytes contents)
{
    write_header(w, tag, contents.len);
    wr_bytes(&w->out, contents);
}

void dw_raw(struct dw *w, cssl_bytes der)
{
    wr_bytes(&w->out, der);
}

void dw_true(struct dw *w)
{
    static const uint8_t yes = 0xff;
    dw_put(w, DER_BOOLEAN, bytes_of(&yes, 1));
}

void dw_null(struct dw *w)
{
    dw_put(w, DER_NULL, bytes_of(NULL, 0));
}

void dw_integer(struct dw *w, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[sizeof(bytes) - 1 - i] = (uint8_t)(value >> (8 * i));
    }
    dw_natural(w, bytes_of(bytes, sizeof(bytes)));
}

void dw_natural(struct dw *w, cssl_bytes magnitude)
{
    while (magnitude.len > 0 && magnitude.data[0] == 0) {
        magnitude = bytes_of(magnitude.data + 1, magnitude.len - 1);
    }
    /* a top bit that is set would make it negative; zero is one byte */
    bool pad = magnitude.len == 0 || (magnitude.data[0] & 0x80) != 0;
    write_header(w, DER_INTEGER, magnitude.len + (pad ? 1 : 0));
    if (pad) {
        wr_u8(&w->out, 0);
    }
    wr_bytes(&w->out, magnitude);
}

static void write_base128(struct wr *out, uint64_t n)
{
    for (unsigned shift = 63; shift > 0; shift -= 7) {
        if (n >> shift != 0) {
            wr_u8(out, (uint8_t)(0x80 | (n >> shift & 0x7f)));
        }
    }
    wr_u8(out, (uint8_t)(n & 0x7f));
}

void dw_oid(struct dw *w, const char *dotted)
{
    uint64_t first = 0;
    const char *p = dotted;
    dw_open(w, DER_OID);
    for (unsigned arc = 0;; arc++) {
        uint64_t n = 0;
        const char *digits = p;
        while (*p >= '0' && *p <= '9' && n <= UINT32_MAX) {
            n = 10 * n + (uint64_t)(*p++ - '0');
        }
        bool wrong = p == digits || n > UINT32_MAX || (*p != '.' && *p != '\0') ||
                     (arc == 0 && (n > 2 || *p == '\0')) || (arc == 1 && first < 2 && n > 39);
        if (wrong) {
            w->out.bad = true;
            break;
        }
        if (arc == 0) {
            first = n;
        } else {
            write_base128(&w->out, arc == 1 ? 40 * first + n : n);
        }
        if (*p == '\0') {
            break;
        }
        p++;
    }
    dw_close(w);
}

void dw_bits(struct dw *w, cssl_bytes bytes)
{
    dw_open_bits(w);
    wr_bytes(&w->out, bytes);
    dw_close(w);
}

void dw_named_bits(struct dw *w, uint16_t bits)
{
    const uint8_t bytes[2] = { (uint8_t)(bits >> 8), (uint8_t)bits };
    size_t len = bytes[1] != 0 ? 2U : bytes[0] != 0 ? 1U : 0U;
    uint8_t unused = 0;
    if (len > 0) {
        while ((bytes[len - 1] >> unused & 1) == 0) {
            unused++;
        }
    }
    write_header(w, DER_BIT_STRING, len + 1);
    wr_u8(&w->out, unused);
    wr_put(&w->out, bytes, len);
}

void dw_utf8(struct dw *w, const char *text)
{
    cssl_bytes bytes = bytes_str(text);
    for (size_t at = 0; at < bytes.len;) {
        uint32_t c = 0;
        size_t n = utf8_char(bytes.data + at, bytes.len - at, &c);
        if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            w->out.bad = true;
            return;
        }
        at += n;
    }
    dw_put(w, DER_UTF8_STRING, bytes);
}

/* The civil date of a number of days since 1970, by counting years from 1 March 0000, so that a
 * leap day ends its year; a cycle of 400 years has 146,097 days. */
static void civil(int64_t days, int *year, unsigned *month, unsigned *day)
{
    int64_t z = days + 719468;
    int64_t cycle = (z >= 0 ? z : z - 146096) / 146097;
    int64_t in_cycle = z - cycle * 146097;
    int64_t y = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    int64_t in_year = in_cycle - (365 * y + y / 4 - y / 100);
    int64_t from_march = (5 * in_year + 2) / 153;
    *day = (unsigned)(in_year - (153 * from_march + 2) / 5 + 1);
    *month = (unsigned)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(y + cycle * 400 + (*month <= 2 ? 1 : 0));
}

void dw_time(struct dw *w, int64_t seconds)
{
    enum { DAY = 86400 };
    if (seconds < DW_TIME_MIN || seconds > DW_TIME_MAX) {
        w->out.bad = true;
        return;
    }
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int64_t in_day = seconds % DAY < 0 ? seconds % DAY + DAY : seconds % DAY;
    civil((seconds - in_day) / DAY, &year, &month, &day);
    char text[32];
    bool short_form = year < 2050;
    (void)snprintf(text, sizeof(text), "%04d%02u%02u%02u%02u%02uZ", year, month, day,
                   (unsigned)(in_day / 3600), (unsigned)(in_day / 60 % 60),
                   (unsigned)(in_day % 60));
    dw_put(w, short_form ? DER_UTC_TIME : DER_GENERALIZED_TIME,
           bytes_str(short_form ? text + 2 : text));
}

size_t utf8_char(const uint8_t *p, size_t len, uint32_t *c)
{
    static const struct {
        uint8_t first, last, size;
        uint32_t min;
    } forms[] = {
        { 0x00, 0x7f, 1, 0 },
        { 0xc2, 0xdf, 2, 0x80 },
        { 0xe0, 0xef, 3, 0x800 },
        { 0xf0, 0xf4, 4, 0x10000 },
    };
    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        if (p[0] < forms[f].first || p[0] > forms[f].last || len < forms[f].size) {
            continue;
        }
        uint32_t v = forms[f].size == 1 ? p[0] : p[0] & (0x7fU >> forms[f].size);
        for (size_t i = 1; i < forms[f].size; i++) {
            if ((p[i] & 0xc0) != 0x80) {
                return 0;
            }
            v = v << 6 | (p[i] & 0x3fU);
        }
        if (v < forms[f].min || v > 0x10ffff || (v >= 0xd800 && v < 0xe000)) {
            return 0;
        }
        *c = v;
        return forms[f].size;
    }
    return 0;
}

static void write_header(struct dw *w, uint8_t tag, size_t len)
{
    uint8_t length[5];
    size_t length_len = encode_length(length, len);
    if (length_len == 0) {
        w->out.bad = true;
        return;
    }
    wr_u8(&w->out, tag);
    wr_put(&w->out, length, length_len);
}

/* X.690 10.1: the short form up to 127, else the fewest bytes. 0: longer than certificates are. */
static size_t encode_length(uint8_t out[5], size_t len)
{
    if (len < 0x80) {
        out[0] = (uint8_t)len;
        return 1;
    }
    if (len > UINT32_MAX) {
        return 0;
    }
    size_t n = len > 0xffffff ? 4U : len > 0xffff ? 3U : len > 0xff ? 2U : 1U;
    out[0] = (uint8_t)(0x80 | n);
    for (size_t i = 0; i < n; i++) {
        out[1 + i] = (uint8_t)(len >> (8 * (n - 1 - i)));
    }
    return 1 + n;
}
