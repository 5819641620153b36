/*
 * cssl_engine.h - the same connection for somebody else's event loop. Part of cssl.h.
 *
 *     ciphertext from the peer --> room, received --+            +--> next --> plaintext, events
 *                                                   |   engine   |
 *     ciphertext for the peer  <-- output, sent   <-+            +<-- write <-- plaintext
 *
 * It never blocks, owns no descriptor and knows no clock but options.now_us. Its loop is:
 * read into room, say how much with received, take events with next until it returns false,
 * write output, say how much with sent. After an error there may still be an alert in output.
 *
 * The receiving half is room, received and next; the sending half write, output, sent, close and
 * update_keys. Once CSSL_EV_CONNECTED came out, one thread may use the one while another uses the
 * other; before that, one thread at a time uses both, and likewise in a renegotiation of TLS 1.2,
 * which begins with cssl_engine_renegotiate, by renegotiate_at, or when client_renegotiation is on
 * and the peer asks. Until its CSSL_EV_CONNECTED cssl_engine_write takes nothing.
 *
 * What holds for every function of cssl.h holds here.
 */
#ifndef CSSL_ENGINE_H
#define CSSL_ENGINE_H

#include "cssl.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* Whom an engine talks to. A client's name is sent as SNI and has to be in the certificate. */
typedef struct cssl_peer {
    const char *name;  /* host name or IP address; NULL for servers */
    uint16_t port;     /* part of the key under which sessions are kept; may be 0 */
} cssl_peer;

/* cssl_engine_new makes the engine of one connection; the config says which role it has. A
 * client has its ClientHello in output at once, or when the steps and questions that come before it
 * are done (defer_steps, verify_on_resume). */
cssl_engine *cssl_engine_new(cssl_config *config, const cssl_peer *peer, cssl_error *err);
/* cssl_engine_free frees e and wipes its keys. Nothing is said to the peer: see cssl_engine_close
 * and cssl_engine_cancel. */
void cssl_engine_free(cssl_engine *e);
/* cssl_engine_room gives where received bytes may be put and how many; 0 while the engine has to
 * be drained by cssl_engine_next, waits for a step, or takes nothing any more. */
size_t cssl_engine_room(cssl_engine *e, uint8_t **where);
/* cssl_engine_received says that len bytes were put there; 0 says that the peer ended the stream.
 * An error is final and returned again by each later call; room is 0 and next has no event from
 * then on, and what is in output is its alert: write that, then free e. */
int cssl_engine_received(cssl_engine *e, size_t len, cssl_error *err);
/* cssl_engine_next takes the next event and returns true, or returns false when there is none:
 * then output is worth writing and room worth filling. Its data is decrypted in place and is gone
 * with the next call on the receiving half. */
bool cssl_engine_next_sized(cssl_engine *e, cssl_event *event, size_t size);
static inline bool cssl_engine_next(cssl_engine *e, cssl_event *event)
{
    return cssl_engine_next_sized(e, event, sizeof(*event));
}
/* cssl_engine_write seals data into output and returns how much of it was taken: less than all
 * when send_limit is reached. */
ssize_t cssl_engine_write(cssl_engine *e, const void *data, size_t len, cssl_error *err);
/* cssl_engine_writev is cssl_engine_write for n pieces. */
ssize_t cssl_engine_writev(cssl_engine *e, const struct iovec *v, int n, cssl_error *err);
/* cssl_engine_output gives what is to be written to the peer, replies that the receiving half owes
 * included. The view is valid until the next call on the sending half, and before
 * CSSL_EV_CONNECTED until any call: a handshake that goes on writes there. */
cssl_bytes cssl_engine_output(cssl_engine *e);
/* cssl_engine_sent says that the first len bytes of it were written: they are dropped. */
void cssl_engine_sent(cssl_engine *e, size_t len);
/* cssl_engine_close queues close_notify; nothing can be written after it. A handshake that cannot
 * be done without saying more ends with it. */
