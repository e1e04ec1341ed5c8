/*
 * res.h - kinds of open file description ("resources"), one file per kind.
 *
 * An open file description (OFD) is what descriptors in one or more
 * processes share: position, flags, the object. The capture helper finds
 * the kind of each by asking the list (list.c) in order; the first whose
 * match says yes saves it. The restart plan finds it by name, opens it once,
 * and all processes inherit it. A new kind is one file and one line there.
 *
 * Hosted code. Errors: negative errno and a reason in why, which begins in
 * lower case and says what to do; the caller puts process and descriptor in
 * front.
 */
#ifndef CKPT_LIB_RES_RES_H
#define CKPT_LIB_RES_RES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lib/image/format.h"
#include "lib/res/given.h"
#include "lib/res/load.h"

struct ck_capture; /* lib/tree/capture.h */
struct ck_restart; /* restart/plan.h */

/* One OFD as capture sees it. pid, fd: one process and number that has it.
 * tid: its first thread, or another one when that has ended and has none of
 * this any more: open /proc/<tid>/fd/<fd> for the object itself, ask kcmp by
 * it, or ck_res_take the very description. One that no process has open,
 * because it is on its way in a socket or only an epoll set knows it, is a
 * number of the helper's own.
 * given: as which numbers the tree's root was given it (lib/image/stdio.h).
 * domain, type, protocol: of a socket; else 0. */
#define CK_RES_GIVEN 8
struct ck_res_ofd {
    uint32_t id;
    pid_t pid, tid;
    int fd;
    uint32_t given[CK_RES_GIVEN];
    size_t ngiven;
    unsigned flags; /* O_*, as fdinfo has them, without O_CLOEXEC */
    uint64_t pos;
    struct stat st;
    const char *link; /* target of the link in /proc */
    const char *info; /* text of fdinfo */
    const char *lock; /* its "lock:" lines, those of all processes; or "" */
    int domain, type, protocol;
    struct ck_res_part *part; /* of shared memory: lib/res/shm.h */
    size_t nparts;
};

/* Saved bytes of an OFD go through here: open once with how many pieces (of
 * at most CK_RES_PIECE bytes) may follow, `off` is the place in the object. */
#define CK_RES_PIECE CK_BLOCK_RAW_MAX
struct ck_res_sink {
    int (*open)(struct ck_res_sink *s, uint32_t id, uint64_t pieces);
    int (*write)(struct ck_res_sink *s, uint32_t id, uint64_t off,
                 const void *p, size_t n);
};

/* foreground: which process group of the tree has the terminal that process
 * `pid` is at, by its virtual number; 0: none of the tree.
 * virt: the number by which the program knows a process, thread or group; 0
 *   when nobody of the tree has it.
 * speaker: the same for what a socket tells of its peer or of a sender.
 * several: the computation is on more nodes than this one.
 * find: the OFD behind descriptor fd of process pid (getpid() for one of the
 *   helper's own); NULL: none of the tree's, or on its way and a stand_in.
 * alone: has nobody but process o->pid this description?
 * task: the tree's name, if it is a task of a launcher (srun); else NULL.
 * outside: set by a kind's save: it leads out of the tree, and what the
 *   surroundings have in its place may take that at a restart. */
struct ck_res_save {
    struct ck_res_sink *sink;
    uint32_t (*foreground)(const struct ck_res_save *c, pid_t pid);
    uint32_t (*virt)(const struct ck_res_save *c, pid_t pid);
    uint32_t (*speaker)(const struct ck_res_save *c, pid_t pid);
    const struct ck_res_ofd *(*find)(const struct ck_res_save *c, pid_t pid,
                                     int fd);
    int (*alone)(const struct ck_res_save *c, const struct ck_res_ofd *o);
    const struct ck_res_ofd *all; /* every OFD, sorted by st_dev, st_ino */
    size_t count, whycap;
    int several;
    char *why;
    int outside;
    const char *job_dir, *task;
};

