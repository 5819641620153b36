/* limits.c - negotiates how long records may be. Touches no record itself. */
#include "hs/limits.h"

#include "base/error.h"

enum { SIZE_LIMIT_MIN = 64, FRAGMENT_CODES = 4 }; /* RFC 8449 4, RFC 6066 4 */

static size_t size_limit_max(uint16_t version);
static uint16_t fragment_of(uint8_t code);
static uint8_t code_of(uint16_t fragment);
static void agree(struct conn *c, uint16_t version, uint16_t fragment);

void limits_offer(const cssl_config *config, struct client_hello *ch, uint8_t wire[LIMITS_WIRE])
{
    if (config->max_fragment_length != 0) {
        wire[0] = code_of(config->max_fragment_length);
        ch->max_fragment_length = bytes_of(wire, 1);
        ext_add(&ch->has, EXT_MAX_FRAGMENT_LENGTH);
    }
    if (config->record_size_limit != 0) {
        wire[1] = (uint8_t)(config->record_size_limit >> 8);
        wire[2] = (uint8_t)config->record_size_limit;
        ch->record_size_limit = bytes_of(wire + 1, 2);
        ext_add(&ch->has, EXT_RECORD_SIZE_LIMIT);
    }
}

int limits_choose(struct conn *c, uint16_t version, const struct client_hello *ch,
                  cssl_error *err)
{
    uint16_t fragment = 0;
    c->record_size_limit = 0;
    c->own_size_limit = 0;
    if (ext_has(ch->has, EXT_MAX_FRAGMENT_LENGTH)) {
        fragment = fragment_of(ch->max_fragment_length.data[0]);
        if (fragment == 0) {
            return fail_text(err, CSSL_R_MAX_FRAGMENT_LENGTH, "code %u",
                             ch->max_fragment_length.data[0]);
        }
    }
    if (ext_has(ch->has, EXT_RECORD_SIZE_LIMIT)) {
        /* A value beyond what the version allows may be for a version that is unknown here. */
        c->record_size_limit = u16s_at(ch->record_size_limit, 0);
        if (c->record_size_limit < SIZE_LIMIT_MIN) {
            return fail_text(err, CSSL_R_RECORD_SIZE_LIMIT, "%u", c->record_size_limit);
        }
        c->own_size_limit = c->config->record_size_limit != 0 ? c->config->record_size_limit
                                                              : (uint16_t)size_limit_max(version);
        fragment = 0; /* RFC 8449 5: the older extension is ignored */
    }
    agree(c, version, fragment);
    return 0;
}

void limits_answer(const struct conn *c, struct ext_set *has, cssl_bytes *max_fragment_length,
                   cssl_bytes *record_size_limit, uint8_t wire[LIMITS_WIRE])
{
    if (c->record_size_limit != 0) {
        wire[1] = (uint8_t)(c->own_size_limit >> 8);
        wire[2] = (uint8_t)c->own_size_limit;
        *record_size_limit = bytes_of(wire + 1, 2);
        ext_add(has, EXT_RECORD_SIZE_LIMIT);
    } else if (c->max_fragment_length != 0) {
        wire[0] = code_of(c->max_fragment_length);
        *max_fragment_length = bytes_of(wire, 1);
        ext_add(has, EXT_MAX_FRAGMENT_LENGTH);
    }
}

int limits_take(struct conn *c, uint16_t version, struct ext_set has,
                cssl_bytes max_fragment_length, cssl_bytes record_size_limit, cssl_error *err)
{
    uint16_t fragment = 0;
    c->record_size_limit = 0;
    c->own_size_limit = 0;
    if (ext_has(has, EXT_RECORD_SIZE_LIMIT)) {
        if (ext_has(has, EXT_MAX_FRAGMENT_LENGTH)) { /* RFC 8449 5 */
            return fail_text(err, CSSL_R_RECORD_SIZE_LIMIT, "max_fragment_length came with it");
        }
        c->record_size_limit = u16s_at(record_size_limit, 0);
        c->own_size_limit = c->config->record_size_limit;
        if (c->record_size_limit < SIZE_LIMIT_MIN ||
            c->record_size_limit > size_limit_max(version)) {
            return fail_text(err, CSSL_R_RECORD_SIZE_LIMIT, "%u", c->record_size_limit);
        }
    }
    if (ext_has(has, EXT_MAX_FRAGMENT_LENGTH)) {
        fragment = fragment_of(max_fragment_length.data[0]);
        if (fragment == 0 || fragment != c->config->max_fragment_length) {
            return fail_text(err, CSSL_R_MAX_FRAGMENT_LENGTH, "code %u was not asked for",
                             max_fragment_length.data[0]);
        }
    }
    agree(c, version, fragment);
    return 0;
}

void limits_start(struct conn *c, bool reading)
{
    struct rec_half *half = reading ? &c->read : &c->write;
    const uint16_t type = c->version == TLS_1_3; /* it stands inside of the plaintext */
    const size_t most = size_limit_max(c->version);
    half->limit = 0;
    if (c->record_size_limit != 0) {
        half->limit = (uint16_t)min_size(reading ? c->own_size_limit : c->record_size_limit, most);
    } else if (c->max_fragment_length != 0) {
        half->limit = (uint16_t)(c->max_fragment_length + type);
    }
}

/* RFC 6066 4: max_fragment_length holds at once, in the clear too, where TLS 1.2 still is then. */
static void agree(struct conn *c, uint16_t version, uint16_t fragment)
{
    c->max_fragment_length = fragment;
    if (fragment != 0 && version == TLS_1_2) {
        c->read.limit = fragment;
        c->write.limit = fragment;
    }
}

/* RFC 8449 4: in TLS 1.3 the content type counts. */
static size_t size_limit_max(uint16_t version)
{
    return (size_t)REC_PLAIN_MAX + (version == TLS_1_3);
}

static uint16_t fragment_of(uint8_t code)
{
    return code >= 1 && code <= FRAGMENT_CODES ? (uint16_t)(256U << code) : 0;
}

static uint8_t code_of(uint16_t fragment)
{
    uint8_t code = 1;
    while (code < FRAGMENT_CODES && fragment_of(code) != fragment) {
        code++;
    }
    return code;
}
