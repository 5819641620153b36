/*
 * form.h - the shapes of extension bodies, and a message's extension block as a table of them.
 *
 * A row says: this extension has that shape and goes into this field. One table serves for reading
 * and, in its order, for writing. Which extension may stand where is ext.h's business.
 */
#ifndef CSSL_MSG_FORM_H
#define CSSL_MSG_FORM_H

#include "msg/ext.h"

enum form {
    FORM_OWN,       /* the row's own functions */
    FORM_EMPTY,     /* nothing at all */
    FORM_RAW,       /* anything */
    FORM_BYTES8,    /* a vector<1..2^8-1> */
    FORM_BYTES8_0,  /* a vector<0..2^8-1> */
    FORM_BYTES16,   /* a vector<1..2^16-1> */
    FORM_U16S8,     /* uint16 list<2..2^8-2> */
    FORM_U16S16,    /* uint16 list<2..2^16-2> */
    FORM_LIST_OF_8, /* list<..2^16-1> of vector<1..2^8-1>, one at least */
    FORM_LIST_OF_16, /* list<..2^16-1> of vector<1..2^16-1>, one at least */
    FORM_ONE_OF_8,  /* such a list of vector<1..2^8-1> with one alone, which the field is */
    FORM_FIXED1,    /* one byte */
    FORM_FIXED2     /* two bytes */
};

struct form_row {
    uint16_t type;
    enum form form;
    size_t field; /* offset of a cssl_bytes in the message; not for FORM_OWN and FORM_EMPTY */
    int (*parse)(void *message, struct rd *data, enum ext_place place, cssl_error *err);
    void (*write)(struct wr *w, const void *message);
};

/* form_block_parse walks over all extensions and fills the fields of those that have a row. It
 * refuses bodies that are malformed (decode_error). walk->seen is then what the block has. */
int form_block_parse(struct ext_walk *walk, const struct form_row *rows, size_t num, void *message,
                     cssl_error *err) CHECK;
/* form_block_write writes the extensions of has that have a row, in the rows' order; a row of
 * FORM_OWN without a write function is left to the caller. */
void form_block_write(struct wr *w, const struct form_row *rows, size_t num, const void *message,
                      struct ext_set has);

/* form_list_ok: list consists of vectors with a length of 8 or 16 bits, none of them empty, and
 * has one at least. */
bool form_list_ok(cssl_bytes list, enum form form) CHECK;

#endif
