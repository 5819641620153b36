/* request.c - reads certification requests (PKCS#10, RFC 2986). It grants nothing. */
#include "pki/issue.h"

#include "base/error.h"
#include "base/names.h"
#include "pki/cert_fields.h"
#include "pki/der.h"
#include "pki/dname.h"

enum { ATTRIBUTES_MAX = 16, EXTENSIONS_MAX = 64 };

static void parse_attributes(struct rd *attributes, struct request *r);
static void parse_extensions(struct rd list, struct request *r);
static uint16_t scheme_for(const struct sig_alg *alg, enum key_type type);

int request_parse(struct request *r, cssl_bytes der, cssl_error *err)
{
    *r = (struct request){ .scheme = 0 };
    if (der.len > ISSUE_DER_MAX) {
        return fail_text(err, CSSL_R_REQUEST_MALFORMED, "it has more than %d bytes", ISSUE_DER_MAX);
    }
    cssl_bytes info, alg_bytes, signature;
    if (signed_parse(der, &info, &alg_bytes, &signature) != NULL) {
        return fail(err, CSSL_R_REQUEST_MALFORMED);
    }
    struct rd alg_reader = rd_of(alg_bytes);
    struct sig_alg alg = sig_alg_parse(&alg_reader);
    struct rd body = rd_of(info);
    struct rd fields = der_enter(&body, DER_SEQUENCE);
    (void)der_small(&fields, DER_INTEGER, 0); /* version 1 is the only one */
    r->subject = der_whole(&fields, DER_SEQUENCE);
    r->spki = der_whole(&fields, DER_SEQUENCE);
    struct rd attributes = der_enter(&fields, DER_CONTEXT_OF(0));
    parse_attributes(&attributes, r);
    bool good = rd_done(&attributes) && rd_done(&fields) && rd_done(&alg_reader);
    if (!good || !dname_valid(r->subject)) {
        return fail(err, CSSL_R_REQUEST_MALFORMED);
    }
    int status = issue_check_key(r->spki, &r->key, err);
    if (status < 0) {
        return status;
    }
    r->scheme = scheme_for(&alg, r->key.type);
    if (r->scheme == 0) {
        return fail_text(err, CSSL_R_REQUEST_SIGNATURE,
                         "it is made with an algorithm that is weak or not known");
    }
    if (spki_verify(r->spki, r->scheme, info, signature, NULL) < 0) {
        return fail_text(err, CSSL_R_REQUEST_SIGNATURE,
                         "whoever made the request does not have its key, or it was changed");
    }
    return 0;
}

int request_names(const struct request *r, struct issue_name *names, size_t max, size_t *num,
                  cssl_error *err)
{
    struct rd list = rd_of(r->alt_names);
    *num = 0;
    while (rd_more(&list)) {
        uint8_t tag = 0;
        cssl_bytes value = der_any(&list, &tag);
        if (*num == max) {
            return fail_text(err, CSSL_R_ISSUE_NAME, "the request asks for more than %zu names",
                             max);
        }
        struct issue_name *name = &names[*num];
        unsigned kind = tag & 0x1fU;
        bool known = tag == DER_CONTEXT(kind) && (kind == ISSUE_DNS || kind == ISSUE_EMAIL ||
                                                  kind == ISSUE_URI || kind == ISSUE_IP);
        if (!known) {
            return fail_text(err, CSSL_R_ISSUE_NAME,
                             "the request asks for a kind of name that is neither DNS, IP address, "
                             "e-mail nor URI");
        }
        if (kind == ISSUE_IP) {
            if (value.len != 4 && value.len != 16) {
                return fail_text(err, CSSL_R_ISSUE_NAME,
                                 "the request has an IP address of %zu bytes", value.len);
            }
            *name = (struct issue_name){ .type = ISSUE_IP, .len = (uint8_t)value.len };
            memcpy(name->data, value.data, value.len);
        } else {
            /* through the same gate as a name that is typed, and of the kind it says it is */
            char text[ISSUE_NAME_MAX + 1];
            text_printable(text, sizeof(text), value.data, value.len);
            int status = issue_name_parse(name, text, err);
            if (status < 0) {
                return status;
            }
            if ((unsigned)name->type != kind || strlen(text) != value.len) {
                return fail_text(err, CSSL_R_ISSUE_NAME,
                                 "the request has '%s' as another kind of name than it is", text);
            }
        }
        (*num)++;
    }
    return 0;
}

