/* states.c - the handshake as a table (RFC 8446 appendix A): what comes when, under which keys. */
#include "hs/client12.h"
#include "hs/client13.h"
#include "hs/server12.h"
#include "hs/server13.h"

/* Certificate of TLS 1.3 may be compressed where that was offered, which the driver looks after. */
#define ACCEPT_CERTIFICATE13 (ACCEPT(HT_CERTIFICATE) | ACCEPT(HT_COMPRESSED_CERTIFICATE))

const struct hs_row hs_rows[HS_STATES] = {
    [HS_DONE] = { .name = "connection" },

    [CLIENT13_START] = { "start", ACCEPT_NOTHING, client13_start },
    [CLIENT13_HELLO] = { "start", ACCEPT_STEP, client13_hello },
    [CLIENT13_WAIT_SH] = { "wait_sh", ACCEPT(HT_SERVER_HELLO), client13_server_hello },
    [CLIENT13_RETRY] = { "wait_sh", ACCEPT_NOTHING | ACCEPT_STEP, client13_retry },
    [CLIENT13_SECRET] = { "wait_sh", ACCEPT_STEP, client13_secret, .then_read = KEYS_HANDSHAKE,
                          .then_write = KEYS_HANDSHAKE },
    [CLIENT13_WAIT_EE] = { "wait_ee", ACCEPT(HT_ENCRYPTED_EXTENSIONS),
                           client13_encrypted_extensions },
    [CLIENT13_WAIT_CERT_CR] = { "wait_cert_cr",
                                ACCEPT(HT_CERTIFICATE_REQUEST) | ACCEPT_CERTIFICATE13,
                                client13_certificate_request },
    [CLIENT13_WAIT_CERT] = { "wait_cert", ACCEPT_CERTIFICATE13, client13_certificate },
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
    [SERVER13_WAIT_CERT] = { "wait_cert", ACCEPT_CERTIFICATE13, server13_certificate },
    [SERVER13_WAIT_CV] = { "wait_cv", ACCEPT(HT_CERTIFICATE_VERIFY), server13_certificate_verify },
    [SERVER13_WAIT_FINISHED] = { "wait_finished", ACCEPT(HT_FINISHED), server13_finished,
                                 .then_read = KEYS_APPLICATION, .last = true },
    [SERVER13_TICKETS] = { "connection", ACCEPT_NOTHING, server13_send_tickets },

    [CLIENT12_WAIT_CERT] = { "certify", ACCEPT(HT_CERTIFICATE), client12_certificate },
    [CLIENT12_WAIT_SKE] = { "certify", ACCEPT(HT_SERVER_KEY_EXCHANGE),
                            client12_server_key_exchange },
    [CLIENT12_WAIT_SHD] = { "certify",
                            ACCEPT(HT_CERTIFICATE_REQUEST) | ACCEPT(HT_SERVER_HELLO_DONE),
                            client12_server_hello_done },
    [CLIENT12_KEY_EXCHANGE] = { "certify", ACCEPT_STEP, client12_send_key_exchange },
    [CLIENT12_SECRET] = { "certify", ACCEPT_STEP, client12_secret },
    [CLIENT12_SIGNED] = { "certify", ACCEPT_STEP, client12_signed },
    [CLIENT12_CCS] = { "cipher", ACCEPT_NOTHING, client12_send_ccs,
                       .then_write = KEYS_APPLICATION },
    [CLIENT12_FINISHED] = { "cipher", ACCEPT_NOTHING, client12_send_finished },
    [CLIENT12_WAIT_TICKET] = { "cipher", ACCEPT(HT_NEW_SESSION_TICKET), client12_ticket },
    [CLIENT12_WAIT_CCS] = { "cipher", ACCEPT_CCS, client12_ccs, .then_read = KEYS_APPLICATION },
    [CLIENT12_WAIT_FINISHED] = { "cipher", ACCEPT(HT_FINISHED), client12_finished, .last = true },

    [SERVER12_PARAMS] = { "hello", ACCEPT_STEP, server12_params },
    [SERVER12_HELLO] = { "hello", ACCEPT_STEP, server12_send_hello },
    [SERVER12_WAIT_CERT] = { "certify", ACCEPT(HT_CERTIFICATE), server12_certificate },
    [SERVER12_WAIT_CKE] = { "certify", ACCEPT(HT_CLIENT_KEY_EXCHANGE),
                            server12_client_key_exchange },
    [SERVER12_SECRET] = { "certify", ACCEPT_STEP, server12_secret },
    [SERVER12_WAIT_CV] = { "wait_cert_verify", ACCEPT(HT_CERTIFICATE_VERIFY),
                           server12_certificate_verify },
    [SERVER12_WAIT_CCS] = { "cipher", ACCEPT_CCS, server12_ccs, .then_read = KEYS_APPLICATION },
    [SERVER12_WAIT_FINISHED] = { "cipher", ACCEPT(HT_FINISHED), server12_finished, .last = true },
    [SERVER12_RESUME] = { "abbreviated", ACCEPT_NOTHING, server12_send_resumed_hello },
    [SERVER12_CCS] = { "cipher", ACCEPT_NOTHING, server12_send_ccs,
                       .then_write = KEYS_APPLICATION },
    [SERVER12_FINISHED] = { "cipher", ACCEPT_NOTHING, server12_send_finished },
};
