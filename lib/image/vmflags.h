/*
 * vmflags.h - what becomes of each flag that the kernel keeps for a memory
 * area (VmFlags in smaps): saved, refused, or left to what made it.
 */
#ifndef CKPT_LIB_IMAGE_VMFLAGS_H
#define CKPT_LIB_IMAGE_VMFLAGS_H

#include <stdint.h>

enum ck_vmflag_fate {
    CK_VF_MADE = 1, /* comes with mapping it again: rights, kind of file */
    CK_VF_SAVED,    /* `flag` of the AREA record */
    CK_VF_KERNELS,  /* of [vvar] and the like; elsewhere refused */
    CK_VF_REFUSED,
};

/* text: of a refusal, after "mapping ...: ". */
struct ck_vmflag {
    char name[3];
    uint8_t fate;
    uint32_t flag; /* enum ck_area_flag */
    const char *text;
};

/* By its two letters; NULL for one of a newer kernel. */
const struct ck_vmflag *ck_vmflag(const char *name);

/* All of a line ("rd wr mr mw me"). kernels: it is an area of the kernel's
 * own. Returns what the area is refused for, or NULL. */
const char *ck_vmflags_read(const char *line, int kernels, uint32_t *flags);

#endif
