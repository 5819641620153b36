/*
 * chain_build.c - searches paths from the leaf to an anchor, depth first, within bounds.
 *
 * It goes twice at most. The first time every fault of an authority ends the way that leads over
 * it; what is found is a valid path but for the leaf's own faults. Only when there is none, the
 * second goes over faults too and keeps the path that came nearest, for the sake of the sentence
 * that is told and of whoever wants to be asked.
 */
#include "base/error.h"
#include "pki/chain_parts.h"
#include "pki/dname.h"

/* Issuers of one certificate that are tried: the anchors of that name, and what was sent. */
enum { ANCHORS_TRIED_MAX = 32, CANDIDATES_MAX = ANCHORS_TRIED_MAX + CHAIN_POOL_MAX };

/* What a path with a fault costs: a missing anchor most, then a forged signature. */
enum { COST_NO_ANCHOR = 1000000, COST_SIGNATURE = 100000, COST_FAULT = 100, GAIN_LENGTH = 1000 };

enum mode { STRICT, LENIENT };

struct candidate {
    const struct cert *cert;
    const struct sent *sent; /* NULL: an anchor */
    uint8_t rank; /* the lower, the sooner it is tried */
};

static bool search(struct chain *c, enum mode mode);
static bool try_candidate(struct chain *c, const struct candidate *candidate, enum mode mode);
static size_t find_candidates(const struct chain *c, struct candidate *list);
static void insert(struct candidate *list, size_t num, struct candidate candidate);
static uint8_t rank(const struct chain *c, const struct cert *child, const struct cert *issuer);
static bool sent_in_path(const struct chain *c, const struct sent *one);
static bool anchor_in_path(const struct chain *c, const struct cert *anchor);
static bool key_ids_differ(const struct cert *child, const struct cert *issuer);
static void keep_if_best(struct chain *c, bool complete);
static bool over(const struct chain *c);

int chain_build(struct chain *c, cssl_error *err)
{
    const struct cert *leaf = c->sent[0].cert;
    struct link *first = &c->path.links[0];
    bool trusted = store_has(c->params.anchors, leaf);
    *first = (struct link){ .cert = leaf, .sent = &c->sent[0], .anchor = trusted };
    first->own = check_leaf(c, leaf, trusted);
    c->path.len = 1;
    if (trusted) { /* this very certificate */
        check_policies(c);
        return 0;
    }
    bool found = search(c, STRICT);
    bool gave_up = !found && over(c);
    if (!found && !gave_up) {
        c->best_score = UINT64_MAX;
        (void)search(c, LENIENT);
        c->path = c->best; /* every path that was kept was checked in full */
    }
    if (c->used.nomem) {
        return fail(err, CSSL_R_NOMEM);
    }
    if (gave_up) {
        return fail_text(err, CSSL_R_PATH_TOO_COSTLY,
                         "more than %d steps, %d signatures or %d names would have to be looked at",
                         CHAIN_STEPS_MAX, CHAIN_SIGNATURES_MAX, CHAIN_NAMES_MAX);
    }
    return 0;
}

/* search tries what can be put above c->path. Its depth is PATH_MAX_LEN at most. */
static bool search(struct chain *c, enum mode mode)
{
    struct candidate list[CANDIDATES_MAX];
    size_t num = find_candidates(c, list);
    if (mode == LENIENT) {
        keep_if_best(c, false);
    }
    for (size_t i = 0; i < num && !over(c); i++) {
        size_t len = c->path.len;
        if (try_candidate(c, &list[i], mode)) {
            return true;
        }
        c->path.len = len;
    }
    return false;
}

static bool try_candidate(struct chain *c, const struct candidate *candidate, enum mode mode)
{
    struct link *child = &c->path.links[c->path.len - 1];
    struct link link = { .cert = candidate->cert, .sent = candidate->sent };
    link.anchor = candidate->sent == NULL;
    c->used.steps++;
    child->edge = check_signature(c, child->cert, candidate->cert);
    if (over(c) || (child->edge != 0 && mode == STRICT)) {
        return false;
    }
    if ((child->edge & FAULT_BIT(FAULT_SIGNATURE)) != 0 &&
        (child->cert->self_issued || key_ids_differ(child->cert, candidate->cert))) {
        return false; /* another authority of the same name: no forgery, just a stranger */
    }
    link.own = check_authority(c, candidate->cert, link.anchor);
    if (link.own != 0 && mode == STRICT) {
        return false;
    }
    check_constraints(c, &link);
    if (over(c) || ((link.not_permitted | link.wrong_kind) != 0 && mode == STRICT)) {
        return false;
    }
    c->path.links[c->path.len++] = link;
    if (!link.anchor) {
        return c->path.len < PATH_MAX_LEN && search(c, mode);
    }
    check_policies(c);
    if (mode == LENIENT) {
        keep_if_best(c, true);
    }
    bool valid = c->path.no_policy == 0;
    c->path.no_policy = 0; /* it was of this path alone */
    return mode == STRICT && valid && !over(c);
}

