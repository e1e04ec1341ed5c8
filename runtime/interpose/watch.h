/*
 * watch.h - says where the notes are (lib/image/watched.h); on the agent
 * thread.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_WATCH_H
#define CKPT_RUNTIME_INTERPOSE_WATCH_H

#include "lib/image/watched.h"
#include "runtime/runtime.h"

extern CK_HIDDEN struct ck_notified ck_notified[CK_NOTIFIED_MAX]; /* notify.c */
/* A restarted process: its queues are others now. Asks again, and notes it;
 * 0 or -errno. */
struct sigevent;
CK_HIDDEN void ck_notify_forget(void);
CK_HIDDEN long ck_notify_again(int q, const struct sigevent *ev);
CK_HIDDEN void ck_watched_publish(void);

#endif
