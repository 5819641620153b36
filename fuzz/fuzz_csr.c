/*
 * fuzz_csr.c - certification requests, the names they ask for, and names that are typed. The input
 * is taken as each: a whole request, the contents of its subjectAltName, the text of a name.
 */
#include "pki/issue.h"

#include "base/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A name that is granted is one that could have been typed: parsing its own text gives it again. */
static void check_name(const struct issue_name *name)
{
    struct issue_name again;
    char text[ISSUE_NAME_MAX + 1];
    if (name->type == ISSUE_IP) {
        if (name->len != 4 && name->len != 16) {
            abort();
        }
        return;
    }
    memcpy(text, name->data, name->len);
    text[name->len] = '\0';
    if (strlen(text) != name->len || issue_name_parse(&again, text, NULL) < 0 ||
        again.type != name->type || again.len != name->len ||
        memcmp(again.data, name->data, name->len) != 0) {
        abort();
    }
}

static void check_names(const struct request *r)
{
    struct issue_name names[8];
    size_t num = 0;
    cssl_error err = { 0 };
    if (request_names(r, names, 8, &num, &err) < 0) {
        return;
    }
    for (size_t i = 0; i < num; i++) {
        check_name(&names[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    cssl_error err = { 0 };
    struct request r;
    if (request_parse(&r, bytes_of(data, len), &err) == 0) {
        if (r.scheme == 0 || r.key.type == KEY_NONE) {
            abort();
        }
        check_names(&r);
    } else if (err.text[0] == '\0') {
        abort();
    }
    r = (struct request){ .alt_names = bytes_of(data, len) };
    check_names(&r);
    char text[ISSUE_NAME_MAX + 2];
    if (len < sizeof(text)) {
        struct issue_name name;
        memcpy(text, data, len);
        text[len] = '\0';
        if (issue_name_parse(&name, text, NULL) == 0) {
            check_name(&name);
        }
    }
    return 0;
}
