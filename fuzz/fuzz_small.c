/* fuzz_small.c - the bodies of the small messages. The first byte picks the message. What parses
 * is written, has to parse, and to be written the same again. */
#include "msg/small.h"

#include <stdlib.h>

enum { LIMIT = 1 << 20 };

union message {
    struct encrypted_extensions ee;
    struct certificate_request cr;
    struct certificate_verify cv;
    struct new_session_ticket ticket;
    bool key_update;
    struct compressed_certificate compressed;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int parse(unsigned which, union message *m, cssl_bytes body, cssl_error *err)
{
    const struct ext_set asked = { .bits = UINT64_MAX };
    switch (which) {
    case 0:
        return encrypted_extensions_parse(&m->ee, body, asked, err);
    case 1:
        return certificate_request_parse(&m->cr, body, err);
    case 2:
        return certificate_verify_parse(&m->cv, body, err);
    case 3:
        return new_session_ticket_parse(&m->ticket, body, err);
    case 4:
        return key_update_parse(&m->key_update, body, err);
    default:
        return compressed_certificate_parse(&m->compressed, body, err);
    }
}

static void write_out(unsigned which, struct wr *w, const union message *m)
{
    switch (which) {
    case 0:
        encrypted_extensions_write(w, &m->ee);
        break;
    case 1:
        certificate_request_write(w, &m->cr);
        break;
    case 2:
        certificate_verify_write(w, &m->cv);
        break;
    case 3:
        new_session_ticket_write(w, &m->ticket);
        break;
    case 4:
        key_update_write(w, m->key_update);
        break;
    default:
        compressed_certificate_write(w, &m->compressed);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    unsigned which = data[0] % 6;
    union message m;
    cssl_error err;
    if (parse(which, &m, bytes_of(data + 1, len - 1), &err) < 0) {
        return err.status == CSSL_ALERT && err.text[0] != '\0' ? 0 : (abort(), 0);
    }
    struct wr first, second;
    wr_init(&first, LIMIT);
    wr_init(&second, LIMIT);
    write_out(which, &first, &m);
    union message again;
    if (!wr_ok(&first) || parse(which, &again, wr_view(&first), &err) < 0) {
        abort();
    }
    write_out(which, &second, &again);
    if (!wr_ok(&second) || !bytes_equal(wr_view(&first), wr_view(&second))) {
        abort();
    }
    wr_free(&first);
    wr_free(&second);
    return 0;
}
