/*
 * watched.h - paths that a process has given to inotify_add_watch, noted by
 * the runtime (runtime/interpose/watch.c) and read out of its memory by the
 * capture (lib/res/inotify.c). They are only candidates: whether one leads to
 * what is watched is tried.
 *
 * The way to them begins at a place that the kernel keeps for each thread and
 * tells others of the same user: the hidden thread's list of robust mutexes,
 * which is empty. What follows the list's head is a struct ck_watched_head.
 */
#ifndef CKPT_LIB_IMAGE_WATCHED_H
#define CKPT_LIB_IMAGE_WATCHED_H

#include <stdint.h>

#define CK_WATCHED_MAGIC 0x3163746177746b63ull /* "cktwatc1" */
#define CK_WATCHED_SLOTS 8192u
#define CK_WATCHED_LEN 508u

/* list, offset, pending: the kernel's struct robust_list_head. slots: address
 * of CK_WATCHED_SLOTS slots, 0: nothing was ever noted. */
struct ck_watched_head {
    uint64_t list, offset, pending;
    uint64_t magic;
    uint64_t slots;
};

/* The path counts when state is CK_WATCHED_FULL. */
enum { CK_WATCHED_FREE = 0, CK_WATCHED_BUSY = 1, CK_WATCHED_FULL = 2 };
struct ck_watched_slot {
    uint32_t state;
    char path[CK_WATCHED_LEN]; /* absolute */
};

#endif
