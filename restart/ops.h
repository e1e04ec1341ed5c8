/*
 * ops.h - what the plan tells the restorer, declared once.
 *
 * A plan is a memfd that every process of a restart inherits: u32 length of
 * the head, the head, the actors' records, and at head.words_off an array of
 * 32-bit words that is shared memory of all of them; the last counts who has
 * not found the coordinator. Encoded by plan.c and
 * spawn.c, interpreted by blob/entry.c; both are of one build (the version
 * is checked all the same). An operation is u16 code, u32 length, body.
 *
 * The interpreter is dumb: it executes its list from front to back, and the
 * first that fails ends the restart with its reason. An actor with a vpid
 * publishes its real pid in the pid table as the first thing.
 */
#ifndef CKPT_RESTART_OPS_H
#define CKPT_RESTART_OPS_H

#include "lib/wire/record.h"

#define CK_PLAN_MAGIC 0x4e4c504bu
#define CK_PLAN_VERSION 5
#define CK_PLAN_ENV "CKPT_PLAN" /* <descriptor>:<actor> */
/* The kernel must not write to the linker's rseq area once it is unmapped;
 * the saved thread registers its own. */
#define CK_PLAN_TUNABLES "GLIBC_TUNABLES=glibc.pthread.rseq=0"

#define CK_PLAN_SYSV UINT64_MAX /* dev: ino and fd are ids of a segment */

/* shm: u64 dev, u64 ino, u32 fd each. actors: u32 offset, u32 length each.
 * plan_fd, table_fd: of the plan and the pid table. *_no: numbers that no
 * program has in use, for what an actor opens itself. limit_ms: for every
 * wait of an actor for another. */
#define CK_PLAN_HEAD_FIELDS(F)                                              \
    F(U32, magic) F(U32, version) F(U32, generation) F(U32, limit_ms)       \
    F(U32, plan_fd) F(U32, table_fd) F(U32, coord_no) F(U32, image_no)      \
    F(U32, words_off) F(U32, words) F(U32, size)                            \
    F(STR, job_dir) F(STR, set_dir) F(STR, pidtable) F(STR, tree)           \
    F(STR, stdio) F(STR, node) F(STR, restorer) F(BLOB, shm)                \
    F(BLOB, actors)

/* exe: "" when the actor goes on in a fork of its maker. */
#define CK_PLAN_ACTOR_FIELDS(F) F(U32, vpid) F(STR, exe) F(BLOB, ops)

CK_RECORD(ck_plan_head, CK_PLAN_HEAD_FIELDS)
CK_RECORD(ck_plan_actor, CK_PLAN_ACTOR_FIELDS)

/* A wait for a group counts its members that have joined, in a shared word:
 * a number is free again when nobody has it any more, so a leader that goes
 * away has to stay until then. Adoptions are put in order in the same way.
 * O(TYPE, name, number, fields) */
#define CK_OP_NONE(F) F(U8, none) /* always 0 */
#define CK_OP_ACTOR(F) F(U32, actor)
#define CK_OP_SETPGID_F(F) F(U32, vpgid) F(U8, outside)
#define CK_OP_VPID(F) F(U32, vpid)
#define CK_OP_SWITCH(F) F(U8, on)
#define CK_OP_WORD(F) F(U32, word) F(U32, count)
#define CK_OP_DUP_F(F) F(U32, src) F(U32, dst) F(U8, cloexec)
#define CK_OP_CLOSE_F(F) F(U32, first) F(U32, last)
#define CK_OP_CHDIR_F(F) F(STR, path)
#define CK_OP_UMASK_F(F) F(U32, mask)
#define CK_OP_LIMIT_F(F) F(U64, nofile)
#define CK_OP_EXECVE_F(F) F(STR, exe) F(BLOB, argv) F(BLOB, env)
#define CK_OP_RESTORE_F(F) F(STR, image) F(U32, readers)
#define CK_OP_EXIT_F(F) F(I32, status)
#define CK_OP_PIDFD_F(F) F(U32, dst) F(U32, vpid) F(U32, flags)
#define CK_OP_OPEN_F(F) F(U32, dst) F(U32, flags) F(STR, path)
/* path: behind /proc/<number of vpid>, and if first is set its first thread.
 * share: 0 for this process alone; 1 for others too, to whom a message in the
 * socket at dst takes it; 2 to take it from there. */
