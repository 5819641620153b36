/* store.c - sets of trust anchors, from files, memory and the system. Verifies nothing. */
#include "pki/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/pem.h"
#include "pki/cert_fields.h"
#include "pki/der.h"
#include "pki/dname.h"
#include "pki/load.h"

enum { STORE_MAX = 65536, DIGEST_LEN = 32 };

struct store {
    atomic_uint refs;
    size_t num, cap;
    struct cert **certs; /* by subject hash, then by DER */
    uint8_t digest[DIGEST_LEN];
};

/* What is done with a certificate that cannot be parsed. */
enum malformed { MALFORMED_REFUSE, MALFORMED_SKIP };

/* The system's anchors, the one state a process shares. */
static struct {
    pthread_mutex_t lock;
    struct store *store;
    char *path;
    struct stat stat;
} system_store = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct store *store_make(cssl_bytes certs, enum malformed malformed, cssl_error *err);
static int add_pem(struct store *store, cssl_bytes text, enum malformed malformed, cssl_error *err);
static int add_ders(struct store *store, cssl_bytes ders, enum malformed malformed,
                    cssl_error *err);
static int add(struct store *store, cssl_bytes der, enum malformed malformed, cssl_error *err);
static void finish(struct store *store);
static int by_subject(const void *a, const void *b);
static struct store *load_system(const char *path, cssl_error *err);
static const char *system_path(struct stat *st);

struct store *store_from_file(const char *path, cssl_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    cssl_error inner;
    if (load_file(path, "cacertfile", &data, &len, NULL, err) != 0) {
        return NULL;
    }
    struct store *store = store_make(bytes_of(data, len), MALFORMED_REFUSE, &inner);
    mem_free_wiped(data, len);
    if (store == NULL && inner.status == CSSL_NOMEM) {
        (void)error_copy(err, &inner);
    } else if (store == NULL) {
        (void)fail_option(err, CSSL_R_CERT_FILE, "cacertfile", "\"%s\": %s", path, inner.text);
    }
    return store;
}

struct store *store_from_memory(cssl_bytes certs, cssl_error *err)
{
    struct store *store = store_make(certs, MALFORMED_REFUSE, err);
    if (store == NULL && err != NULL && err->status != CSSL_NOMEM) {
        err->option = "cacerts";
    }
    return store;
}