/* find_candidates lists possible issuers of the path's last certificate, the likeliest first. */
static size_t find_candidates(const struct chain *c, struct candidate *list)
{
    const struct link *top = &c->path.links[c->path.len - 1];
    const struct cert *child = top->cert;
    const struct store *anchors = c->params.anchors;
    size_t num = 0;
    size_t i = store_find_hashed(anchors, child->issuer, child->issuer_hash, 0);
    for (; i < store_size(anchors) && num < ANCHORS_TRIED_MAX;
         i = store_find_hashed(anchors, child->issuer, child->issuer_hash, i + 1)) {
        const struct cert *cert = store_cert(anchors, i);
        if (!anchor_in_path(c, cert)) {
            insert(list, num++, (struct candidate){ cert, NULL, rank(c, child, cert) });
        }
    }
    for (i = 0; i < c->num; i++) {
        const struct sent *one = &c->sent[i];
        if (one->subject == top->sent->issuer && !sent_in_path(c, one)) {
            uint8_t behind_anchors = (uint8_t)(rank(c, child, one->cert) + 1);
            insert(list, num++, (struct candidate){ one->cert, one, behind_anchors });
        }
    }
    return num;
}

/* insert puts a candidate behind those of the same or a better rank. */
static void insert(struct candidate *list, size_t num, struct candidate candidate)
{
    size_t at = num;
    while (at > 0 && list[at - 1].rank > candidate.rank) {
        list[at] = list[at - 1];
        at--;
    }
    list[at] = candidate;
}

static uint8_t rank(const struct chain *c, const struct cert *child, const struct cert *issuer)
{
    bool valid = c->params.now >= issuer->not_before && c->params.now <= issuer->not_after;
    bool told = child->authority_key_id.len > 0 && issuer->key_id.len > 0;
    unsigned by_key = !told ? 2 : key_ids_differ(child, issuer) ? 4 : 0;
    return (uint8_t)(2 * (by_key + (valid ? 0 : 1)));
}

/* A path never comes to the same name with the same key twice. */
static bool sent_in_path(const struct chain *c, const struct sent *one)
{
    for (size_t i = 0; i < c->path.len; i++) {
        const struct sent *there = c->path.links[i].sent;
        if (there->subject == one->subject && there->key == one->key) {
            return true;
        }
    }
    return false;
}

static bool anchor_in_path(const struct chain *c, const struct cert *anchor)
{
    for (size_t i = 0; i < c->path.len; i++) {
        const struct cert *there = c->path.links[i].cert;
        if (there->subject_hash == anchor->subject_hash &&
            bytes_equal(there->spki, anchor->spki) &&
            dname_equal(there->subject, anchor->subject)) {
            return true;
        }
    }
    return false;
}

static bool key_ids_differ(const struct cert *child, const struct cert *issuer)
{
    return child->authority_key_id.len > 0 && issuer->key_id.len > 0 &&
           !bytes_equal(child->authority_key_id, issuer->key_id);
}

/* keep_if_best remembers c->path if it is the nearest to a valid one so far. */
static void keep_if_best(struct chain *c, bool complete)
{
    struct path *path = &c->path;
    struct link *top = &path->links[path->len - 1];
    uint64_t score = complete ? 0 : COST_NO_ANCHOR - GAIN_LENGTH * path->len;
    uint64_t edge = top->edge;
    top->edge = 0; /* nothing is above it */
    for (size_t i = 0; i < path->len; i++) {
        uint64_t faults = path_faults(path, i);
        if ((faults & FAULT_BIT(FAULT_SIGNATURE)) != 0) {
            score += COST_SIGNATURE;
        }
        for (; faults != 0; faults &= faults - 1) {
            score += COST_FAULT;
        }
    }
    if (score < c->best_score) {
        c->best_score = score;
        c->best = *path;
        if (!complete) {
            bool alone = path->len == 1 && top->cert->self_issued;
            c->best.links[path->len - 1].edge =
                FAULT_BIT(alone ? FAULT_SELF_SIGNED : FAULT_UNKNOWN_CA);
        }
    }
    top->edge = edge;
}

static bool over(const struct chain *c)
{
    return c->used.nomem || c->used.steps > CHAIN_STEPS_MAX || c->used.names > CHAIN_NAMES_MAX;
}
