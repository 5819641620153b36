/* cert_facts.h - what a certificate says, in words: for `cssl cert show`, and whoever shows one. */
#ifndef CSSL_CLI_CERT_FACTS_H
#define CSSL_CLI_CERT_FACTS_H

#include "cli/cert.h"

/* A list of short texts. Zeroed memory is an empty one. */
struct texts {
    char **items;
    size_t num;
};
void texts_add(struct texts *list, const char *format, ...) PRINTF_LIKE(2, 3);
void texts_free(struct texts *list);

/* facts_names lists what a certificate is for: localhost, 127.0.0.1, alice@example.org. The same
 * for the contents of a GeneralNames. */
void facts_names(struct texts *list, const struct cert *cert);
void facts_general_names(struct texts *list, cssl_bytes names);
/* facts_uses lists what its key may do: "server", "sign certificates". */
void facts_uses(struct texts *list, const struct cert *cert);
/* facts_extensions lists the names (or numbers) of its extensions, "!" behind critical ones. */
void facts_extensions(struct texts *list, const struct cert *cert);
/* facts_constraints lists "only .example.org" and "not 10.0.0.0/8". */
void facts_constraints(struct texts *list, const struct cert *cert);
/* facts_warnings lists what is wrong with it by itself at this time: expired, weak, nameless. */
void facts_warnings(struct texts *list, const struct cert *cert, int64_t now);
/* facts_validity writes "364 days left", "expired 3 days ago", "begins in 2 days". */
enum { FACTS_VALIDITY_MAX = 48 };
const char *facts_validity(char out[FACTS_VALIDITY_MAX], const struct cert *cert, int64_t now);
/* facts_title is the shortest name: the common name, else the first name, else the subject. */
char *facts_title(const struct cert *cert) CHECK;

#endif
