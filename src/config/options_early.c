/* options_early.c - checks what belongs to early data (RFC 8446 2.3, 8). Reads no file. */
#include "config/config.h"

#include "base/error.h"

enum {
    SEND_MAX = 65536,    /* in one flight, without an answer */
    TAKE_MAX = EARLY_DATA_MAX,
    WINDOW = 10,         /* RFC 8446 8.3 */
    HASHES = 7,
    BITS = 1 << 20
};

static int check_client(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_server(cssl_config *config, const cssl_options *o, cssl_error *err);

int options_check_early(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    return config->server ? check_server(config, o, err) : check_client(config, o, err);
}

static int check_client(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    if (o->early_data.len == 0) {
        return 0;
    }
    if (o->early_data.len > SEND_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "early_data",
                           "%zu bytes are more than %d, and than any server takes",
                           o->early_data.len, SEND_MAX);
    }
    if (!config->tickets13 || !config->tls13) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "early_data",
                           "it needs TLS 1.3 and session_tickets: it is sent under the keys of an "
                           "earlier connection");
    }
    config->early_data = o->early_data.data;
    config->early_data_len = o->early_data.len;
    return 0;
}

static int check_server(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    const struct {
        const char *option;
        uint32_t given, low, high, by_default;
        uint32_t *to;
    } rows[] = {
        { "max_early_data", o->max_early_data, 1, TAKE_MAX, 0, &config->max_early_data },
        { "anti_replay_window", o->anti_replay_window, 1, REPLAY_WINDOW_MAX, WINDOW,
          &config->anti_replay.window },
        { "anti_replay_hashes", o->anti_replay_hashes, 1, REPLAY_HASHES_MAX, HASHES,
          &config->anti_replay.hashes },
        { "anti_replay_bits", o->anti_replay_bits, REPLAY_BITS_MIN, REPLAY_BITS_MAX, BITS,
          &config->anti_replay.bits },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        *rows[i].to = rows[i].given == 0 ? rows[i].by_default : rows[i].given;
        if (rows[i].given != 0 && (rows[i].given < rows[i].low || rows[i].given > rows[i].high)) {
            return fail_option(err, CSSL_R_OPTION_VALUE, rows[i].option,
                               "%u is not between %u and %u", (unsigned)rows[i].given,
                               (unsigned)rows[i].low, (unsigned)rows[i].high);
        }
        if (i > 0 && rows[i].given != 0 && config->max_early_data == 0) {
            return fail_option(err, CSSL_R_OPTION_CONFLICT, rows[i].option,
                               "it is for servers that take early data: set max_early_data");
        }
    }
    if (config->max_early_data == 0) {
        return 0;
    }
    if (!config->tickets13 || !config->tls13) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "max_early_data",
                           "early data needs TLS 1.3 and session_tickets");
    }
    if (o->ticket_seed.len > 0) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "max_early_data",
                           "servers with one ticket_seed open each other's tickets, but do not "
                           "know what the others have seen: early data could be replayed to each "
                           "of them");
    }
    return 0;
}
