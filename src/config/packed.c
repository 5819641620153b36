/* packed.c - compresses a config's certificate chains when it is made. Sends nothing. */
#include "config/packed.h"

#include "base/error.h"
#include "base/mem.h"
#include "msg/compress.h"

enum { HEADER = 2 + 3 + 3 }; /* what CompressedCertificate puts before the compressed bytes */

static int pack(struct packed_chain *p, cssl_bytes body, uint16_t algorithm, cssl_error *err);

void certificate_of(struct certificate *c, const struct certkey *ck, bool raw)
{
    *c = (struct certificate){ .num_entries = 0 };
    if (ck != NULL && raw) {
        c->entries[0].cert = certkey_spki(ck);
        c->num_entries = 1;
        return;
    }
    for (size_t i = 0; ck != NULL && i < ck->num_certs && i < CERTIFICATE_ENTRIES_MAX; i++) {
        c->entries[i].cert = cert_der(ck->certs[i]);
        c->num_entries = i + 1;
    }
}

int config_pack(cssl_config *config, cssl_error *err)
{
    const struct codes *algorithms = &config->compression;
    size_t num = config->num_certkeys * algorithms->num;
    if (num == 0) {
        return 0;
    }
    config->packed = mem_new_array(num, sizeof(*config->packed));
    if (config->packed == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    int ret = 0;
    for (size_t i = 0; ret == 0 && i < num; i++) {
        if (config->certkeys[i / algorithms->num].num_certs == 0) {
            continue; /* a key alone is as short as it can be */
        }
        struct certificate c;
        struct wr body;
        wr_init(&body, UINT32_MAX >> 8);
        certificate_of(&c, &config->certkeys[i / algorithms->num], false);
        certificate_write(&body, &c);
        ret = wr_ok(&body) ? pack(&config->packed[i], wr_view(&body),
                                  algorithms->list[i % algorithms->num], err)
                           : fail(err, CSSL_R_NOMEM);
        wr_free(&body);
    }
    return ret;
}

const struct packed_chain *config_packed(const cssl_config *config, const struct certkey *ck,
                                         uint16_t algorithm)
{
    size_t at = (size_t)(ck - config->certkeys) * config->compression.num;
    for (size_t i = 0; config->compression.list[i] != algorithm; i++) {
        at++;
    }
    return &config->packed[at];
}

void config_unpack(cssl_config *config)
{
    size_t num = config->packed == NULL ? 0 : config->num_certkeys * config->compression.num;
    for (size_t i = 0; i < num; i++) {
        mem_free(config->packed[i].data);
    }
    mem_free(config->packed);
}

static int pack(struct packed_chain *p, cssl_bytes body, uint16_t algorithm, cssl_error *err)
{
    struct wr w;
    wr_init(&w, UINT32_MAX >> 8);
    int ret = compress_write(&w, algorithm, body, true, err);
    if (ret == 0 && !wr_ok(&w)) {
        ret = fail(err, CSSL_R_NOMEM);
    }
    if (ret == 0 && w.len + HEADER < body.len) {
        p->length = (uint32_t)body.len;
        p->len = w.len;
        p->data = mem_copy(w.data, w.len);
        ret = p->data == NULL ? fail(err, CSSL_R_NOMEM) : 0;
    }
    wr_free(&w);
    return ret;
}
