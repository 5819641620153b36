/* names.c - tables of IANA's numbers and names. Says nothing about what this library can do. */
#include "base/names.h"

struct name_row {
    uint16_t number;
    const char *name;
};

static const struct name_row suites[] = {
    { SUITE_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256" },
    { SUITE_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384" },
    { SUITE_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256" },
    { SUITE_AES_128_CCM_SHA256, "TLS_AES_128_CCM_SHA256" },
    { SUITE_AES_128_CCM_8_SHA256, "TLS_AES_128_CCM_8_SHA256" },
    { SUITE_ECDHE_ECDSA_AES_128_GCM_SHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
    { SUITE_ECDHE_ECDSA_AES_256_GCM_SHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
    { SUITE_ECDHE_ECDSA_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
    { SUITE_ECDHE_ECDSA_AES_128_CCM, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" },
    { SUITE_ECDHE_ECDSA_AES_256_CCM, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM" },
    { SUITE_ECDHE_ECDSA_AES_128_CCM_8, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" },
    { SUITE_ECDHE_ECDSA_AES_256_CCM_8, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8" },
    { SUITE_ECDHE_ECDSA_AES_128_CBC_SHA, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" },
    { SUITE_ECDHE_ECDSA_AES_256_CBC_SHA, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA" },
    { SUITE_ECDHE_ECDSA_AES_128_CBC_SHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
    { SUITE_ECDHE_ECDSA_AES_256_CBC_SHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" },
    { SUITE_ECDHE_RSA_AES_128_GCM_SHA256, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
    { SUITE_ECDHE_RSA_AES_256_GCM_SHA384, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
    { SUITE_ECDHE_RSA_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
    { SUITE_ECDHE_RSA_AES_128_CBC_SHA, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
    { SUITE_ECDHE_RSA_AES_256_CBC_SHA, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA" },
    { SUITE_ECDHE_RSA_AES_128_CBC_SHA256, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" },
    { SUITE_ECDHE_RSA_AES_256_CBC_SHA384, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384" },
    { SUITE_DHE_RSA_AES_128_GCM_SHA256, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" },
    { SUITE_DHE_RSA_AES_256_GCM_SHA384, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" },
    { SUITE_DHE_RSA_CHACHA20_POLY1305_SHA256, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
    { SUITE_DHE_RSA_AES_128_CCM, "TLS_DHE_RSA_WITH_AES_128_CCM" },
    { SUITE_DHE_RSA_AES_256_CCM, "TLS_DHE_RSA_WITH_AES_256_CCM" },
    { SUITE_DHE_RSA_AES_128_CCM_8, "TLS_DHE_RSA_WITH_AES_128_CCM_8" },
    { SUITE_DHE_RSA_AES_256_CCM_8, "TLS_DHE_RSA_WITH_AES_256_CCM_8" },
    { SUITE_DHE_RSA_AES_128_CBC_SHA, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" },
    { SUITE_DHE_RSA_AES_256_CBC_SHA, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" },
    { SUITE_DHE_RSA_AES_128_CBC_SHA256, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256" },
    { SUITE_DHE_RSA_AES_256_CBC_SHA256, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256" },
    { SUITE_ECDHE_PSK_AES_128_GCM_SHA256, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256" },
    { SUITE_ECDHE_PSK_AES_256_GCM_SHA384, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384" },
    { SUITE_ECDHE_PSK_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256" },
    { SUITE_ECDHE_PSK_AES_128_CCM_SHA256, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256" },
    { SUITE_ECDHE_PSK_AES_128_CCM_8_SHA256, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256" },
    { SUITE_ECDHE_PSK_AES_128_CBC_SHA, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA" },
    { SUITE_ECDHE_PSK_AES_256_CBC_SHA, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA" },
    { SUITE_ECDHE_PSK_AES_128_CBC_SHA256, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256" },
    { SUITE_ECDHE_PSK_AES_256_CBC_SHA384, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384" },
    { SUITE_DHE_PSK_AES_128_GCM_SHA256, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256" },
    { SUITE_DHE_PSK_AES_256_GCM_SHA384, "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384" },
    { SUITE_DHE_PSK_CHACHA20_POLY1305_SHA256, "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256" },
    { SUITE_DHE_PSK_AES_128_CCM, "TLS_DHE_PSK_WITH_AES_128_CCM" },
    { SUITE_DHE_PSK_AES_256_CCM, "TLS_DHE_PSK_WITH_AES_256_CCM" },
    { SUITE_PSK_DHE_AES_128_CCM_8, "TLS_PSK_DHE_WITH_AES_128_CCM_8" },
    { SUITE_PSK_DHE_AES_256_CCM_8, "TLS_PSK_DHE_WITH_AES_256_CCM_8" },
    { SUITE_DHE_PSK_AES_128_CBC_SHA, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA" },
    { SUITE_DHE_PSK_AES_256_CBC_SHA, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA" },
    { SUITE_DHE_PSK_AES_128_CBC_SHA256, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256" },
    { SUITE_DHE_PSK_AES_256_CBC_SHA384, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384" },
    { SUITE_PSK_AES_128_GCM_SHA256, "TLS_PSK_WITH_AES_128_GCM_SHA256" },
    { SUITE_PSK_AES_256_GCM_SHA384, "TLS_PSK_WITH_AES_256_GCM_SHA384" },
    { SUITE_PSK_CHACHA20_POLY1305_SHA256, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256" },
    { SUITE_PSK_AES_128_CCM, "TLS_PSK_WITH_AES_128_CCM" },
    { SUITE_PSK_AES_256_CCM, "TLS_PSK_WITH_AES_256_CCM" },
    { SUITE_PSK_AES_128_CCM_8, "TLS_PSK_WITH_AES_128_CCM_8" },
    { SUITE_PSK_AES_256_CCM_8, "TLS_PSK_WITH_AES_256_CCM_8" },
    { SUITE_PSK_AES_128_CBC_SHA, "TLS_PSK_WITH_AES_128_CBC_SHA" },
    { SUITE_PSK_AES_256_CBC_SHA, "TLS_PSK_WITH_AES_256_CBC_SHA" },
    { SUITE_PSK_AES_128_CBC_SHA256, "TLS_PSK_WITH_AES_128_CBC_SHA256" },
    { SUITE_PSK_AES_256_CBC_SHA384, "TLS_PSK_WITH_AES_256_CBC_SHA384" },
    { SUITE_RSA_AES_128_GCM_SHA256, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
    { SUITE_RSA_AES_256_GCM_SHA384, "TLS_RSA_WITH_AES_256_GCM_SHA384" },
    { SUITE_RSA_AES_128_CCM, "TLS_RSA_WITH_AES_128_CCM" },
    { SUITE_RSA_AES_256_CCM, "TLS_RSA_WITH_AES_256_CCM" },
    { SUITE_RSA_AES_128_CCM_8, "TLS_RSA_WITH_AES_128_CCM_8" },
    { SUITE_RSA_AES_256_CCM_8, "TLS_RSA_WITH_AES_256_CCM_8" },
    { SUITE_RSA_AES_128_CBC_SHA, "TLS_RSA_WITH_AES_128_CBC_SHA" },
    { SUITE_RSA_AES_256_CBC_SHA, "TLS_RSA_WITH_AES_256_CBC_SHA" },
    { SUITE_RSA_AES_128_CBC_SHA256, "TLS_RSA_WITH_AES_128_CBC_SHA256" },
    { SUITE_RSA_AES_256_CBC_SHA256, "TLS_RSA_WITH_AES_256_CBC_SHA256" },
};

/* The first row of a number has its registered name, further ones are other spellings. */
static const struct name_row groups[] = {
    { GROUP_X25519, "x25519" },
    { GROUP_SECP256R1, "secp256r1" },
    { GROUP_SECP384R1, "secp384r1" },
    { GROUP_SECP521R1, "secp521r1" },
    { GROUP_X448, "x448" },
    { GROUP_FFDHE2048, "ffdhe2048" },
    { GROUP_FFDHE3072, "ffdhe3072" },
    { GROUP_FFDHE4096, "ffdhe4096" },
    { GROUP_X25519MLKEM768, "x25519mlkem768" },
    { GROUP_SECP256R1MLKEM768, "secp256r1mlkem768" },
    { GROUP_SECP384R1MLKEM1024, "secp384r1mlkem1024" },
    { GROUP_MLKEM512, "mlkem512" },
    { GROUP_MLKEM768, "mlkem768" },
    { GROUP_MLKEM1024, "mlkem1024" },
    { GROUP_X25519, "X25519" },
    { GROUP_X448, "X448" },
    { GROUP_SECP256R1, "P-256" },
    { GROUP_SECP384R1, "P-384" },
    { GROUP_SECP521R1, "P-521" },
    { GROUP_SECP256R1, "prime256v1" },
    { GROUP_X25519MLKEM768, "X25519MLKEM768" },
    { GROUP_SECP256R1MLKEM768, "SecP256r1MLKEM768" },
    { GROUP_SECP384R1MLKEM1024, "SecP384r1MLKEM1024" },
    { GROUP_MLKEM512, "MLKEM512" },
    { GROUP_MLKEM768, "MLKEM768" },
    { GROUP_MLKEM1024, "MLKEM1024" },
};

static const struct name_row schemes[] = {
    { SCHEME_ECDSA_SECP256R1_SHA256, "ecdsa_secp256r1_sha256" },
    { SCHEME_ECDSA_SECP384R1_SHA384, "ecdsa_secp384r1_sha384" },
    { SCHEME_ECDSA_SECP521R1_SHA512, "ecdsa_secp521r1_sha512" },
    { SCHEME_ED25519, "ed25519" },
    { SCHEME_ED448, "ed448" },
    { SCHEME_RSA_PSS_RSAE_SHA256, "rsa_pss_rsae_sha256" },
    { SCHEME_RSA_PSS_RSAE_SHA384, "rsa_pss_rsae_sha384" },
    { SCHEME_RSA_PSS_RSAE_SHA512, "rsa_pss_rsae_sha512" },
    { SCHEME_RSA_PSS_PSS_SHA256, "rsa_pss_pss_sha256" },
    { SCHEME_RSA_PSS_PSS_SHA384, "rsa_pss_pss_sha384" },
    { SCHEME_RSA_PSS_PSS_SHA512, "rsa_pss_pss_sha512" },
    { SCHEME_RSA_PKCS1_SHA256, "rsa_pkcs1_sha256" },
    { SCHEME_RSA_PKCS1_SHA384, "rsa_pkcs1_sha384" },
    { SCHEME_RSA_PKCS1_SHA512, "rsa_pkcs1_sha512" },
    { SCHEME_RSA_PKCS1_SHA1, "rsa_pkcs1_sha1" },
    { SCHEME_ECDSA_SHA1, "ecdsa_sha1" },
    { SCHEME_MLDSA44, "mldsa44" },
    { SCHEME_MLDSA65, "mldsa65" },
    { SCHEME_MLDSA87, "mldsa87" },
    { SCHEME_ED25519, "eddsa_ed25519" },
    { SCHEME_ED448, "eddsa_ed448" },
    { SCHEME_ECDSA_SECP256R1_SHA256, "ECDSA+SHA256" },
    { SCHEME_ECDSA_SECP384R1_SHA384, "ECDSA+SHA384" },
    { SCHEME_ECDSA_SECP521R1_SHA512, "ECDSA+SHA512" },
    { SCHEME_RSA_PSS_RSAE_SHA256, "RSA-PSS+SHA256" },
    { SCHEME_RSA_PSS_RSAE_SHA384, "RSA-PSS+SHA384" },
    { SCHEME_RSA_PSS_RSAE_SHA512, "RSA-PSS+SHA512" },
    { SCHEME_RSA_PKCS1_SHA256, "RSA+SHA256" },
    { SCHEME_RSA_PKCS1_SHA384, "RSA+SHA384" },
    { SCHEME_RSA_PKCS1_SHA512, "RSA+SHA512" },
};

static const struct name_row extensions[] = {
    { EXT_SERVER_NAME, "server_name" },
    { EXT_MAX_FRAGMENT_LENGTH, "max_fragment_length" },
    { EXT_STATUS_REQUEST, "status_request" },
    { EXT_SUPPORTED_GROUPS, "supported_groups" },
    { EXT_EC_POINT_FORMATS, "ec_point_formats" },
    { EXT_SIGNATURE_ALGORITHMS, "signature_algorithms" },
    { EXT_USE_SRTP, "use_srtp" },
    { EXT_ALPN, "application_layer_protocol_negotiation" },
    { EXT_SIGNED_CERTIFICATE_TIMESTAMP, "signed_certificate_timestamp" },
    { EXT_CLIENT_CERTIFICATE_TYPE, "client_certificate_type" },
    { EXT_SERVER_CERTIFICATE_TYPE, "server_certificate_type" },
    { EXT_PADDING, "padding" },
    { EXT_ENCRYPT_THEN_MAC, "encrypt_then_mac" },
    { EXT_EXTENDED_MASTER_SECRET, "extended_master_secret" },
    { EXT_COMPRESS_CERTIFICATE, "compress_certificate" },
    { EXT_RECORD_SIZE_LIMIT, "record_size_limit" },
    { EXT_DELEGATED_CREDENTIAL, "delegated_credential" },
    { EXT_SESSION_TICKET, "session_ticket" },
    { EXT_PRE_SHARED_KEY, "pre_shared_key" },
    { EXT_EARLY_DATA, "early_data" },
    { EXT_SUPPORTED_VERSIONS, "supported_versions" },
    { EXT_COOKIE, "cookie" },
    { EXT_PSK_KEY_EXCHANGE_MODES, "psk_key_exchange_modes" },
    { EXT_CERTIFICATE_AUTHORITIES, "certificate_authorities" },
    { EXT_OID_FILTERS, "oid_filters" },
    { EXT_POST_HANDSHAKE_AUTH, "post_handshake_auth" },
    { EXT_SIGNATURE_ALGORITHMS_CERT, "signature_algorithms_cert" },
    { EXT_KEY_SHARE, "key_share" },
    { EXT_RENEGOTIATION_INFO, "renegotiation_info" },
};

static const struct name_row handshakes[] = {
    { HT_HELLO_REQUEST, "HelloRequest" },
    { HT_CLIENT_HELLO, "ClientHello" },
    { HT_SERVER_HELLO, "ServerHello" },
    { HT_NEW_SESSION_TICKET, "NewSessionTicket" },
    { HT_END_OF_EARLY_DATA, "EndOfEarlyData" },
    { HT_ENCRYPTED_EXTENSIONS, "EncryptedExtensions" },
    { HT_CERTIFICATE, "Certificate" },
    { HT_SERVER_KEY_EXCHANGE, "ServerKeyExchange" },
    { HT_CERTIFICATE_REQUEST, "CertificateRequest" },
    { HT_SERVER_HELLO_DONE, "ServerHelloDone" },
    { HT_CERTIFICATE_VERIFY, "CertificateVerify" },
    { HT_CLIENT_KEY_EXCHANGE, "ClientKeyExchange" },
    { HT_FINISHED, "Finished" },
    { HT_CERTIFICATE_STATUS, "CertificateStatus" },
    { HT_KEY_UPDATE, "KeyUpdate" },
    { HT_COMPRESSED_CERTIFICATE, "CompressedCertificate" },
    { HT_MESSAGE_HASH, "message_hash" },
};

static const struct name_row versions[] = {
    { 0x0300, "sslv3" },   { TLS_1_0, "tlsv1" },   { 0x0302, "tlsv1.1" },
    { TLS_1_2, "tlsv1.2" }, { TLS_1_3, "tlsv1.3" },
};

static const struct name_row compressions[] = {
    { COMPRESS_ZLIB, "zlib" },
    { COMPRESS_BROTLI, "brotli" },
    { COMPRESS_ZSTD, "zstd" },
};

static const struct name_row cert_types[] = {
    { CERT_X509, "x509" },
    { CERT_RAW, "raw_public_key" },
};

static const char *name_find(const struct name_row *rows, size_t num, uint16_t number);
static uint16_t number_find(const struct name_row *rows, size_t num, const char *name);

const char *name_of_suite(uint16_t suite)
{
    return name_find(suites, ARRAY_LEN(suites), suite);
}

const char *name_of_group(uint16_t group)
{
    return name_find(groups, ARRAY_LEN(groups), group);
}

const char *name_of_scheme(uint16_t scheme)
{
    return name_find(schemes, ARRAY_LEN(schemes), scheme);
}

const char *name_of_extension(uint16_t extension)
{
    return name_find(extensions, ARRAY_LEN(extensions), extension);
}

const char *name_of_handshake(uint8_t type)
{
    return name_find(handshakes, ARRAY_LEN(handshakes), type);
}

const char *name_of_version(uint16_t version)
{
    return name_find(versions, ARRAY_LEN(versions), version);
}

const char *name_of_compression(uint16_t algorithm)
{
    return name_find(compressions, ARRAY_LEN(compressions), algorithm);
}

const char *name_of_cert_type(uint16_t type)
{
    return name_find(cert_types, ARRAY_LEN(cert_types), type);
}

uint16_t suite_of_name(const char *name)
{
    return number_find(suites, ARRAY_LEN(suites), name);
}

uint16_t group_of_name(const char *name)
{
    return number_find(groups, ARRAY_LEN(groups), name);
}

uint16_t scheme_of_name(const char *name)
{
    return number_find(schemes, ARRAY_LEN(schemes), name);
}

uint16_t compression_of_name(const char *name)
{
    return number_find(compressions, ARRAY_LEN(compressions), name);
}

static const char *name_find(const struct name_row *rows, size_t num, uint16_t number)
{
    for (size_t i = 0; i < num; i++) {
        if (rows[i].number == number) {
            return rows[i].name;
        }
    }
    return NULL;
}

static uint16_t number_find(const struct name_row *rows, size_t num, const char *name)
{
    for (size_t i = 0; i < num; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return rows[i].number;
        }
    }
    return 0;
}
