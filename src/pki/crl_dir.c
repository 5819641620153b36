/* crl_dir.c - finds revocation lists in a directory. Judges none. */
#include "pki/crl_dir.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "pki/der_write.h"
#include "pki/dname.h"
#include "pki/load.h"

enum { DIR_PATH_MAX = 4096, CANON_MAX = 4 * DNAME_LEN_MAX };

struct kept {
    uint32_t hash, number; /* of the file's name */
    struct stat stat;
    uint64_t used;
    struct crl *crl; /* NULL: the file is of no use */
};

struct crl_dir {
    pthread_mutex_t lock; /* held while a file is read: nobody else needs to read it too */
    char path[DIR_PATH_MAX];
    uint64_t uses;
    size_t num;
    struct kept kept[CRL_DIR_KEPT_MAX];
};

static bool look_up(struct crl_dir *dir, uint32_t hash, uint32_t number, struct crl **crl);
static struct kept *place_for(struct crl_dir *dir, uint32_t hash, uint32_t number);
static struct crl *read_list(const char *path, struct stat *st);
static void canon_rdn(struct dw *w, struct rd *rdn);
static bool is_text(uint8_t tag);
static void canon_text(struct wr *w, uint8_t tag, cssl_bytes value);
static uint32_t next_char(uint8_t tag, struct rd *r);
static void put_utf8(struct wr *w, uint32_t c);
static int compare(const void *a, const void *b);

struct crl_dir *crl_dir_new(const char *path, cssl_error *err)
{
    struct stat st;
    if (strlen(path) > DIR_PATH_MAX - 32 || stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        (void)fail_option(err, CSSL_R_CRL_FILE, "crl_dir", "\"%.300s\" is not a directory", path);
        return NULL;
    }
    struct crl_dir *dir = mem_new(sizeof(*dir));
    if (dir == NULL || pthread_mutex_init(&dir->lock, NULL) != 0) {
        mem_free(dir);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    (void)snprintf(dir->path, sizeof(dir->path), "%s", path);
    return dir;
}

void crl_dir_free(struct crl_dir *dir)
{
    if (dir == NULL) {
        return;
    }
    for (size_t i = 0; i < dir->num; i++) {
        crl_free(dir->kept[i].crl);
    }
    (void)pthread_mutex_destroy(&dir->lock);
    mem_free(dir);
}

size_t crl_dir_find(struct crl_dir *dir, cssl_bytes issuer, struct crl **found)
{
    const uint32_t hash = crl_name_hash(issuer);
    size_t num = 0;
    (void)pthread_mutex_lock(&dir->lock);
    for (uint32_t i = 0; i < CRL_DIR_TRIED_MAX; i++) {
        struct crl *crl = NULL;
        if (!look_up(dir, hash, i, &crl)) {
            break;
        }
        if (crl != NULL && dname_equal(crl_issuer(crl), issuer)) {
            found[num++] = crl_ref(crl);
        }
    }
    (void)pthread_mutex_unlock(&dir->lock);
    return num;
}

uint32_t crl_name_hash(cssl_bytes name)
{
    uint8_t canon[CANON_MAX];
    uint8_t digest[HASH_MAX];
    struct dw w;
    struct rd r = rd_of(name);
    struct rd rdns = der_enter(&r, DER_SEQUENCE);
    dw_fixed(&w, canon, sizeof(canon));
    while (rd_more(&rdns)) {
        struct rd rdn = der_enter(&rdns, DER_SET);
        canon_rdn(&w, &rdn);
    }
    hash_once(HASH_SHA1, canon, dw_view(&w).len, digest);
    return (uint32_t)digest[3] << 24 | (uint32_t)digest[2] << 16 | (uint32_t)digest[1] << 8 |
           digest[0];
}

/* look_up gives the list in HASH.rNUMBER, borrowed; false when there is no such file. */
static bool look_up(struct crl_dir *dir, uint32_t hash, uint32_t number, struct crl **crl)
{
    char path[DIR_PATH_MAX + 32];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/%08x.r%u", dir->path, (unsigned)hash, (unsigned)number);
    if (stat(path, &st) != 0) {
        return false;
    }
    struct kept *kept = place_for(dir, hash, number);
    if (kept->used == 0 || !load_same_file(&kept->stat, &st)) {
        crl_free(kept->crl);
        *kept = (struct kept){ .hash = hash, .number = number, .stat = st };
        kept->crl = read_list(path, &kept->stat);
    }
    kept->used = ++dir->uses;
    *crl = kept->crl;
    return true;
}

/* place_for is where a file is kept, or where it is to be: the place longest unused gives way. */
static struct kept *place_for(struct crl_dir *dir, uint32_t hash, uint32_t number)
{
    struct kept *oldest = &dir->kept[0];
    for (size_t i = 0; i < dir->num; i++) {
        struct kept *kept = &dir->kept[i];
        if (kept->hash == hash && kept->number == number) {
            return kept;
        }
        oldest = kept->used < oldest->used ? kept : oldest;
    }
    if (dir->num < CRL_DIR_KEPT_MAX) {
        return &dir->kept[dir->num++];
    }
    crl_free(oldest->crl);
    *oldest = (struct kept){ .hash = hash, .number = number };
    return oldest;
}

static struct crl *read_list(const char *path, struct stat *st)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (load_file(path, NULL, &data, &len, st, NULL) != 0) {
        return NULL;
    }
    struct crl_set *set = crl_set_from_memory(bytes_of(data, len), NULL, NULL);
    struct crl *crl = set == NULL ? NULL : crl_ref(crl_set_at(set, 0));
    crl_set_free(set);
    mem_free_wiped(data, len);
    return crl;
}

