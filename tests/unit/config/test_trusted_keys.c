/* test_trusted_keys.c - raw keys that are trusted: DER and PEM, and what is none. */
#include "base/error.h"
#include "support.h"

#include "config/trusted_keys.h"
#include "crypto/pem.h"
#include "crypto/pkey.h"

static void test_keys(void **state)
{
    (void)state;
    struct pkey *key = pkey_generate(KEY_ED25519, 0, NULL);
    struct pkey *other = pkey_generate(KEY_EC_P256, 0, NULL);
    assert_true(key != NULL && other != NULL);
    char *text, *wrong;
    size_t len, wrong_len;
    assert_int_equal(pem_write("PUBLIC KEY", pkey_spki(key), &text, &len, NULL), 0);
    assert_int_equal(pem_write("CERTIFICATE", pkey_spki(key), &wrong, &wrong_len, NULL), 0);
    const cssl_bytes pem = bytes_of((const uint8_t *)text, len);
    const struct {
        cssl_bytes keys[2];
        size_t num;
        bool good;
    } rows[] = {
        { { pkey_spki(key), pkey_spki(other) }, 2, true },
        { { pkey_spki(other), pem }, 2, true },
        { { pem, bytes_str("") }, 2, false },
        { { bytes_str("x") }, 1, false },
        { { bytes_of(pkey_spki(key).data, pkey_spki(key).len - 1) }, 1, false },
        { { bytes_of((const uint8_t *)wrong, wrong_len) }, 1, false },
        { { bytes_of(pem.data, pem.len / 2) }, 1, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_config config = { 0 };
        cssl_error err = { 0 };
        const cssl_options o = { .trusted_keys = rows[i].keys, .num_trusted_keys = rows[i].num };
        assert_int_equal(trusted_keys_load(&config, &o, &err) == 0, rows[i].good);
        if (rows[i].good) {
            assert_int_equal(config.num_trusted_keys, rows[i].num);
            cssl_bytes last = config.trusted_keys[1];
            assert_true(bytes_equal(last, i == 0 ? pkey_spki(other) : pkey_spki(key)));
        } else {
            assert_string_equal(err.option, "trusted_keys");
        }
        trusted_keys_free(&config);
    }
    cssl_config none = { 0 };
    assert_int_equal(trusted_keys_load(&none, &(cssl_options){ 0 }, NULL), 0);
    assert_null(none.trusted_keys);
    free(text);
    free(wrong);
    pkey_free(key);
    pkey_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_keys) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
