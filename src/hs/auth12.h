/* auth12.h - what both roles of TLS 1.2 share: Certificate, signatures, Finished, secrets. */
#ifndef CSSL_HS_AUTH12_H
#define CSSL_HS_AUTH12_H

#include "hs/flow.h"

/* ecdhe12 says whether a group can be used with ECDHE in TLS 1.2 (RFC 8422, not RFC 7919). */
bool ecdhe12(uint16_t group);
/* scheme12_fits says whether scheme signs with keys of a suite's kind. */
bool scheme12_fits(uint16_t scheme, enum suite_auth auth);
/* scheme_of_12: TLS 1.2 signs with it at all. ML-DSA is of TLS 1.3 alone. */
bool scheme_of_12(uint16_t scheme);

int auth12_send_certificate(struct hs *hs, const struct certkey *ck, cssl_error *err) CHECK;
/* auth12_send_status sends hs->staple as CertificateStatus (RFC 6066 8). */
int auth12_send_status(struct hs *hs, cssl_error *err) CHECK;
/* auth12_take_certificate parses the peer's Certificate; the chain is verified at once unless a
 * CertificateStatus is to come. */
int auth12_take_certificate(struct hs *hs, const struct hs_msg *m, bool *empty,
                            cssl_error *err) CHECK;
/* auth12_check_key: the server's certificate has a key of the suite's kind, on a curve that was
 * offered (RFC 8422 5.4). */
int auth12_check_key(const struct hs *hs, cssl_error *err) CHECK;
/* auth12_check_signature checks the peer's signature over data, made under scheme. */
int auth12_check_signature(struct hs *hs, uint16_t scheme, cssl_bytes data, cssl_bytes sig,
                           cssl_error *err) CHECK;
int auth12_send_finished(struct hs *hs, cssl_error *err) CHECK;
int auth12_take_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err) CHECK;
/* auth12_secret derives the master secret from what was exchanged, and forgets that. */
void auth12_secret(struct hs *hs);
/* auth12_use_master takes the master secret into use: for exporters and the key log. */
void auth12_use_master(struct hs *hs);
/* auth12_settle settles suite, randoms and transcript. */
/* auth12_settle_etm settles for the suite in use whether it is encrypt-then-MAC. */
int auth12_settle_etm(struct hs *hs, bool agreed, cssl_error *err) CHECK;
void auth12_settle(struct hs *hs, uint16_t suite, const uint8_t *client_random,
                   const uint8_t *server_random);
/* signed12 writes what ServerKeyExchange signs: the randoms and params. */
void signed12(struct wr *w, const struct conn *c, cssl_bytes params);

#endif
