/* der.c - a strict DER reader. Knows no certificate. */
#include "pki/der.h"

#include <stdio.h>

static size_t read_length(struct rd *r);
static bool digits(cssl_bytes text, size_t at, size_t num, unsigned *value);
static unsigned days_of_month(int year, unsigned month);

uint8_t der_peek(const struct rd *r)
{
    return rd_more(r) ? r->p[0] : 0;
}

cssl_bytes der_any(struct rd *r, uint8_t *tag)
{
    *tag = rd_u8(r);
    if ((*tag & 0x1f) == 0x1f || *tag == 0) {
        der_bad(r);
    }
    return rd_bytes(r, read_length(r));
}

cssl_bytes der_whole(struct rd *r, uint8_t tag)
{
    const uint8_t *start = r->p;
    cssl_bytes value = der_value(r, tag);
    if (r->bad) {
        return bytes_of(NULL, 0);
    }
    return bytes_of(start, (size_t)(value.data - start) + value.len);
}

cssl_bytes der_value(struct rd *r, uint8_t tag)
{
    if (der_peek(r) != tag) {
        der_bad(r);
    }
    uint8_t same;
    return der_any(r, &same);
}

struct rd der_enter(struct rd *r, uint8_t tag)
{
    struct rd inner = rd_of(der_value(r, tag));
    inner.bad = r->bad;
    return inner;
}

bool der_enter_if(struct rd *r, uint8_t tag, struct rd *inner)
{
    if (der_peek(r) != tag) {
        *inner = (struct rd){ .bad = r->bad };
        return false;
    }
    *inner = der_enter(r, tag);
    return true;
}

void der_bad(struct rd *r)
{
    r->bad = true;
    r->left = 0;
}

bool der_boolean(struct rd *r, uint8_t tag)
{
    cssl_bytes v = der_value(r, tag);
    if (v.len != 1 || (v.data[0] != 0x00 && v.data[0] != 0xff)) {
        der_bad(r);
        return false;
    }
    return v.data[0] != 0;
}

bool der_flag(struct rd *r)
{
    if (der_peek(r) != DER_BOOLEAN) {
        return false;
    }
    bool value = der_boolean(r, DER_BOOLEAN);
    if (!value) {
        der_bad(r); /* X.690 11.5: a default is not encoded */
    }
    return value;
}

cssl_bytes der_integer(struct rd *r, uint8_t tag)
{
    cssl_bytes v = der_value(r, tag);
    bool needless = v.len > 1 && ((v.data[0] == 0x00 && v.data[1] < 0x80) ||
                                  (v.data[0] == 0xff && v.data[1] >= 0x80));
    if (v.len == 0 || needless) {
        der_bad(r);
        return bytes_of(NULL, 0);
    }
    return v;
}

uint32_t der_small(struct rd *r, uint8_t tag, uint32_t max)
{
    cssl_bytes v = der_integer(r, tag);
    uint64_t value = 0;
    if (v.len == 0 || v.len > 5 || v.data[0] >= 0x80) {
        der_bad(r);
        return 0;
    }
    for (size_t i = 0; i < v.len; i++) {
        value = value << 8 | v.data[i];
    }
    if (value > max) {
        der_bad(r);
        return 0;
    }
    return (uint32_t)value;
}

cssl_bytes der_oid(struct rd *r)
{
    cssl_bytes v = der_value(r, DER_OID);
    bool first = true; /* of a component */
    bool good = v.len > 0 && v.data[v.len - 1] < 0x80;
    for (size_t i = 0; good && i < v.len; i++) {
        good = !(first && v.data[i] == 0x80); /* X.690 8.19.2: fewest bytes */
        first = v.data[i] < 0x80;
    }
    if (!good) {
        der_bad(r);
        return bytes_of(NULL, 0);
    }
    return v;
}

cssl_bytes der_bits(struct rd *r, uint8_t tag, unsigned *unused)
{
    struct rd v = der_enter(r, tag);
    *unused = rd_u8(&v);
    cssl_bytes bits = rd_rest(&v);
    bool good = !v.bad && *unused <= 7 && (bits.len > 0 || *unused == 0);
    if (good && *unused > 0) {
        unsigned padding = (1U << *unused) - 1U;
        good = (bits.data[bits.len - 1] & padding) == 0; /* X.690 11.2.1 */
    }
    if (!good) {
        der_bad(r);
        *unused = 0;
        return bytes_of(NULL, 0);
    }
    return bits;
}

cssl_bytes der_octet_bits(struct rd *r)
{
    unsigned unused;
    cssl_bytes bits = der_bits(r, DER_BIT_STRING, &unused);
    if (unused != 0) {
        der_bad(r);
        return bytes_of(NULL, 0);
    }
    return bits;
}

uint16_t der_named_bits(struct rd *r, uint8_t tag, bool *untrimmed)
{
    unsigned unused;
    cssl_bytes bits = der_bits(r, tag, &unused);
    *untrimmed = bits.len > 0 && (bits.data[bits.len - 1] >> unused & 1) == 0; /* X.690 11.2.2 */
    if (bits.len == 0) {
        return 0; /* no bit set, or r is bad */
    }
    if (bits.len > 2) {
        der_bad(r);
        return 0;
    }
    return (uint16_t)(bits.data[0] << 8 | (bits.len == 2 ? bits.data[1] : 0));
}

