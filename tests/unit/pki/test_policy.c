/* test_policy.c - RFC 5280 6.1's policies over paths of hand-made certificates. */
#include "support.h"

#include "pki/der_write.h"
#include "pki/policy.h"

enum { PATH_MAX = 6 };

/* One certificate: policies and mappings as dotted OIDs, "*" being anyPolicy. */
struct step {
    const char *policies; /* "1.1 1.2"; NULL: no extension */
    const char *mappings; /* "1.1>1.2 1.3>1.4" */
    int explicit_policy, inhibit_mapping, inhibit_any; /* 1 + the number; 0: none */
    bool self_issued;
};

struct built {
    struct cert certs[PATH_MAX];
    struct dw memory[2 * PATH_MAX];
    const struct cert *path[PATH_MAX];
    size_t num;
};

static void write_oid(struct dw *w, const char *text, size_t len)
{
    char dotted[64];
    (void)snprintf(dotted, sizeof(dotted), "%.*s", (int)len, text);
    dw_oid(w, strcmp(dotted, "*") == 0 ? "2.5.29.32.0" : dotted);
}

/* write_list writes sequences of the OIDs that one word has. */
static cssl_bytes write_list(struct dw *w, const char *text)
{
    dw_init(w, 65536);
    while (text != NULL && *text != '\0') {
        size_t word = strcspn(text, " ");
        size_t first = strcspn(text, "> ");
        dw_open(w, DER_SEQUENCE);
        write_oid(w, text, first);
        if (first < word) {
            write_oid(w, text + first + 1, word - first - 1);
        }
        dw_close(w);
        text += word + (text[word] == ' ' ? 1 : 0);
    }
    assert_true(dw_ok(w));
    return dw_view(w);
}

/* build takes the steps from the one below the anchor down to the leaf. */
static void build(struct built *b, const struct step *steps, size_t num)
{
    memset(b, 0, sizeof(*b));
    b->num = num;
    for (size_t i = 0; i < num; i++) {
        const struct step *s = &steps[num - 1 - i];
        struct cert *cert = &b->certs[i];
        cert->policies = write_list(&b->memory[2 * i], s->policies);
        cert->policy_mappings = write_list(&b->memory[2 * i + 1], s->mappings);
        cert->require_explicit_policy = s->explicit_policy - 1;
        cert->inhibit_policy_mapping = s->inhibit_mapping - 1;
        cert->inhibit_any_policy = s->inhibit_any - 1;
        cert->self_issued = s->self_issued;
        if (s->policies != NULL) {
            cert->present |= UINT32_C(1) << EXTENSION_POLICIES;
        }
        if (s->mappings != NULL) {
            cert->present |= UINT32_C(1) << EXTENSION_POLICY_MAPPINGS;
        }
        b->path[i] = cert;
    }
}

static void release(struct built *b)
{
    for (size_t i = 0; i < 2 * b->num; i++) {
        dw_free(&b->memory[i]);
    }
}

