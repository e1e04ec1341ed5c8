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

struct ck_capture; /* lib/tree/capture.h */
struct ck_restart; /* restart/plan.h */

/* One OFD as capture sees it. pid, fd: one process and number that has it;
 * open /proc/<pid>/fd/<fd> for the object itself. slots: bit n is set when
 * it is what the tree's root had as descriptor n (0, 1, 2). */
struct ck_res_ofd {
    uint32_t id;
    pid_t pid;
    int fd;
    unsigned slots;
    unsigned flags; /* O_*, as fdinfo has them, without O_CLOEXEC */
    uint64_t pos;
    struct stat st;
    const char *link; /* target of the link in /proc */
};

/* Saved bytes of an OFD go through here, `off` is the place in the object. */
struct ck_res_sink {
    int (*write)(struct ck_res_sink *s, uint32_t id, uint64_t off,
                 const void *p, size_t n);
};

struct ck_res_save {
    struct ck_res_sink *sink;
    const struct ck_res_ofd *all; /* every OFD, sorted by st_dev, st_ino */
    size_t count;
    char *why;
    size_t whycap;
};

/* The other way round: all bytes saved for `id`, in pieces, to `put`. */
struct ck_res_source {
    int (*read)(struct ck_res_source *s, uint32_t id,
                int (*put)(void *arg, uint64_t off, const void *p, size_t n),
                void *arg);
};

/* State of one restart. stdio: descriptors of the surroundings, -1: closed.
 * `shared` remembers objects that several OFDs have in common (share.c). */
struct ck_res_load {
    struct ck_res_source *source;
    const char *job_dir;
    const char *set_name; /* "set-000012" */
    int stdio[3];
    int keep_files; /* no rollback */
    struct ck_res_shared *shared;
    char *why;
    size_t whycap;
};

/* match: is it of this kind? A "no" that deserves a reason is refuse()'s.
 * save: encodes body into w (and bytes into the sink). 0 or -errno; -EAGAIN:
 *   may be gone at the next try.
 * check: everything that may refuse a restart, before anything is changed.
 * load: a descriptor, opened with O_CLOEXEC, or -errno.
 * describe: for people, e.g. "/home/u/out.txt at 1234, append". */
struct ck_res {
    const char *name;
    int (*match)(const struct ck_res_ofd *o);
    int (*save)(struct ck_res_save *c, const struct ck_res_ofd *o,
                struct ck_wr *w);
    int (*check)(struct ck_res_load *c, const struct ck_ofd *rec);
    int (*load)(struct ck_res_load *c, const struct ck_ofd *rec);
    void (*describe)(const struct ck_ofd *rec, char *buf, size_t cap);
};

const struct ck_res *ck_res_match(const struct ck_res_ofd *o);
const struct ck_res *ck_res_named(const char *name);

/* What kind of descriptor nothing matches, and what to do about it:
 * "a TCP socket: sockets can't be saved yet; ...". Returns -EAGAIN when it
 * may be gone at the next try, else -ENOTSUP. */
int ck_res_refuse(const struct ck_res_ofd *o, char *why, size_t cap);

/* When all OFDs are loaded: closes what was only needed for that. */
void ck_res_load_end(struct ck_res_load *c);

/* "stdio" kinds have no one description after a restart: which number of
 * the surroundings stands behind descriptor fd of the program. -1: not a
 * matter of stdio; the OFD that load gave is the one. */
int ck_res_stdio_slot(const struct ck_ofd *rec, int fd);

#endif
