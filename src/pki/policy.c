/* policy.c - processes the policies of a path, level by level. Knows nothing else of it. */
#include "pki/policy.h"

#include "pki/der.h"

/* A policy that the next certificate may have, and whether it descends from one that the user
 * accepts. */
struct node {
    cssl_bytes oid;
    bool accepted;
};

struct level {
    size_t num;
    bool any; /* anyPolicy's node is there */
    struct node nodes[POLICY_NODES_MAX];
};

struct work {
    const struct policy_params *params;
    struct level now, next;
    unsigned *used, max;
    bool over; /* a bound was hit */
    /* 6.1.2 d, e, f: certificates until the rule holds */
    unsigned explicit_policy, policy_mapping, inhibit_any;
};

static bool matters(const struct policy_params *params, const struct cert *const *path, size_t num);
static void take_policies(struct work *w, const struct cert *cert, bool last);
static bool take_mappings(struct work *w, const struct cert *cert);
static void count_down(struct work *w, const struct cert *cert);
static bool any_accepted(const struct work *w);
static bool next_policy(struct rd *list, cssl_bytes *oid);
static bool is_any(cssl_bytes oid);
static struct node *find(struct work *w, struct level *level, cssl_bytes oid);
static void add(struct work *w, struct level *level, cssl_bytes oid, bool accepted);
static bool user_accepts(const struct policy_params *params, cssl_bytes oid);

size_t policy_check(const struct policy_params *params, const struct cert *const *path, size_t num,
                    unsigned *used, unsigned max)
{
    if (!matters(params, path, num)) {
        return num;
    }
    struct work w;
    w.params = params;
    w.used = used;
    w.max = max;
    w.over = false;
    w.now.num = 0;
    w.now.any = true; /* 6.1.2 a */
    w.explicit_policy = params->require ? 0 : (unsigned)num + 1;
    w.policy_mapping = params->inhibit_mapping ? 0 : (unsigned)num + 1;
    w.inhibit_any = params->inhibit_any ? 0 : (unsigned)num + 1;
    for (size_t i = num; i-- > 0;) {
        const struct cert *cert = path[i];
        take_policies(&w, cert, i == 0);
        if (w.over || (w.explicit_policy == 0 && w.now.num == 0 && !w.now.any)) { /* 6.1.3 f */
            return i;
        }
        if (i > 0) {
            if (!take_mappings(&w, cert) || w.over) {
                return i;
            }
            count_down(&w, cert);
        } else {
            /* 6.1.5 a, b, g */
            w.explicit_policy -= w.explicit_policy > 0 ? 1 : 0;
            if ((w.explicit_policy == 0 || cert->require_explicit_policy == 0) &&
                !any_accepted(&w)) {
                return 0;
            }
        }
    }
    return num;
}

/* Nothing can go wrong as long as nobody requires a policy, but a mapping of anyPolicy. */
static bool matters(const struct policy_params *params, const struct cert *const *path, size_t num)
{
    bool needed = params->require;
    for (size_t i = 0; i < num; i++) {
        needed = needed || path[i]->require_explicit_policy >= 0 ||
                 cert_has(path[i], EXTENSION_POLICY_MAPPINGS);
    }
    return needed;
}

/* 6.1.3 d, e. */
static void take_policies(struct work *w, const struct cert *cert, bool last)
{
    struct level *next = &w->next;
    struct rd list = rd_of(cert->policies);
    cssl_bytes oid;
    bool has_any = false;
    next->num = 0;
    next->any = false;
    while (next_policy(&list, &oid)) {
        if (is_any(oid)) {
            has_any = true;
            continue;
        }
        const struct node *parent = find(w, &w->now, oid);
        if (parent != NULL) {
            add(w, next, oid, parent->accepted);
        } else if (w->now.any) {
            add(w, next, oid, user_accepts(w->params, oid));
        }
    }
    if (has_any && (w->inhibit_any > 0 || (!last && cert->self_issued))) { /* d 2 */
        for (size_t i = 0; i < w->now.num && !w->over; i++) {
            const struct node *node = &w->now.nodes[i];
            if (find(w, next, node->oid) == NULL) {
                add(w, next, node->oid, node->accepted);
            }
        }
        next->any = w->now.any;
    }
    w->now = *next;
}

