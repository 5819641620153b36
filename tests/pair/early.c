/* early.c - see early.h. */
#include "early.h"

const char early_text[] = "GET / HTTP/1.1";

void pass_ms(int64_t ms)
{
    test_clock_advance(&wall, ms * 1000);
}

cssl_options client_options(const cssl_options *more)
{
    cssl_options o = more == NULL ? (cssl_options){ 0 } : *more;
    if (o.early_data.len == 0) {
        o.early_data = bytes_str(early_text);
    }
    return o;
}

cssl_options server_options(const cssl_options *more)
{
    cssl_options o = more == NULL ? (cssl_options){ 0 } : *more;
    o.max_early_data = o.max_early_data == 0 ? EARLY_LIMIT : o.max_early_data;
    return o;
}

void early_hosts(struct scene *s, const cssl_options *client, const cssl_options *server)
{
    const cssl_options c = client_options(client), v = server_options(server);
    scene_hosts(s, &c, &v);
}

void early_meet(struct scene *s, const cssl_options *client, const cssl_options *server)
{
    early_hosts(s, client, server);
    assert_false(pair_handshake(&s->client, &s->server, "server.test"));
    host_forget(&s->client);
    s->client.rng.state += 99; /* another random */
}

int again(struct scene *s, const char *name)
{
    pair_start(&s->p, &s->client, &s->server, name);
    pair_must_connect(&s->p);
    const cssl_info info = info_of(&s->p, FROM_CLIENT);
    const struct buf *early = &s->p.side[FROM_SERVER].early;
    if (info.early_data_accepted) {
        assert_true(info.early_data_offered && info.session_resumption);
        assert_true(early->len > 0);
    } else {
        assert_int_equal(early->len, 0);
    }
    assert_int_equal(s->p.side[FROM_SERVER].data.len, 0); /* never mixed up */
    pair_must_talk(&s->p);
    return info.early_data_accepted ? 1 : info.early_data_offered ? 0 : -1;
}

int once_more(struct scene *s, const char *name)
{
    int ret = again(s, name);
    pair_free(&s->p);
    return ret;
}

void expect(int have, int want, const char *what)
{
    if (have != want) {
        fail_msg("%s: %d, not %d", what, have, want);
    }
}

void renew_server(struct scene *s, const cssl_options *more)
{
    const cssl_options o = server_options(more);
    host_renew(&s->server, &o);
}

cssl_bytes first_flight(struct scene *s)
{
    pair_start(&s->p, &s->client, &s->server, "server.test");
    cssl_bytes out = cssl_engine_output(s->p.side[FROM_CLIENT].engine);
    cssl_bytes copy = { test_copy(out.data, out.len), out.len };
    pair_free(&s->p);
    return copy;
}
