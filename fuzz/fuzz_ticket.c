/*
 * fuzz_ticket.c - opening tickets. The first byte chooses the clock; the rest is a ticket. A
 * ticket that opens was sealed here before, or the fuzzer has broken AES-GCM.
 */
#include "session/session.h"
#include "session/ticket.h"

#include <stdlib.h>

enum { NOW = 1700000000 };

static struct ticket_keys *keys;
static struct worker *worker;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    static const uint8_t seed[32] = { 7 };
    worker = worker_new();
    keys = ticket_keys_new(bytes_of(seed, sizeof(seed)), 7200, NULL);
    if (worker == NULL || keys == NULL) {
        abort();
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    int64_t now = NOW + data[0] * (int64_t)3600;
    struct wr plain;
    struct wr again;
    cssl_bytes ticket = bytes_of(data + 1, len - 1);
    wr_init(&plain, SESSION_TICKET_MAX);
    if (ticket_open(keys, worker, now, ticket, &plain, NULL) == 0) {
        /* one of the seeds: it must be whole, so cutting it must break it */
        wr_init(&again, SESSION_TICKET_MAX);
        if (ticket_open(keys, worker, now, bytes_of(ticket.data, ticket.len - 1), &again, NULL) ==
            0) {
            abort();
        }
        wr_free(&again);
    } else if (plain.len != 0) {
        abort();
    }
    wr_free(&plain);
    return 0;
}
