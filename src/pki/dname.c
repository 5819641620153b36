/* dname.c - X.501 names in DER. Folds ASCII only: no Unicode tables. */
#include "pki/dname.h"

#include <stdio.h>

#include "base/error.h"
#include "pki/der.h"

struct attribute {
    cssl_bytes oid;
    uint8_t tag;
    cssl_bytes value;
};

static struct attribute next_attribute(struct rd *rdn);
static bool rdn_equal(struct rd a, struct rd b);
static bool attribute_equal(const struct attribute *a, const struct attribute *b);
static bool is_text(uint8_t tag);
static bool is_space(uint8_t c);
static int next_folded(struct rd *text, bool *begun);
static uint32_t attribute_hash(const struct attribute *a);

bool dname_valid(cssl_bytes name)
{
    struct rd r = rd_of(name);
    struct rd rdns = der_enter(&r, DER_SEQUENCE);
    size_t num = 0;
    while (rd_more(&rdns)) {
        struct rd rdn = der_enter(&rdns, DER_SET);
        size_t in_rdn = 0;
        do {
            (void)next_attribute(&rdn);
            in_rdn++;
        } while (rd_more(&rdn) && in_rdn < DNAME_RDN_MAX);
        num += in_rdn;
        if (!rd_done(&rdn) || num > DNAME_ATTRIBUTES_MAX) {
            return false;
        }
    }
    return rd_done(&rdns) && rd_done(&r) && name.len <= DNAME_LEN_MAX;
}

bool dname_empty(cssl_bytes name)
{
    return name.len <= 2;
}

bool dname_equal(cssl_bytes a, cssl_bytes b)
{
    return bytes_equal(a, b) || (dname_within(a, b) && dname_within(b, a));
}

bool dname_within(cssl_bytes name, cssl_bytes base)
{
    struct rd n = rd_of(name);
    struct rd b = rd_of(base);
    struct rd names = der_enter(&n, DER_SEQUENCE);
    struct rd bases = der_enter(&b, DER_SEQUENCE);
    while (rd_more(&bases)) {
        struct rd wanted = der_enter(&bases, DER_SET);
        struct rd there = der_enter(&names, DER_SET);
        if (there.bad || !rdn_equal(there, wanted)) {
            return false;
        }
    }
    return rd_done(&bases) && rd_ok(&names);
}

uint32_t dname_hash(cssl_bytes name)
{
    struct rd r = rd_of(name);
    struct rd rdns = der_enter(&r, DER_SEQUENCE);
    uint32_t hash = 1;
    while (rd_more(&rdns)) {
        struct rd rdn = der_enter(&rdns, DER_SET);
        uint32_t sum = 0; /* a set: in any order */
        while (rd_more(&rdn)) {
            struct attribute a = next_attribute(&rdn);
            sum += attribute_hash(&a);
        }
        hash = hash * 31 + sum;
    }
    return hash;
}

cssl_bytes dname_attribute(cssl_bytes name, cssl_bytes oid, size_t n)
{
    struct rd r = rd_of(name);
    struct rd rdns = der_enter(&r, DER_SEQUENCE);
    while (rd_more(&rdns)) {
        struct rd rdn = der_enter(&rdns, DER_SET);
        while (rd_more(&rdn)) {
            struct attribute a = next_attribute(&rdn);
            if (bytes_equal(a.oid, oid) && n-- == 0) {
                return a.value;
            }
        }
    }
    return bytes_of(NULL, 0);
}