/* An RDN in canonical form: a DER SET of its attributes, each text a UTF8String. */
static void canon_rdn(struct dw *w, struct rd *rdn)
{
    uint8_t space[CANON_MAX];
    cssl_bytes attributes[DNAME_RDN_MAX];
    size_t num = 0;
    struct dw all;
    dw_fixed(&all, space, sizeof(space));
    while (rd_more(rdn) && num < DNAME_RDN_MAX) {
        uint8_t tag;
        struct rd pair = der_enter(rdn, DER_SEQUENCE);
        cssl_bytes oid = der_whole(&pair, DER_OID);
        cssl_bytes value = der_any(&pair, &tag);
        size_t at = all.out.len;
        dw_open(&all, DER_SEQUENCE);
        dw_raw(&all, oid);
        if (is_text(tag)) {
            dw_open(&all, DER_UTF8_STRING);
            canon_text(&all.out, tag, value);
            dw_close(&all);
        } else {
            dw_put(&all, tag, value);
        }
        dw_close(&all);
        attributes[num++] = bytes_of(space + at, dw_ok(&all) ? all.out.len - at : 0);
    }
    qsort(attributes, num, sizeof(attributes[0]), compare); /* X.690 11.6 */
    dw_open(w, DER_SET);
    for (size_t i = 0; i < num; i++) {
        dw_raw(w, attributes[i]);
    }
    dw_close(w);
}

static bool is_text(uint8_t tag)
{
    return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_IA5_STRING ||
           tag == DER_TELETEX_STRING || tag == DER_VISIBLE_STRING || tag == DER_BMP_STRING ||
           tag == DER_UNIVERSAL_STRING;
}

/* canon_text folds ASCII case and white space: none at the ends, one space between. */
static void canon_text(struct wr *w, uint8_t tag, cssl_bytes value)
{
    struct rd r = rd_of(value);
    size_t start = w->len;
    bool space = false;
    while (rd_more(&r)) {
        uint32_t c = next_char(tag, &r);
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            space = w->len > start;
            continue;
        }
        if (space) {
            wr_u8(w, ' ');
            space = false;
        }
        c = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
        if (tag == DER_UTF8_STRING) {
            wr_u8(w, (uint8_t)c);
        } else {
            put_utf8(w, c);
        }
    }
}

/* next_char: a byte of UTF-8, else a character. */
static uint32_t next_char(uint8_t tag, struct rd *r)
{
    return tag == DER_BMP_STRING         ? rd_u16(r)
           : tag == DER_UNIVERSAL_STRING ? rd_u32(r)
                                         : rd_u8(r);
}

static void put_utf8(struct wr *w, uint32_t c)
{
    if (c < 0x80) {
        wr_u8(w, (uint8_t)c);
    } else if (c < 0x800) {
        wr_u8(w, (uint8_t)(0xc0 | c >> 6));
        wr_u8(w, (uint8_t)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        wr_u8(w, (uint8_t)(0xe0 | c >> 12));
        wr_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        wr_u8(w, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        wr_u8(w, (uint8_t)(0xf0 | (c >> 18 & 7)));
        wr_u8(w, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        wr_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        wr_u8(w, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

static int compare(const void *a, const void *b)
{
    const cssl_bytes *x = a;
    const cssl_bytes *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = len == 0 ? 0 : memcmp(x->data, y->data, len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}