int64_t der_time(struct rd *r, bool *late_form)
{
    uint8_t tag = der_peek(r);
    size_t year_digits = tag == DER_GENERALIZED_TIME ? 4 : 2;
    if (tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) {
        der_bad(r);
        return 0;
    }
    cssl_bytes v = der_value(r, tag);
    unsigned year, month, day, hour, minute, second;
    size_t at = year_digits;
    if (v.len != year_digits + 11 || v.data[v.len - 1] != 'Z' ||
        !digits(v, 0, year_digits, &year) || !digits(v, at, 2, &month) ||
        !digits(v, at + 2, 2, &day) || !digits(v, at + 4, 2, &hour) ||
        !digits(v, at + 6, 2, &minute) || !digits(v, at + 8, 2, &second)) {
        der_bad(r);
        return 0;
    }
    if (tag == DER_UTC_TIME) {
        year += year < 50 ? 2000 : 1900; /* RFC 5280 4.1.2.5.1 */
    }
    if (month < 1 || month > 12 || day < 1 || day > days_of_month((int)year, month) ||
        hour > 23 || minute > 59 || second > 59) {
        der_bad(r);
        return 0;
    }
    if (late_form != NULL) {
        *late_form = tag == DER_GENERALIZED_TIME && year < 2050;
    }
    return der_time_civil((int)year, month, day, hour * 3600 + minute * 60 + second);
}

void der_null(struct rd *r)
{
    if (der_value(r, DER_NULL).len != 0) {
        der_bad(r);
    }
}

bool der_valid(cssl_bytes bytes)
{
    const uint8_t *end[DER_DEPTH_MAX];
    size_t depth = 0;
    struct rd r = rd_of(bytes);
    while (rd_more(&r)) {
        uint8_t tag;
        const uint8_t *outer_end = depth == 0 ? bytes.data + bytes.len : end[depth - 1];
        cssl_bytes inner = der_any(&r, &tag);
        if (r.bad || inner.data == NULL || (size_t)(outer_end - inner.data) < inner.len) {
            return false;
        }
        const uint8_t *next = inner.data + inner.len;
        if ((tag & 0x20) != 0 && inner.len > 0) {
            if (depth == DER_DEPTH_MAX) {
                return false;
            }
            end[depth++] = next;
            r = rd_of(bytes_of(inner.data, (size_t)(bytes.data + bytes.len - inner.data)));
            continue;
        }
        while (depth > 0 && next == end[depth - 1]) {
            depth--;
        }
    }
    return rd_done(&r) && depth == 0;
}

/* Days since 1970 in the proleptic Gregorian calendar, years beginning in March. */
int64_t der_time_civil(int year, unsigned month, unsigned day, unsigned second_of_day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (era * 146097 + day_of_era - 719468) * 86400 + second_of_day;
}

const char *der_time_text(char out[DER_TIME_TEXT_MAX], int64_t seconds)
{
    static const int64_t last = 253402300799; /* the end of the year 9999 */
    if (seconds < 0 || seconds > last) {
        (void)snprintf(out, DER_TIME_TEXT_MAX, "%s", seconds < 0 ? "before 1970" : "after 9999");
        return out;
    }
    int64_t days = seconds / 86400;
    unsigned rest = (unsigned)(seconds % 86400);
    int year = 1970 + (int)(days / 366); /* not later than the right one */
    while (der_time_civil(year + 1, 1, 1, 0) <= days * 86400) {
        year++;
    }
    unsigned month = 1;
    while (month < 12 && der_time_civil(year, month + 1, 1, 0) <= days * 86400) {
        month++;
    }
    int64_t day = days - der_time_civil(year, month, 1, 0) / 86400 + 1;
    (void)snprintf(out, DER_TIME_TEXT_MAX, "%04d-%02u-%02dT%02u:%02u:%02uZ", year, month,
                   (unsigned)day, rest / 3600, rest / 60 % 60, rest % 60);
    return out;
}

const char *der_oid_text(char out[DER_OID_TEXT_MAX], cssl_bytes oid)
{
    size_t at = 0;
    uint64_t value = 0;
    bool first = true;
    out[0] = '\0';
    for (size_t i = 0; i < oid.len && at < DER_OID_TEXT_MAX - 24; i++) {
        value = (value & (UINT64_MAX >> 8)) << 7 | (oid.data[i] & 0x7f);
        if (oid.data[i] >= 0x80) {
            continue;
        }
        unsigned long long shown = value;
        if (first) {
            unsigned top = value < 40 ? 0 : value < 80 ? 1 : 2;
            shown = value - top * 40;
            at += (size_t)snprintf(out + at, DER_OID_TEXT_MAX - at, "%u", top);
            first = false;
        }
        at += (size_t)snprintf(out + at, DER_OID_TEXT_MAX - at, ".%llu", shown);
        value = 0;
    }
    return out;
}

/* read_length reads a definite length in its shortest form (X.690 10.1). */
static size_t read_length(struct rd *r)
{
    uint8_t first = rd_u8(r);
    if (first < 0x80) {
        return first;
    }
    size_t num = first & 0x7f;
    if (num == 0 || num > 4) {
        der_bad(r);
        return 0;
    }
    size_t len = 0;
    for (size_t i = 0; i < num; i++) {
        uint8_t byte = rd_u8(r);
        if (i == 0 && byte == 0) {
            der_bad(r);
        }
        len = len << 8 | byte;
    }
    if (len < 0x80) {
        der_bad(r);
    }
    return len;
}

static bool digits(cssl_bytes text, size_t at, size_t num, unsigned *value)
{
    *value = 0;
    for (size_t i = at; i < at + num; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        *value = *value * 10 + (unsigned)(text.data[i] - '0');
    }
    return true;
}

static unsigned days_of_month(int year, unsigned month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}