int cssl_engine_close(cssl_engine *e, cssl_error *err);
/* cssl_engine_cancel ends a handshake: it queues user_canceled and close_notify. cssl_engine_refuse
 * does so with a fatal alert, RFC 8446 6.2; what is none is handshake_failure. */
void cssl_engine_cancel(cssl_engine *e);
void cssl_engine_refuse(cssl_engine *e, uint8_t alert);
/* cssl_engine_step, with options.defer_steps and after CSSL_EV_STEP, returns the public-key
 * operation that the handshake waits for; NULL when there is none, or no memory (ask again). It
 * belongs to the caller until it is handed back. */
cssl_step *cssl_engine_step(cssl_engine *e);
/* cssl_step_run does the work, on any thread. Failures are told by cssl_engine_step_done. */
void cssl_step_run(cssl_step *step);
/* cssl_engine_step_done hands a step that was run back; it is freed here, whatever is returned.
 * The handshake goes on with cssl_engine_next and cssl_engine_output. */
int cssl_engine_step_done(cssl_engine *e, cssl_step *step, cssl_error *err);
/* cssl_step_free is for a step whose engine was freed meanwhile. */
void cssl_step_free(cssl_step *step);
/* After CSSL_EV_HELLO and CSSL_EV_ASK room is 0 until the program goes on. cssl_engine_continue
 * does after a hello, under config if that is not NULL (a reference is taken). cssl_engine_answer
 * answers a question, from the thread that runs the engine; then comes cssl_engine_next. */
int cssl_engine_continue(cssl_engine *e, cssl_config *config, cssl_error *err);
int cssl_engine_answer(cssl_engine *e, const cssl_answer *answer, cssl_error *err);
int cssl_engine_peer_hello_sized(const cssl_engine *e, cssl_hello *hello, size_t size,
                                 cssl_error *err);
static inline int cssl_engine_peer_hello(const cssl_engine *e, cssl_hello *hello, cssl_error *err)
{
    return cssl_engine_peer_hello_sized(e, hello, sizeof(*hello), err);
}
/* cssl_engine_peer_hello, cssl_engine_request_certificate, cssl_engine_peer_staple,
 * cssl_engine_peer_scts and cssl_engine_peer_key do for an engine what the functions without
 * "engine" do for a socket; a hello is also there to be seen while something is asked about it
 * (SNI, PSK in TLS 1.3, SESSION). cssl_engine_renegotiate begins the handshake, whose end is
 * CSSL_EV_CONNECTED once more. */
int cssl_engine_renegotiate(cssl_engine *e, cssl_error *err);
int cssl_engine_request_certificate(cssl_engine *e, cssl_error *err);
int cssl_engine_peer_staple(const cssl_engine *e, cssl_bytes *der, cssl_error *err);
int cssl_engine_peer_scts(const cssl_engine *e, cssl_bytes *list, cssl_error *err);
int cssl_engine_peer_key(const cssl_engine *e, cssl_bytes *der, cssl_error *err);
/* cssl_engine_update_keys, cssl_engine_export_key_material, cssl_engine_channel_binding,
 * cssl_engine_peercert and cssl_engine_information do for an engine what cssl_update_keys,
 * cssl_export_key_material, cssl_channel_binding, cssl_peercert and cssl_connection_information
 * do for a socket. */
int cssl_engine_update_keys(cssl_engine *e, bool both_ways, cssl_error *err);
int cssl_engine_export_key_material(cssl_engine *e, const char *label, cssl_bytes context,
                                    uint8_t *out, size_t len, cssl_error *err);
int cssl_engine_channel_binding(cssl_engine *e, const char *type, uint8_t *out, size_t *len,
                                cssl_error *err);
int cssl_engine_peercert(const cssl_engine *e, size_t i, cssl_bytes *der, cssl_error *err);
void cssl_engine_information_sized(const cssl_engine *e, cssl_info *info, size_t size);
static inline void cssl_engine_information(const cssl_engine *e, cssl_info *info)
{
    cssl_engine_information_sized(e, info, sizeof(*info));
}

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
