/*
 * limbo_case.c - runs one x509-limbo case through cert, store and chain, as a TLS peer would.
 *
 * What cssl has no notion of is skipped by name: other uses than TLS's two, and
 * restrictions of signature algorithms in a notation of the collection's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "crypto/pem.h"
#include "limbo.h"
#include "pki/cert_fields.h"
#include "pki/chain.h"
#include "pki/der.h"
#include "pki/dname.h"

enum { CERTS_MAX = 256 };

struct run {
    struct store *anchors;
    struct crl_set *lists;
    struct cert *certs[CERTS_MAX];
    size_t num;
    struct chain_params params;
    struct limbo_result *result;
};

static bool skip(struct run *run, const json_t *test_case);
static bool prepare(struct run *run, const json_t *test_case, int64_t now);
static bool load_anchors(struct run *run, const json_t *pems);
static bool load_lists(struct run *run, const json_t *pems);
static char *join(const json_t *pems);
static bool load_cert(struct run *run, const char *pem);
static void verify(struct run *run, const json_t *test_case);
static bool has_emails(const struct cert *cert, const json_t *names);
static bool has_email(const struct cert *cert, const char *name);
static uint16_t usage_bits(const json_t *names);
static bool parse_time(const char *text, int64_t *seconds);
static void fail_with(struct run *run, const char *text);

void limbo_run(const json_t *test_case, int64_t now, struct limbo_result *result)
{
    struct run run = { .result = result };
    *result = (struct limbo_result){ .outcome = LIMBO_SUCCESS };
    if (!skip(&run, test_case) && prepare(&run, test_case, now)) {
        verify(&run, test_case);
    }
    for (size_t i = 0; i < run.num; i++) {
        cert_free(run.certs[i]);
    }
    store_free(run.anchors);
    crl_set_free(run.lists);
}

static bool skip(struct run *run, const json_t *test_case)
{
    const char *why = NULL;
    size_t i;
    json_t *value;
    if (json_array_size(json_object_get(test_case, "signature_algorithms")) > 0) {
        why = "signature_algorithms";
    }
    json_array_foreach(json_object_get(test_case, "extended_key_usage"), i, value) {
        const char *use = json_string_value(value);
        if (strcmp(use, "serverAuth") != 0 && strcmp(use, "clientAuth") != 0) {
            why = use;
        }
    }
    if (why != NULL) {
        run->result->outcome = LIMBO_SKIPPED;
        (void)snprintf(run->result->reason, sizeof(run->result->reason), "%s", why);
    }
    return why != NULL;
}

static bool prepare(struct run *run, const json_t *test_case, int64_t now)
{
    const json_t *depth = json_object_get(test_case, "max_chain_depth");
    const json_t *uses = json_object_get(test_case, "extended_key_usage");
    const json_t *name = json_object_get(test_case, "expected_peer_name");
    const char *kind = json_string_value(json_object_get(test_case, "validation_kind"));
    const char *time = json_string_value(json_object_get(test_case, "validation_time"));
    struct chain_params *p = &run->params;
    p->purpose = kind != NULL && strcmp(kind, "CLIENT") == 0 ? PURPOSE_CLIENT : PURPOSE_SERVER;
    if (json_array_size(uses) > 0) {
        const char *use = json_string_value(json_array_get(uses, 0));
        p->purpose = strcmp(use, "clientAuth") == 0 ? PURPOSE_CLIENT : PURPOSE_SERVER;
    }
    p->name = json_string_value(json_object_get(name, "value"));
    p->depth = json_is_integer(depth) ? (int)json_integer_value(depth) : CHAIN_DEPTH_DEFAULT;
    p->key_usage = usage_bits(json_object_get(test_case, "key_usage"));
    p->any_key_usage = p->key_usage == 0;
    p->pool = true; /* the collection gives more than a TLS peer may send */
    p->now = now;
    if (time != NULL && !parse_time(time, &p->now)) {
        fail_with(run, "limbo_check: the case's time cannot be read");
        return false;
    }
    size_t i;
    json_t *pem;
    bool good = load_anchors(run, json_object_get(test_case, "trusted_certs")) &&
                load_cert(run, json_string_value(json_object_get(test_case, "peer_certificate")));
    json_array_foreach(json_object_get(test_case, "untrusted_intermediates"), i, pem) {
        good = good && load_cert(run, json_string_value(pem));
    }
    p->anchors = run->anchors;
    return good && load_lists(run, json_object_get(test_case, "crls"));
}

static bool load_anchors(struct run *run, const json_t *pems)
{
    cssl_error err;
    char *text = join(pems);
    run->anchors = store_from_memory(bytes_str(text), &err);
    free(text);
    if (run->anchors == NULL) {
        fail_with(run, err.text);
        return false;
    }
    return true;
}

/* Lists are given to be used: where one is by the leaf's issuer it has to settle the leaf's status,
 * those of others are only there to name certificates. */
