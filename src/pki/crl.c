/* crl.c - parses a revocation list and finds certificates in it. Trusts nothing, asks no clock. */
#include "pki/crl.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "pki/crl_parts.h"
#include "pki/der.h"
#include "pki/dname.h"
#include "pki/load.h"

enum { CRL_LEN_MAX = LOAD_MAX, SERIAL_LEN_MAX = 20 };

static int parse(struct crl *crl, cssl_error *err);
static void parse_tbs(struct crl *crl, struct rd *tbs, const char **wrong);
static int index_entries(struct crl *crl, cssl_error *err);
static int compare(const void *a, const void *b);
static int compare_serials(cssl_bytes a, cssl_bytes b);

const char *crl_reason_name(uint8_t reason)
{
    static const char *const names[] = { "unspecified", "keyCompromise", "cACompromise",
                                         "affiliationChanged", "superseded",
                                         "cessationOfOperation", "certificateHold", NULL,
                                         "removeFromCRL", "privilegeWithdrawn", "aACompromise" };
    return reason < ARRAY_LEN(names) ? names[reason] : NULL;
}

struct crl *crl_parse(cssl_bytes der, cssl_error *err)
{
    if (der.len == 0 || der.len > CRL_LEN_MAX) {
        (void)fail_text(err, CSSL_R_CRL_MALFORMED, der.len == 0 ? "it is empty" : "too long");
        return NULL;
    }
    struct crl *crl = mem_new(sizeof(*crl) + der.len);
    if (crl == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    uint8_t *copy = (uint8_t *)(crl + 1);
    memcpy(copy, der.data, der.len);
    crl->der = bytes_of(copy, der.len);
    atomic_init(&crl->refs, 1);
    atomic_init(&crl->verified, CRL_NOT_VERIFIED);
    if (parse(crl, err) != 0) {
        crl_free(crl);
        return NULL;
    }
    return crl;
}

struct crl *crl_ref(struct crl *crl)
{
    atomic_fetch_add_explicit(&crl->refs, 1, memory_order_relaxed);
    return crl;
}

void crl_free(struct crl *crl)
{
    if (crl != NULL && atomic_fetch_sub_explicit(&crl->refs, 1, memory_order_acq_rel) == 1) {
        mem_free(crl->index);
        mem_free(crl);
    }
}

cssl_bytes crl_issuer(const struct crl *crl)
{
    return crl->issuer;
}

uint32_t crl_issuer_hash(const struct crl *crl)
{
    return crl->issuer_hash;
}

cssl_bytes crl_key_id(const struct crl *crl)
{
    return crl->key_id;
}

cssl_bytes crl_number(const struct crl *crl)
{
    return crl->number;
}

int64_t crl_this_update(const struct crl *crl)
{
    return crl->this_update;
}

int64_t crl_next_update(const struct crl *crl)
{
    return crl->next_update;
}

size_t crl_size(const struct crl *crl)
{
    return crl->num;
}

const char *crl_unusable(const struct crl *crl)
{
    return crl->unusable;
}

bool crl_partial(const struct crl *crl)
{
    return crl->partial;
}

bool crl_find(const struct crl *crl, cssl_bytes serial, struct crl_entry *entry)
{
    size_t low = 0;
    size_t high = crl->num;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct crl_index *at = &crl->index[middle];
        int order = compare_serials(bytes_of(at->serial, at->len), serial);
        if (order == 0) {
            struct rd r = rd_of(bytes_of(crl->der.data + at->at, crl->der.len - at->at));
            struct crl_entry there;
            bool usable = true;
            crl_entry_parse(&r, &there, NULL, &usable);
            if (entry != NULL) {
                *entry = there;
            }
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

int crl_verify(struct crl *crl, const struct cert *issuer, const uint16_t *schemes, size_t num,
               cssl_error *err)
{
    uint8_t key[CRL_KEY_DIGEST];
    hash_once(HASH_SHA256, issuer->spki.data, issuer->spki.len, key);
    uint16_t scheme = sig_scheme_of_key(crl->sig.scheme, issuer->key.type);
    if (crl->sig.weak || scheme == 0 || !scheme_available(scheme) ||
        (num > 0 && !sig_scheme_in(scheme, schemes, num))) {
        return fail_text(err, CSSL_R_CRL_SIGNATURE, "it is signed with %s",
                         crl->sig.weak ? "a broken hash (MD5 or SHA-1)"
                                       : "an algorithm that is unknown or not allowed");
    }
    if (atomic_load_explicit(&crl->verified, memory_order_acquire) == CRL_VERIFIED &&
        memcmp(crl->verified_key, key, sizeof(key)) == 0) {
        return 0;
    }
    if (!scheme_fits_key(scheme, issuer->key.type, false)) {
        return fail_text(err, CSSL_R_CRL_SIGNATURE, "the issuer's key is of another kind");
    }
    cssl_error why;
    if (spki_verify(issuer->spki, scheme, crl->tbs, crl->signature, &why) != 0) {
        return why.status == CSSL_NOMEM
                   ? error_copy(err, &why)
                   : fail_text(err, CSSL_R_CRL_SIGNATURE, "the issuer's key does not fit");
    }
    unsigned none = CRL_NOT_VERIFIED;
    if (atomic_compare_exchange_strong(&crl->verified, &none, CRL_BEING_VERIFIED)) {
        memcpy(crl->verified_key, key, sizeof(key));
        atomic_store_explicit(&crl->verified, CRL_VERIFIED, memory_order_release);
    }
    return 0;
}

static int parse(struct crl *crl, cssl_error *err)
{
    cssl_bytes outer_alg;
    const char *wrong = signed_parse(crl->der, &crl->tbs, &outer_alg, &crl->signature);
    if (wrong != NULL) {
        return fail_text(err, CSSL_R_CRL_MALFORMED, "%s", wrong);
    }
    struct rd whole = rd_of(crl->tbs);
    struct rd tbs = der_enter(&whole, DER_SEQUENCE);
    parse_tbs(crl, &tbs, &wrong);
    if (!rd_done(&tbs) || wrong != NULL) {
        return fail_text(err, CSSL_R_CRL_MALFORMED, "%s",
                         wrong == NULL ? "its body is not as RFC 5280 5.1 says" : wrong);
    }
    if (!bytes_equal(crl->inner_alg, outer_alg)) { /* 5.1.1.2 */
        return fail_text(err, CSSL_R_CRL_MALFORMED, "its two signature algorithms differ");
    }
    int ret = index_entries(crl, err);
    return ret == 0 ? crl_parse_extensions(crl, err) : ret;
}

/* parse_tbs reads RFC 5280 5.1's TBSCertList but for the insides of entries and extensions. */
static void parse_tbs(struct crl *crl, struct rd *tbs, const char **wrong)
{
    struct rd field;
    bool has_version = der_peek(tbs) == DER_INTEGER;
    if (has_version && der_small(tbs, DER_INTEGER, 1) != 1) { /* it is left out, or it is 2 */
        *wrong = "its version is not 2";
    }
    crl->inner_alg = der_value(tbs, DER_SEQUENCE);
    struct rd alg = rd_of(crl->inner_alg);
    crl->sig = sig_alg_parse(&alg);
    if (alg.bad) {
        *wrong = "its signature algorithm is malformed";
    }
    crl->issuer = der_whole(tbs, DER_SEQUENCE);
    if (rd_ok(tbs) && (!dname_valid(crl->issuer) || dname_empty(crl->issuer))) {
        *wrong = "its issuer is not a name";
        return;
    }
    crl->issuer_hash = rd_ok(tbs) ? dname_hash(crl->issuer) : 0;
    crl->this_update = der_time(tbs, NULL);
    crl->next_update = INT64_MIN;
    if (der_peek(tbs) == DER_UTC_TIME || der_peek(tbs) == DER_GENERALIZED_TIME) {
        crl->next_update = der_time(tbs, NULL);
    }
    if (der_enter_if(tbs, DER_SEQUENCE, &field)) {
        crl->entries = bytes_of(field.p, field.left);
        if (crl->entries.len == 0) { /* 5.1.2.6: then the list is absent */
            *wrong = "its list of entries is empty instead of absent";
        }
    }
    if (der_enter_if(tbs, DER_CONTEXT_OF(0), &field)) {
        crl->extensions = der_value(&field, DER_SEQUENCE);
        if (!rd_done(&field) || crl->extensions.len == 0 || !has_version) {
            *wrong = "its extensions are empty, malformed or not allowed in its version";
        }
    }
}

/* index_entries reads every entry once and sorts them by serial number. */
static int index_entries(struct crl *crl, cssl_error *err)
{
    size_t num = 0;
    struct rd list = rd_of(crl->entries);
    while (rd_more(&list)) {
        (void)der_value(&list, DER_SEQUENCE);
        num++;
    }
    if (!rd_done(&list)) {
        return fail_text(err, CSSL_R_CRL_MALFORMED, "its entries are malformed");
    }
    if (num == 0) {
        return 0;
    }
    crl->index = mem_new_array(num, sizeof(*crl->index));
    if (crl->index == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    list = rd_of(crl->entries);
    while (rd_more(&list)) {
        struct crl_index *at = &crl->index[crl->num++];
        struct crl_entry entry;
        cssl_bytes serial;
        bool usable = true;
        at->at = (uint32_t)(list.p - crl->der.data);
        crl_entry_parse(&list, &entry, &serial, &usable);
        if (list.bad || serial.len > SERIAL_LEN_MAX) {
            return fail_text(err, CSSL_R_CRL_MALFORMED, "entry %zu is malformed", crl->num);
        }
        at->serial = serial.data;
        at->len = (uint8_t)serial.len;
        if (!usable) {
            crl->unusable = "an entry has a critical extension that cannot be processed";
        } else if (entry.reason == CRL_REMOVE) { /* 5.3.1: in delta lists only */
            crl->unusable = "an entry is to be removed, which only a delta list can say";
        }
    }
    qsort(crl->index, crl->num, sizeof(*crl->index), compare);
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct crl_index *x = a;
    const struct crl_index *y = b;
    return compare_serials(bytes_of(x->serial, x->len), bytes_of(y->serial, y->len));
}

/* compare_serials orders by length, then by bytes: any total order does. */
static int compare_serials(cssl_bytes a, cssl_bytes b)
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return a.len == 0 ? 0 : memcmp(a.data, b.data, a.len);
}
