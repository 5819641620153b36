/* options_keep.c - copies and merges cssl_options, field by field. Checks none of them. */
#include "config/options_keep.h"

#include "base/error.h"
#include "base/mem.h"

enum { KEPT_MAX = 4096 }; /* pieces of memory that one set of options is copied into */

struct kept_options {
    cssl_options o;
    bool nomem;
    size_t num, max;
    struct piece {
        void *p;
        size_t len;
    } *pieces;
};

struct field {
    size_t at, size;
};
#define FIELD(name) { offsetof(cssl_options, name), sizeof(((cssl_options *)0)->name) }

static const struct field plain[] = {
    FIELD(versions), FIELD(honor_cipher_order), FIELD(verify), FIELD(fail_if_no_peer_cert),
    FIELD(fail_if_no_own_cert),
    FIELD(depth), FIELD(certificate_authorities), FIELD(allow_any_ca_purpose),
    FIELD(explicit_policy), FIELD(inhibit_policy_mapping), FIELD(inhibit_any_policy),
    FIELD(crl_check), FIELD(stapling), FIELD(stapling_nonce),
    FIELD(signed_certificate_timestamps), FIELD(ask_about), FIELD(ask), FIELD(pause_at_hello),
    FIELD(session_tickets), FIELD(ticket_lifetime), FIELD(reuse_sessions), FIELD(store_session),
    FIELD(tls12_tickets_only),    FIELD(verify_on_resume),
    FIELD(max_early_data), FIELD(anti_replay_window), FIELD(anti_replay_hashes),
    FIELD(anti_replay_bits), FIELD(psk_import), FIELD(encrypt_then_mac),
    FIELD(client_renegotiation), FIELD(renegotiate_at), FIELD(max_fragment_length),
    FIELD(record_size_limit), FIELD(post_handshake_auth), FIELD(grease),
    FIELD(middlebox_comp_mode), FIELD(cookie),
    FIELD(max_handshake_size), FIELD(send_limit), FIELD(record_padding), FIELD(max_fragment),
    FIELD(key_update_at), FIELD(defer_steps), FIELD(trace), FIELD(keylog), FIELD(sslkeylogfile),
    FIELD(log_level), FIELD(log), FIELD(now_us), FIELD(random), FIELD(user), FIELD(backlog),
    FIELD(reuseport), FIELD(ipv6_only), FIELD(handshake_timeout), FIELD(max_handshakes),
};
static const struct field strings[] = {
    FIELD(certfile), FIELD(keyfile), FIELD(password), FIELD(cacertfile),
    FIELD(server_name_indication), FIELD(crlfile), FIELD(crl_dir), FIELD(psk_identity),
    FIELD(psk_hint), FIELD(dhfile), FIELD(ip),
};
static const struct field lists[] = {
    FIELD(ciphers), FIELD(supported_groups), FIELD(key_share_groups), FIELD(signature_algs),
    FIELD(signature_algs_cert), FIELD(alpn_protocols), FIELD(peer_names),
    FIELD(certificate_policies), FIELD(cert_compression), FIELD(own_cert_types),
    FIELD(peer_cert_types),
};
static const struct field binaries[] = {
    FIELD(cacerts), FIELD(crls), FIELD(ticket_seed), FIELD(use_ticket), FIELD(early_data),
    FIELD(psk), FIELD(psk_context), FIELD(dh),
};
/* A pointer to elements, and how many there are. */
static const struct {
    struct field elements, number;
} arrays[] = {
    { FIELD(certs_keys), FIELD(num_certs_keys) },
    { FIELD(sni_hosts), FIELD(num_sni_hosts) },
    { FIELD(trusted_keys), FIELD(num_trusted_keys) },
    { FIELD(psks), FIELD(num_psks) },
};
/* Of each group one is given. */
static const struct field identity[] = { FIELD(certfile), FIELD(keyfile), FIELD(password),
                                         FIELD(certs_keys), FIELD(num_certs_keys) };
