/*
 * watch.h - what is noted because the kernel does not tell it again, and
 * where (lib/image/watched.h).
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
/* On the agent thread, and in each child of ours, as the first thing. */
CK_HIDDEN void ck_watched_publish(void);
/* Is process or thread `tid` one of ours (lib/sys/ours.h), or one that has
 * published them like us? */
CK_HIDDEN int ck_watched_ours(int32_t tid);
/* The path of a watch that is about to be made; may be NULL. */
CK_HIDDEN void ck_watched_note(const char *path);
/* The system call mq_notify; what the kernel returns. */
CK_HIDDEN long ck_notify(int q, const struct sigevent *ev);

#endif
