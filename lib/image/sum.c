/*
 * sum.c - see sum.h. The only file that compiles xxhash: inlined, without
 * run-time dispatch, which would need relocations and a constructor.
 */
#include "lib/image/sum.h"

#define XXH_INLINE_ALL
/* Packed loads rather than memcpy: the freestanding flavour has no builtins,
 * and a call per eight bytes would cost more than the sum. */
#define XXH_FORCE_MEMORY_ACCESS 1
#include <xxhash.h>

uint64_t ck_sum64(const void *p, size_t n)
{
    return XXH3_64bits(p, n);
}
