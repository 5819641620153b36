/*
 * pem.c - PEM (RFC 7468): blocks found in a text, strict about labels and base64, indifferent to
 * what stands between the blocks. Opens no file and looks into no DER.
 *
 * A block allocates what its DER needs and no more: at most three quarters of the text.
 */
#include "crypto/pem.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/wire.h"

static const char begin_mark[] = "-----BEGIN ";
static const char end_mark[] = "-----END ";
static const char dashes[] = "-----";
enum { LINE = 64 }; /* characters of base64 in a line that we write */

static bool take_line(cssl_bytes text, size_t *at, cssl_bytes *line);
static bool starts_with(cssl_bytes line, const char *prefix);
static cssl_bytes marked_label(cssl_bytes line, const char *mark);
static int read_block(cssl_bytes text, size_t *at, struct pem_block *block, cssl_error *err);
static size_t count_digits(cssl_bytes text, size_t from, size_t to);
static bool decode(cssl_bytes text, size_t from, size_t to, uint8_t *out, size_t *len);

int pem_next(cssl_bytes text, size_t *at, struct pem_block *block, cssl_error *err)
{
    static const char bom[] = "\xef\xbb\xbf"; /* some editors begin UTF-8 files with it */
    *block = (struct pem_block){ 0 };
    cssl_bytes line;
    while (take_line(text, at, &line)) {
        if (line.data == text.data && starts_with(line, bom)) {
            line = bytes_of(line.data + 3, line.len - 3);
        }
        if (starts_with(line, begin_mark)) {
            cssl_bytes label = marked_label(line, begin_mark);
            if (label.len == 0 || label.len >= sizeof(block->label)) {
                return fail_text(err, CSSL_R_PEM_MALFORMED,
                                 "a line that begins with %sis no whole \"-----BEGIN label-----\"",
                                 begin_mark);
            }
            memcpy(block->label, label.data, label.len);
            int ret = read_block(text, at, block, err);
            if (ret != 0) {
                pem_free(block);
            }
            return ret;
        }
        if (starts_with(line, end_mark)) {
            return fail_text(err, CSSL_R_PEM_MALFORMED, "a block ends that never began");
        }
    }
    return 0;
}

void pem_free(struct pem_block *block)
{
    mem_free_wiped(block->der, block->len);
    *block = (struct pem_block){ 0 };
}

bool pem_looks_like(cssl_bytes text)
{
    size_t len = sizeof(begin_mark) - 1;
    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.data + i, begin_mark, len) == 0) {
            return true;
        }
    }
    return false;
}

int pem_write(const char *label, cssl_bytes der, char **text, size_t *len, cssl_error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct wr w;
    wr_init(&w, SIZE_MAX / 4);
    wr_bytes(&w, bytes_str(begin_mark));
    wr_bytes(&w, bytes_str(label));
    wr_bytes(&w, bytes_str("-----\n"));
    for (size_t i = 0; i < der.len; i += 3) {
        size_t have = min_size(der.len - i, 3);
        uint32_t group = (uint32_t)der.data[i] << 16;
        group |= have > 1 ? (uint32_t)der.data[i + 1] << 8 : 0;
        group |= have > 2 ? der.data[i + 2] : 0;
        wr_u8(&w, (uint8_t)digits[group >> 18]);
        wr_u8(&w, (uint8_t)digits[group >> 12 & 63]);
        wr_u8(&w, (uint8_t)(have > 1 ? digits[group >> 6 & 63] : '='));
        wr_u8(&w, (uint8_t)(have > 2 ? digits[group & 63] : '='));
        if ((i / 3 + 1) % (LINE / 4) == 0 || i + 3 >= der.len) {
            wr_u8(&w, '\n');
        }
    }
    wr_bytes(&w, bytes_str(end_mark));
    wr_bytes(&w, bytes_str(label));
    wr_bytes(&w, bytes_str("-----\n"));
    wr_u8(&w, 0);
    *text = wr_ok(&w) ? mem_copy(w.data, w.len) : NULL;
    *len = *text == NULL ? 0 : w.len - 1;
    wr_free(&w);
    return *text == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}

/* take_line takes the next line without its end, which is LF, CR LF or CR. */
static bool take_line(cssl_bytes text, size_t *at, cssl_bytes *line)
{
    if (*at >= text.len) {
        return false;
    }
    size_t start = *at;
    size_t end = start;
    while (end < text.len && text.data[end] != '\n' && text.data[end] != '\r') {
        end++;
    }
    *line = bytes_of(text.data + start, end - start);
    if (end < text.len && text.data[end] == '\r') {
        end++;
    }
    if (end < text.len && text.data[end] == '\n') {
        end++;
    }
    *at = end;
    return true;
}

static bool starts_with(cssl_bytes line, const char *prefix)
{
    size_t len = strlen(prefix);
    return line.len >= len && memcmp(line.data, prefix, len) == 0;
}