static size_t length(const struct step *steps)
{
    size_t num = 0;
    while (num < PATH_MAX && (steps[num].policies != NULL || steps[num].mappings != NULL ||
                              steps[num].self_issued || steps[num].explicit_policy != 0)) {
        num++;
    }
    return num;
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct step steps[PATH_MAX];
        const char *accepted; /* what the user takes; NULL: any */
        bool require, inhibit_mapping, inhibit_any;
        int fails_at; /* -1: nowhere */
    } rows[] = {
        { "nobody asks", { { "1.1" }, { "1.2" } }, NULL, false, false, false, -1 },
        { "one policy", { { "1.1" }, { "1.1" } }, NULL, true, false, false, -1 },
        { "none at the end", { { "1.1" }, { "" } }, NULL, true, false, false, 0 },
        { "none at the top", { { "" }, { "1.1" } }, NULL, true, false, false, 1 },
        { "different", { { "1.1" }, { "1.2" } }, NULL, true, false, false, 0 },
        { "one of two", { { "1.1 1.2" }, { "1.2 1.3" } }, NULL, true, false, false, -1 },
        { "the user's", { { "1.1 1.2" }, { "1.2" } }, "1.2", true, false, false, -1 },
        { "not the user's", { { "1.1 1.2" }, { "1.2" } }, "1.1", true, false, false, 0 },
        { "the user's, unasked", { { "1.1" }, { "1.2" } }, "1.1", false, false, false, -1 },
        { "any above", { { "*" }, { "1.1" } }, "1.1", true, false, false, -1 },
        { "any below", { { "1.1" }, { "*" } }, "1.1", true, false, false, -1 },
        { "any below, another", { { "1.1" }, { "*" } }, "1.2", true, false, false, 0 },
        { "any everywhere", { { "*" }, { "*" } }, "1.9", true, false, false, -1 },
        { "any inhibited", { { "*" }, { "1.1" } }, NULL, true, false, true, 1 },
        { "any inhibited below", { { "1.1", .inhibit_any = 1 }, { "*" } }, NULL, true, false, false,
          0 },
        { "inhibited after one", { { "1.1", .inhibit_any = 2 }, { "*" }, { "*" } }, NULL, true,
          false, false, 0 },
        { "inhibited, self-issued", { { "1.1", .inhibit_any = 1 }, { "*", .self_issued = true },
          { "1.1" } }, NULL, true, false, false, -1 },
        { "required from above", { { "1.1", .explicit_policy = 1 }, { "" } }, NULL, false, false,
          false, 0 },
        { "required later", { { "1.1", .explicit_policy = 2 }, { "" }, { "" } }, NULL, false, false,
          false, 0 },
        { "required too late", { { "", .explicit_policy = 5 }, { "" }, { "" } }, NULL, false, false,
          false, -1 },
        { "required by the leaf", { { "" }, { "", .explicit_policy = 1 } }, NULL, false, false,
          false, 0 },
        { "leaf requires later", { { "" }, { "", .explicit_policy = 2 } }, NULL, false, false,
          false, -1 },
        { "mapped", { { "1.1", "1.1>2.1" }, { "2.1" } }, "1.1", true, false, false, -1 },
        { "mapped, the other name", { { "1.1", "1.1>2.1" }, { "2.1" } }, "2.1", true, false, false,
          0 },
        { "mapped away", { { "1.1", "1.1>2.1" }, { "1.1" } }, "1.1", true, false, false, 0 },
        { "mapped to two", { { "1.1", "1.1>2.1 1.1>2.2" }, { "2.2" } }, "1.1", true, false, false,
          -1 },
        { "mapped twice", { { "1.1", "1.1>2.1" }, { "2.1", "2.1>2.2" }, { "2.2" } }, "1.1", true,
          false, false, -1 },
        { "mapping inhibited", { { "1.1", "1.1>2.1" }, { "2.1" } }, "1.1", true, true, false, 0 },
        { "inhibited below", { { "1.1", .inhibit_mapping = 1 }, { "1.1", "1.1>2.1" }, { "2.1" } },
          "1.1", true, false, false, 0 },
        { "others stay", { { "1.1 1.2", "1.1>2.1" }, { "1.2" } }, "1.2", true,
          false, false, -1 },
        { "mapped from any", { { "*", "1.1>2.1" }, { "2.1" } }, "1.1", true, false, false, -1 },
        { "mapped from any, else", { { "*", "1.1>2.1" }, { "2.1" } }, "2.1", true, false, false,
          0 },
        { "any is mapped", { { "*", "*>2.1" }, { "2.1" } }, NULL, false, false, false, 1 },
        { "mapped to any", { { "1.1", "1.1>*" }, { "2.1" } }, NULL, false, false, false, 1 },
        { "two ways, one accepted", { { "1.1 1.2", "1.1>2.1 1.2>2.1" }, { "2.1" } }, "1.2", true,
          false, false, -1 },
        { "a child of what is not accepted", { { "1.1 *", "1.1>2.1" }, { "2.1" } }, "2.1", true,
          false, false, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct built b;
        struct dw w;
        unsigned used = 0;
        cssl_bytes accepted = { 0 };
        build(&b, rows[i].steps, length(rows[i].steps));
        dw_init(&w, 64);
        if (rows[i].accepted != NULL) {
            dw_oid(&w, rows[i].accepted);
            struct rd r = rd_of(dw_view(&w));
            accepted = der_oid(&r);
        }
        const struct policy_params params = { .accepted = &accepted,
                                              .num_accepted = accepted.len > 0,
                                              .require = rows[i].require,
                                              .inhibit_mapping = rows[i].inhibit_mapping,
                                              .inhibit_any = rows[i].inhibit_any };
        size_t at = policy_check(&params, b.path, b.num, &used, 100000);
        int got = at == b.num ? -1 : (int)at;
        if (got != rows[i].fails_at) {
            fail_msg("%s: fails at %d instead of %d", rows[i].what, got, rows[i].fails_at);
        }
        dw_free(&w);
        release(&b);
    }
}

/* Mappings of everything to everything (CVE-2023-0464) stay within the bound. */
static void growth(void **state)
{
    (void)state;
    enum { SIDE = 10, MAX = 50000 };
    char policies[1024] = "";
    char mappings[4096] = "";
    for (int i = 0; i < SIDE; i++) {
        size_t at = strlen(policies);
        (void)snprintf(policies + at, sizeof(policies) - at, "%s1.%d", i == 0 ? "" : " ", i);
        for (int j = 0; j < SIDE; j++) {
            at = strlen(mappings);
            (void)snprintf(mappings + at, sizeof(mappings) - at, "%s1.%d>1.%d", at == 0 ? "" : " ",
                           i, j);
        }
    }
    struct step steps[PATH_MAX];
    for (size_t i = 0; i < PATH_MAX; i++) {
        steps[i] = (struct step){ policies, i + 1 < PATH_MAX ? mappings : NULL };
    }
    struct built b;
    unsigned used = 0;
    build(&b, steps, PATH_MAX);
    const struct policy_params params = { .require = true };
    assert_int_equal(policy_check(&params, b.path, b.num, &used, MAX), b.num);
    assert_in_range(used, 1, MAX);
    used = 0; /* and where the bound is lower, it gives up */
    assert_int_not_equal(policy_check(&params, b.path, b.num, &used, 100), b.num);
    assert_in_range(used, 100, 102);
    release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(paths), cmocka_unit_test(growth) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
