/*
 * ext.h - the table of extensions: which may stand in which message (RFC 8446 4.2), and the walk
 * over an extension block that enforces it.
 *
 * The walk refuses, in one place: a block that is malformed or has more than EXT_MAX extensions
 * (decode_error), an extension twice (illegal_parameter) - these before it hands out the first -
 * and then, one by one, a known one in a message where it does not belong (illegal_parameter), an
 * answer to what was not asked (unsupported_extension).
 */
#ifndef CSSL_MSG_EXT_H
#define CSSL_MSG_EXT_H

#include "base/names.h"
#include "base/wire.h"

enum { EXT_MAX = 64 };

enum ext_place {
    IN_CLIENT_HELLO,
    IN_SERVER_HELLO, /* of TLS 1.3 */
    IN_HELLO_RETRY_REQUEST,
    IN_ENCRYPTED_EXTENSIONS,
    IN_CERTIFICATE_REQUEST,
    IN_CERTIFICATE,
    IN_NEW_SESSION_TICKET,
    IN_SERVER_HELLO_12
};

/* A set of known extensions. */
struct ext_set {
    uint64_t bits;
};

/* ext_has and ext_add: membership. An extension that the table does not know is never a member. */
bool ext_has(struct ext_set set, uint16_t extension);
void ext_add(struct ext_set *set, uint16_t extension);

/* ext_is_known: the table has it. ext_may_stand: the table has it and allows it in that message. */
bool ext_is_known(uint16_t extension);
bool ext_may_stand(uint16_t extension, enum ext_place place);
/* ext_place_name is the message's name, for texts. */
const char *ext_place_name(enum ext_place place);

/* One extension of a block. */
struct ext {
    uint16_t type;
    cssl_bytes data;
};

/* A walk. Zeroed but for block and place (and asked, for answers) it is ready. */
struct ext_walk {
    struct rd block;        /* without its length */
    enum ext_place place;
    struct ext_set asked;   /* answers: what the request had; the cookie of HRR is always allowed */
    struct ext_set seen;    /* known ones that were met */
    bool checked;           /* the block's form, before anything in it is judged */
    size_t num;             /* how many there are in all of the block */
    uint16_t types[EXT_MAX];
};

/* ext_next gives the next extension, or one with data.data == NULL and type 0xffff at the end.
 * Unknown ones come too where they are allowed (ClientHello, CertificateRequest,
 * NewSessionTicket): the caller passes over them. */
int ext_next(struct ext_walk *walk, struct ext *e, cssl_error *err) CHECK;

/* ext_fail is fail with the extension's and the message's name behind the reason's text. */
int ext_fail(cssl_error *err, cssl_reason reason, uint16_t extension, enum ext_place place);

#endif
