/* names.h - the numbers of TLS and their names as IANA registers them. */
#ifndef CSSL_BASE_NAMES_H
#define CSSL_BASE_NAMES_H

#include "base/base.h"

enum {
    TLS_1_0 = 0x0301,
    TLS_1_2 = 0x0303,
    TLS_1_3 = 0x0304,
};

enum content_type {
    CT_CHANGE_CIPHER_SPEC = 20,
    CT_ALERT = 21,
    CT_HANDSHAKE = 22,
    CT_APPLICATION_DATA = 23,
};

enum handshake_type {
    HT_HELLO_REQUEST = 0,
    HT_CLIENT_HELLO = 1,
    HT_SERVER_HELLO = 2,
    HT_NEW_SESSION_TICKET = 4,
    HT_END_OF_EARLY_DATA = 5,
    HT_ENCRYPTED_EXTENSIONS = 8,
    HT_CERTIFICATE = 11,
    HT_SERVER_KEY_EXCHANGE = 12,
    HT_CERTIFICATE_REQUEST = 13,
    HT_SERVER_HELLO_DONE = 14,
    HT_CERTIFICATE_VERIFY = 15,
    HT_CLIENT_KEY_EXCHANGE = 16,
    HT_FINISHED = 20,
    HT_CERTIFICATE_STATUS = 22,
    HT_KEY_UPDATE = 24,
    HT_COMPRESSED_CERTIFICATE = 25,
    HT_MESSAGE_HASH = 254,
};

enum suite {
    SUITE_AES_128_GCM_SHA256 = 0x1301,
    SUITE_AES_256_GCM_SHA384 = 0x1302,
    SUITE_CHACHA20_POLY1305_SHA256 = 0x1303,
    SUITE_AES_128_CCM_SHA256 = 0x1304,
    SUITE_AES_128_CCM_8_SHA256 = 0x1305,
};

enum group {
    GROUP_SECP256R1 = 23,
    GROUP_SECP384R1 = 24,
    GROUP_SECP521R1 = 25,
    GROUP_X25519 = 29,
    GROUP_X448 = 30,
    GROUP_FFDHE2048 = 256,
    GROUP_FFDHE3072 = 257,
    GROUP_FFDHE4096 = 258,
    GROUP_SECP256R1MLKEM768 = 4587,
    GROUP_X25519MLKEM768 = 4588,
    GROUP_SECP384R1MLKEM1024 = 4589,
};

enum scheme {
    SCHEME_RSA_PKCS1_SHA1 = 0x0201,
    SCHEME_ECDSA_SHA1 = 0x0203,
    SCHEME_RSA_PKCS1_SHA256 = 0x0401,
    SCHEME_ECDSA_SECP256R1_SHA256 = 0x0403,
    SCHEME_RSA_PKCS1_SHA384 = 0x0501,
    SCHEME_ECDSA_SECP384R1_SHA384 = 0x0503,
    SCHEME_RSA_PKCS1_SHA512 = 0x0601,
    SCHEME_ECDSA_SECP521R1_SHA512 = 0x0603,
    SCHEME_RSA_PSS_RSAE_SHA256 = 0x0804,
    SCHEME_RSA_PSS_RSAE_SHA384 = 0x0805,
    SCHEME_RSA_PSS_RSAE_SHA512 = 0x0806,
    SCHEME_ED25519 = 0x0807,
    SCHEME_ED448 = 0x0808,
    SCHEME_RSA_PSS_PSS_SHA256 = 0x0809,
    SCHEME_RSA_PSS_PSS_SHA384 = 0x080a,
    SCHEME_RSA_PSS_PSS_SHA512 = 0x080b,
    SCHEME_MLDSA44 = 0x0904,
    SCHEME_MLDSA65 = 0x0905,
    SCHEME_MLDSA87 = 0x0906,
};

enum extension {
    EXT_SERVER_NAME = 0,
    EXT_MAX_FRAGMENT_LENGTH = 1,
    EXT_STATUS_REQUEST = 5,
    EXT_SUPPORTED_GROUPS = 10,
    EXT_EC_POINT_FORMATS = 11,
    EXT_SIGNATURE_ALGORITHMS = 13,
    EXT_USE_SRTP = 14,
    EXT_ALPN = 16,
    EXT_SIGNED_CERTIFICATE_TIMESTAMP = 18,
    EXT_CLIENT_CERTIFICATE_TYPE = 19,
    EXT_SERVER_CERTIFICATE_TYPE = 20,
    EXT_PADDING = 21,
    EXT_ENCRYPT_THEN_MAC = 22,
    EXT_EXTENDED_MASTER_SECRET = 23,
    EXT_COMPRESS_CERTIFICATE = 27,
    EXT_RECORD_SIZE_LIMIT = 28,
    EXT_DELEGATED_CREDENTIAL = 34,
    EXT_SESSION_TICKET = 35,
    EXT_PRE_SHARED_KEY = 41,
    EXT_EARLY_DATA = 42,
    EXT_SUPPORTED_VERSIONS = 43,
    EXT_COOKIE = 44,
    EXT_PSK_KEY_EXCHANGE_MODES = 45,
    EXT_CERTIFICATE_AUTHORITIES = 47,
    EXT_OID_FILTERS = 48,
    EXT_POST_HANDSHAKE_AUTH = 49,
    EXT_SIGNATURE_ALGORITHMS_CERT = 50,
    EXT_KEY_SHARE = 51,
    EXT_RENEGOTIATION_INFO = 0xff01,
};

/* The tables. name_of_x returns a static string, or NULL for a number that is not in the table;
 * x_of_name returns 0 for a name that is not. OpenSSL's spellings of groups ("P-256", "X25519")
 * are understood too. */
const char *name_of_suite(uint16_t suite);
const char *name_of_group(uint16_t group);
const char *name_of_scheme(uint16_t scheme);
const char *name_of_extension(uint16_t extension);
const char *name_of_handshake(uint8_t type);
const char *name_of_version(uint16_t version); /* "tlsv1.3" */
uint16_t suite_of_name(const char *name);
uint16_t group_of_name(const char *name);
uint16_t scheme_of_name(const char *name);

#endif
