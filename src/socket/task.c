/* task.c - a queue and a heap of timers: adding, moving and removing cost O(log n) at most. */
#include "socket/task.h"

#include "base/mem.h"
#include "socket/deadline.h"

static void put(struct timers *h, uint32_t place, struct timer *t);
static void rise(struct timers *h, struct timer *t);
static void sink(struct timers *h, struct timer *t);

void tasks_add(struct tasks *q, struct task *t)
{
    if (t->queued) {
        return;
    }
    t->queued = true;
    t->next = NULL;
    t->prev = q->last;
    if (q->last == NULL) {
        q->first = t;
    } else {
        q->last->next = t;
    }
    q->last = t;
    q->num++;
}

void tasks_remove(struct tasks *q, struct task *t)
{
    if (!t->queued) {
        return;
    }
    if (t->prev == NULL) {
        q->first = t->next;
    } else {
        t->prev->next = t->next;
    }
    if (t->next == NULL) {
        q->last = t->prev;
    } else {
        t->next->prev = t->prev;
    }
    t->queued = false;
    t->next = NULL;
    t->prev = NULL;
    q->num--;
}

int timers_set(struct timers *h, struct timer *t, int64_t at)
{
    if (t->place == 0) {
        if (h->num == h->cap) {
            uint32_t cap = h->cap == 0 ? 16 : h->cap * 2;
            struct timer **heap =
                cap < h->cap ? NULL : mem_resize(h->heap, (size_t)cap * sizeof(*heap));
            if (heap == NULL) {
                return CSSL_NOMEM;
            }
            h->heap = heap;
            h->cap = cap;
        }
        put(h, ++h->num, t);
    }
    t->at = at;
    rise(h, t);
    sink(h, t);
    return 0;
}

void timers_clear(struct timers *h, struct timer *t)
{
    if (t->place == 0) {
        return;
    }
    struct timer *last = h->heap[h->num - 1];
    uint32_t place = t->place;
    h->num--;
    t->place = 0;
    if (last != t) {
        put(h, place, last);
        rise(h, last);
        sink(h, last);
    }
}

int64_t timers_next(const struct timers *h)
{
    return h->num == 0 ? NEVER : h->heap[0]->at;
}

struct timer *timers_due(struct timers *h, int64_t now)
{
    if (h->num == 0 || h->heap[0]->at > now) {
        return NULL;
    }
    struct timer *t = h->heap[0];
    timers_clear(h, t);
    return t;
}

void timers_free(struct timers *h)
{
    mem_free(h->heap);
    *h = (struct timers){ .heap = NULL };
}

static void put(struct timers *h, uint32_t place, struct timer *t)
{
    h->heap[place - 1] = t;
    t->place = place;
}

static void rise(struct timers *h, struct timer *t)
{
    while (t->place > 1) {
        uint32_t place = t->place;
        struct timer *above = h->heap[place / 2 - 1];
        if (above->at <= t->at) {
            return;
        }
        put(h, place / 2, t);
        put(h, place, above);
    }
}

static void sink(struct timers *h, struct timer *t)
{
    for (;;) {
        uint32_t place = t->place;
        uint32_t below = place * 2;
        if (below > h->num || below < place) {
            return;
        }
        if (below < h->num && h->heap[below]->at < h->heap[below - 1]->at) {
            below++;
        }
        struct timer *child = h->heap[below - 1];
        if (t->at <= child->at) {
            return;
        }
        put(h, below, t);
        put(h, place, child);
    }
}
