/* test_dh.c - groups of finite-field Diffie-Hellman: known by name, described, refused. */
#include "base/error.h"
#include "support.h"

#include "base/mem.h"
#include "base/names.h"
#include "crypto/dh.h"
#include "crypto/kx.h"

/* 2,048 bits, of openssl dhparam 2048: a safe prime that has no name. */
static const char own_dh[] =
    "-----BEGIN DH PARAMETERS-----\n"
    "MIIBCAKCAQEAqq4R5/5tqBP6NH9CYFKBBq/hY2GC9nxAp/9q+Yzj5hu78eO+ttfS\n"
    "bXpl7XXTTs1lyx8aXaZg74Nh2gXI/LZKfpmTuZXe2oanvwM+RVSmFGhDmR6IpHXC\n"
    "qWctqo4w7teElBBxtwbUzXDQA4M8zm8/gM+PB2CZEJUqmPZbd18du8WP9PJk2yCO\n"
    "j1VDTN8ncJ+uao3V9/Sv9mh67BI+zqGzKT0r4sg/6JULM14/zsfgZS+1Hs/Yckw6\n"
    "pSlWgD1Ml0C9lX2qVPlbMhIFWlIhT0q6o0I6ue3sIVzUv8geQ04edolEfJMzHX+A\n"
    "z6ZiLgZjphFsliovxyvSxXk/Uue/pRZy3wIBAg==\n"
    "-----END DH PARAMETERS-----\n";

static const uint16_t named[] = { GROUP_FFDHE2048, GROUP_FFDHE3072, GROUP_FFDHE4096 };

static cssl_bytes text_of(const char *s)
{
    return bytes_of((const uint8_t *)s, strlen(s));
}

static void test_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
        struct dh_params *dh = dh_params_of(named[i], NULL);
        assert_non_null(dh);
        assert_int_equal(dh->p_len, kx_share_len(named[i], true));
        assert_int_equal(dh_params_group(dh), named[i]);
        dh->p[40] ^= 1;
        assert_int_equal(dh_params_group(dh), 0);
        mem_free(dh);
    }
}

/* The numbers that RFC 5246 and 7919 leave no room for. */
static void test_form(void **state)
{
    (void)state;
    uint8_t p[DH_BYTES_MAX + 1], g[DH_BYTES_MAX];
    memset(p, 0xff, sizeof(p));
    memset(g, 0xff, sizeof(g));
    const struct {
        size_t p_len;
        uint8_t top, last;
        size_t g_len;
        uint8_t g_last;
        int reason; /* 0: good */
    } rows[] = {
        { 256, 0x80, 0xff, 1, 2, 0 },
        { 1024, 0xff, 0xff, 1, 2, 0 },
        { 256, 0x7f, 0xff, 1, 2, CSSL_R_DH_TOO_SMALL },
        { 255, 0xff, 0xff, 1, 2, CSSL_R_DH_TOO_SMALL },
        { 128, 0xff, 0xff, 1, 2, CSSL_R_DH_TOO_SMALL },
        { 0, 0xff, 0xff, 1, 2, CSSL_R_DH_TOO_SMALL },
        { 1025, 0x01, 0xff, 1, 2, CSSL_R_DH_PARAMS },
        { 256, 0xff, 0xfe, 1, 2, CSSL_R_DH_PARAMS },
        { 256, 0xff, 0xff, 1, 1, CSSL_R_DH_PARAMS },
        { 256, 0xff, 0xff, 0, 0, CSSL_R_DH_PARAMS },
        { 256, 0xff, 0xff, 256, 0xfd, 0 },
        { 256, 0xff, 0xff, 256, 0xfe, CSSL_R_DH_PARAMS },
        { 256, 0xff, 0xff, 257, 2, CSSL_R_DH_PARAMS },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err = { 0 };
        p[0] = rows[i].top;
        if (rows[i].p_len > 0) {
            p[rows[i].p_len - 1] = rows[i].last;
        }
        if (rows[i].g_len > 0) {
            g[rows[i].g_len - 1] = rows[i].g_last;
        }
        struct dh_params *dh =
            dh_params_new(bytes_of(p, rows[i].p_len), bytes_of(g, rows[i].g_len), &err);
        if ((dh != NULL) != (rows[i].reason == 0) || err.reason != rows[i].reason) {
            fail_msg("row %zu: %s", i, err.text);
        }
        mem_free(dh);
        memset(p, 0xff, sizeof(p));
        memset(g, 0xff, sizeof(g));
    }
}

static void test_read(void **state)
{
    (void)state;
    cssl_error err = { 0 };
    struct dh_params *dh = dh_params_read(text_of(own_dh), &err);
    assert_non_null(dh);
    assert_int_equal(dh->p_len, 256);
    assert_int_equal(dh_params_group(dh), 0);
    /* Both sides come to one secret, and values that would give it away are refused. */
    struct kx *a = kx_new_dh(dh, &err), *b = kx_new_dh(dh, &err);
    assert_true(a != NULL && b != NULL);
    assert_int_equal(kx_group(a), 0);
    uint8_t one[KX_SECRET_MAX], two[KX_SECRET_MAX];
    size_t one_len = 0, two_len = 0;
    assert_int_equal(kx_finish(a, kx_share(b), one, &one_len, &err), 0);
    assert_int_equal(kx_finish(b, kx_share(a), two, &two_len, &err), 0);
    assert_int_equal(one_len, 256);
    assert_int_equal(two_len, 256);
    assert_memory_equal(one, two, 256);
    uint8_t bad[256] = { 0 };
    assert_int_not_equal(kx_finish(a, bytes_of(bad, 256), one, &one_len, &err), 0);
    bad[255] = 1;
    assert_int_not_equal(kx_finish(a, bytes_of(bad, 256), one, &one_len, &err), 0);
    memcpy(bad, dh->p, 256);
    bad[255]--;
    assert_int_not_equal(kx_finish(a, bytes_of(bad, 256), one, &one_len, &err), 0);
    assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
    kx_free(a);
    kx_free(b);
    mem_free(dh);
    /* Damage: any letter of the prime; and what is no such file. */
    char damaged[sizeof(own_dh)];
    memcpy(damaged, own_dh, sizeof(own_dh));
    damaged[120] = damaged[120] == 'A' ? 'B' : 'A';
    assert_null(dh_params_read(text_of(damaged), &err));
    assert_int_equal(err.reason, CSSL_R_DH_PARAMS);
    assert_null(dh_params_read(text_of("no DER"), &err));
    assert_null(dh_params_read(text_of("-----BEGIN X-----\nAAAA\n-----END X-----\n"), &err));
    assert_int_equal(err.reason, CSSL_R_DH_PARAMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
