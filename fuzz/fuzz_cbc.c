/*
 * fuzz_cbc.c - opening CBC records of TLS 1.2. The first byte chooses the MAC, the key's length,
 * encrypt-then-MAC, and what the rest is: a record's body; content that is sealed, maybe changed in
 * one byte, and opened; or what stands inside of a record, so that MAC and padding are the
 * fuzzer's. Nothing opens that was not sealed here.
 */
#include "base/error.h"
#include "record/tls_record.h"

#include "base/names.h"

#include <stdlib.h>

enum { BODY, CONTENT, INSIDE, CONTENT_MAX = 4096 };

static struct worker *worker;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    worker = worker_new();
    if (worker == NULL) {
        abort();
    }
    return 0;
}

static void set_key(struct rec_half *h, uint8_t choice, bool encrypt_then_mac)
{
    static const enum hash_alg macs[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384 };
    static const uint8_t key[CBC_KEY_MAX] = { 1 }, mac_key[CBC_MAC_MAX] = { 2 };
    struct cbc_key k = { 0 };
    cbc_key_set(&k, choice & 4 ? 32 : 16, macs[(choice & 3) % 3], encrypt_then_mac, mac_key, key);
    rec_set_cbc(h, &k, NULL, 3);
}

/* open_body opens a copy of a body and says whether that went well. */
static bool open_body(struct rec_half *h, cssl_bytes body, struct rec *rec, uint8_t **record)
{
    cssl_error err;
    *record = malloc(REC_HEADER + body.len);
    if (*record == NULL) {
        abort();
    }
    const uint8_t header[REC_HEADER] = { CT_APPLICATION_DATA, 3, 3, (uint8_t)(body.len >> 8),
                                         (uint8_t)body.len };
    memcpy(*record, header, REC_HEADER);
    if (body.len > 0) {
        memcpy(*record + REC_HEADER, body.data, body.len);
    }
    if (rec_open(h, worker, *record, REC_HEADER + body.len, rec, &err) == 0) {
        return true;
    }
    if (err.reason != CSSL_R_BAD_RECORD_MAC || h->seq != 0) {
        abort();
    }
    return false;
}

static void must_not_open(struct rec_half *h, cssl_bytes body)
{
    struct rec rec;
    uint8_t *record;
    if (open_body(h, body, &rec, &record)) {
        abort();
    }
    free(record);
}

static void try_content(uint8_t choice, cssl_bytes in)
{
    struct rec_half seals = { 0 }, opens = { 0 };
    struct buf wire = { .limit = 1 << 16 };
    struct rec rec;
    uint8_t *record;
    const size_t at = (size_t)in.data[0] << 8 | in.data[1];
    const uint8_t change = in.data[2];
    const cssl_bytes content = bytes_of(in.data + 3, in.len - 3);
    set_key(&seals, choice, choice & 8);
    set_key(&opens, choice, choice & 8);
    if (rec_seal(&seals, worker, CT_APPLICATION_DATA, &content, 1, 0, &wire, NULL) != 0) {
        abort();
    }
    uint8_t *body = wire.data + wire.start + REC_HEADER;
    const size_t len = wire.len - REC_HEADER;
    if (change != 0) {
        body[at % len] ^= change;
        must_not_open(&opens, bytes_of(body, len));
    } else {
        if (!open_body(&opens, bytes_of(body, len), &rec, &record) || rec.len != content.len ||
            (rec.len > 0 && memcmp(rec.data, content.data, rec.len) != 0)) {
            abort();
        }
        free(record);
    }
    buf_free(&wire);
    rec_wipe(&seals);
    rec_wipe(&opens);
}

/* Encrypt-then-MAC encrypts what it is given: without the block of padding and the MAC that come
 * behind it, that is a record of MAC-then-encrypt with these bytes inside. */
static void try_inside(uint8_t choice, cssl_bytes in)
{
    struct rec_half seals = { 0 }, opens = { 0 };
    struct buf wire = { .limit = 1 << 16 };
    const cssl_bytes inside = bytes_of(in.data, in.len / CBC_BLOCK * CBC_BLOCK);
    set_key(&seals, choice, true);
    set_key(&opens, choice, false);
    if (rec_seal(&seals, worker, CT_APPLICATION_DATA, &inside, 1, 0, &wire, NULL) != 0) {
        abort();
    }
    must_not_open(&opens, bytes_of(wire.data + wire.start + REC_HEADER, CBC_BLOCK + inside.len));
    buf_free(&wire);
    rec_wipe(&seals);
    rec_wipe(&opens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 4 || len > CONTENT_MAX) {
        return 0;
    }
    const cssl_bytes rest = bytes_of(data + 1, len - 1);
    struct rec_half h = { 0 };
    switch ((data[0] >> 4) % 3) {
    case BODY:
        set_key(&h, data[0], data[0] & 8);
        must_not_open(&h, rest);
        rec_wipe(&h);
        break;
    case CONTENT: try_content(data[0], rest); break;
    default: try_inside(data[0], rest); break;
    }
    return 0;
}
