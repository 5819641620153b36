/* step.c - runs one public-key operation. Knows no threads, no queue and no engine. */
#include "crypto/step.h"

#include "base/error.h"
#include "base/mem.h"

static int step_input(struct pk_step *step, cssl_bytes in, size_t max, cssl_reason reason,
                      cssl_error *err);
static int step_long_input(struct pk_step *step, cssl_bytes in, cssl_error *err);
static int step_compute(struct pk_step *step);

void pk_step_key_pair(struct pk_step *step, uint16_t group, const struct rand_source *rand)
{
    step->kind = STEP_KEY_PAIR;
    step->group = group;
    if (rand != NULL) {
        step->rand = *rand;
    }
}

int pk_step_key_pair_dh(struct pk_step *step, const struct dh_params *dh, cssl_error *err)
{
    pk_step_key_pair(step, 0, NULL);
    step->dh = mem_copy(dh, sizeof(*dh));
    return step->dh == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}

int pk_step_respond(struct pk_step *step, uint16_t group, const struct rand_source *rand,
                    cssl_bytes peer, cssl_error *err)
{
    pk_step_key_pair(step, group, rand);
    step->kind = STEP_RESPOND;
    return step_input(step, peer, KX_SHARE_MAX, CSSL_R_BAD_KEY_SHARE, err);
}

int pk_step_finish(struct pk_step *step, struct kx *kx, cssl_bytes peer, cssl_error *err)
{
    step->kind = STEP_FINISH;
    step->kx = kx;
    step->group = kx_group(kx);
    return step_input(step, peer, KX_SHARE_MAX, CSSL_R_BAD_KEY_SHARE, err);
}

int pk_step_sign(struct pk_step *step, struct pkey *key, uint16_t scheme, cssl_bytes data,
                 cssl_error *err)
{
    step->kind = STEP_SIGN;
    step->key = pkey_ref(key);
    step->scheme = scheme;
    return step_long_input(step, data, err);
}

int pk_step_encrypt(struct pk_step *step, cssl_bytes spki, const uint8_t *premaster,
                    cssl_error *err)
{
    step->kind = STEP_ENCRYPT;
    memcpy(step->secret, premaster, PREMASTER_RSA);
    step->secret_len = PREMASTER_RSA;
    return step_long_input(step, spki, err);
}

int pk_step_decrypt(struct pk_step *step, struct pkey *key, uint16_t version, cssl_bytes encrypted,
                    cssl_error *err)
{
    step->kind = STEP_DECRYPT;
    step->key = pkey_ref(key);
    step->version = version;
    return step_long_input(step, encrypted, err);
}

void pk_step_run(struct pk_step *step)
{
    if (step->done) {
        return;
    }
    step->status = step_compute(step);
    step->done = true;
}

void pk_step_wipe(struct pk_step *step)
{
    if (step == NULL) {
        return;
    }
    kx_free(step->kx);
    pkey_free(step->key);
    mem_free(step->dh);
    mem_free(step->long_in);
    mem_wipe(step, sizeof(*step));
}

static int step_input(struct pk_step *step, cssl_bytes in, size_t max, cssl_reason reason,
                      cssl_error *err)
{
    if (in.len > max) {
        return fail_text(err, reason, "%zu bytes, the most is %zu", in.len, max);
    }
    if (in.len > 0) {
        memcpy(step->in, in.data, in.len);
    }
    step->in_len = in.len;
    return 0;
}

static int step_long_input(struct pk_step *step, cssl_bytes in, cssl_error *err)
{
    if (in.len > sizeof(step->in) && in.len <= STEP_DATA_MAX) {
        step->long_in = mem_copy(in.data, in.len);
        step->in_len = in.len;
        return step->long_in == NULL ? fail(err, CSSL_R_NOMEM) : 0;
    }
    return step_input(step, in, sizeof(step->in), CSSL_R_ARGUMENT, err);
}

static int step_compute(struct pk_step *step)
{
    cssl_bytes in = bytes_of(step->long_in != NULL ? step->long_in : step->in, step->in_len);
    switch (step->kind) {
    case STEP_KEY_PAIR:
        step->kx = step->dh != NULL ? kx_new_dh(step->dh, &step->error)
                                    : kx_new(step->group, &step->rand, &step->error);
        return step->kx == NULL ? (int)step->error.status : 0;
    case STEP_RESPOND:
        return kx_respond(step->group, &step->rand, in, step->out, &step->out_len, step->secret,
                          &step->secret_len, &step->error);
    case STEP_FINISH: return kx_finish(step->kx, in, step->secret, &step->secret_len, &step->error);
    case STEP_SIGN:
        return pkey_sign(step->key, step->scheme, in, step->out, &step->out_len, &step->error);
    case STEP_ENCRYPT:
        return spki_encrypt(in, bytes_of(step->secret, step->secret_len), step->out,
                            &step->out_len, &step->error);
    case STEP_DECRYPT:
        step->secret_len = PREMASTER_RSA;
        return pkey_decrypt_premaster(step->key, step->version, in, step->secret, &step->error);
    case STEP_NONE: break;
    }
    return fail_text(&step->error, CSSL_R_ARGUMENT, "a step that was never filled cannot be run");
}
