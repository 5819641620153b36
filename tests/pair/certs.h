/*
 * certs.h - identities for tests: chain and key in one PEM text each. Servers are for server.test,
 * other.test and 127.0.0.1; clients for client.test. Valid from 2020 to 2049.
 */
#ifndef CSSL_TEST_PAIR_CERTS_H
#define CSSL_TEST_PAIR_CERTS_H

extern const char pair_root[];     /* the authority */
extern const char pair_stranger[]; /* another authority */
extern const char pair_root2[];    /* and one more, that clients may be told to trust */

extern const char pair_p256[]; /* with an intermediate */
extern const char pair_p384[];
extern const char pair_p521[];
extern const char pair_ed25519[];
extern const char pair_ed448[];
extern const char pair_rsa[];
extern const char pair_rsa_pss[];
extern const char pair_rsa_encipher[]; /* root2's; may encrypt keys and nothing else */
extern const char pair_impostor[]; /* the stranger's */
extern const char pair_ending[];   /* ends at 2027-01-15 09:00:00 UTC */

extern const char pair_client[]; /* with an intermediate */
extern const char pair_client_ed25519[];
extern const char pair_client_rsa[];
extern const char pair_client_ending[]; /* ends like pair_ending */
extern const char pair_client_stranger[];

#endif
