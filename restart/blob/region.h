/*
 * region.h - the restorer's own place in memory while everything else goes.
 */
#ifndef CKPT_RESTART_REGION_H
#define CKPT_RESTART_REGION_H

#include <stdint.h>

#include "lib/image/handoff.h"
#include "lib/image/reader.h"
#include "restart/blob/blob.h"
#include "restart/blob/maps.h"

#define CK_READER_STACK (256 * 1024ul)
#define CK_READERS_MAX 8

/* Everything that must survive the unmapping lies in the region: this
 * struct, then stacks and scratch of the readers, then the index. */
struct ck_region {
    uint64_t start, len;
    int image_fd, coord_fd;
    uint32_t generation, nareas, nranges, ntids, nshm, readers;
    struct ck_imgr r;
    struct ck_imgr_stream pages;
    int has_pages;
    struct ck_process process;
    struct ck_area *area;
    struct ck_blob guards;
    struct ck_imgr_range *range;
    uint32_t *tid;
    uint32_t tid_min, tid_max;
    struct ck_blob_shm *shm;
    struct ck_present *present;
    uint64_t aside; /* where vdso and vvar wait */
    uint64_t vdso_from[CK_KERNEL_MAX]; /* their places aside */
    uint8_t *stack, *scratch;
    uint64_t guard[8]; /* LZ4 was built to look for a canary at %fs:0x28 */
    uint32_t next_block;
    int err;
    uint64_t raw_bytes;
    int32_t alive[CK_READERS_MAX];
    uint32_t nmutex;
    uint64_t no_tls[128]; /* for %fs: archives read a stack canary there */
    struct ck_handoff handoff;
};

/* pages.c: reads all blocks to their places, by g->readers threads, and
 * notes shared mutexes that saved threads hold. Fails as ck_blob_fail does. */
void ck_pages_read(struct ck_region *g);

/* policy.c: after all areas are mapped, before pages are read. */
void ck_blob_policies(const struct ck_region *g);

/* guard.c: after all pages are read, before anything is locked. */
void ck_blob_guards(const struct ck_region *g);

/* sysv.c: returns where it is, or -errno. */
long ck_blob_attach(const struct ck_region *g, const struct ck_area *a);

#endif
