/*
 * keep.h - where a server keeps sessions: in its config, or with the program (CSSL_ASK_SESSION).
 *
 * What the program is given is sealed under the keys of tickets, with the key of its place inside.
 * So its store can lose a session or hold it back, and no more: what was changed, is of another
 * place or too old does not open, and a full handshake follows.
 */
#ifndef CSSL_HS_KEEP_H
#define CSSL_HS_KEEP_H

#include "hs/flow.h"

enum { KEEP_ASKED_MAX = 2 }; /* sessions of one hello that the program is asked about */

/* keep_by_program: sessions of this config are not kept in it. */
static inline bool keep_by_program(const cssl_config *config)
{
    return (config->ask_about & CSSL_ASK_SESSION) != 0;
}

/* keep_put keeps *s, which is empty afterwards, under key; *kept: it is there now. */
int keep_put(struct conn *c, struct worker *w, const uint8_t key[SESSION_DIGEST],
             struct session *s, bool *kept, cssl_error *err) CHECK;
/* keep_find makes *s a copy of the session under key, which stays. The program's have to be asked
 * about before: see keep_ask. */
bool keep_find(const struct hs *hs, const uint8_t key[SESSION_DIGEST], struct session *s);
/* keep_use takes the session under key away; false: somebody was faster. */
bool keep_use(const struct conn *c, const uint8_t key[SESSION_DIGEST]);
/* keep_drop forgets the session under key. */
void keep_drop(const struct conn *c, const uint8_t key[SESSION_DIGEST]);

/* keep_ask opens a question about the session under key. keep_answered takes its answer; true: it
 * is a session, and keep_find finds it. */
void keep_ask(struct hs *hs, const uint8_t key[SESSION_DIGEST]);
bool keep_answered(struct hs *hs);
void keep_forget_told(struct hs *hs);

#endif
