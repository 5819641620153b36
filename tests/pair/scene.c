/* scene.c - see scene.h. */
#include "scene.h"

struct test_clock wall;

int scene_set_up(void **state)
{
    (void)state;
    test_clock_init(&wall, PAIR_NOW);
    return 0;
}

void scene_hosts(struct scene *s, const cssl_options *client, const cssl_options *server)
{
    memset(s, 0, sizeof(*s));
    host_init(&s->client, false, &wall, client);
    host_init(&s->server, true, &wall, server);
}

void scene_begin(struct scene *s, const cssl_options *client, const cssl_options *server)
{
    scene_hosts(s, client, server);
    pair_start(&s->p, &s->client, &s->server, "server.test");
}

void scene_open(struct scene *s, const cssl_options *client, const cssl_options *server)
{
    scene_begin(s, client, server);
    pair_must_connect(&s->p);
}

void scene_ask(struct scene *s, const cssl_options *client, const cssl_options *server,
               bool (*on_ask)(struct pair *p, enum pair_dir dir, const cssl_event *event),
               void *arg)
{
    scene_begin(s, client, server);
    s->p.on_ask = on_ask;
    s->p.on_ask_arg = arg;
    pair_pump(&s->p);
}

void scene_end(struct scene *s)
{
    pair_free(&s->p);
    host_free(&s->client);
    host_free(&s->server);
}

void scene_refuses(const cssl_options *client, const cssl_options *server, enum pair_dir side,
                   int alert, int reason)
{
    struct scene s;
    scene_begin(&s, client, server);
    pair_must_fail(&s.p, side, alert, reason);
    scene_end(&s);
}

cssl_engine *engine_of(const struct scene *s, enum pair_dir side)
{
    return s->p.side[side].engine;
}

cssl_info info_of(const struct pair *p, enum pair_dir side)
{
    cssl_info info;
    memset(&info, 0, sizeof(info));
    cssl_engine_information(p->side[side].engine, &info);
    return info;
}
