/*
 * areas.h - the memory areas of this process, as /proc/self/smaps has them.
 */
#ifndef CKPT_RUNTIME_MEM_AREAS_H
#define CKPT_RUNTIME_MEM_AREAS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/image/format.h"

struct ck_marea {
    uint64_t start, end, pgoff, dev, ino;
    uint64_t file_size, fingerprint; /* of FILE and DEV: snapshot.c */
    uint64_t resident; /* bytes present or swapped */
    uint32_t flags;    /* enum ck_area_flag */
    uint8_t kind;      /* enum ck_area_kind; 0: not saved, not restored */
    uint8_t prot;
    uint8_t whole; /* its file can't be mapped again: save every page */
    uint8_t early; /* fork does not copy it: saved before going on */
    uint8_t data;  /* pages of it were saved */
    uint16_t policy_len;
    const uint8_t *policy; /* as an AREA record has it */
    const char *path; /* "" for anonymous */
};

/* Working memory of a checkpoint: one mapping, small things from the bottom,
 * strings from the top; never part of an image. */
struct ck_work {
    uint8_t *base;
    size_t size, used, top;
    uint64_t skip; /* start of one more area that is not saved, or 0 */
};
/* 0 or -errno. */
int ck_work_open(struct ck_work *w, size_t size);
void ck_work_close(struct ck_work *w);
/* Aligned to 16; NULL when full. */
void *ck_work_alloc(struct ck_work *w, size_t n);

struct ck_mareas {
    struct ck_marea *a;
    uint32_t n;
    uint64_t resident; /* of all that is saved */
    uint32_t lock; /* of what is mapped from now on (MCL_FUTURE): flags */
    uint32_t key;  /* while reading: protection key of the area */
    size_t path_bytes; /* and those of policies */
};

/* policy.c: of the area at addr; returns the bytes put, 0 for none. */
#define CK_POLICY_MAX (2 + 2 * 1024)
size_t ck_policy_of(uint64_t addr, uint8_t out[CK_POLICY_MAX]);

/*
 * Reads all areas. What lies in the working memory is left out. -EOPNOTSUPP
 * with a reason for an area that can't be saved; -errno otherwise.
 */
int ck_areas_read(struct ck_mareas *m, struct ck_work *w, char *why,
                  size_t cap);

#endif