static bool load_lists(struct run *run, const json_t *pems)
{
    if (json_array_size(pems) == 0) {
        return true;
    }
    cssl_error err;
    char *text = join(pems);
    run->lists = crl_set_from_memory(bytes_str(text), "crls", &err);
    free(text);
    if (run->lists == NULL) {
        fail_with(run, err.text);
        return false;
    }
    run->params.lists = (struct revoke_lists){ REVOKE_BEST_EFFORT, run->lists, NULL };
    for (size_t i = 0; i < crl_set_size(run->lists); i++) {
        if (dname_equal(crl_issuer(crl_set_at(run->lists, i)), cert_issuer(run->certs[0]))) {
            run->params.lists.mode = REVOKE_PEER;
        }
    }
    return true;
}

/* join puts texts behind one another; freed with free(). */
static char *join(const json_t *pems)
{
    size_t len = 0;
    size_t at = 0;
    size_t i;
    json_t *pem;
    json_array_foreach(pems, i, pem) {
        len += json_string_length(pem) + 1;
    }
    char *text = malloc(len + 1);
    json_array_foreach(pems, i, pem) {
        memcpy(text + at, json_string_value(pem), json_string_length(pem));
        at += json_string_length(pem);
        text[at++] = '\n';
    }
    text[at] = '\0';
    return text;
}

static bool load_cert(struct run *run, const char *pem)
{
    struct pem_block block;
    cssl_error err;
    size_t at = 0;
    if (pem == NULL || run->num == CERTS_MAX) {
        fail_with(run, "limbo_check: a certificate is missing, or there are too many");
        return false;
    }
    if (pem_next(bytes_str(pem), &at, &block, &err) != 0) {
        fail_with(run, err.text);
        return false;
    }
    struct cert *cert = cert_parse(bytes_of(block.der, block.len), &err);
    pem_free(&block);
    if (cert == NULL) {
        fail_with(run, err.text);
        return false;
    }
    run->certs[run->num++] = cert;
    return true;
}

static void verify(struct run *run, const json_t *test_case)
{
    cssl_error err;
    struct chain *chain = chain_new(&run->params, run->certs, run->num, &err);
    if (chain == NULL || chain_run(chain, &err) != CHAIN_OK) {
        fail_with(run, err.text);
    } else if (!has_emails(run->certs[0], json_object_get(test_case, "expected_peer_names"))) {
        fail_with(run, "limbo_check: an expected mailbox is not in the certificate");
    }
    chain_free(chain);
}

/* TLS asks for no mailboxes: what a case expects of them is looked at here. */
static bool has_emails(const struct cert *cert, const json_t *names)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name) {
        const char *kind = json_string_value(json_object_get(name, "kind"));
        const char *value = json_string_value(json_object_get(name, "value"));
        if (strcmp(kind, "RFC822") == 0 && !has_email(cert, value)) {
            return false;
        }
    }
    return true;
}

static bool has_email(const struct cert *cert, const char *name)
{
    struct rd names = rd_of(cert->alt_names);
    size_t local = strcspn(name, "@");
    size_t len = strlen(name);
    while (rd_more(&names)) {
        struct general_name there = general_name_next(&names, 4);
        if (there.kind == GENERAL_EMAIL && there.value.len == len &&
            memcmp(there.value.data, name, local) == 0 &&
            strncasecmp((const char *)there.value.data + local, name + local, len - local) == 0) {
            return true;
        }
    }
    return false;
}

static uint16_t usage_bits(const json_t *names)
{
    static const struct {
        const char *name;
        uint16_t bit;
    } usages[] = { { "digitalSignature", KU_DIGITAL_SIGNATURE },
                   { "contentCommitment", KU_NON_REPUDIATION },
                   { "keyEncipherment", KU_KEY_ENCIPHERMENT },
                   { "dataEncipherment", KU_DATA_ENCIPHERMENT },
                   { "keyAgreement", KU_KEY_AGREEMENT },
                   { "keyCertSign", KU_KEY_CERT_SIGN },
                   { "cRLSign", KU_CRL_SIGN } };
    uint16_t bits = 0;
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name) {
        for (size_t j = 0; j < ARRAY_LEN(usages); j++) {
            if (strcmp(json_string_value(name), usages[j].name) == 0) {
                bits |= usages[j].bit;
            }
        }
    }
    return bits;
}

/* parse_time reads 2024-04-01T00:00:00Z, with a fraction (which is cut off: certificates count in
 * seconds) and an offset of zero. */
static bool parse_time(const char *text, int64_t *seconds)
{
    int year, month, day, hour, minute, second;
    int found =
        sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second);
    if (found != 6) {
        return false;
    }
    *seconds = der_time_civil(year, (unsigned)month, (unsigned)day,
                              (unsigned)(hour * 3600 + minute * 60 + second));
    const char *rest = text + strlen("2024-04-01T00:00:00");
    rest += *rest == '.' ? 1 + strspn(rest + 1, "0123456789") : 0;
    return strcmp(rest, "Z") == 0 || strcmp(rest, "+00:00") == 0;
}

static void fail_with(struct run *run, const char *text)
{
    run->result->outcome = LIMBO_FAILURE;
    (void)snprintf(run->result->reason, sizeof(run->result->reason), "%s", text);
}