/* match: is it of this kind? A "no" that deserves a reason is refuse()'s.
 * carried: calls found with a descriptor (which it takes over) for each OFD
 *   that this one holds and that no process need have. NULL: holds none.
 * save: encodes body into w (and bytes into the sink). 0 or -errno; -EAGAIN:
 *   may be gone at the next try.
 * check: everything that may refuse a restart, before anything is changed.
 * load: a descriptor, opened with O_CLOEXEC, or -errno.
 * link: when all are loaded: what needs others (an epoll set its targets).
 *   fd is what load gave. NULL: nothing.
 * stand_in: what load gives is only a place for what a process makes later;
 *   it can't be handed on.
 * bulk: what is saved of it are contents (of a file), which nothing depends
 *   on: a rehearsal leaves them out.
 * inner: load, link and settle reach nothing that others can see (of Unix
 *   sockets: those made beside the program).
 * lasting: check disturbs nobody beside the program, and a failure that is no
 *   matter of the moment (EACCES) will be there at each restart.
 * alike: may fd of the surroundings take its place? NULL: it never does.
 * adopts: link is called for one that was taken over, too.
 * settle: when all are linked: what must wait for that (a client connects to
 *   who listens; an option that only making it again needed). NULL: nothing.
 * claim: a number that stands for what two trees can't have (a port, a name).
 * 0: nothing. clash: two of this kind with one number: can't both be had?
 * describe: for people, e.g. "/home/u/out.txt at 1234, append". */
typedef int ck_res_found(void *arg, int fd);

struct ck_res {
    const char *name;
    int stand_in, adopts, bulk, inner, lasting;
    int (*match)(const struct ck_res_ofd *o);
    int (*carried)(const struct ck_res_ofd *o, ck_res_found *found, void *arg);
    int (*save)(struct ck_res_save *c, const struct ck_res_ofd *o,
                struct ck_wr *w);
    int (*check)(struct ck_res_load *c, const struct ck_ofd *rec);
    int (*load)(struct ck_res_load *c, const struct ck_ofd *rec);
    int (*link)(struct ck_res_load *c, const struct ck_ofd *rec, int fd);
    int (*settle)(struct ck_res_load *c, const struct ck_ofd *rec, int fd);
    int (*alike)(const struct ck_ofd *rec, int fd);
    uint64_t (*claim)(const struct ck_ofd *rec);
    int (*clash)(const struct ck_ofd *a, const struct ck_ofd *b);
    void (*describe)(const struct ck_ofd *rec, char *buf, size_t cap);
};

const struct ck_res *ck_res_match(const struct ck_res_ofd *o);
const struct ck_res *ck_res_named(const char *name);

/* What kind of descriptor nothing matches, and what to do about it:
 * "a TCP socket: sockets can't be saved yet; ...". Returns -EAGAIN when it
 * may be gone at the next try, else -ENOTSUP. */
int ck_res_refuse(const struct ck_res_ofd *o, char *why, size_t cap);

/* Fills domain, type and protocol of a socket, if it can be taken. */
void ck_res_socket(struct ck_res_ofd *o);

/* The very description, by a descriptor with O_CLOEXEC that the caller
 * closes. What is changed through it is changed for the program. -EPERM where
 * processes may not be looked into so far. */
int ck_res_take(const struct ck_res_ofd *o);

/* Fills why and returns code. */
__attribute__((format(printf, 4, 5))) int
ck_res_why(char *why, size_t cap, int code, const char *fmt, ...);

/* The group of the tree that had this terminal, 0 if there is none. */
uint32_t ck_res_stdio_foreground(const struct ck_ofd *rec);
/* The session whose controlling terminal this restored one is, and the group
 * in its foreground; 0: nobody's, none. */
uint32_t ck_res_pty_session(const struct ck_ofd *rec, uint32_t *foreground);
#endif
