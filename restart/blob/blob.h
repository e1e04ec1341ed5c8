/*
 * blob.h - the restorer: from the operation list to the program's memory.
 *
 * libckpt-restore.so is loaded by LD_AUDIT into a fresh exec of the saved
 * program, before any other library. entry.c interprets the operations of
 * this process (restart/ops.h); the last one calls ck_blob_restore, which
 * does not return. Freestanding: lib/sys, no libc, no relocation.
 */
#ifndef CKPT_RESTART_BLOB_H
#define CKPT_RESTART_BLOB_H

#include <stddef.h>
#include <stdint.h>

#include "restart/ops.h"

struct ck_op_epoll; /* restart/ops.h */

/* A System V segment has CK_PLAN_SYSV for a device, its id in the image for
 * an inode, and its id now for a descriptor. */
#define CK_BLOB_SYSV CK_PLAN_SYSV

struct ck_blob_shm {
    uint64_t dev, ino; /* as in the AREA records */
    int32_t fd;        /* inherited, kept open until memory is back */
    int32_t spare;
};

/* All pointers may lie anywhere in the present address space: the blob
 * copies what it needs before it unmaps. */
struct ck_blob_args {
    int image_fd; /* the process image, open for reading */
    int coord_fd; /* authenticated with role RESTORING; RESTORING sent */
    uint32_t generation;
    uint32_t vpid;
    uint32_t threads; /* readers in parallel, >= 1 */
    uint32_t nshm;
    const struct ck_blob_shm *shm;
    const char *job_dir;
    const char *pidtable; /* path */
    const char *tree;
    const char *stdio; /* CKPT_STDIO of this run */
};

/* Puts memory back and jumps to the saved runtime. On failure sends FAILED
 * with the reason on coord_fd and ends the process with status 1. All
 * descriptors but coord_fd, image_fd and shm fds are as the program had them
 * by now; image_fd and shm fds are closed here, coord_fd by the runtime. */
_Noreturn void ck_blob_restore(const struct ck_blob_args *args);

/* Sends FAILED{phase RESTORE, reason} and ends the process with status 1.
 * fmt knows %s %d %u %x %lx %lu. coord_fd < 0: the reason goes to stderr. */
_Noreturn void ck_blob_fail(int coord_fd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* start.c: pending or blocked signals are the saved process's affair, not
 * those of whoever started the restart; a child that ends must stay to be
 * waited for. */
void ck_blob_reset_signals(void);
/* Nonzero when there is CKPT_PLAN=<descriptor>:<actor>. */
int ck_blob_find_plan(int *fd, uint32_t *actor);
/* All of a file, as shared memory. NULL: it can't be, or is empty. */
const void *ck_blob_map_shared(int fd, size_t *len);

/* wait.c. wait: until *word >= least, -ETIMEDOUT when the limit is over first.
 * raise: to at least that, and wakes who waits. ended: nonzero when the
 * coordinator ends in an orderly way, which may take it a moment. */
int ck_blob_wait(uint32_t *word, uint32_t least, uint32_t limit_ms);
void ck_blob_raise(uint32_t *word, uint32_t to);
int ck_blob_ended(const char *job_dir);

/* epoll.c: 0 or more, or -errno. */
long ck_blob_epoll(const struct ck_op_epoll *op);

/* descriptor.c. 0 or -errno. real: number of the owner, 0: nobody; of the
 * process whose file it is. */
struct ck_op_open;
struct ck_op_file;
struct ck_op_owner;
struct ck_op_limit;
struct ck_op_notify;
struct ck_handoff;
long ck_blob_open(const struct ck_op_open *op);
long ck_blob_file(const struct ck_op_file *op, int32_t real,
                  uint32_t limit_ms);
void ck_blob_owner(const struct ck_op_owner *op, int32_t real);
void ck_blob_limit(const struct ck_op_limit *op);
/* Noted, and handed over: the runtime does it when all else is done. */
void ck_blob_notify(const struct ck_op_notify *op);
void ck_blob_notify_handoff(struct ck_handoff *h);

#endif
