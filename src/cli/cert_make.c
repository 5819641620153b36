/* cert_make.c - makes what the options say: names, key, issuer, validity, certificate. */
#include "cli/cert_make.h"

#include "base/mem.h"
#include "pki/chain.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400, SLOW_CLOCKS = 3600, DAYS_BROWSERS_TAKE = 398 };

static int make_all(struct make *m, cssl_error *err);
static int make_names(struct make *m, cssl_error *err);
static int make_issuer(struct make *m, cssl_error *err);
static int make_key(struct make *m, cssl_error *err);
static int make_times(struct make *m, cssl_error *err);
static int make_document(struct make *m, cssl_error *err);
static int make_try(const struct make *m, cssl_error *err);
static void make_free(struct make *m);

int make_run(const struct make_args *args)
{
    struct make m = { .args = *args };
    cssl_error err = { 0 };
    int code = CLI_OK;
    if (make_all(&m, &err) < 0) {
        code = cli_fail("%s", err.text);
    } else {
        code = make_report(&m);
    }
    make_free(&m);
    return code;
}

static int make_all(struct make *m, cssl_error *err)
{
    static int (*const steps[])(struct make * m, cssl_error * err) = {
        make_choose_paths, make_names, make_issuer, make_key, make_times, make_document, make_write,
    };
    if (m->args.password_file != NULL) {
        m->password = cert_password_load(m->args.password_file, err);
        if (m->password == NULL) {
            return err->status;
        }
    }
    int status = 0;
    for (size_t i = 0; status == 0 && i < ARRAY_LEN(steps); i++) {
        status = steps[i](m, err);
    }
    return status;
}

static void make_free(struct make *m)
{
    if (m->password != NULL) {
        mem_free_wiped(m->password, strlen(m->password));
    }
    certkey_free(&m->issuer);
    pkey_free(m->key);
    mem_free(m->request_der);
    mem_free(m->names);
    mem_free(m->common_name);
    mem_free(m->der);
    mem_free(m->cert_path);
    mem_free(m->key_path);
}

/* ---- Names ---- */