static const struct field authorities[] = { FIELD(cacertfile), FIELD(cacerts),
                                            FIELD(no_cacerts) };
static const struct field revoked[] = { FIELD(crlfile), FIELD(crls), FIELD(crl_dir) };
static const struct field dh_params[] = { FIELD(dh), FIELD(dhfile) };

static void merge(cssl_options *o, const cssl_options *more, const struct field *f, size_t num);
static void merge_group(cssl_options *o, const cssl_options *more, const struct field *f,
                        size_t num);
static bool is_zero(const cssl_options *o, const struct field *f);
static void *keep(struct kept_options *k, const void *p, size_t len);
static const char *keep_string(struct kept_options *k, const char *s);
static cssl_bytes keep_bytes(struct kept_options *k, cssl_bytes b);
static const char *const *keep_list(struct kept_options *k, const char *const *list);
static void keep_arrays(struct kept_options *k);

struct kept_options *options_keep(const cssl_options *o, cssl_error *err)
{
    struct kept_options *k = mem_new(sizeof(*k));
    if (k == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    k->o = *o;
    for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
        const char **s = (const char **)(void *)((uint8_t *)&k->o + strings[i].at);
        *s = keep_string(k, *s);
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const char *const **l =
            (const char *const **)(void *)((uint8_t *)&k->o + lists[i].at);
        *l = keep_list(k, *l);
    }
    for (size_t i = 0; i < ARRAY_LEN(binaries); i++) {
        cssl_bytes *b = (cssl_bytes *)(void *)((uint8_t *)&k->o + binaries[i].at);
        *b = keep_bytes(k, *b);
    }
    keep_arrays(k);
    if (k->nomem) {
        options_kept_free(k);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    return k;
}

void options_kept_free(struct kept_options *k)
{
    if (k == NULL) {
        return;
    }
    for (size_t i = 0; k->o.sni_hosts != NULL && i < k->o.num_sni_hosts; i++) {
        cssl_config_free(k->o.sni_hosts[i].config);
    }
    for (size_t i = 0; i < k->num; i++) {
        mem_free_wiped(k->pieces[i].p, k->pieces[i].len);
    }
    mem_free(k->pieces);
    mem_free_wiped(k, sizeof(*k));
}

const cssl_options *options_of(const struct kept_options *kept)
{
    return &kept->o;
}

void options_merge(cssl_options *o, const cssl_options *more)
{
    merge_group(o, more, identity, ARRAY_LEN(identity));
    merge_group(o, more, authorities, ARRAY_LEN(authorities));
    merge_group(o, more, revoked, ARRAY_LEN(revoked));
    merge_group(o, more, dh_params, ARRAY_LEN(dh_params));
    merge(o, more, plain, ARRAY_LEN(plain));
    merge(o, more, strings, ARRAY_LEN(strings));
    merge(o, more, lists, ARRAY_LEN(lists));
    merge(o, more, binaries, ARRAY_LEN(binaries));
    for (size_t i = 0; i < ARRAY_LEN(arrays); i++) {
        merge(o, more, &arrays[i].elements, 1);
        merge(o, more, &arrays[i].number, 1);
    }
}

static void merge(cssl_options *o, const cssl_options *more, const struct field *f, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (!is_zero(more, &f[i])) {
            memcpy((uint8_t *)o + f[i].at, (const uint8_t *)more + f[i].at, f[i].size);
        }
    }
}

static void merge_group(cssl_options *o, const cssl_options *more, const struct field *f,
                        size_t num)
{
    bool given = false;
    for (size_t i = 0; i < num; i++) {
        given = given || !is_zero(more, &f[i]);
    }
    for (size_t i = 0; given && i < num; i++) {
        memset((uint8_t *)o + f[i].at, 0, f[i].size);
    }
}

