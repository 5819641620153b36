/* certs.c - the certificates of the pair tests, for these tests too. */
#include "pair/certs.c"
