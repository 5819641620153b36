/* fuzz_cert.c - one certificate: parsing, and everything that looks at what was parsed. */
#include <stdlib.h>

#include "pki/cert_fields.h"
#include "pki/der.h"
#include "pki/dname.h"
#include "pki/hostname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool what)
{
    if (!what) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "localhost", "www.example.com", "127.0.0.1", "::1" };
    cssl_error err = { 0 };
    struct cert *cert = cert_parse(bytes_of(data, len), &err);
    if (cert == NULL) {
        require(err.status < 0 && err.text[0] != '\0');
        return 0;
    }
    char text[DNAME_TEXT_MAX];
    char oid[DER_OID_TEXT_MAX];
    require(bytes_equal(cert_der(cert), bytes_of(data, len)));
    require(dname_equal(cert_subject(cert), cert_subject(cert)));
    require(!cert->self_issued || cert->subject_hash == cert->issuer_hash);
    require(dname_text(text, cert_subject(cert)) == text);
    require(dname_text(text, cert_issuer(cert)) == text);
    require(cert->serial.len > 0 && cert->serial.len <= 20);
    struct rd list = rd_of(cert->extensions);
    while (rd_more(&list)) {
        struct cert_ext ext = cert_next_extension(&list);
        require(der_oid_text(oid, ext.oid) == oid);
    }
    require(rd_done(&list)); /* what was parsed once can be read again */
    struct rd alt_names = rd_of(cert->alt_names);
    while (rd_more(&alt_names)) {
        (void)general_name_next(&alt_names, 4);
    }
    require(rd_done(&alt_names));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        require(hostname_check(cert, names[i], &err) == hostname_check(cert, names[i], NULL));
    }
    cert_free(cert);
    return 0;
}
