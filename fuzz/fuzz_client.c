/*
 * fuzz_client.c - the state machine of a client: scripts of a peer that holds all keys
 * (play/play.h).
 */
#include "pair/certs.c"
#include "play/play.c"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    play_init(false);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    cssl_error error;
    (void)play(bytes_of(data, len), &error);
    return 0;
}
