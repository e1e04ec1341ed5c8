/*
 * swap.h - may any page of this machine be swapped out? mincore() says of a
 * page of shared memory that is in swap what it says of one that nobody has
 * ever touched.
 */
#ifndef CKPT_LIB_SYS_SWAP_H
#define CKPT_LIB_SYS_SWAP_H

#include <sys/sysinfo.h>

#include "lib/sys/syscall.h"

static inline int ck_swap_used(void)
{
    struct sysinfo s = {.totalswap = 1};

    sys1(SYS_sysinfo, &s);
    return s.freeswap < s.totalswap;
}

#endif
