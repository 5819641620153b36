/* cert_make.h - what the making commands of `cssl cert` share: the order, and what came of it. */
#ifndef CSSL_CLI_CERT_MAKE_H
#define CSSL_CLI_CERT_MAKE_H

#include "cli/cert.h"
#include "pki/certkey.h"
#include "pki/issue.h"

enum make_what { MAKE_SELF_SIGNED, MAKE_CA, MAKE_ISSUED, MAKE_REQUEST };

/* Options, as the command line gave them. Zeroed: nothing was said. */
struct make_args {
    enum make_what what;
    const char *texts[ISSUE_NAMES_MAX]; /* NAMEs and --name */
    size_t num_texts;
    const char *common_name, *organization;
    bool server, client;
    enum key_type key_type;
    unsigned key_bits;
    const char *use_key;
    long days;
    bool has_start;
    int64_t start;
    int path_len;
    const char *cacert, *cakey, *password_file;
    const char *request;
    bool copy_names;
    const char *out, *cert, *key;
    bool force, json;
};

/* The work, and what it owns: freed by make_free, whatever became of it. */
struct make {
    struct make_args args;
    char *password;
    struct issue_name *names;
    size_t num_names;
    char *common_name;
    struct certkey issuer; /* without certificates: none */
    struct pkey *key;      /* NULL: the key is that of the request */
    bool key_is_new;
    uint8_t *request_der;
    size_t request_len;
    struct request request;
    int64_t not_before, not_after;
    uint8_t *der; /* what was made */
    size_t len;
    char *cert_path, *key_path; /* where it went; key_path NULL: no key was written */
};

/* make_run does what args say and prints what came of it, or why nothing did. Exit code. */
int make_run(const struct make_args *args) CHECK;

/* make_write (cert_write.c) writes the files of what was made. Both or none. */
int make_write(struct make *m, cssl_error *err) CHECK;
/* make_choose_paths fills the paths and refuses files that exist, before any work is done. */
int make_choose_paths(struct make *m, cssl_error *err) CHECK;
/* make_report prints what was made and what to do next, or JSON. Exit code. */
int make_report(const struct make *m) CHECK;

#endif
