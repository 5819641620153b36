/* fuzz_kex12.c - ServerKeyExchange and ClientKeyExchange of TLS 1.2, of every key exchange: the
 * first byte picks the message and the key exchange. What parses is written, has to parse, and to
 * be written the same again. */
#include "msg/kex12.h"

#include <stdlib.h>

enum { LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum message { SERVER_KEY, CLIENT_KEY, CERTIFICATE, STATUS, REQUEST, TICKET, MESSAGES };

union parsed {
    struct server_key_exchange ske;
    struct client_key_exchange cke;
    struct certificate12 certificate;
    cssl_bytes status;
    struct certificate_request12 request;
    struct new_session_ticket12 ticket;
};

static int parse(enum message which, enum suite_kx kx, union parsed *m, cssl_bytes body,
                 cssl_error *err)
{
    switch (which) {
    case SERVER_KEY: return server_key_exchange_parse(&m->ske, kx, body, err);
    case CLIENT_KEY: return client_key_exchange_parse(&m->cke, kx, body, err);
    case CERTIFICATE: return certificate12_parse(&m->certificate, body, err);
    case STATUS: return certificate_status_parse(&m->status, body, err);
    case REQUEST: return certificate_request12_parse(&m->request, body, err);
    default: return new_session_ticket12_parse(&m->ticket, body, err);
    }
}

static void write_out(enum message which, enum suite_kx kx, struct wr *w, const union parsed *m)
{
    switch (which) {
    case SERVER_KEY: server_key_exchange_write(w, kx, &m->ske); break;
    case CLIENT_KEY: client_key_exchange_write(w, kx, &m->cke); break;
    case CERTIFICATE: certificate12_write(w, &m->certificate); break;
    case STATUS: certificate_status_write(w, m->status); break;
    case REQUEST: certificate_request12_write(w, &m->request); break;
    default: new_session_ticket12_write(w, &m->ticket); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    const enum message which = (enum message)(data[0] % MESSAGES);
    const enum suite_kx kx = (enum suite_kx)(KX_ECDHE + data[0] / MESSAGES % KX_RSA);
    union parsed m, again;
    cssl_error err;
    if (parse(which, kx, &m, bytes_of(data + 1, len - 1), &err) < 0) {
        return err.status == CSSL_ALERT && err.text[0] != '\0' ? 0 : (abort(), 0);
    }
    struct wr first, second;
    wr_init(&first, LIMIT);
    wr_init(&second, LIMIT);
    write_out(which, kx, &first, &m);
    if (!wr_ok(&first) || parse(which, kx, &again, wr_view(&first), &err) < 0) {
        abort();
    }
    write_out(which, kx, &second, &again);
    if (!wr_ok(&second) || !bytes_equal(wr_view(&first), wr_view(&second))) {
        abort();
    }
    wr_free(&first);
    wr_free(&second);
    return 0;
}
