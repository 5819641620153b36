/* apart.c - puts itself between the handshake and its sending: the linker wraps hs_send. */
#include "apart.h"

#include "hs/flow.h"

bool messages_apart;

int __real_hs_send(struct hs *hs, cssl_error *err);
int __wrap_hs_send(struct hs *hs, cssl_error *err);

int __wrap_hs_send(struct hs *hs, cssl_error *err)
{
    int ret = __real_hs_send(hs, err);
    return ret == 0 && messages_apart ? hs_flush(hs, err) : ret;
}