static int load_request(struct make *m, cssl_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    int status = cli_read(m->args.request, CERT_FILE_MAX, &data, &len, err);
    if (status < 0) {
        return status;
    }
    m->request_der = data;
    m->request_len = len;
    if (pem_looks_like(bytes_of(data, len))) {
        struct pem_block block = { 0 };
        size_t at = 0;
        status = pem_next(bytes_of(data, len), &at, &block, err);
        bool fits = strcmp(block.label, "CERTIFICATE REQUEST") == 0 ||
                    strcmp(block.label, "NEW CERTIFICATE REQUEST") == 0;
        if (status == 0 && !fits) {
            status = fail_text(err, CSSL_R_FILE_REFUSED,
                               "%s does not begin with a request (PEM, "
                               "CERTIFICATE REQUEST)",
                               m->args.request);
        }
        if (status == 0) {
            mem_free(m->request_der);
            m->request_der = mem_copy(block.der, block.len);
            m->request_len = block.len;
        }
        pem_free(&block);
        if (status < 0) {
            return status;
        }
    }
    if (m->request_der == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    return request_parse(&m->request, bytes_of(m->request_der, m->request_len), err);
}

static int add_text(struct make *m, const char *text, cssl_error *err)
{
    int status = issue_name_parse(&m->names[m->num_names], text, err);
    if (status == 0) {
        m->num_names++;
    }
    return status;
}

/* The first name is the common name too, in the form that the certificate has it. */
static void name_subject(struct make *m)
{
    const struct issue_name *first = &m->names[0];
    if (m->args.common_name != NULL) {
        m->common_name = cli_memory(mem_str(m->args.common_name));
    } else if (m->num_names > 0 && first->type == ISSUE_IP && m->args.num_texts > 0) {
        m->common_name = cli_memory(mem_str(m->args.texts[0]));
    } else if (m->num_names > 0 && first->type != ISSUE_IP && first->len <= ISSUE_COMMON_NAME_MAX) {
        m->common_name = cli_memory(mem_new((size_t)first->len + 1));
        memcpy(m->common_name, first->data, first->len);
    }
}

static int name_authority(struct make *m, cssl_error *err)
{
    if (m->args.num_texts > 0) {
        m->common_name = cli_memory(mem_str(m->args.texts[0]));
        return 0;
    }
    uint8_t random[4];
    int status = rand_fill(NULL, random, sizeof(random), err);
    if (status == 0) {
        char text[32];
        (void)snprintf(text, sizeof(text), "cssl CA %02x%02x%02x%02x", random[0], random[1],
                       random[2], random[3]);
        m->common_name = cli_memory(mem_str(text));
    }
    return status;
}

static int make_names(struct make *m, cssl_error *err)
{
    int status = m->args.request == NULL ? 0 : load_request(m, err);
    if (status < 0) {
        return status;
    }
    if (m->args.what == MAKE_CA) {
        return name_authority(m, err);
    }
    m->names = cli_memory(mem_new_array(ISSUE_NAMES_MAX + 1, sizeof(*m->names)));
    /* a common name that is a DNS name or an address is what somebody will connect to */
    struct issue_name unused;
    if (m->args.common_name != NULL && issue_name_parse(&unused, m->args.common_name, NULL) == 0) {
        status = add_text(m, m->args.common_name, err);
    }
    for (size_t i = 0; status == 0 && i < m->args.num_texts; i++) {
        bool again = m->args.common_name != NULL &&
                     strcmp(m->args.common_name, m->args.texts[i]) == 0 && m->num_names > 0;
        status = again ? 0 : add_text(m, m->args.texts[i], err);
    }
    if (status == 0 && m->args.copy_names) {
        size_t num = 0;
        status = request_names(&m->request, m->names + m->num_names, ISSUE_NAMES_MAX - m->num_names,
                               &num, err);
        m->num_names += status == 0 ? num : 0;
    }
    if (status == 0 && m->num_names == 0) {
        status = m->args.copy_names
                     ? fail_text(err, CSSL_R_ISSUE_SUBJECT, "the request asks for none: name them")
                     : fail_text(err, CSSL_R_ISSUE_SUBJECT,
                                 "'%s' is none that can be connected to: add a DNS name, an "
                                 "address or an e-mail address",
                                 m->args.common_name);
    }
    if (status == 0) {
        name_subject(m);
    }
    bool nameless = m->common_name == NULL && m->args.organization == NULL;
    if (status == 0 && nameless && m->args.what == MAKE_SELF_SIGNED) {
        /* its subject is its issuer, which has to have a name (RFC 5280 4.1.2.4) */
        status = fail_text(err, CSSL_R_ISSUE_SUBJECT,
                           "the first name is too long for a common name (%d characters): add a "
                           "shorter one with --cn",
                           ISSUE_COMMON_NAME_MAX);
    }
    return status;
}

/* ---- Issuer, key, times ---- */

/* ca.pem -> ca.key */
static char *key_beside(const char *cert)
{
    size_t len = strlen(cert);
    const char *dot = strrchr(cert, '.');
    if (dot != NULL && strchr(dot, '/') == NULL) {
        len = (size_t)(dot - cert);
    }
    char *path = cli_memory(mem_new(len + sizeof(".key")));
    memcpy(path, cert, len);
    memcpy(path + len, ".key", sizeof(".key"));
    return path;
}

static int make_issuer(struct make *m, cssl_error *err)
{
    if (m->args.what == MAKE_SELF_SIGNED || m->args.what == MAKE_REQUEST ||
        (m->args.what == MAKE_CA && m->args.cacert == NULL)) {
        return 0;
    }
    char *cert = m->args.cacert == NULL ? cli_path(m->args.out, "ca.pem")
                                        : cli_memory(mem_str(m->args.cacert));
    char *key = m->args.cakey == NULL ? key_beside(cert) : cli_memory(mem_str(m->args.cakey));
    const cssl_cert_key files = { .certfile = cert, .keyfile = key, .password = m->password };
    char warning[256] = "";
    int status = 0;
    if (m->args.cacert == NULL && access(cert, F_OK) != 0) {
        status = fail_text(err, CSSL_R_ISSUE_ISSUER,
                           "%s is not there. Make an authority with `cssl cert ca', or name one "
                           "with --cacert",
                           cert);
    } else {
        status = certkey_load(&m->issuer, &files, warning, err);
    }
    if (status == 0 && warning[0] != '\0') {
        cli_warn("%s", warning);
    }
    mem_free(cert);
    mem_free(key);
    return status;
}

static int make_key(struct make *m, cssl_error *err)
{
    if (m->args.request != NULL) {
        return 0;
    }
    if (m->args.use_key != NULL) {
        m->key = cert_key_load(m->args.use_key, m->password, err);
    } else {
        m->key = pkey_generate(m->args.key_type, m->args.key_bits, err);
        m->key_is_new = true;
    }
    return m->key == NULL ? err->status : 0;
}

static int make_times(struct make *m, cssl_error *err)
{
    int64_t start = m->args.has_start ? m->args.start : (int64_t)time(NULL);
    m->not_before = m->args.has_start ? start : start - SLOW_CLOCKS;
    m->not_after = start + (int64_t)m->args.days * DAY - 1; /* its last second belongs to it */
    if (m->issuer.num_certs == 0) {
        return 0;
    }
    const struct cert *ca = m->issuer.certs[0];
    char until[CLI_TIME_MAX];
    cli_time(until, cert_not_after(ca));
    if (m->not_before > cert_not_after(ca)) {
        return fail_text(err, CSSL_R_ISSUE_ISSUER,
                         "its own certificate ends at %s: make or name another one", until);
    }
    if (m->not_after > cert_not_after(ca)) {
        cli_warn("valid until %s only: no longer than its authority", until);
        m->not_after = cert_not_after(ca);
    }
    if (!m->args.has_start && m->not_before < cert_not_before(ca)) {
        m->not_before = cert_not_before(ca);
    }
    return 0;
}

/* ---- The document ---- */

static int make_document(struct make *m, cssl_error *err)
{
    const struct make_args *a = &m->args;
    bool issued = m->issuer.num_certs > 0;
    const struct issue_params params = {
        .common_name = m->common_name,
        .organization = a->organization,
        .names = m->names,
        .num_names = m->num_names,
        .ca = a->what == MAKE_CA,
        .path_len = a->what == MAKE_CA && issued && a->path_len < 0 ? 0 : a->path_len,
        .server = a->what != MAKE_CA && a->server,
        .client = a->what != MAKE_CA && a->client,
        .not_before = m->not_before,
        .not_after = m->not_after,
        .spki = m->key == NULL ? m->request.spki : pkey_spki(m->key),
        .issuer = issued ? m->issuer.certs[0] : NULL,
        .signer = issued ? m->issuer.key : m->key,
    };
    if (a->what == MAKE_REQUEST) {
        return issue_request(&params, m->key, &m->der, &m->len, err);
    }
    int status = issue_cert(&params, &m->der, &m->len, err);
    if (status == 0 && issued) {
        status = make_try(m, err);
    }
    if (status == 0 && a->server && a->days > DAYS_BROWSERS_TAKE) {
        cli_warn("browsers refuse server certificates that are valid for more than %d days",
                 DAYS_BROWSERS_TAKE);
    }
    return status;
}

/* Would a peer that trusts the authority accept it? Its name constraints may say no. */
static int make_try(const struct make *m, cssl_error *err)
{
    const struct cert *ca = m->issuer.certs[0];
    bool overlap = m->not_after >= cert_not_before(ca);
    if (!overlap || m->args.what == MAKE_CA) {
        return 0; /* a certificate of the past, made for tests */
    }
    int status = 0;
    struct chain *chain = NULL;
    struct cert *leaf = cert_parse(bytes_of(m->der, m->len), err);
    struct store *anchors = store_from_memory(cert_der(ca), err);
    if (leaf == NULL || anchors == NULL) {
        status = err->status;
    } else {
        const struct chain_params params = {
            .anchors = anchors,
            .purpose = m->args.server ? PURPOSE_SERVER : PURPOSE_CLIENT,
            .now = m->not_before < cert_not_before(ca) ? cert_not_before(ca) : m->not_before,
            .depth = CHAIN_DEPTH_DEFAULT,
        };
        cssl_error why = { 0 };
        chain = chain_new(&params, &leaf, 1, err);
        if (chain == NULL) {
            status = err->status;
        } else if (chain_run(chain, &why) != CHAIN_OK) {
            status = fail_text(err, CSSL_R_ISSUE_ISSUER, "nobody would accept it: %s", why.text);
        }
    }
    chain_free(chain);
    store_free(anchors);
    cert_free(leaf);
    return status;
}
