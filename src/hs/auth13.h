/*
 * auth13.h - the authentication messages of TLS 1.3, which are the same for both roles:
 * Certificate, CertificateVerify, Finished (RFC 8446 4.4).
 */
#ifndef CSSL_HS_AUTH13_H
#define CSSL_HS_AUTH13_H

#include "hs/flow.h"

/* auth13_send_certificate sends the chain of ck, or an empty one when ck is NULL. */
int auth13_send_certificate(struct hs *hs, const struct certkey *ck, cssl_error *err) CHECK;
/* auth13_send_request sends CertificateRequest with hs->context, which is empty in a handshake.
 * auth13_pick_own chooses what is shown when one came: hs->own (NULL: nothing), scheme and
 * compression. auth_own_or_none fails if that is nothing and the config will not have it so. */
int auth13_send_request(struct hs *hs, cssl_error *err) CHECK;
int auth13_pick_own(struct hs *hs, const struct certificate_request *cr, cssl_error *err) CHECK;
int auth_own_or_none(const struct hs *hs, cssl_error *err) CHECK;
/* auth13_ask_signature asks for the step that signs the transcript with ck under hs->scheme;
 * auth13_send_verify sends its CertificateVerify. */
int auth13_ask_signature(struct hs *hs, const struct certkey *ck, cssl_error *err) CHECK;
int auth13_send_verify(struct hs *hs, cssl_error *err) CHECK;
int auth13_send_finished(struct hs *hs, cssl_error *err) CHECK;

/* auth13_take_certificate parses the peer's Certificate into conn->peer and, when the config says
 * so, verifies chain and name. *empty tells that there was no certificate in it. */
int auth13_take_certificate(struct hs *hs, const struct hs_msg *m, struct ext_set asked,
                            bool *empty, cssl_error *err) CHECK;
/* auth13_take_client is a server's, in the handshake or later: the next state is with when the
 * client has shown a certificate, and without when it has none and need not have one. */
int auth13_take_client(struct hs *hs, const struct hs_msg *m, enum hs_state with,
                       enum hs_state without, cssl_error *err) CHECK;
/* auth_take_chain parses num certificates into conn->peer, the peer's own first; auth_verify is
 * what comes next. Both versions use it. */
int auth_take_chain(struct hs *hs, const cssl_bytes *certs, size_t num, cssl_error *err) CHECK;
/* auth13_take_verify checks the peer's CertificateVerify over the transcript. */
int auth13_take_verify(struct hs *hs, const struct hs_msg *m, cssl_error *err) CHECK;
int auth13_take_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err) CHECK;

/* auth13_wish is what a peer accepts, from the lists of its ClientHello or CertificateRequest, in
 * memory of the caller. */
struct auth13_wish {
    struct certkey_wish wish;
    uint16_t schemes[64];
    uint16_t cert_schemes[64];
    cssl_bytes authorities[256];
    char name[256];
};
void auth13_wish(struct auth13_wish *w, cssl_bytes schemes, cssl_bytes cert_schemes,
                 cssl_bytes authorities, cssl_bytes name);

/* auth13_handshake_secrets goes on with the shared secret of the step that is done, over
 * ClientHello..ServerHello; auth13_application_secrets over ClientHello..server Finished. Both
 * write their lines of the key log. */
void auth13_handshake_secrets(struct hs *hs);
void auth13_application_secrets(struct hs *hs);

/* auth13_take_session puts what a resumed session had authenticated into the connection. */
int auth13_take_session(struct hs *hs, const struct session *s, cssl_error *err) CHECK;

#endif
