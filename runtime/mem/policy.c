/*
 * policy.c - the memory policy of an area, as mbind set it and an AREA record
 * has it. That of a thread is task/sched.c's.
 */
#include "runtime/mem/areas.h"

#include "lib/image/places.h"
#include "lib/sys/syscall.h"

#define OF_ADDRESS 2 /* MPOL_F_ADDR */

static size_t put(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    return 2;
}

size_t ck_policy_of(uint64_t addr, uint8_t out[CK_POLICY_MAX])
{
    uint64_t nodes[CK_NODES / 64] = {0};
    int32_t mode = 0;
    size_t n;

    if (sys5(SYS_get_mempolicy, &mode, nodes, CK_NODES, addr, OF_ADDRESS) <
            0 ||
        !mode)
        return 0;
    n = put(out, (unsigned)mode);
    for (unsigned i = 0; i < CK_NODES; i++)
        if (nodes[i / 64] >> (i % 64) & 1)
            n += put(out + n, i);
    return n;
}
