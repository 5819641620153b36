/* cert_write.c - the files of what was made, and what is said about them. Makes nothing. */
#include "cli/cert_make.h"

#include "base/mem.h"
#include "pki/dname.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char *pem_bundle(const struct make *m, size_t *len, cssl_error *err);
static int write_key(const struct make *m, cssl_error *err);
static const char *title(const struct make *m);

/* ---- Where ---- */

static const char *base_name(const struct make_args *a)
{
    if (a->what == MAKE_CA) {
        return a->cacert == NULL ? "ca" : "intermediate";
    }
    return a->server ? "server" : "client";
}

static int refuse_existing(const char *path, cssl_error *err)
{
    struct stat there;
    if (lstat(path, &there) != 0) {
        return 0;
    }
    return fail_text(err, CSSL_R_FILE_EXISTS,
                     "%s: choose another name, or overwrite it with --force", path);
}

int make_choose_paths(struct make *m, cssl_error *err)
{
    const struct make_args *a = &m->args;
    char file[64];
    if (a->out != NULL && mkdir(a->out, 0755) != 0 && errno != EEXIST) {
        return fail_system(err, errno, "the folder %s cannot be made", a->out);
    }
    (void)snprintf(file, sizeof(file), "%s%s", base_name(a),
                   a->what == MAKE_REQUEST ? ".csr" : ".pem");
    m->cert_path = a->cert == NULL ? cli_path(a->out, file) : cli_memory(mem_str(a->cert));
    if (a->request == NULL && a->use_key == NULL) {
        (void)snprintf(file, sizeof(file), "%s.key", base_name(a));
        m->key_path = a->key == NULL ? cli_path(a->out, file) : cli_memory(mem_str(a->key));
        if (strcmp(m->key_path, m->cert_path) == 0) {
            return fail_text(err, CSSL_R_FILE_REFUSED,
                             "%s: the key and the certificate go into files of their own",
                             m->key_path);
        }
    }
    int status = a->force ? 0 : refuse_existing(m->cert_path, err);
    if (status == 0 && m->key_path != NULL && !a->force) {
        status = refuse_existing(m->key_path, err);
    }
    return status;
}

/* ---- Writing ---- */

int make_write(struct make *m, cssl_error *err)
{
    size_t len = 0;
    char *text = pem_bundle(m, &len, err);
    if (text == NULL) {
        return err->status;
    }
    int status = m->key_path == NULL ? 0 : write_key(m, err);
    if (status == 0) {
        status = cli_write(m->cert_path, bytes_of((const uint8_t *)text, len), FILE_PUBLIC,
                           m->args.force, err);
        if (status < 0 && m->key_path != NULL) {
            (void)unlink(m->key_path); /* a key without its certificate is litter */
        }
    }
    mem_free_wiped(text, len);
    return status;
}

static int write_key(const struct make *m, cssl_error *err)
{
    /* the authority's password is not that of the server below it */
    const char *password = m->args.what == MAKE_CA ? m->password : NULL;
    uint8_t *der = NULL;
    size_t der_len = 0;
    int status = pkey_to_der(m->key, password, &der, &der_len, err);
    if (status < 0) {
        return status;
    }
    char *text = NULL;
    size_t len = 0;
    status = pem_write(password == NULL ? "PRIVATE KEY" : "ENCRYPTED PRIVATE KEY",
                       bytes_of(der, der_len), &text, &len, err);
    mem_free_wiped(der, der_len);
    if (status == 0) {
        status = cli_write(m->key_path, bytes_of((const uint8_t *)text, len), FILE_SECRET,
                           m->args.force, err);
        mem_free_wiped(text, len);
    }
    return status;
}

static int append_pem(char **all, size_t *all_len, const char *label, cssl_bytes der,
                      cssl_error *err)
{
    char *text = NULL;
    size_t len = 0;
    int status = pem_write(label, der, &text, &len, err);
    if (status < 0) {
        return status;
    }
    *all = cli_memory(mem_resize(*all, *all_len + len + 1));
    memcpy(*all + *all_len, text, len);
    *all_len += len;
    mem_free_wiped(text, len);
    return 0;
}

/* The certificate and the intermediates above it, as a server sends them: not the root, which the
 * peer has to have anyway. */
static char *pem_bundle(const struct make *m, size_t *len, cssl_error *err)
{
    char *all = NULL;
    const char *label = m->args.what == MAKE_REQUEST ? "CERTIFICATE REQUEST" : "CERTIFICATE";
    int status = append_pem(&all, len, label, bytes_of(m->der, m->len), err);
    for (size_t i = 0; status == 0 && i < m->issuer.num_certs; i++) {
        const struct cert *ca = m->issuer.certs[i];
        if (!dname_equal(cert_subject(ca), cert_issuer(ca))) {
            status = append_pem(&all, len, label, cert_der(ca), err);
        }
    }
    if (status < 0) {
        mem_free(all);
        return NULL;
    }
    return all;
}

