/*
 * load.h - what a restart gives to the kinds of lib/res: the saved bytes, and
 * the state of the whole. Part of res.h.
 */
#ifndef CKPT_LIB_RES_LOAD_H
#define CKPT_LIB_RES_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/image/format.h"
#include "lib/image/stdio.h"

/* All bytes saved for `id`, in pieces, to `put`. */
struct ck_res_source {
    int (*read)(struct ck_res_source *s, uint32_t id,
                int (*put)(void *arg, uint64_t off, const void *p, size_t n),
                void *arg);
};

/* State of one restart. given: what the surroundings have; 0 to 2 are there.
 * `shared` remembers objects that several OFDs have in common (share.c).
 * loaded: the descriptor of OFD `id`, which lies on a number that no program
 * uses and stays the caller's; -1: there is none. For link.
 * record: what was saved of OFD `id`; NULL: there is none.
 * holder: number of the n-th process that has OFD `id`, 0: there is no such.
 *   The first is the tree's root when nobody has it.
 * inside: process `vpid` does this operation (restart/ops.h) when it has all
 *   descriptors that were loaded, and none on a number of the program yet;
 *   in the order of their codes. For link.
 * speak_as: runs fn(arg) in a process of its own, which shares descriptors
 *   and ends with it; where sockets tell who made them or sent something, the
 *   programs will know it by number `vpid`. 0 or -errno, fn's own. NULL: fn
 *   is as well run here. */
struct ck_res_load {
    struct ck_res_source *source;
    int (*loaded)(const struct ck_res_load *c, uint32_t id);
    const struct ck_ofd *(*record)(const struct ck_res_load *c, uint32_t id);
    uint32_t (*holder)(const struct ck_res_load *c, uint32_t id, size_t n);
    int (*inside)(const struct ck_res_load *c, uint32_t vpid, unsigned code,
                  const struct ck_wr *op);
    int (*speak_as)(const struct ck_res_load *c, uint32_t vpid,
                    int (*fn)(void *arg), void *arg);
    const char *job_dir;
    const char *set_name; /* "set-000012" */
    const struct ck_given *given;
    size_t ngiven;
    int keep_files; /* no rollback */
    int beside;     /* the program runs: Unix sockets get any name, and ask
                     * nobody outside; locks are not tried */
    struct ck_res_shared *shared; /* NULL at first */
    int resized; /* the surroundings' terminal has another size */
    char *why;
    size_t whycap;
};

/* When all are loaded: closes what was only needed for that. */
void ck_res_load_end(struct ck_res_load *c);

/* Opens path, also where only the mode of a file of ours is in the way
 * (open.c). The descriptor (close-on-exec), or -errno. */
int ck_res_open(const char *path, unsigned flags);

/* Is it the file at path, open for writing? A restart cuts that back. */
int ck_res_file_writes(const struct ck_ofd *rec, const char *path);

/* For `claim` (res.h): a number that stands for a name, not 0. */
uint64_t ck_res_name_key(const char *name);

/* Waits until the kernel has closed what lay only in queues of sockets that
 * nobody can reach (garbage.c): it may hold what a check found taken. 0 or
 * -errno. */
int ck_res_collect(void);

/* Cuts the file behind fd back to `size`; what is cut off is kept in the
 * job's rollback directory first. */
int ck_res_rollback(struct ck_res_load *c, int fd, const char *path,
                    uint64_t size);

#endif