/* marked_label is what stands between mark and the dashes at the end of the line, white space
 * behind them apart; empty when the line is not of that form. */
static cssl_bytes marked_label(cssl_bytes line, const char *mark)
{
    size_t from = strlen(mark);
    size_t end = line.len;
    while (end > 0 && (line.data[end - 1] == ' ' || line.data[end - 1] == '\t')) {
        end--;
    }
    size_t tail = sizeof(dashes) - 1;
    if (!starts_with(line, mark) || end < from + tail ||
        memcmp(line.data + end - tail, dashes, tail) != 0) {
        return bytes_of(NULL, 0);
    }
    cssl_bytes label = bytes_of(line.data + from, end - tail - from);
    for (size_t i = 0; i < label.len; i++) {
        if (label.data[i] < 0x20 || label.data[i] > 0x7e) {
            return bytes_of(NULL, 0);
        }
    }
    return label;
}

/* read_block reads behind a BEGIN line to the END line of the same label. */
static int read_block(cssl_bytes text, size_t *at, struct pem_block *block, cssl_error *err)
{
    size_t from = *at;
    cssl_bytes line;
    size_t to = from;
    bool ended = false;
    while (take_line(text, at, &line)) {
        if (starts_with(line, end_mark)) {
            ended = true;
            break;
        }
        if (starts_with(line, begin_mark)) {
            break;
        }
        if (starts_with(line, "Proc-Type:") || starts_with(line, "DEK-Info:")) {
            return fail_text(err, CSSL_R_PEM_ENCRYPTED,
                             "convert the key with `openssl pkcs8 -topk8`");
        }
        to = *at;
    }
    if (!ended) {
        return fail_text(err, CSSL_R_PEM_MALFORMED, "\"-----BEGIN %s-----\" has no end",
                         block->label);
    }
    cssl_bytes label = marked_label(line, end_mark);
    if (!bytes_equal(label, bytes_str(block->label))) {
        return fail_text(err, CSSL_R_PEM_MALFORMED, "%s begins, and something else ends",
                         block->label);
    }
    size_t digits = count_digits(text, from, to);
    block->der = mem_new(digits / 4 * 3 + 3);
    if (block->der == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    if (!decode(text, from, to, block->der, &block->len)) {
        block->len = digits / 4 * 3 + 3; /* all of it is wiped */
        return fail_text(err, CSSL_R_PEM_MALFORMED, "the base64 of %s is wrong", block->label);
    }
    if (block->len == 0) {
        return fail_text(err, CSSL_R_PEM_MALFORMED, "%s is empty", block->label);
    }
    return 0;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t count_digits(cssl_bytes text, size_t from, size_t to)
{
    size_t num = 0;
    for (size_t i = from; i < to; i++) {
        num += !is_space(text.data[i]);
    }
    return num;
}

/* digit_value is 0..63, or -1. It has no table and no branch: private keys are base64 too. */
static int digit_value(uint8_t c)
{
    int v = -1;
    int ch = c;
    /* Each term is ch's value plus one when ch is in the range, and zero otherwise. */
    v += ((('A' - 1 - ch) & (ch - 'Z' - 1)) >> 8) & (ch - 'A' + 1);
    v += ((('a' - 1 - ch) & (ch - 'z' - 1)) >> 8) & (ch - 'a' + 27);
    v += ((('0' - 1 - ch) & (ch - '9' - 1)) >> 8) & (ch - '0' + 53);
    v += ((('+' - 1 - ch) & (ch - '+' - 1)) >> 8) & 63;
    v += ((('/' - 1 - ch) & (ch - '/' - 1)) >> 8) & 64;
    return v;
}

/* decode wants whole groups of four, padding only at the end, and its unused bits zero. */
static bool decode(cssl_bytes text, size_t from, size_t to, uint8_t *out, size_t *len)
{
    uint32_t group = 0;
    unsigned have = 0;
    unsigned padding = 0;
    *len = 0;
    for (size_t i = from; i < to; i++) {
        uint8_t c = text.data[i];
        if (is_space(c)) {
            continue;
        }
        bool pad = c == '=';
        int value = pad ? 0 : digit_value(c);
        if (value < 0 || (padding > 0 && !pad) || (pad && have < 2)) {
            return false; /* no digit, a digit behind padding, or too much padding */
        }
        padding += pad;
        group = group << 6 | (uint32_t)value;
        have++;
        if (have == 4) {
            uint32_t unused = padding == 0 ? 0 : padding == 1 ? 0xff : 0xffff;
            if ((group & unused) != 0) {
                return false;
            }
            out[(*len)++] = (uint8_t)(group >> 16);
            if (padding < 2) {
                out[(*len)++] = (uint8_t)(group >> 8);
            }
            if (padding < 1) {
                out[(*len)++] = (uint8_t)group;
            }
            group = 0;
            have = 0;
        }
    }
    return have == 0;
}
