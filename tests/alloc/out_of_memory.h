/*
 * out_of_memory.h - an allocator that counts while it is armed, and fails as planned. The linker
 * puts it in malloc's place, for cssl and for the tests of this folder alone.
 */
#ifndef CSSL_TEST_ALLOC_OUT_OF_MEMORY_H
#define CSSL_TEST_ALLOC_OUT_OF_MEMORY_H

#include <stdbool.h>

struct out_of_memory {
    bool armed;
    unsigned long count, fail_at; /* from 1; 0: never */
    bool for_good;                /* all that follow fail too */
};

extern struct out_of_memory plan;

#endif
