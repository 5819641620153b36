/* cert_load.c - certificates and keys from files, stdin and servers. Shows nothing. */
#include "cli/cert.h"

#include "base/mem.h"
#include "pki/hostname.h"

#include <stdlib.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT = 10000, PASSWORD_MAX = 1024 };

static int load_text(struct cert_items *items, const char *source, cssl_bytes text, bool certs_only,
                     cssl_error *err);
static int load_server(struct cert_items *items, uint16_t port, const char *name, cssl_error *err);
static int add(struct cert_items *items, struct cert_item *item, cssl_error *err);

int cert_items_load(struct cert_items *items, const char *source, const char *name, bool certs_only,
                    cssl_error *err)
{
    *items = (struct cert_items){ .num = 0 };
    char why[CLI_HOST_MAX];
    uint16_t port = 0;
    bool file = strcmp(source, "-") == 0 || strchr(source, '/') != NULL ||
                strchr(source, ':') == NULL || access(source, F_OK) == 0;
    if (!file && cli_host_port(source, 0, items->host, &port, why)) {
        return load_server(items, port, name, err);
    }
    items->host[0] = '\0';
    uint8_t *data = NULL;
    size_t len = 0;
    int status = cli_read(source, CERT_FILE_MAX, &data, &len, err);
    if (status == 0) {
        status = load_text(items, source, bytes_of(data, len), certs_only, err);
    }
    mem_free_wiped(data, len);
    if (status < 0) {
        cert_items_free(items);
    }
    return status;
}

void cert_items_free(struct cert_items *items)
{
    for (size_t i = 0; i < items->num; i++) {
        cert_free(items->items[i].cert);
        pem_free(&items->items[i].block);
    }
    free(items->items);
    *items = (struct cert_items){ .num = 0 };
}

static bool is_certificate(const char *label)
{
    return strcmp(label, "CERTIFICATE") == 0 || strcmp(label, "X509 CERTIFICATE") == 0 ||
           strcmp(label, "TRUSTED CERTIFICATE") == 0;
}

static int load_der(struct cert_items *items, cssl_bytes der, cssl_error *err)
{
    struct cert_item item = { 0 };
    item.cert = cert_parse(der, &item.why);
    if (item.cert == NULL) {
        return error_copy(err, &item.why);
    }
    return add(items, &item, err);
}

static int load_text(struct cert_items *items, const char *source, cssl_bytes text, bool certs_only,
                     cssl_error *err)
{
    if (!pem_looks_like(text)) {
        cssl_error why;
        if (load_der(items, text, &why) < 0) {
            return fail_text(err, CSSL_R_FILE_REFUSED,
                             "%s is neither PEM nor a single certificate in DER", source);
        }
        return 0;
    }
    size_t at = 0;
    for (;;) {
        struct cert_item item = { 0 };
        int status = pem_next(text, &at, &item.block, err);
        if (status < 0) {
            return status;
        }
        if (item.block.label[0] == '\0') {
            break;
        }
        bool certificate = is_certificate(item.block.label);
        if (certificate) {
            item.cert = cert_parse(bytes_of(item.block.der, item.block.len), &item.why);
            if (item.cert == NULL && certs_only) {
                pem_free(&item.block);
                return error_copy(err, &item.why);
            }
        }
        if (!certificate && certs_only) {
            pem_free(&item.block);
            continue;
        }
        status = add(items, &item, err);
        if (status < 0) {
            return status;
        }
    }
    if (items->num == 0) {
        return fail_text(err, CSSL_R_FILE_REFUSED, "there is no certificate in %s", source);
    }
    return 0;
}

/* What a server shows is asked for without verification: it is to be looked at, not believed. */
static int load_server(struct cert_items *items, uint16_t port, const char *name, cssl_error *err)
{
    bool ask = name != NULL && hostname_is_dns(name); /* addresses are not for SNI */
    const cssl_options options = { .verify = CSSL_VERIFY_NONE,
                                   .server_name_indication = ask ? name : NULL };
    cssl_socket *s = cssl_connect(items->host, port, &options, CONNECT_TIMEOUT, err);
    if (s == NULL) {
        return err == NULL ? CSSL_SYSTEM : err->status;
    }
    int status = 0;
    cssl_bytes der;
    for (size_t i = 0; status == 0 && cssl_peercert(s, i, &der, NULL) == 0; i++) {
        struct cert_item item = { 0 };
        item.cert = cert_parse(der, &item.why);
        status = item.cert == NULL ? error_copy(err, &item.why) : add(items, &item, err);
    }
    (void)cssl_close(s, 0, NULL);
    if (status == 0 && items->num == 0) {
        status = fail_text(err, CSSL_R_FILE_REFUSED, "%s shows no certificate", items->host);
    }
    if (status < 0) {
        cert_items_free(items);
    }
    return status;
}

