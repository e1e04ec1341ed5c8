/*
 * shm.h - shared memory objects, between lib/res/shm.c, who finds them
 * (lib/tree/maps.c) and who maps them again (restart/shm.c).
 *
 * An object stands in the image like an OFD that no descriptor leads to: it
 * has parts, no fd, and of st only device and inode.
 */
#ifndef CKPT_LIB_RES_SHM_H
#define CKPT_LIB_RES_SHM_H

#include "lib/res/res.h"

/* A part of a shared memory object as one process has it mapped: len bytes
 * from `off` in the object, at `addr`; base: "/proc/PID" of the process.
 * over: privately, so that pages which it has written are not the object's;
 * these are never `writes`. */
struct ck_res_part {
    const char *base;
    uint64_t addr, off, len;
    int reads, writes, over;
};

/* What the kernel shows of the object's file to those that it trusts
 * (CAP_CHECKPOINT_RESTORE): a descriptor that the caller closes, or -errno. */
int ck_res_mapped_open(const struct ck_res_ofd *o);

/* shm_read.c: all that is mapped, out of the processes' memory, into the sink
 * (opened by the caller); *size: where it ends. 0 or -errno. */
int ck_res_mapped_read(struct ck_res_save *c, const struct ck_res_ofd *o,
                       uint64_t *size);

/* The device and inode that mappings of this shared memory object name. 0,
 * or -1 when rec is none. */
int ck_res_mapped(const struct ck_ofd *rec, uint64_t *dev, uint64_t *ino);

#endif
