/* states.c - the handshake as a table (RFC 8446 appendix A): what comes when, under which keys. */
#include "hs/client13.h"
#include "hs/server13.h"

const struct hs_row hs_rows[HS_STATES] = {
    [HS_DONE] = { .name = "connection" },

    [CLIENT13_START] = { "start", ACCEPT_NOTHING, client13_start },
    [CLIENT13_HELLO] = { "start", ACCEPT_STEP, client13_hello },
    [CLIENT13_WAIT_SH] = { "wait_sh", ACCEPT(HT_SERVER_HELLO), client13_server_hello,
                           .last = true },
    [CLIENT13_RETRY] = { "wait_sh", ACCEPT_NOTHING | ACCEPT_STEP, client13_retry },
    [CLIENT13_SECRET] = { "wait_sh", ACCEPT_STEP, client13_secret, .then_read = KEYS_HANDSHAKE,
                          .then_write = KEYS_HANDSHAKE },
    [CLIENT13_WAIT_EE] = { "wait_ee", ACCEPT(HT_ENCRYPTED_EXTENSIONS),
                           client13_encrypted_extensions },
    [CLIENT13_WAIT_CERT_CR] = { "wait_cert_cr",
                                ACCEPT(HT_CERTIFICATE_REQUEST) | ACCEPT(HT_CERTIFICATE),
                                client13_certificate_request },
    [CLIENT13_WAIT_CERT] = { "wait_cert", ACCEPT(HT_CERTIFICATE), client13_certificate },
    [CLIENT13_WAIT_CV] = { "wait_cv", ACCEPT(HT_CERTIFICATE_VERIFY), client13_certificate_verify },
    [CLIENT13_WAIT_FINISHED] = { "wait_finished", ACCEPT(HT_FINISHED), client13_finished,
                                 .last = true },
    [CLIENT13_CERTIFICATE] = { "wait_finished", ACCEPT_NOTHING, client13_send_certificate,
                               .then_read = KEYS_APPLICATION },
    [CLIENT13_SIGNED] = { "wait_finished", ACCEPT_STEP, client13_signed },
    [CLIENT13_FINISHED] = { "wait_finished", ACCEPT_NOTHING, client13_send_finished,
                            .then_write = KEYS_APPLICATION },

    [SERVER13_START] = { "start", ACCEPT(HT_CLIENT_HELLO), server13_hello, .last = true },
    [SERVER13_RETRY] = { "start", ACCEPT_NOTHING, server13_send_retry },
    [SERVER13_RETRIED] = { "start", ACCEPT(HT_CLIENT_HELLO), server13_hello, .last = true },
    [SERVER13_NEGOTIATED] = { "negotiated", ACCEPT_STEP, server13_send_hello,
                              .then_read = KEYS_HANDSHAKE, .then_write = KEYS_HANDSHAKE },
    [SERVER13_PARAMETERS] = { "negotiated", ACCEPT_NOTHING, server13_send_parameters },
    [SERVER13_SIGNED] = { "negotiated", ACCEPT_STEP, server13_signed },
    [SERVER13_FINISHED] = { "negotiated", ACCEPT_NOTHING, server13_send_finished,
                            .then_write = KEYS_APPLICATION },
    [SERVER13_WAIT_CERT] = { "wait_cert", ACCEPT(HT_CERTIFICATE), server13_certificate },
    [SERVER13_WAIT_CV] = { "wait_cv", ACCEPT(HT_CERTIFICATE_VERIFY), server13_certificate_verify },
    [SERVER13_WAIT_FINISHED] = { "wait_finished", ACCEPT(HT_FINISHED), server13_finished,
                                 .then_read = KEYS_APPLICATION, .last = true },
    [SERVER13_TICKETS] = { "connection", ACCEPT_NOTHING, server13_send_tickets },
};
