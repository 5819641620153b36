/* fuzz_advisories.c - CVE records, lines of the table, and versions: the order has to be one. */
#include "cli/advisory.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_record(cssl_bytes text)
{
    struct advisories list = { 0 };
    cssl_error err = { 0 };
    int status = advisories_json(&list, text, &err);
    if (status < 0 && err.text[0] == '\0') {
        abort();
    }
    for (size_t i = 0; i < list.num; i++) {
        const struct advisory *a = &list.items[i];
        for (size_t j = 0; j < a->num_ranges; j++) {
            const struct version_range *r = &a->ranges[j];
            bool ends = r->before[0] != '\0';
            if (!version_valid(r->from) || (ends && !version_valid(r->before))) {
                abort();
            }
            /* what is fixed in a version does not touch that version by the same range */
            struct advisory one = { .num_ranges = 1, .ranges = { *r } };
            if (ends && !r->inclusive && advisory_touches(&one, r->before, NULL)) {
                abort();
            }
        }
    }
    advisories_free(&list);
}

/* Three versions out of the input: comparing them is antisymmetric and transitive. */
static void check_order(const uint8_t *data, size_t len)
{
    char v[3][ADVISORY_VERSION_MAX];
    size_t third = min_size(len / 3, ADVISORY_VERSION_MAX - 1);
    for (size_t i = 0; i < 3; i++) {
        memcpy(v[i], data + i * third, third);
        v[i][third] = '\0';
        if (!version_valid(v[i])) {
            return;
        }
    }
    int ab = version_compare(v[0], v[1]);
    int bc = version_compare(v[1], v[2]);
    int ac = version_compare(v[0], v[2]);
    int ba = version_compare(v[1], v[0]);
    if ((ab < 0) != (ba > 0) || (ab == 0) != (ba == 0) || version_compare(v[0], v[0]) != 0 ||
        (ab <= 0 && bc <= 0 && ac > 0) || (ab >= 0 && bc >= 0 && ac < 0)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_record(bytes_of(data, len));
    check_order(data, len);
    char line[1024];
    if (len < sizeof(line)) {
        struct advisories list = { 0 };
        memcpy(line, data, len);
        line[len] = '\0';
        if (advisories_line(&list, line, NULL) < 0 && list.num != 0) {
            abort();
        }
        advisories_free(&list);
    }
    return 0;
}