#define CK_OP_FILE_F(F)                                                     \
    F(U32, dst) F(U32, flags) F(U64, pos) F(U32, vpid) F(U8, first)         \
    F(U8, share) F(STR, path)
#define CK_OP_EPOLL_F(F) \
    F(U32, set) F(U32, src) F(U32, fd) F(U32, events) F(U64, data)
#define CK_OP_CTTY_F(F) F(U32, fd)
#define CK_OP_OWNER_F(F) \
    F(U32, fd) F(U32, vpid) F(U8, type) F(U8, sig) F(U8, async)
#define CK_OP_NOTIFY_F(F) F(U32, fd) F(U32, how) F(U32, signo) F(U64, value)
/* ours: it came back with the tree, and is not the surroundings' to give. */
#define CK_OP_TERMINAL_F(F) F(U32, fd) F(U32, vpgid) F(U8, ours)

#define CK_OPS(O)                                                           \
    O(CONNECT, connect, 1, CK_OP_NONE)   /* to the coordinator */           \
    O(FORK, fork, 2, CK_OP_ACTOR)        /* make this actor */              \
    O(REAP, reap, 3, CK_OP_ACTOR)        /* wait for a helper: exits 0 */   \
    O(CORPSE, corpse, 4, CK_OP_VPID)     /* wait until a zombie is one */   \
    O(SETSID, setsid, 5, CK_OP_NONE)                                        \
    O(SETPGID, setpgid, 6, CK_OP_SETPGID_F) /* own, or wait for leader */   \
    O(JOINED, joined, 7, CK_OP_WORD)     /* add count to a word, wake */    \
    O(AWAIT, await, 8, CK_OP_WORD)       /* wait until a word is count */   \
    O(SUBREAPER, subreaper, 9, CK_OP_SWITCH) /* adopt orphans, or not */    \
    O(CHDIR, chdir, 10, CK_OP_CHDIR_F)                                      \
    O(UMASK, umask, 11, CK_OP_UMASK_F)                                      \
    O(DUP, dup, 12, CK_OP_DUP_F)                                            \
    O(CLOSE, close, 13, CK_OP_CLOSE_F)   /* this range of numbers */        \
    O(LIMIT, limit, 14, CK_OP_LIMIT_F)   /* soft RLIMIT_NOFILE */           \
    O(EXECVE, execve, 15, CK_OP_EXECVE_F) /* a launcher, again */           \
    O(RESTORE, restore, 16, CK_OP_RESTORE_F)                                \
    O(EXIT, exit, 17, CK_OP_EXIT_F)      /* with this wait status */        \
    O(TERMINAL, terminal, 18, CK_OP_TERMINAL_F) /* give it to a group */    \
    O(PIDFD, pidfd, 19, CK_OP_PIDFD_F)   /* when that process exists */     \
    O(FILE, file, 20, CK_OP_FILE_F)      /* of a process in /proc */        \
    O(OPEN, open, 21, CK_OP_OPEN_F)      /* of the system */                \
    O(CTTY, ctty, 22, CK_OP_CTTY_F)      /* be the session at this one */   \
    O(OWNER, owner, 23, CK_OP_OWNER_F)   /* who gets the signals of fd */   \
    O(NOTIFY, notify, 24, CK_OP_NOTIFY_F) /* mq_notify, by the runtime */   \
    O(EPOLL, epoll, 25, CK_OP_EPOLL_F)   /* add src, as number fd */

#define CK_OP_ENUM(TYPE, name, number, FIELDS) CK_OP_T_##TYPE = (number),
/* A one-shot item of an epoll set that has fired: all events are gone. */
#define CK_EPOLL_FIRED(events) \
    (((events) & (1u << 30)) && !((events) & 0x0fffffffu))

enum ck_op_type { CK_OPS(CK_OP_ENUM) };

#define CK_OP_RECORD(TYPE, name, number, FIELDS) \
    CK_RECORD(ck_op_##name, FIELDS)
CK_OPS(CK_OP_RECORD)

#endif