static int add(struct cert_items *items, struct cert_item *item, cssl_error *err)
{
    int status = 0;
    if (items->num == CERT_ITEMS_MAX) {
        status =
            fail_text(err, CSSL_R_FILE_REFUSED, "it has more than %d certificates", CERT_ITEMS_MAX);
    } else if ((items->num & (items->num - 1)) == 0) { /* full: 0, 1, 2, 4 ... */
        size_t cap = items->num == 0 ? 1 : 2 * items->num;
        items->items = cli_memory(mem_resize(items->items, cap * sizeof(*items->items)));
    }
    if (status < 0) {
        cert_free(item->cert);
        pem_free(&item->block);
        return status;
    }
    items->items[items->num++] = *item;
    return 0;
}

static bool is_key(const char *label)
{
    size_t len = strlen(label);
    const char *tail = "PRIVATE KEY";
    return len >= strlen(tail) && strcmp(label + len - strlen(tail), tail) == 0;
}

/* What others may read is no secret any more. */
static void warn_if_open(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
        cli_warn("others may read %s: chmod 600 it", path);
    }
}

struct pkey *cert_key_load(const char *path, const char *password, cssl_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (cli_read(path, CERT_FILE_MAX, &data, &len, err) < 0) {
        return NULL;
    }
    warn_if_open(path);
    struct pkey *key = NULL;
    cssl_bytes text = bytes_of(data, len);
    if (!pem_looks_like(text)) {
        key = pkey_from_der(text, password, err);
        mem_free_wiped(data, len);
        return key;
    }
    struct pem_block block = { 0 };
    size_t at = 0;
    int status = 0;
    do {
        pem_free(&block);
        block = (struct pem_block){ .len = 0 };
        status = pem_next(text, &at, &block, err);
    } while (status == 0 && block.label[0] != '\0' && !is_key(block.label));
    if (status == 0 && block.label[0] == '\0') {
        (void)fail_text(err, CSSL_R_FILE_REFUSED, "there is no private key in %s", path);
    } else if (status == 0) {
        key = pkey_from_der(bytes_of(block.der, block.len), password, err);
    }
    pem_free(&block);
    mem_free_wiped(data, len);
    return key;
}

char *cert_password_load(const char *path, cssl_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (cli_read(path, PASSWORD_MAX, &data, &len, err) < 0) {
        return NULL;
    }
    warn_if_open(path);
    size_t line = 0;
    while (line < len && data[line] != '\n' && data[line] != '\r' && data[line] != '\0') {
        line++;
    }
    char *password = NULL;
    if (line == 0) {
        (void)fail_text(err, CSSL_R_FILE_REFUSED,
                        "the first line of %s is the password: it is "
                        "empty",
                        path);
    } else {
        password = cli_memory(mem_new(line + 1));
        memcpy(password, data, line);
    }
    mem_free_wiped(data, len);
    return password;
}

int64_t cert_time_parse(struct argp_state *state, const char *option, const char *text)
{
    struct tm tm = { 0 };
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    if (end != NULL && *end == 'T') {
        end = strptime(end, "T%H:%M:%SZ", &tm);
    }
    /* timegm makes 3 March of 31 February: what it has to change is no date. */
    struct tm same = tm;
    int64_t at = (int64_t)timegm(&same);
    if (end == NULL || *end != '\0' || same.tm_mday != tm.tm_mday || same.tm_sec != tm.tm_sec) {
        argp_error(state, "--%s is a time, as 2026-03-01 or 2026-03-01T12:00:00Z, not '%.40s'",
                   option, text);
    }
    return at;
}

const char *cert_key_text(char out[CERT_KEY_TEXT_MAX], enum key_type type, unsigned bits)
{
    static const char *const names[] = {
        [KEY_NONE] = "a kind that is not known",
        [KEY_RSA] = "RSA",
        [KEY_RSA_PSS] = "RSA-PSS",
        [KEY_EC_P256] = "ECDSA P-256",
        [KEY_EC_P384] = "ECDSA P-384",
        [KEY_EC_P521] = "ECDSA P-521",
        [KEY_ED25519] = "Ed25519",
        [KEY_ED448] = "Ed448",
        [KEY_MLDSA44] = "ML-DSA-44",
        [KEY_MLDSA65] = "ML-DSA-65",
        [KEY_MLDSA87] = "ML-DSA-87",
    };
    if (type == KEY_RSA || type == KEY_RSA_PSS) {
        (void)snprintf(out, CERT_KEY_TEXT_MAX, "%s, %u bits", names[type], bits);
    } else {
        (void)snprintf(out, CERT_KEY_TEXT_MAX, "%s", names[type]);
    }
    return out;
}
