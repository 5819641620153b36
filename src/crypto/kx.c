/* kx.c - key exchange by group: the table of groups, each of which is (EC)DHE, ML-KEM, or both.
 * The algorithms themselves are in kx_ec.c, kx_xdh.c, kx_ffdhe.c and kx_kem.c. */
#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "crypto/kx_impl.h"

struct kem_row {
    const char *name;
    uint16_t public_len, ciphertext_len;
};

static const struct kem_row mlkem512 = { "ML-KEM-512", 800, 768 };
static const struct kem_row mlkem768 = { "ML-KEM-768", 1184, 1088 };
static const struct kem_row mlkem1024 = { "ML-KEM-1024", 1568, 1568 };
enum { KEM_SECRET = 32 };

struct group_row {
    uint16_t group;
    uint16_t dh_share, dh_secret; /* lengths */
    const struct kx_dh *dh;       /* NULL: ML-KEM alone */
    int param;
    const struct kem_row *kem; /* NULL: (EC)DHE alone */
    bool kem_first;            /* X25519MLKEM768 alone has ML-KEM in front */
};

static const struct group_row rows[] = {
    { GROUP_X25519, 32, 32, &kx_dh_xdh, XDH_X25519, NULL, false },
    { GROUP_X448, 56, 56, &kx_dh_xdh, XDH_X448, NULL, false },
    { GROUP_SECP256R1, 65, 32, &kx_dh_ec, EC_P256, NULL, false },
    { GROUP_SECP384R1, 97, 48, &kx_dh_ec, EC_P384, NULL, false },
    { GROUP_SECP521R1, 133, 66, &kx_dh_ec, EC_P521, NULL, false },
    { GROUP_FFDHE2048, 256, 256, &kx_dh_ffdhe, GROUP_FFDHE2048, NULL, false },
    { GROUP_FFDHE3072, 384, 384, &kx_dh_ffdhe, GROUP_FFDHE3072, NULL, false },
    { GROUP_FFDHE4096, 512, 512, &kx_dh_ffdhe, GROUP_FFDHE4096, NULL, false },
    { GROUP_X25519MLKEM768, 32, 32, &kx_dh_xdh, XDH_X25519, &mlkem768, true },
    { GROUP_SECP256R1MLKEM768, 65, 32, &kx_dh_ec, EC_P256, &mlkem768, false },
    { GROUP_SECP384R1MLKEM1024, 97, 48, &kx_dh_ec, EC_P384, &mlkem1024, false },
    { GROUP_MLKEM512, 0, 0, NULL, 0, &mlkem512, false },
    { GROUP_MLKEM768, 0, 0, NULL, 0, &mlkem768, false },
    { GROUP_MLKEM1024, 0, 0, NULL, 0, &mlkem1024, false },
};

struct kx {
    const struct group_row *row;
    struct group_row own; /* that row points to when the group has no name */
    struct kx_half dh, kem;
    uint16_t share_len;
    uint8_t share[]; /* share_len bytes */
};

static const struct group_row *row_of(uint16_t group);
static void half_free(struct kx_half *half);
static int unavailable(uint16_t group, cssl_error *err);

/* A share or a secret cut into the parts of its two algorithms. */
struct parts {
    size_t dh_at, kem_at;
};

static struct parts parts_of(const struct group_row *row, size_t dh_len, size_t kem_len)
{
    return row->kem_first ? (struct parts){ .dh_at = kem_len } : (struct parts){ .kem_at = dh_len };
}

static size_t share_len(const struct group_row *row, bool from_server)
{
    size_t kem_len = row->kem == NULL ? 0
                     : from_server    ? row->kem->ciphertext_len
                                      : row->kem->public_len;
    return row->dh_share + kem_len;
}

bool kx_has_kem(uint16_t group)
{
    const struct group_row *row = row_of(group);
    return row != NULL && row->kem != NULL;
}

bool kx_available(uint16_t group)
{
    const struct group_row *row = row_of(group);
    return row != NULL && (row->kem == NULL || kem_available(row->kem->name));
}

size_t kx_share_len(uint16_t group, bool from_server)
{
    const struct group_row *row = row_of(group);
    return row == NULL ? 0 : share_len(row, from_server);
}

/* pair makes the DH part's pair, if there is one. */
static int pair(const struct group_row *row, const struct rand_source *rand, struct kx_half *half,
                uint8_t *share, cssl_error *err)
{
    return row->dh == NULL ? 0 : row->dh->pair(row->param, rand, half, share, err);
}