static void parse_attributes(struct rd *attributes, struct request *r)
{
    static const uint8_t extension_request[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14 };
    bool seen = false;
    for (unsigned n = 0; rd_more(attributes); n++) {
        struct rd attribute = der_enter(attributes, DER_SEQUENCE);
        cssl_bytes oid = der_oid(&attribute);
        struct rd values = der_enter(&attribute, DER_SET);
        if (bytes_equal(oid, bytes_of(extension_request, sizeof(extension_request)))) {
            struct rd extensions = der_enter(&values, DER_SEQUENCE);
            bool once = !seen && rd_ok(&extensions) && rd_done(&values);
            seen = true;
            parse_extensions(extensions, r);
            if (!once || r->alt_names.data == NULL) {
                der_bad(attributes);
            }
        } else if (!der_valid(rd_rest(&values))) {
            der_bad(attributes);
        }
        if (!rd_done(&attribute) || n >= ATTRIBUTES_MAX) {
            der_bad(attributes);
        }
    }
}

/* Malformed extensions leave alt_names.data NULL; none at all, or none of names, leave it empty. */
static void parse_extensions(struct rd list, struct request *r)
{
    static const uint8_t alt_name[] = { 0x55, 0x1d, 17 };
    static const uint8_t nothing[1] = { 0 };
    cssl_bytes found = bytes_of(nothing, 0);
    bool good = true;
    bool seen = false;
    for (unsigned n = 0; rd_more(&list); n++) {
        struct rd extension = der_enter(&list, DER_SEQUENCE);
        cssl_bytes oid = der_oid(&extension);
        if (der_peek(&extension) == DER_BOOLEAN) {
            (void)der_boolean(&extension, DER_BOOLEAN);
        }
        cssl_bytes value = der_value(&extension, DER_OCTET_STRING);
        good = good && rd_done(&extension) && n < EXTENSIONS_MAX;
        if (bytes_equal(oid, bytes_of(alt_name, sizeof(alt_name)))) {
            struct rd outer = rd_of(value);
            struct rd names = der_enter(&outer, DER_SEQUENCE);
            bool whole = rd_more(&names) && rd_done(&outer);
            found = rd_rest(&names);
            good = good && !seen && whole && der_valid(found);
            seen = true;
        }
    }
    good = good && rd_done(&list);
    r->alt_names = good ? found : bytes_of(NULL, 0);
}

/* The scheme to check a signature with: RSASSA-PSS has two, by the type of the key; those with
 * SHA-1 or MD5 prove nothing. */
static uint16_t scheme_for(const struct sig_alg *alg, enum key_type type)
{
    static const uint16_t pss[][2] = {
        { SCHEME_RSA_PSS_RSAE_SHA256, SCHEME_RSA_PSS_PSS_SHA256 },
        { SCHEME_RSA_PSS_RSAE_SHA384, SCHEME_RSA_PSS_PSS_SHA384 },
        { SCHEME_RSA_PSS_RSAE_SHA512, SCHEME_RSA_PSS_PSS_SHA512 },
    };
    uint16_t scheme = alg->weak ? 0 : alg->scheme;
    for (size_t i = 0; i < ARRAY_LEN(pss); i++) {
        if (scheme == pss[i][0] && type == KEY_RSA_PSS) {
            scheme = pss[i][1];
        }
    }
    return scheme != 0 && scheme_fits_key(scheme, type, false) ? scheme : 0;
}
