/* punycode.h - one label of a host name from Unicode to its A-label (RFC 3492, RFC 5891 4.4). */
#ifndef CSSL_PKI_PUNYCODE_H
#define CSSL_PKI_PUNYCODE_H

#include "base/base.h"

enum { LABEL_MAX = 63 };

/* punycode_label writes the A-label ("xn--...") of a label in UTF-8 that has at least one character
 * beyond ASCII, and returns its length; 0 when it is not UTF-8, does not fit into LABEL_MAX bytes
 * or has a character that no label may have (controls, spaces, dots in other scripts, private and
 * unassigned planes). It maps nothing but ASCII upper case. */
size_t punycode_label(char out[LABEL_MAX + 1], cssl_bytes utf8);

#endif
