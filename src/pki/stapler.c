/* stapler.c - keeps a server's OCSP response fresh. Asks no responder. */
#include "pki/stapler.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"
#include "base/mem.h"
#include "pki/load.h"
#include "pki/ocsp_parts.h"

struct staple {
    atomic_uint refs;
    int64_t this_update, next_update;
    size_t len;
    uint8_t data[];
};

struct stapler {
    pthread_mutex_t lock;
    char *file; /* NULL: from memory */
    struct cert *leaf;
    int64_t looked_at;
    struct stat stat;
    struct staple *current; /* NULL: a response without an answer */
};

static int read_file(struct stapler *s, struct staple **staple, struct stat *st, cssl_error *err);
static int take(const struct stapler *s, cssl_bytes der, struct staple **staple, cssl_error *err);
static bool is_for(const struct stapler *s, cssl_bytes singles);
static void refresh(struct stapler *s);

cssl_bytes staple_der(const struct staple *staple)
{
    return bytes_of(staple->data, staple->len);
}

void staple_free(struct staple *staple)
{
    if (staple != NULL && atomic_fetch_sub_explicit(&staple->refs, 1, memory_order_acq_rel) == 1) {
        mem_free(staple);
    }
}

struct stapler *stapler_new(const char *file, cssl_bytes memory, struct cert *leaf,
                            cssl_error *err)
{
    struct stapler *s = mem_new(sizeof(*s));
    if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0) {
        mem_free(s);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    s->leaf = cert_ref(leaf);
    s->looked_at = INT64_MIN;
    int ret;
    if (file == NULL) {
        ret = take(s, memory, &s->current, err);
    } else if ((s->file = mem_str(file)) == NULL) {
        ret = fail(err, CSSL_R_NOMEM);
    } else {
        ret = read_file(s, &s->current, &s->stat, err);
    }
    if (ret != 0) {
        stapler_free(s);
        return NULL;
    }
    return s;
}

void stapler_free(struct stapler *s)
{
    if (s == NULL) {
        return;
    }
    staple_free(s->current);
    cert_free(s->leaf);
    mem_free(s->file);
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

struct staple *stapler_get(struct stapler *s, int64_t now)
{
    struct staple *staple = NULL;
    (void)pthread_mutex_lock(&s->lock);
    /* A clock that was set back makes for another look, too. */
    bool due = s->looked_at == INT64_MIN || now - s->looked_at >= STAPLER_INTERVAL ||
               now < s->looked_at;
    if (s->file != NULL && due) {
        s->looked_at = now;
        refresh(s);
    }
    if (s->current != NULL && now >= s->current->this_update && now < s->current->next_update) {
        staple = s->current;
        (void)atomic_fetch_add_explicit(&staple->refs, 1, memory_order_relaxed);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return staple;
}

static int read_file(struct stapler *s, struct staple **staple, struct stat *st, cssl_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    int ret = load_file(s->file, "staplefile", &data, &len, st, err);
    if (ret != 0) {
        return ret;
    }
    ret = take(s, bytes_of(data, len), staple, err);
    mem_free_wiped(data, len);
    return ret;
}

static int take(const struct stapler *s, cssl_bytes der, struct staple **staple, cssl_error *err)
{
    const char *option = s->file == NULL ? "staple" : "staplefile";
    struct ocsp_facts facts;
    cssl_error inner;
    if (ocsp_inspect(der, &facts, &inner) != 0) {
        return fail_option(err, CSSL_R_STAPLE_FILE, option,
                           "it is not an OCSP response in DER, as openssl ocsp -respout writes it");
    }
    if (facts.status == 0 && !is_for(s, facts.singles)) {
        return fail_option(err, CSSL_R_STAPLE_FILE, option,
                           "it is about another certificate than the first in certfile");
    }
    *staple = NULL;
    if (facts.status != 0) {
        return 0; /* tryLater and the like: nothing to show */
    }
    struct staple *made = mem_alloc(sizeof(*made) + der.len);
    if (made == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    atomic_init(&made->refs, 1);
    made->this_update = facts.this_update;
    made->next_update = facts.next_update;
    made->len = der.len;
    memcpy(made->data, der.data, der.len);
    *staple = made;
    return 0;
}

/* is_for compares serial numbers, which is what an exchange of files would get wrong. */
static bool is_for(const struct stapler *s, cssl_bytes singles)
{
    struct ocsp_single single;
    struct rd list = rd_of(singles);
    while (rd_more(&list) && ocsp_single_next(&list, &single)) {
        if (bytes_equal(single.serial, s->leaf->serial)) {
            return true;
        }
    }
    return false;
}

static void refresh(struct stapler *s)
{
    struct stat st;
    struct staple *fresh;
    if (stat(s->file, &st) != 0 || load_same_file(&st, &s->stat)) {
        return;
    }
    if (read_file(s, &fresh, &st, NULL) == 0) {
        staple_free(s->current);
        s->current = fresh;
    }
    s->stat = st; /* what is malformed is not read again until it changes */
}
