/*
 * maps.h - what is mapped now, before the restorer makes room.
 */
#ifndef CKPT_RESTART_MAPS_H
#define CKPT_RESTART_MAPS_H

#include <stdint.h>

#define CK_PRESENT_MAX 512
#define CK_KERNEL_MAX 6
#define CK_KERNEL_ROOM (64 * 4096ul) /* for vdso and vvar while they wait */

struct ck_kernel_map {
    uint64_t start, end;
    char name[24]; /* [vdso], [vvar], [vvar_vclock] */
};

struct ck_present {
    uint32_t n, nkernel;
    struct {
        uint64_t start, end;
    } map[CK_PRESENT_MAX];
    struct ck_kernel_map kernel[CK_KERNEL_MAX];
};

/* Reads /proc/self/maps; fails as ck_blob_fail does. */
void ck_present_read(struct ck_present *p, int coord_fd);

#endif
