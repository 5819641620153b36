/* punycode.c - Unicode labels to A-labels. Not IDNA's tables: characters are taken as they are. */
#include "pki/punycode.h"

/* RFC 3492 5 */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

static size_t decode_utf8(uint32_t out[LABEL_MAX], cssl_bytes utf8);
static bool allowed(uint32_t c);
static bool put(char *out, size_t *len, char c);
static bool put_delta(char *out, size_t *len, uint32_t delta, uint32_t bias);
static uint32_t adapt(uint32_t delta, uint32_t points, bool first);
static char digit(uint32_t value);

size_t punycode_label(char out[LABEL_MAX + 1], cssl_bytes utf8)
{
    uint32_t points[LABEL_MAX];
    size_t num = decode_utf8(points, utf8);
    size_t len = 4;
    size_t basic = 0;
    memcpy(out, "xn--", 4);
    for (size_t i = 0; i < num; i++) {
        if (points[i] < 0x80) {
            if (!put(out, &len, (char)points[i])) {
                return 0;
            }
            basic++;
        }
    }
    if (num == 0 || basic == num || (basic > 0 && !put(out, &len, '-'))) {
        return 0;
    }
    uint32_t n = INITIAL_N;
    uint32_t bias = INITIAL_BIAS;
    uint32_t delta = 0;
    /* No overflow: n < 0x110000 and at most 63 characters keep delta under 2^27. */
    for (size_t done = basic; done < num;) {
        uint32_t next = UINT32_MAX;
        for (size_t i = 0; i < num; i++) {
            if (points[i] >= n && points[i] < next) {
                next = points[i];
            }
        }
        delta += (next - n) * (uint32_t)(done + 1);
        n = next;
        for (size_t i = 0; i < num; i++) {
            if (points[i] < n) {
                delta++;
            } else if (points[i] == n) {
                if (!put_delta(out, &len, delta, bias)) {
                    return 0;
                }
                bias = adapt(delta, (uint32_t)done + 1, done == basic);
                delta = 0;
                done++;
            }
        }
        delta++;
        n++;
    }
    out[len] = '\0';
    return len;
}

/* decode_utf8 decodes strictly: shortest forms, no surrogates, only characters for labels. */
static size_t decode_utf8(uint32_t out[LABEL_MAX], cssl_bytes utf8)
{
    size_t num = 0;
    for (size_t i = 0; i < utf8.len;) {
        uint8_t first = utf8.data[i++];
        size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint32_t least = more < 2 ? 0 : more == 2 ? 0x800 : 0x10000;
        if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || more > utf8.len - i ||
            num == LABEL_MAX) {
            return 0;
        }
        uint32_t c = more == 0 ? first : first & (0x3fU >> more);
        for (; more > 0; more--, i++) {
            if ((utf8.data[i] & 0xc0) != 0x80) {
                return 0;
            }
            c = c << 6 | (utf8.data[i] & 0x3fU);
        }
        if (c < least || !allowed(c)) {
            return 0;
        }
        out[num++] = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    }
    return num;
}

static bool allowed(uint32_t c)
{
    if (c < 0x80) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    }
    /* C1 controls and the no-break space; general punctuation with its joiners, directions and
     * spaces; the ideographic space and full stops in other scripts; surrogates, private use,
     * byte order mark and fullwidth forms (they have to be mapped); planes above the third. */
    return c > 0xa0 && !(c >= 0x2000 && c <= 0x206f) && !(c >= 0x3000 && c <= 0x3002) &&
           !(c >= 0xd800 && c <= 0xf8ff) && !(c >= 0xfe00 && c <= 0xfe0f) &&
           !(c >= 0xfeff && c <= 0xffff) && c < 0x40000;
}

static bool put(char *out, size_t *len, char c)
{
    if (*len == LABEL_MAX) {
        return false;
    }
    out[(*len)++] = c;
    return true;
}

/* put_delta writes a generalized variable-length integer (RFC 3492 3.3). */
static bool put_delta(char *out, size_t *len, uint32_t delta, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
        if (delta < t) {
            return put(out, len, digit(delta));
        }
        if (!put(out, len, digit(t + (delta - t) % (BASE - t)))) {
            return false;
        }
        delta = (delta - t) / (BASE - t);
    }
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    while (delta > (BASE - TMIN) * TMAX / 2) {
        delta /= BASE - TMIN;
        k += BASE;
    }
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static char digit(uint32_t value)
{
    return (char)(value < 26 ? 'a' + value : '0' + (value - 26));
}