const char *dname_text(char out[DNAME_TEXT_MAX], cssl_bytes name)
{
    static const struct {
        uint8_t last; /* of 2.5.4.n */
        const char *letters;
    } known[] = { { 3, "CN" }, { 6, "C" }, { 7, "L" }, { 8, "ST" }, { 10, "O" }, { 11, "OU" } };
    struct rd r = rd_of(name);
    struct rd rdns = der_enter(&r, DER_SEQUENCE);
    size_t at = 0;
    (void)snprintf(out, DNAME_TEXT_MAX, "%s", dname_empty(name) ? "(no name)" : "");
    while (rd_more(&rdns)) {
        struct rd rdn = der_enter(&rdns, DER_SET);
        while (rd_more(&rdn)) {
            struct attribute a = next_attribute(&rdn);
            char oid[DER_OID_TEXT_MAX];
            const char *type = der_oid_text(oid, a.oid);
            for (size_t i = 0; i < ARRAY_LEN(known); i++) {
                if (a.oid.len == 3 && a.oid.data[0] == 0x55 && a.oid.data[1] == 4 &&
                    a.oid.data[2] == known[i].last) {
                    type = known[i].letters;
                }
            }
            char value[80];
            text_printable(value, sizeof(value), a.value.data, a.value.len);
            int n = snprintf(out + at, DNAME_TEXT_MAX - at, "%s%s=%s", at == 0 ? "" : ", ", type,
                             value);
            at += (size_t)n;
            if (at >= DNAME_TEXT_MAX) {
                return out;
            }
        }
    }
    return out;
}

static struct attribute next_attribute(struct rd *rdn)
{
    struct attribute a = { 0 };
    struct rd pair = der_enter(rdn, DER_SEQUENCE);
    a.oid = der_oid(&pair);
    a.value = der_any(&pair, &a.tag);
    if (!rd_done(&pair)) {
        der_bad(rdn);
    }
    return a;
}

/* rdn_equal compares two sets: as many in each, and each of b's in a. */
static bool rdn_equal(struct rd a, struct rd b)
{
    size_t num_a = 0;
    size_t num_b = 0;
    for (struct rd count = a; rd_more(&count); num_a++) {
        (void)next_attribute(&count);
    }
    while (rd_more(&b)) {
        struct attribute wanted = next_attribute(&b);
        bool found = false;
        for (struct rd look = a; rd_more(&look) && !found;) {
            struct attribute there = next_attribute(&look);
            found = attribute_equal(&there, &wanted);
        }
        if (!found) {
            return false;
        }
        num_b++;
    }
    return num_a == num_b;
}

static bool attribute_equal(const struct attribute *a, const struct attribute *b)
{
    if (!bytes_equal(a->oid, b->oid)) {
        return false;
    }
    if (!is_text(a->tag) || !is_text(b->tag)) {
        return a->tag == b->tag && bytes_equal(a->value, b->value);
    }
    struct rd x = rd_of(a->value);
    struct rd y = rd_of(b->value);
    bool x_begun = false;
    bool y_begun = false;
    for (;;) {
        int c = next_folded(&x, &x_begun);
        if (c != next_folded(&y, &y_begun)) {
            return false;
        }
        if (c < 0) {
            return true;
        }
    }
}

static bool is_text(uint8_t tag)
{
    return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_IA5_STRING ||
           tag == DER_TELETEX_STRING || tag == DER_VISIBLE_STRING || tag == DER_NUMERIC_STRING;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* next_folded gives the next character of a text: lower case, white space in front and at the end
 * left out, any other run of it a single space; -1 at the end. */
static int next_folded(struct rd *text, bool *begun)
{
    bool space = false;
    while (rd_more(text) && is_space(text->p[0])) {
        (void)rd_u8(text);
        space = true;
    }
    if (!rd_more(text)) {
        return -1;
    }
    if (space && *begun) {
        *begun = false; /* nothing but the next character can follow */
        return ' ';
    }
    *begun = true;
    uint8_t c = rd_u8(text);
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static uint32_t attribute_hash(const struct attribute *a)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < a->oid.len; i++) {
        hash = (hash ^ a->oid.data[i]) * 16777619U;
    }
    if (is_text(a->tag)) {
        struct rd text = rd_of(a->value);
        bool begun = false;
        for (int c = next_folded(&text, &begun); c >= 0; c = next_folded(&text, &begun)) {
            hash = (hash ^ (uint32_t)c) * 16777619U;
        }
    } else {
        for (size_t i = 0; i < a->value.len; i++) {
            hash = (hash ^ a->value.data[i]) * 16777619U;
        }
    }
    return hash;
}
