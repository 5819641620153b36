/* out_of_memory.c - see out_of_memory.h. */
#include "out_of_memory.h"

#include <stddef.h>

struct out_of_memory plan;

void *__real_malloc(size_t size);
void *__real_calloc(size_t num, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t num, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool refused(void)
{
    if (!plan.armed) {
        return false;
    }
    plan.count++;
    return plan.fail_at != 0 &&
           (plan.count == plan.fail_at || (plan.for_good && plan.count > plan.fail_at));
}

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t num, size_t size)
{
    return refused() ? NULL : __real_calloc(num, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return refused() ? NULL : __real_realloc(p, size);
}