struct kx *kx_new(uint16_t group, const struct rand_source *rand, cssl_error *err)
{
    const struct group_row *row = row_of(group);
    if (!kx_available(group)) {
        (void)unavailable(group, err);
        return NULL;
    }
    size_t len = kx_share_len(group, false);
    struct kx *kx = mem_new(sizeof(*kx) + len);
    if (kx == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    kx->row = row;
    kx->share_len = (uint16_t)len;
    size_t kem_len = row->kem == NULL ? 0 : row->kem->public_len;
    struct parts at = parts_of(row, row->dh_share, kem_len);
    int ret = pair(row, rand, &kx->dh, kx->share + at.dh_at, err);
    if (ret == 0 && row->kem != NULL) {
        ret = kem_pair(row->kem->name, &kx->kem, kx->share + at.kem_at, kem_len, err);
    }
    if (ret != 0) {
        kx_free(kx);
        return NULL;
    }
    return kx;
}

struct kx *kx_new_dh(const struct dh_params *dh, cssl_error *err)
{
    struct kx *kx = mem_new(sizeof(*kx) + dh->p_len);
    if (kx == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    kx->own = (struct group_row){ .dh_share = dh->p_len, .dh_secret = dh->p_len,
                                  .dh = &kx_dh_ffdhe };
    kx->row = &kx->own;
    kx->share_len = dh->p_len;
    if (dh_pair(dh, &kx->dh, kx->share, err) != 0) {
        kx_free(kx);
        return NULL;
    }
    return kx;
}

uint16_t kx_group(const struct kx *kx)
{
    return kx->row->group;
}

cssl_bytes kx_share(const struct kx *kx)
{
    return bytes_of(kx->share, kx->share_len);
}

/* agree does the DH part, if there is one, and refuses what must never be a secret. */
static int agree(const struct group_row *row, const struct kx_half *half, cssl_bytes peer,
                 uint8_t *secret, cssl_error *err)
{
    int ret = row->dh == NULL ? 0 : row->dh->agree(row->param, half, peer, secret, err);
    if (ret != 0) {
        mem_wipe(secret, row->dh_secret);
    }
    return ret;
}

static int check_len(const struct group_row *row, bool from_server, cssl_bytes peer,
                     cssl_error *err)
{
    const char *name = name_of_group(row->group);
    size_t want = share_len(row, from_server);
    if (peer.len != want) {
        return fail_text(err, CSSL_R_BAD_KEY_SHARE, "%s has %zu bytes, it sent %zu",
                         name == NULL ? "the group" : name, want, peer.len);
    }
    return 0;
}

int kx_finish(struct kx *kx, cssl_bytes peer, uint8_t *secret, size_t *len, cssl_error *err)
{
    const struct group_row *row = kx->row;
    *len = 0;
    int ret = check_len(row, true, peer, err);
    if (ret != 0) {
        return ret;
    }
    size_t kem_len = row->kem == NULL ? 0 : row->kem->ciphertext_len;
    size_t kem_secret = row->kem == NULL ? 0 : KEM_SECRET;
    struct parts at = parts_of(row, row->dh_share, kem_len);
    struct parts to = parts_of(row, row->dh_secret, kem_secret);
    ret =
        agree(row, &kx->dh, bytes_of(peer.data + at.dh_at, row->dh_share), secret + to.dh_at, err);
    if (ret == 0 && row->kem != NULL) {
        ret = kem_decapsulate(&kx->kem, bytes_of(peer.data + at.kem_at, kem_len),
                              secret + to.kem_at, KEM_SECRET, err);
    }
    if (ret != 0) {
        mem_wipe(secret, row->dh_secret + kem_secret);
        return ret;
    }
    *len = row->dh_secret + kem_secret;
    return 0;
}

int kx_respond(uint16_t group, const struct rand_source *rand, cssl_bytes peer, uint8_t *share,
               size_t *share_len, uint8_t *secret, size_t *secret_len, cssl_error *err)
{
    const struct group_row *row = row_of(group);
    *share_len = 0;
    *secret_len = 0;
    if (!kx_available(group)) {
        return unavailable(group, err);
    }
    int ret = check_len(row, false, peer, err);
    if (ret != 0) {
        return ret;
    }
    size_t kem_public = row->kem == NULL ? 0 : row->kem->public_len;
    size_t kem_cipher = row->kem == NULL ? 0 : row->kem->ciphertext_len;
    size_t kem_secret = row->kem == NULL ? 0 : KEM_SECRET;
    struct parts from = parts_of(row, row->dh_share, kem_public);
    struct parts out = parts_of(row, row->dh_share, kem_cipher);
    struct parts to = parts_of(row, row->dh_secret, kem_secret);
    struct kx_half half = { 0 };
    ret = pair(row, rand, &half, share + out.dh_at, err);
    if (ret == 0) {
        ret = agree(row, &half, bytes_of(peer.data + from.dh_at, row->dh_share), secret + to.dh_at,
                    err);
    }
    half_free(&half);
    if (ret == 0 && row->kem != NULL) {
        ret = kem_encapsulate(row->kem->name, bytes_of(peer.data + from.kem_at, kem_public),
                              share + out.kem_at, kem_cipher, secret + to.kem_at, KEM_SECRET, err);
    }
    if (ret != 0) {
        mem_wipe(secret, row->dh_secret + kem_secret);
        return ret;
    }
    *share_len = row->dh_share + kem_cipher;
    *secret_len = row->dh_secret + kem_secret;
    return 0;
}

void kx_free(struct kx *kx)
{
    if (kx != NULL) {
        half_free(&kx->dh);
        half_free(&kx->kem);
        mem_free_wiped(kx, sizeof(*kx) + kx->share_len);
    }
}

static const struct group_row *row_of(uint16_t group)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].group == group) {
            return &rows[i];
        }
    }
    return NULL;
}

static void half_free(struct kx_half *half)
{
    ec_pair_free(&half->ec);
    EVP_PKEY_free(half->evp); /* libcrypto wipes private keys */
    half->evp = NULL;
}

static int unavailable(uint16_t group, cssl_error *err)
{
    const char *name = name_of_group(group);
    return fail_text(err, CSSL_R_CRYPTO_FAILED, "this libcrypto has no %s",
                     name == NULL ? "such group" : name);
}
