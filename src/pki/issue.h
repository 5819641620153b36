/*
 * issue.h - makes X.509 v3 certificates (RFC 5280) and PKCS#10 requests (RFC 2986), and reads the
 * latter. Opens no file and decides no policy but what keeps certificates well formed and safe.
 */
#ifndef CSSL_PKI_ISSUE_H
#define CSSL_PKI_ISSUE_H

#include "crypto/pkey.h"
#include "pki/cert.h"

/* Names that a certificate is for (subjectAltName). */
enum issue_name_type { ISSUE_EMAIL = 1, ISSUE_DNS = 2, ISSUE_URI = 6, ISSUE_IP = 7 };

enum {
    ISSUE_NAME_MAX = 255,       /* bytes of one name */
    ISSUE_NAMES_MAX = 100,      /* of one certificate */
    ISSUE_COMMON_NAME_MAX = 64, /* characters: RFC 5280 A.1, ub-common-name */
    ISSUE_DER_MAX = 65536,
    ISSUE_SERIAL_LEN = 16
};

struct issue_name {
    enum issue_name_type type; /* the GeneralName's number */
    uint8_t len;
    uint8_t data[ISSUE_NAME_MAX];
};

/* issue_name_parse finds out what text is: a URI has "://", an e-mail address an @, an IP address
 * parses as one (brackets allowed), everything else is a DNS name, a wildcard in its first label
 * allowed. DNS names become lower case, lose a final dot, and Unicode labels become A-labels. What
 * cannot stand in a certificate is CSSL_R_ISSUE_NAME with a sentence. */
int issue_name_parse(struct issue_name *name, const char *text, cssl_error *err) CHECK;

struct issue_params {
    const char *common_name;  /* NULL: none */
    const char *organization; /* NULL: none */
    const struct issue_name *names;
    size_t num_names;
    bool ca;
    int path_len;        /* ca: CA certificates below it at most; -1 is no limit */
    bool server, client; /* not ca: what the key is for */
    int64_t not_before;  /* seconds since 1970; both inclusive */
    int64_t not_after;
    cssl_bytes spki;           /* the subject's key */
    const struct cert *issuer; /* NULL: self-signed, and signer is the subject's own key */
    const struct pkey *signer;
    const struct rand_source *random; /* of the serial number; NULL is the system's */
};

/* issue_cert makes a certificate, parses it again and checks its signature before it hands it
 * over. It refuses (CSSL_R_ISSUE_*) a subject without any name, a leaf for nothing, validity that
 * ends before it begins, an issuer that is no CA or not above another CA by its path length, a
 * signer that is not the issuer's, weak keys. Freed with mem_free(*der). */
int issue_cert(const struct issue_params *params, uint8_t **der, size_t *len,
               cssl_error *err) CHECK;

/* issue_request makes a certification request for key: of params the names and the uses count. It
 * is parsed again and its signature checked. Freed with mem_free(*der). */
int issue_request(const struct issue_params *params, const struct pkey *key, uint8_t **der,
                  size_t *len, cssl_error *err) CHECK;

/* What a request asks for; views of its DER. */
struct request {
    cssl_bytes subject; /* a Name, DER */
    cssl_bytes spki;
    struct spki_info key;
    cssl_bytes alt_names; /* the contents of subjectAltName, DER; empty if there is none */
    uint16_t scheme;      /* of its signature */
};

/* request_parse reads a request strictly and checks its signature, which proves that whoever made
 * it has the key. der must outlive r. Nothing it asks for is granted by that. */
int request_parse(struct request *r, cssl_bytes der, cssl_error *err) CHECK;
/* request_names copies the names asked for, at most max; *num is how many. Kinds that issue_name
 * does not know are an error, since leaving them out would not be what was asked for. */
int request_names(const struct request *r, struct issue_name *names, size_t max, size_t *num,
                  cssl_error *err) CHECK;

/* issue_check_key reads what key an SPKI is and refuses (CSSL_R_ISSUE_KEY) what no certificate is
 * made for: a kind that is not known, RSA of too few or too many bits. */
int issue_check_key(cssl_bytes spki, struct spki_info *info, cssl_error *err) CHECK;
/* issue_scheme is the scheme that a key signs certificates with; 0 when it cannot. */
uint16_t issue_scheme(const struct pkey *key);

#endif
