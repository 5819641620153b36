/* apart.h - handshake messages in a record each, for tests that stop between two of them. */
#ifndef CSSL_TEST_PAIR_APART_H
#define CSSL_TEST_PAIR_APART_H

#include <stdbool.h>

/* messages_apart: from now on each handshake message is sent by itself. */
extern bool messages_apart;

#endif
