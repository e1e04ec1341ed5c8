/*
 * watched.h - what a process has asked the kernel for, and the kernel does not
 * tell, noted by the runtime and read out of the process's memory by the
 * capture:
 * - paths given to inotify_add_watch (runtime/interpose/watch.c,
 *   lib/res/inotify.c). They are only candidates: whether one leads to what
 *   is watched is tried.
 * - what a launcher reads for its tasks (runtime/input.c, lib/tree/fds.c).
 * - with what a signal of mq_notify comes (runtime/interpose/notify.c,
 *   lib/res/mqueue.c). Whether it is still to come the kernel tells.
 *
 * The way to them begins at a place that the kernel keeps for each thread and
 * tells others of the same user: the hidden thread's list of robust mutexes,
 * which is empty. What follows the list's head is a struct ck_watched_head.
 *
 * Children of ours (who writes an image, who asks for a checkpoint) have the
 * same list: by that their maker knows them where they have no mark
 * (lib/sys/ours.h).
 */
#ifndef CKPT_LIB_IMAGE_WATCHED_H
#define CKPT_LIB_IMAGE_WATCHED_H

#include <stdint.h>

#define CK_WATCHED_MAGIC 0x3363746177746b63ull /* "cktwatc3" */
#define CK_WATCHED_SLOTS 8192u
#define CK_WATCHED_LEN 508u
#define CK_NOTIFIED_MAX 64u

/* list, offset, pending: the kernel's struct robust_list_head. slots: address
 * of CK_WATCHED_SLOTS slots, 0: nothing was ever noted. notified: of
 * CK_NOTIFIED_MAX struct ck_notified. inputs: of CK_INPUTS_MAX descriptors
 * above 2 that the launcher may have opened as its input, -1: none. */
struct ck_watched_head {
    uint64_t list, offset, pending;
    uint64_t magic;
    uint64_t slots;
    uint64_t notified;
    uint64_t inputs;
};
#define CK_INPUTS_MAX 8u

/* The path counts when state is CK_WATCHED_FULL. */
enum { CK_WATCHED_FREE = 0, CK_WATCHED_BUSY = 1, CK_WATCHED_FULL = 2 };
struct ck_watched_slot {
    uint32_t state;
    char path[CK_WATCHED_LEN]; /* absolute */
};

/* ino: of the message queue, 0: free; fd: through which it was asked for. The
 * rest as in struct sigevent. */
struct ck_notified {
    uint64_t ino, value;
    int32_t fd, how, signo;
    uint32_t turn; /* which call wrote it */
};

#endif
