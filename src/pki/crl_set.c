/* crl_set.c - revocation lists of one file or piece of memory. Parses PEM, leaves the rest. */
#include "base/error.h"
#include "base/mem.h"
#include "crypto/pem.h"
#include "pki/crl_parts.h"
#include "pki/der.h"
#include "pki/load.h"

struct crl_set {
    size_t num, room;
    struct crl **lists;
};

static int take_pem(struct crl_set *set, cssl_bytes text, const char *option, cssl_error *err);
static int take_der(struct crl_set *set, cssl_bytes lists, const char *option, cssl_error *err);
static int take(struct crl_set *set, cssl_bytes der, const char *option, cssl_error *err);

struct crl_set *crl_set_from_file(const char *path, const char *option, cssl_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (load_file(path, option, &data, &len, NULL, err) != 0) {
        return NULL;
    }
    struct crl_set *set = crl_set_from_memory(bytes_of(data, len), option, err);
    mem_free_wiped(data, len);
    return set;
}

struct crl_set *crl_set_from_memory(cssl_bytes lists, const char *option, cssl_error *err)
{
    struct crl_set *set = mem_new(sizeof(*set));
    if (set == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    int ret = pem_looks_like(lists) ? take_pem(set, lists, option, err)
                                    : take_der(set, lists, option, err);
    if (ret == 0 && set->num == 0) {
        ret = fail_option(err, CSSL_R_CRL_FILE, option,
                          "there is no block -----BEGIN X509 CRL-----");
    }
    if (ret != 0) {
        crl_set_free(set);
        return NULL;
    }
    return set;
}

void crl_set_free(struct crl_set *set)
{
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < set->num; i++) {
        crl_free(set->lists[i]);
    }
    mem_free(set->lists);
    mem_free(set);
}

size_t crl_set_size(const struct crl_set *set)
{
    return set == NULL ? 0 : set->num;
}

struct crl *crl_set_at(const struct crl_set *set, size_t i)
{
    return set->lists[i];
}

void crl_set_digest(const struct crl_set *set, struct hash *h)
{
    for (size_t i = 0; i < crl_set_size(set); i++) {
        uint8_t digest[HASH_MAX];
        const struct crl *crl = set->lists[i];
        hash_once(HASH_SHA256, crl->der.data, crl->der.len, digest);
        hash_update(h, digest, hash_len(HASH_SHA256));
    }
}

static int take_pem(struct crl_set *set, cssl_bytes text, const char *option, cssl_error *err)
{
    int ret = 0;
    bool more = true;
    for (size_t at = 0; ret == 0 && more;) {
        struct pem_block block;
        cssl_error inner;
        if (pem_next(text, &at, &block, &inner) != 0) {
            return inner.status == CSSL_NOMEM
                       ? error_copy(err, &inner)
                       : fail_option(err, CSSL_R_CRL_FILE, option, "%.300s", inner.text);
        }
        more = block.label[0] != '\0';
        if (strcmp(block.label, "X509 CRL") == 0) {
            ret = take(set, bytes_of(block.der, block.len), option, err);
        }
        pem_free(&block);
    }
    return ret;
}

static int take_der(struct crl_set *set, cssl_bytes lists, const char *option, cssl_error *err)
{
    struct rd r = rd_of(lists);
    int ret = 0;
    while (ret == 0 && rd_more(&r)) {
        cssl_bytes der = der_whole(&r, DER_SEQUENCE);
        ret = r.bad ? fail_option(err, CSSL_R_CRL_FILE, option, "it is neither PEM nor DER")
                    : take(set, der, option, err);
    }
    return ret;
}

static int take(struct crl_set *set, cssl_bytes der, const char *option, cssl_error *err)
{
    cssl_error inner;
    if (set->num == CRLS_MAX) {
        return fail_option(err, CSSL_R_CRL_FILE, option, "there are more than %d lists; use "
                           "crl_dir", CRLS_MAX);
    }
    if (set->num == set->room) {
        size_t room = set->room == 0 ? 4 : 2 * set->room;
        struct crl **lists = mem_resize(set->lists, room * sizeof(struct crl *));
        if (lists == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
        set->lists = lists;
        set->room = room;
    }
    struct crl *crl = crl_parse(der, &inner);
    if (crl == NULL) {
        return inner.status == CSSL_NOMEM ? error_copy(err, &inner)
                                          : fail_option(err, CSSL_R_CRL_FILE, option,
                                                        "list number %zu: %.300s", set->num + 1,
                                                        inner.text);
    }
    set->lists[set->num++] = crl;
    return 0;
}
