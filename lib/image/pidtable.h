/*
 * pidtable.h - which number a program knows, and which the kernel uses.
 *
 * Before the first restart the two are the same and there is no table.
 * A restart writes one table, `pids.<generation>.<tree>` in the job's
 * directory: all process, thread, group and session ids that the saved
 * processes know (virt), each with its number now (real). It is complete
 * before anything runs on, and never changes afterwards.
 *
 * A process or thread made later has no entry. Its virtual number is its
 * real one, unless some entry's virt is that number already: then it is
 * real + k * CK_PID_STRIDE, for the smallest k >= 1 that is in no entry.
 * Linux numbers stay below 2^22, so such a number is never a real one, and
 * every process computes the same one without asking anybody.
 *
 * A program may know a number that nobody has any more, of a process that has
 * sent a signal and is gone; the kernel may have given it to another one. To
 * the kernel such a number gets a mark, a bit that no number there has: what
 * is asked of it fails with ESRCH, and in a signal that waits it comes out as
 * what it was.
 *
 * Behind the entries stand those who spoke for others: a process of the
 * restart itself made a connection, or sent a message, as a process of the
 * program had done, and has ended. Its number is in what a socket tells of
 * its peer, and there, as long as nobody has that number, means the other.
 */
#ifndef CKPT_LIB_IMAGE_PIDTABLE_H
#define CKPT_LIB_IMAGE_PIDTABLE_H

#include <stddef.h>
#include <stdint.h>

#define CK_PID_STRIDE 0x400000
#define CK_PID_NOBODY 0x20000000 /* the mark; less than FUTEX_TID_MASK */
#define CK_PIDTABLE_MAGIC 0x54444950u /* "PIDT" */

enum ck_pid_state {
    CK_PID_UNSET = 0,   /* nothing made yet; real is not valid */
    CK_PID_EXISTS = 1,  /* real is valid */
    CK_PID_GROUP = 2,   /* ... and it leads its process group */
    CK_PID_SESSION = 3, /* ... and its session */
};

/* The file: header, then count entries sorted by virt, then spoke entries in
 * any order. Host byte order: it is shared memory of one node during one run,
 * not an image. */
struct ck_pid_entry {
    int32_t virt;
    int32_t real;   /* valid once state != UNSET (release/acquire) */
    uint32_t state; /* enum ck_pid_state; a futex word */
    uint32_t outside; /* 1: group or session of the surroundings. The root may
                       * lead these itself now; then the number is the root's */
};

/* unseen: saved processes that have not yet looked through their shared
 * memory for held mutexes; a futex word. Nobody mends one before it is 0, so
 * that no new number is taken for an old one. */
struct ck_pidtable_file {
    uint32_t magic;
    uint32_t count;
    uint32_t generation;
    uint32_t unseen;
    uint32_t spoke;
    uint32_t spare;
    struct ck_pid_entry entry[];
};

/* A loaded table: by_virt points at the file's entries or a copy of them;
 * by_real holds indices into it, sorted by real. The spoke entries are
 * behind the others. */
struct ck_pidtable {
    const struct ck_pid_entry *by_virt;
    uint32_t *by_real;
    uint32_t count;
    uint32_t spoke;
};

/* Sorts by_real (room for count indices) and fills *t. */
void ck_pidtable_init(struct ck_pidtable *t,
                      const struct ck_pid_entry *entries, uint32_t count,
                      uint32_t *by_real);

/* Both total: an empty or NULL table maps every number to itself. */
int32_t ck_pid_virt(const struct ck_pidtable *t, int32_t real);
int32_t ck_pid_real(const struct ck_pidtable *t, int32_t virt);

/* For whom `real` spoke; 0 if for nobody. */
int32_t ck_pid_spoke_for(const struct ck_pidtable *t, int32_t real);

/* The entry of `virt`, or NULL. */
struct ck_pid_entry *ck_pid_find(struct ck_pidtable_file *f, int32_t virt);

#endif