/* 6.1.4 a, b. */
static bool take_mappings(struct work *w, const struct cert *cert)
{
    struct rd list = rd_of(cert->policy_mappings);
    if (list.left == 0) {
        return true;
    }
    while (rd_more(&list)) {
        struct rd pair = der_enter(&list, DER_SEQUENCE);
        if (is_any(der_oid(&pair)) || is_any(der_oid(&pair))) {
            return false;
        }
    }
    /* What is not mapped goes on as it is. */
    w->next.num = 0;
    w->next.any = w->now.any;
    for (size_t i = 0; i < w->now.num && !w->over; i++) {
        bool mapped = false;
        struct rd pairs = rd_of(cert->policy_mappings);
        while (rd_more(&pairs) && !mapped) {
            struct rd pair = der_enter(&pairs, DER_SEQUENCE);
            mapped = bytes_equal(der_oid(&pair), w->now.nodes[i].oid);
            w->over = w->over || ++*w->used > w->max;
        }
        if (!mapped) {
            add(w, &w->next, w->now.nodes[i].oid, w->now.nodes[i].accepted);
        }
    }
    list = rd_of(cert->policy_mappings);
    while (w->policy_mapping > 0 && rd_more(&list) && !w->over) {
        struct rd pair = der_enter(&list, DER_SEQUENCE);
        cssl_bytes from = der_oid(&pair);
        const struct node *node = find(w, &w->now, from);
        bool accepted = node != NULL ? node->accepted : user_accepts(w->params, from);
        if (node != NULL || w->now.any) {
            add(w, &w->next, der_oid(&pair), accepted);
        }
    }
    w->now = w->next;
    return true;
}

/* 6.1.4 h, i, j. */
static void count_down(struct work *w, const struct cert *cert)
{
    if (!cert->self_issued) {
        w->explicit_policy -= w->explicit_policy > 0 ? 1 : 0;
        w->policy_mapping -= w->policy_mapping > 0 ? 1 : 0;
        w->inhibit_any -= w->inhibit_any > 0 ? 1 : 0;
    }
    const struct {
        int said;
        unsigned *counter;
    } rows[] = { { cert->require_explicit_policy, &w->explicit_policy },
                 { cert->inhibit_policy_mapping, &w->policy_mapping },
                 { cert->inhibit_any_policy, &w->inhibit_any } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].said >= 0 && (unsigned)rows[i].said < *rows[i].counter) {
            *rows[i].counter = (unsigned)rows[i].said;
        }
    }
}

static bool any_accepted(const struct work *w)
{
    bool accepted = w->now.any;
    for (size_t i = 0; i < w->now.num; i++) {
        accepted = accepted || w->now.nodes[i].accepted;
    }
    return accepted;
}

static bool next_policy(struct rd *list, cssl_bytes *oid)
{
    if (!rd_more(list)) {
        return false;
    }
    struct rd info = der_enter(list, DER_SEQUENCE);
    *oid = der_oid(&info);
    return rd_ok(list);
}

/* 2.5.29.32.0 */
static bool is_any(cssl_bytes oid)
{
    static const uint8_t any[] = { 0x55, 0x1d, 32, 0 };
    return bytes_equal(oid, bytes_of(any, sizeof(any)));
}

static struct node *find(struct work *w, struct level *level, cssl_bytes oid)
{
    for (size_t i = 0; i < level->num; i++) {
        w->over = w->over || ++*w->used > w->max;
        if (w->over || bytes_equal(level->nodes[i].oid, oid)) {
            return w->over ? NULL : &level->nodes[i];
        }
    }
    return NULL;
}

/* add puts a policy into a level, or adds another way to it. */
static void add(struct work *w, struct level *level, cssl_bytes oid, bool accepted)
{
    struct node *there = find(w, level, oid);
    if (there != NULL) {
        there->accepted = there->accepted || accepted;
    } else if (level->num == POLICY_NODES_MAX) {
        w->over = true;
    } else if (!w->over) {
        level->nodes[level->num++] = (struct node){ oid, accepted };
    }
}

static bool user_accepts(const struct policy_params *params, cssl_bytes oid)
{
    for (size_t i = 0; i < params->num_accepted; i++) {
        if (bytes_equal(params->accepted[i], oid) || is_any(params->accepted[i])) {
            return true;
        }
    }
    return params->num_accepted == 0;
}