struct store *store_empty(cssl_error *err)
{
    struct store *store = mem_new(sizeof(*store));
    if (store == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    atomic_init(&store->refs, 1);
    finish(store);
    return store;
}

struct store *store_system(cssl_error *err)
{
    struct stat st;
    const char *path = system_path(&st);
    if (path == NULL) {
        (void)fail_option(err, CSSL_R_NO_SYSTEM_ANCHORS, "cacertfile",
                          "install the package ca-certificates, set SSL_CERT_FILE, or give option "
                          "cacertfile");
        return NULL;
    }
    struct store *store = NULL;
    (void)pthread_mutex_lock(&system_store.lock);
    if (system_store.store != NULL && strcmp(system_store.path, path) == 0 &&
        load_same_file(&system_store.stat, &st)) {
        store = store_ref(system_store.store);
    } else {
        store = load_system(path, err);
    }
    (void)pthread_mutex_unlock(&system_store.lock);
    return store;
}

struct store *store_ref(struct store *store)
{
    atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
    return store;
}

void store_free(struct store *store)
{
    if (store == NULL ||
        atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < store->num; i++) {
        cert_free(store->certs[i]);
    }
    mem_free(store->certs);
    mem_free(store);
}

size_t store_size(const struct store *store)
{
    return store->num;
}

struct cert *store_cert(const struct store *store, size_t i)
{
    return store->certs[i];
}

size_t store_find(const struct store *store, cssl_bytes name, size_t from)
{
    return store_find_hashed(store, name, dname_hash(name), from);
}

size_t store_find_hashed(const struct store *store, cssl_bytes name, uint32_t hash, size_t from)
{
    size_t low = from;
    size_t high = store->num;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (store->certs[middle]->subject_hash < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < store->num && store->certs[low]->subject_hash == hash; low++) {
        if (dname_equal(store->certs[low]->subject, name)) {
            return low;
        }
    }
    return store->num;
}

bool store_has(const struct store *store, const struct cert *cert)
{
    size_t i = store_find_hashed(store, cert->subject, cert->subject_hash, 0);
    for (; i < store->num && store->certs[i]->subject_hash == cert->subject_hash; i++) {
        if (bytes_equal(store->certs[i]->der, cert->der)) {
            return true;
        }
    }
    return false;
}

const uint8_t *store_digest(const struct store *store)
{
    return store->digest;
}

static struct store *store_make(cssl_bytes certs, enum malformed malformed, cssl_error *err)
{
    struct store *store = mem_new(sizeof(*store));
    if (store == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    atomic_init(&store->refs, 1);
    int status = pem_looks_like(certs) ? add_pem(store, certs, malformed, err)
                                       : add_ders(store, certs, malformed, err);
    if (status == 0 && store->num == 0) {
        status = fail_text(err, CSSL_R_NO_CERTIFICATE,
                           "it takes PEM blocks (-----BEGIN CERTIFICATE-----) or DER");
    }
    if (status != 0) {
        store_free(store);
        return NULL;
    }
    finish(store);
    return store;
}

/* add_pem takes CERTIFICATE blocks and passes over others, such as keys and CRLs. */
static int add_pem(struct store *store, cssl_bytes text, enum malformed malformed, cssl_error *err)
{
    size_t at = 0;
    for (;;) {
        struct pem_block block;
        int status = pem_next(text, &at, &block, err);
        if (status != 0 || block.label[0] == '\0') {
            return status;
        }
        if (strcmp(block.label, "CERTIFICATE") == 0 ||
            strcmp(block.label, "X509 CERTIFICATE") == 0) {
            status = add(store, bytes_of(block.der, block.len), malformed, err);
        }
        pem_free(&block);
        if (status != 0) {
            return status;
        }
    }
}

static int add_ders(struct store *store, cssl_bytes ders, enum malformed malformed,
                    cssl_error *err)
{
    struct rd r = rd_of(ders);
    while (rd_more(&r)) {
        cssl_bytes der = der_whole(&r, DER_SEQUENCE);
        int status = r.bad ? fail_text(err, CSSL_R_NO_CERTIFICATE,
                                       "this is neither PEM nor DER: name the file of the "
                                       "authorities' certificates")
                           : add(store, der, malformed, err);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int add(struct store *store, cssl_bytes der, enum malformed malformed, cssl_error *err)
{
    cssl_error inner;
    if (store->num == STORE_MAX) {
        return fail_text(err, CSSL_R_TOO_MANY_CERTIFICATES, "more than 65536 anchors");
    }
    if (store->num == store->cap) {
        size_t cap = store->cap == 0 ? 4 : store->cap * 2;
        struct cert **certs = mem_resize(store->certs, cap * sizeof(*certs));
        if (certs == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
        store->certs = certs;
        store->cap = cap;
    }
    struct cert *cert = cert_parse(der, &inner);
    if (cert == NULL && inner.status == CSSL_NOMEM) {
        return error_copy(err, &inner);
    }
    if (cert == NULL && malformed == MALFORMED_SKIP) {
        return 0;
    }
    if (cert == NULL) {
        cssl_reason reason = (cssl_reason)inner.reason;
        size_t known = strlen(reason_text(reason)); /* the sentence begins with it anyway */
        const char *detail = inner.text[known] == ':' ? inner.text + known + 2 : inner.text;
        return fail_text(err, reason, "number %zu: %s", store->num + 1, detail);
    }
    store->certs[store->num++] = cert;
    return 0;
}

/* finish sorts, drops doubles and takes the digest. */
static void finish(struct store *store)
{
    if (store->num > 0) {
        qsort(store->certs, store->num, sizeof(*store->certs), by_subject);
    }
    size_t kept = 0;
    for (size_t i = 0; i < store->num; i++) {
        if (kept > 0 && bytes_equal(store->certs[kept - 1]->der, store->certs[i]->der)) {
            cert_free(store->certs[i]);
        } else {
            store->certs[kept++] = store->certs[i];
        }
    }
    store->num = kept;
    struct hash hash;
    hash_init(&hash, HASH_SHA256);
    for (size_t i = 0; i < kept; i++) {
        uint8_t one[DIGEST_LEN]; /* hashed alone, so that no two lists look alike */
        hash_once(HASH_SHA256, store->certs[i]->der.data, store->certs[i]->der.len, one);
        hash_update(&hash, one, sizeof(one));
    }
    hash_peek(&hash, store->digest);
}

static int by_subject(const void *a, const void *b)
{
    const struct cert *x = *(struct cert *const *)a;
    const struct cert *y = *(struct cert *const *)b;
    if (x->subject_hash != y->subject_hash) {
        return x->subject_hash < y->subject_hash ? -1 : 1;
    }
    if (x->der.len != y->der.len) {
        return x->der.len < y->der.len ? -1 : 1;
    }
    return memcmp(x->der.data, y->der.data, x->der.len);
}

/* load_system reads path anew and keeps it; the lock is held. */
static struct store *load_system(const char *path, cssl_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    struct stat st;
    cssl_error inner;
    if (load_file(path, "cacertfile", &data, &len, &st, err) != 0) {
        return NULL;
    }
    struct store *store = store_make(bytes_of(data, len), MALFORMED_SKIP, &inner);
    mem_free_wiped(data, len);
    char *kept_path = store == NULL ? NULL : mem_str(path);
    if (store == NULL && inner.status != CSSL_NOMEM) {
        (void)fail_option(err, CSSL_R_NO_SYSTEM_ANCHORS, "cacertfile", "\"%s\": %s", path,
                          inner.text);
        return NULL;
    }
    if (kept_path == NULL) {
        store_free(store);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    store_free(system_store.store);
    mem_free(system_store.path);
    system_store.store = store_ref(store);
    system_store.path = kept_path;
    system_store.stat = st;
    return store;
}

/* system_path is SSL_CERT_FILE, or the first of the usual places that is there; NULL if none is. A
 * program that runs with more rights than its user has does not listen to the environment. */
static const char *system_path(struct stat *st)
{
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Arch, Gentoo */
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora, RHEL */
        "/etc/pki/tls/certs/ca-bundle.crt",                  /* older RHEL */
        "/etc/ssl/ca-bundle.pem",                            /* SUSE */
        "/etc/ssl/cert.pem",                                 /* Alpine, OpenBSD, FreeBSD, macOS */
        "/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD's ca_root_nss */
        "/usr/local/etc/ssl/cert.pem",
        "/etc/openssl/certs/ca-certificates.crt", /* NetBSD */
    };
    const char *chosen = secure_getenv("SSL_CERT_FILE");
    if (chosen != NULL && chosen[0] != '\0') {
        if (stat(chosen, st) != 0) {
            *st = (struct stat){ 0 }; /* load_file will say why */
        }
        return chosen;
    }
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (stat(places[i], st) == 0 && S_ISREG(st->st_mode)) {
            return places[i];
        }
    }
    return NULL;
}
