/* facts.h - what is known of one connection, for people and for scripts: addresses, what was
 * negotiated, certificates. Decides nothing and opens nothing. */
#ifndef CSSL_CLI_FACTS_H
#define CSSL_CLI_FACTS_H

#include "cli/cli.h"

#include <sys/socket.h>

enum { ADDRESS_MAX = 80 };
/* facts_address writes "192.0.2.1:443" or "[2001:db8::1]:443". */
void facts_address(char out[ADDRESS_MAX], const struct sockaddr_storage *address);
/* facts_peer and facts_local write a connection's addresses, "unknown" when there is none. */
void facts_peer(char out[ADDRESS_MAX], const cssl_socket *s);
void facts_local(char out[ADDRESS_MAX], const cssl_socket *s);

/* The facts by name; facts_next goes through those that people are shown. */
json_t *facts_of(const cssl_socket *s) CHECK;
/* facts_next gives the label and the value of fact i as text (freed by the caller), or NULL behind
 * the last one. Facts that do not apply are left out: *i is moved on. */
char *facts_next(const json_t *facts, size_t *i, const char **label) CHECK;

/* facts_certificate is one certificate as JSON: subject, issuer, validity, SHA-256; NULL when der
 * is no certificate. */
json_t *facts_certificate(cssl_bytes der) CHECK;
/* facts_subject writes the subject of certificate 0, or "" when the peer showed none. */
enum { SUBJECT_MAX = 160 };
void facts_subject(char out[SUBJECT_MAX], const cssl_socket *s);

/* facts_print shows the facts on f, one a line, then the peer's certificates. */
void facts_print(FILE *f, const json_t *facts);
/* facts_print_chain shows the certificates of an array of facts_certificate. */
void facts_print_chain(FILE *f, const json_t *certificates);

/* facts_error is an error as JSON: status, reason, alert, text. */
json_t *facts_error(const cssl_error *err) CHECK;

#endif
