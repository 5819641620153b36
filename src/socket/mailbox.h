/* mailbox.h - what the other files of this folder have to know of mailboxes. */
#ifndef CSSL_SOCKET_MAILBOX_H
#define CSSL_SOCKET_MAILBOX_H

#include "base/base.h"

/* mailbox_arrive gives s to mb, from any thread; mb's thread takes it up in cssl_receive. */
void mailbox_arrive(cssl_mailbox *mb, cssl_socket *s);
/* mailbox_poke makes mb's thread look for what has arrived or was closed. */
void mailbox_poke(cssl_mailbox *mb);
/* mailbox_answered makes mb's thread run s, whose question was answered; from any thread. */
void mailbox_answered(cssl_mailbox *mb, cssl_socket *s);
/* mailbox_queue says that s has something to do. Like mailbox_close it is for the thread of the
 * mailbox alone. */
void mailbox_queue(cssl_socket *s);
/* mailbox_close lets s end by itself: no event of it comes out any more. */
void mailbox_close(cssl_socket *s, int timeout);

/* mailbox_forget takes s out in a process that inherited both. */
void mailbox_forget(cssl_socket *s);

#endif
