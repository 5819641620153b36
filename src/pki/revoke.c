/* revoke.c - asks revocation lists about a certificate. Finds no path, parses nothing. */
#include "pki/revoke.h"

#include <stdio.h>

#include "base/error.h"
#include "pki/der.h"
#include "pki/dname.h"

struct look {
    const struct revoke_question *q;
    struct revoke_result *result;
    size_t tried;
};

static int ask(struct look *look, struct crl *crl, cssl_error *err);
static bool is_by_issuer(const struct look *look, const struct crl *crl);
static bool expired(const struct look *look, const struct crl *crl);
static void say(struct look *look, const char *why);

int revoke_by_lists(const struct revoke_lists *lists, const struct revoke_question *q,
                    struct revoke_result *result, cssl_error *err)
{
    struct look look = { .q = q, .result = result };
    *result = (struct revoke_result){ .status = REVOKE_UNKNOWN };
    if (q->issuer == NULL) {
        say(&look, "its issuer is not known");
        return 0;
    }
    say(&look, "there is no revocation list by its issuer");
    int ret = 0;
    for (size_t i = 0; i < crl_set_size(lists->set) && ret == 0; i++) {
        struct crl *crl = crl_set_at(lists->set, i);
        if (crl_issuer_hash(crl) == q->cert->issuer_hash) {
            ret = ask(&look, crl, err);
        }
    }
    if (lists->dir != NULL && result->status != REVOKE_REVOKED && ret == 0) {
        struct crl *found[CRL_DIR_TRIED_MAX];
        size_t num = crl_dir_find(lists->dir, q->cert->issuer, found);
        for (size_t i = 0; i < num; i++) {
            ret = ret == 0 ? ask(&look, found[i], err) : ret;
            crl_free(found[i]);
        }
    }
    return ret;
}

/* ask takes one list into account. That a certificate is in a list outweighs all else, also when
 * the list has expired: what is revoked stays so, unless it was on hold. */
static int ask(struct look *look, struct crl *crl, cssl_error *err)
{
    const struct revoke_question *q = look->q;
    struct revoke_result *result = look->result;
    cssl_error why;
    if (result->status == REVOKE_REVOKED || look->tried == REVOKE_TRIED_MAX ||
        !is_by_issuer(look, crl)) {
        return 0;
    }
    look->tried++;
    if (crl_unusable(crl) != NULL) {
        say(look, crl_unusable(crl));
        return 0;
    }
    if (!crl_covers(crl, q->cert)) {
        say(look, "the revocation list is for other certificates of its issuer");
        return 0;
    }
    if (cert_has(q->issuer, EXTENSION_KEY_USAGE) && (q->issuer->key_usage & KU_CRL_SIGN) == 0) {
        say(look, "the issuer's key may not sign revocation lists (keyUsage lacks cRLSign)");
        return 0;
    }
    if (crl_this_update(crl) > q->now) {
        say(look, "the revocation list is not valid yet");
        return 0;
    }
    if (crl_verify(crl, q->issuer, q->schemes, q->num_schemes, &why) != 0) {
        say(look, why.text);
        return why.status == CSSL_NOMEM ? error_copy(err, &why) : 0;
    }
    struct crl_entry entry;
    bool old = expired(look, crl);
    if (crl_find(crl, q->cert->serial, &entry) && !(old && entry.reason == CRL_HOLD)) {
        result->status = REVOKE_REVOKED;
        result->reason = entry.reason;
        result->date = entry.date;
        return 0;
    }
    if (old) {
        char end[DER_TIME_TEXT_MAX];
        char text[96];
        (void)snprintf(text, sizeof(text), "the revocation list was valid until %s",
                       der_time_text(end, crl_next_update(crl)));
        say(look, text);
    } else if (crl_partial(crl)) {
        say(look, "the revocation list has only some of the reasons");
    } else {
        result->status = REVOKE_GOOD;
    }
    return 0;
}

/* A list of the same name by another key (a renewed authority's) is no list of this issuer. */
static bool is_by_issuer(const struct look *look, const struct crl *crl)
{
    cssl_bytes id = crl_key_id(crl);
    cssl_bytes key_id = look->q->issuer->key_id;
    return dname_equal(crl_issuer(crl), look->q->cert->issuer) &&
           (id.len == 0 || key_id.len == 0 || bytes_equal(id, key_id));
}

static bool expired(const struct look *look, const struct crl *crl)
{
    return crl_next_update(crl) < look->q->now;
}

static void say(struct look *look, const char *why)
{
    (void)snprintf(look->result->why, sizeof(look->result->why), "%.*s",
                   (int)sizeof(look->result->why) - 1, why);
}
