/* reassemble.h - joins handshake fragments into messages, and cuts records into messages. */
#ifndef CSSL_HS_REASSEMBLE_H
#define CSSL_HS_REASSEMBLE_H

#include "base/buf.h"

enum {
    HANDSHAKE_HEADER = 4,
    CLIENT_HELLO_MAX = 65536,
    MESSAGE_MAX = 16384
};

/* Zeroed memory is ready. Memory is used for a message that did not come in one piece alone. */
struct reassemble {
    struct buf partial;
};

/* reassemble_next takes handshake bytes from the front of *in. When they complete a message it
 * gives it, with its header, as a view into in or into r; else message->data is NULL, and all of
 * *in is kept. max_certificate bounds Certificate messages; the others have bounds of their own.
 * A message that is too long is CSSL_R_MESSAGE_TOO_LONG as soon as its header is there. The view
 * is valid until reassemble_done, which must be called before the next message is asked for. */
int reassemble_next(struct reassemble *r, cssl_bytes *in, size_t max_certificate,
                    cssl_bytes *message, cssl_error *err) CHECK;
void reassemble_done(struct reassemble *r);
/* reassemble_pending says whether a part of a message is waiting for its rest. */
static inline bool reassemble_pending(const struct reassemble *r)
{
    return r->partial.len > 0;
}
void reassemble_free(struct reassemble *r);

#endif