static bool is_zero(const cssl_options *o, const struct field *f)
{
    const uint8_t *p = (const uint8_t *)o + f->at;
    for (size_t i = 0; i < f->size; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

/* What is NULL stays so: the checks say whether it may be. */
static void *keep(struct kept_options *k, const void *p, size_t len)
{
    if (p == NULL) {
        return NULL;
    }
    if (k->num == k->max) {
        size_t max = k->max == 0 ? 16 : 2 * k->max;
        struct piece *pieces =
            max > KEPT_MAX ? NULL : mem_resize(k->pieces, max * sizeof(*pieces));
        if (pieces == NULL) {
            k->nomem = true;
            return NULL;
        }
        k->pieces = pieces;
        k->max = max;
    }
    void *copy = mem_copy(p, len);
    if (copy == NULL) {
        k->nomem = true;
        return NULL;
    }
    k->pieces[k->num++] = (struct piece){ copy, len };
    return copy;
}

static const char *keep_string(struct kept_options *k, const char *s)
{
    return s == NULL ? NULL : keep(k, s, strlen(s) + 1);
}

static cssl_bytes keep_bytes(struct kept_options *k, cssl_bytes b)
{
    return b.len == 0 ? bytes_of(NULL, 0) : bytes_of(keep(k, b.data, b.len), b.len);
}

static const char *const *keep_list(struct kept_options *k, const char *const *list)
{
    size_t num = 0;
    while (list != NULL && list[num] != NULL) {
        num++;
    }
    const char **copy = list == NULL ? NULL : keep(k, list, (num + 1) * sizeof(*list));
    for (size_t i = 0; copy != NULL && i < num; i++) {
        copy[i] = keep_string(k, list[i]);
    }
    return copy;
}

static void keep_arrays(struct kept_options *k)
{
    cssl_options *o = &k->o;
    size_t num = o->num_certs_keys;
    cssl_cert_key *ck = num == 0 ? NULL : keep(k, o->certs_keys, num * sizeof(*ck));
    for (size_t i = 0; ck != NULL && i < num; i++) {
        const char **texts[] = { &ck[i].certfile, &ck[i].keyfile, &ck[i].password,
                                 &ck[i].staplefile };
        cssl_bytes *bytes[] = { &ck[i].cert, &ck[i].key, &ck[i].staple, &ck[i].scts };
        for (size_t j = 0; j < ARRAY_LEN(texts); j++) {
            *texts[j] = keep_string(k, *texts[j]);
            *bytes[j] = keep_bytes(k, *bytes[j]);
        }
        ck[i].signature_algs = keep_list(k, ck[i].signature_algs);
    }
    o->certs_keys = ck;
    num = o->num_trusted_keys;
    cssl_bytes *keys = num == 0 ? NULL : keep(k, o->trusted_keys, num * sizeof(*keys));
    for (size_t i = 0; keys != NULL && i < num; i++) {
        keys[i] = keep_bytes(k, keys[i]);
    }
    o->trusted_keys = keys;
    num = o->num_psks;
    cssl_psk *psks = num == 0 ? NULL : keep(k, o->psks, num * sizeof(*psks));
    for (size_t i = 0; psks != NULL && i < num; i++) {
        psks[i].identity = keep_bytes(k, psks[i].identity);
        psks[i].secret = keep_bytes(k, psks[i].secret);
        psks[i].context = keep_bytes(k, psks[i].context);
    }
    o->psks = psks;
    num = o->num_sni_hosts;
    cssl_sni_host *hosts = num == 0 ? NULL : keep(k, o->sni_hosts, num * sizeof(*hosts));
    for (size_t i = 0; hosts != NULL && i < num; i++) {
        hosts[i].host = keep_string(k, hosts[i].host);
        hosts[i].config = hosts[i].config == NULL ? NULL : cssl_config_ref(hosts[i].config);
    }
    o->sni_hosts = hosts;
}