/* ---- Reporting ---- */

static void name_text(char *out, size_t size, const struct issue_name *name)
{
    if (name->type == ISSUE_IP) {
        if (inet_ntop(name->len == 4 ? AF_INET : AF_INET6, name->data, out, (socklen_t)size) ==
            NULL) {
            out[0] = '\0';
        }
    } else {
        text_printable(out, size, name->data, name->len);
    }
}

static int report_json(const struct make *m)
{
    uint8_t digest[HASH_MAX];
    json_t *names = cli_memory(json_array());
    for (size_t i = 0; i < m->num_names; i++) {
        char text[4 * ISSUE_NAME_MAX];
        name_text(text, sizeof(text), &m->names[i]);
        cli_json_add(names, json_string(text));
    }
    bool request = m->args.what == MAKE_REQUEST;
    json_t *o = cli_memory(json_object());
    cli_json_set(o, request ? "request" : "certificate", json_string(m->cert_path));
    cli_json_set(o, "key", m->key_path == NULL ? json_null() : json_string(m->key_path));
    cli_json_set(o, "common_name",
                 m->common_name == NULL ? json_null() : json_string(m->common_name));
    cli_json_set(o, "names", names);
    if (!request) {
        hash_once(HASH_SHA256, m->der, m->len, digest);
        cli_json_set(o, "not_before", cli_json_time(m->not_before));
        cli_json_set(o, "not_after", cli_json_time(m->not_after));
        cli_json_set(o, "sha256", cli_json_hex(bytes_of(digest, hash_len(HASH_SHA256))));
    }
    return cli_json_print(o);
}

static void print_next(const struct make *m)
{
    const char *cert = m->cert_path;
    const char *dir = m->args.out;
    term_print(stdout, STYLE_BOLD, "Next:");
    switch (m->args.what) {
    case MAKE_CA:
        if (m->args.cert != NULL || m->args.key != NULL || m->args.cacert != NULL) {
            (void)printf(" cssl cert issue --cacert %s --cakey %s localhost\n", cert,
                         m->key_path == NULL ? m->args.use_key : m->key_path);
        } else {
            (void)printf(" cssl cert issue%s%s localhost\n", dir == NULL ? "" : " --out ",
                         dir == NULL ? "" : dir);
        }
        return;
    case MAKE_REQUEST:
        (void)printf(" send %s to your authority, or: cssl cert issue --csr %s --copy-names\n",
                     cert, cert);
        return;
    case MAKE_SELF_SIGNED:
    case MAKE_ISSUED:
        if (m->key == NULL) {
            (void)printf(" send %s to whoever asked for it\n", cert);
            return;
        }
        (void)printf(" cssl %s --cert %s --key %s%s\n", m->args.server ? "serve" : "connect", cert,
                     m->key_path == NULL ? m->args.use_key : m->key_path,
                     m->args.server ? "" : " HOST:PORT");
        return;
    }
}

int make_report(const struct make *m)
{
    if (m->args.json) {
        return report_json(m);
    }
    (void)printf("%s:\n", title(m));
    (void)printf("  %-12s %s\n", m->args.what == MAKE_REQUEST ? "request" : "certificate",
                 m->cert_path);
    if (m->key_path != NULL) {
        (void)printf("  %-12s %s (keep it secret)\n", "private key", m->key_path);
    }
    if (m->num_names > 0) {
        (void)printf("  %-12s ", "for");
        for (size_t i = 0; i < m->num_names; i++) {
            char text[4 * ISSUE_NAME_MAX];
            name_text(text, sizeof(text), &m->names[i]);
            (void)printf("%s%s", i == 0 ? "" : ", ", text);
        }
        (void)printf("\n");
    } else if (m->common_name != NULL) {
        (void)printf("  %-12s %s\n", "name", m->common_name);
    }
    if (m->args.what != MAKE_REQUEST) {
        char until[CLI_TIME_MAX];
        cli_time(until, m->not_after);
        (void)printf("  %-12s %s\n", "valid until", until);
    }
    print_next(m);
    return CLI_OK;
}

static const char *title(const struct make *m)
{
    switch (m->args.what) {
    case MAKE_CA:
        return m->args.cacert == NULL ? "Made a certificate authority"
                                      : "Made an intermediate certificate authority";
    case MAKE_REQUEST: return "Made a certification request";
    case MAKE_SELF_SIGNED: return "Made a self-signed certificate";
    case MAKE_ISSUED: break;
    }
    return m->args.server && m->args.client ? "Made a certificate for a server and client"
           : m->args.server                 ? "Made a server's certificate"
                                            : "Made a client's certificate";
}
