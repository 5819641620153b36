/* form.c - reads and writes extension bodies by their shape. Knows no extension by name. */
#include "msg/form.h"

#include "base/error.h"

static int row_parse(const struct form_row *row, void *message, struct ext e, enum ext_place place,
                     cssl_error *err);
static bool shape_read(enum form form, struct rd *data, cssl_bytes *out);
static void shape_write(enum form form, struct wr *w, cssl_bytes value);

int form_block_parse(struct ext_walk *walk, const struct form_row *rows, size_t num, void *message,
                     cssl_error *err)
{
    for (;;) {
        struct ext e;
        int status = ext_next(walk, &e, err);
        if (status < 0 || e.data.data == NULL) {
            return status;
        }
        for (size_t i = 0; i < num; i++) {
            if (rows[i].type == e.type) {
                status = row_parse(&rows[i], message, e, walk->place, err);
                if (status < 0) {
                    return status;
                }
                break;
            }
        }
    }
}

void form_block_write(struct wr *w, const struct form_row *rows, size_t num, const void *message,
                      struct ext_set has)
{
    for (size_t i = 0; i < num; i++) {
        const struct form_row *row = &rows[i];
        if (!ext_has(has, row->type) || (row->form == FORM_OWN && row->write == NULL)) {
            continue;
        }
        wr_u16(w, row->type);
        wr_open16(w);
        if (row->form == FORM_OWN) {
            row->write(w, message);
        } else if (row->form != FORM_EMPTY) {
            const void *field = (const char *)message + row->field;
            shape_write(row->form, w, *(const cssl_bytes *)field);
        }
        wr_close(w);
    }
}

bool form_list_ok(cssl_bytes list, enum form form)
{
    struct rd r = rd_of(list);
    size_t num = 0;
    while (rd_more(&r)) {
        cssl_bytes one = form == FORM_LIST_OF_8 ? rd_view8(&r) : rd_view16(&r);
        if (one.len == 0) {
            return false;
        }
        num++;
    }
    return rd_done(&r) && num > 0;
}

static int row_parse(const struct form_row *row, void *message, struct ext e, enum ext_place place,
                     cssl_error *err)
{
    struct rd data = rd_of(e.data);
    if (row->form == FORM_OWN) {
        int status = row->parse(message, &data, place, err);
        if (status < 0) {
            return status;
        }
    } else {
        cssl_bytes value = { .data = NULL };
        if (!shape_read(row->form, &data, &value)) {
            return ext_fail(err, CSSL_R_EXTENSION_MALFORMED, e.type, place);
        }
        if (row->form != FORM_EMPTY) {
            void *field = (char *)message + row->field;
            *(cssl_bytes *)field = value;
        }
    }
    return rd_done(&data) ? 0 : ext_fail(err, CSSL_R_EXTENSION_MALFORMED, e.type, place);
}

/* shape_read checks a body's shape; that nothing is left behind it, row_parse looks after. */
static bool shape_read(enum form form, struct rd *data, cssl_bytes *out)
{
    switch (form) {
    case FORM_OWN:
        break;
    case FORM_EMPTY:
        return true;
    case FORM_RAW:
        *out = rd_rest(data);
        return true;
    case FORM_BYTES8:
        *out = rd_view8(data);
        return out->len > 0;
    case FORM_BYTES8_0:
        *out = rd_view8(data);
        return true;
    case FORM_BYTES16:
        *out = rd_view16(data);
        return out->len > 0;
    case FORM_U16S8:
        *out = rd_view8(data);
        return out->len > 0 && out->len % 2 == 0;
    case FORM_U16S16:
        *out = rd_view16(data);
        return out->len > 0 && out->len % 2 == 0;
    case FORM_LIST_OF_8:
    case FORM_LIST_OF_16:
        *out = rd_view16(data);
        return form_list_ok(*out, form);
    case FORM_ONE_OF_8: {
        struct rd list = rd_vec16(data);
        *out = rd_view8(&list);
        return rd_done(&list) && out->len > 0;
    }
    case FORM_FIXED1:
        *out = rd_bytes(data, 1);
        return true;
    case FORM_FIXED2:
        *out = rd_bytes(data, 2);
        return true;
    }
    return false;
}

static void shape_write(enum form form, struct wr *w, cssl_bytes value)
{
    switch (form) {
    case FORM_OWN:
    case FORM_EMPTY:
        break;
    case FORM_RAW:
    case FORM_FIXED1:
    case FORM_FIXED2:
        wr_bytes(w, value);
        break;
    case FORM_BYTES8:
    case FORM_BYTES8_0:
    case FORM_U16S8:
        wr_vec8(w, value);
        break;
    case FORM_BYTES16:
    case FORM_U16S16:
    case FORM_LIST_OF_8:
    case FORM_LIST_OF_16:
        wr_vec16(w, value);
        break;
    case FORM_ONE_OF_8:
        wr_open16(w);
        wr_vec8(w, value);
        wr_close(w);
        break;
    }
}
