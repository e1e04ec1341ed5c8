/*
 * xstate.c - see xstate.h. Facts: the processor's manual (XSAVE, standard
 * format) and arch/x86/kernel/fpu/signal.c of Linux.
 */
#include "lib/arch/x86_64/xstate.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>

#define FP_MAGIC1 0x46505853u
#define FP_MAGIC2 0x46505845u
#define LEGACY 512 /* x87 and SSE; then the header of 64 bytes */
#define HEADER 64
#define SW_RESERVED 464 /* struct _fpx_sw_bytes in the legacy area */
#define OSXSAVE (1u << 27)

struct sw_bytes {
    uint32_t magic1;
    uint32_t extended_size;
    uint64_t xfeatures;
    uint32_t xstate_size;
    uint32_t padding[7];
};

void ck_xmachine_look(struct ck_xmachine *m)
{
    uint32_t a, b, c, d;

    memset(m, 0, sizeof *m);
    m->known = 1;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE))
        return;
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    m->features = (uint64_t)d << 32 | a;
    for (unsigned i = 2; i < CK_XPARTS; i++) {
        if (!(m->features >> i & 1))
            continue;
        __cpuid_count(0xd, i, a, b, c, d);
        m->part[i].offset = b;
        m->part[i].size = a;
        if (c & 4) /* the kernel can be told of its first use (XFD) */
            m->dynamic |= 1ull << i;
    }
}

size_t ck_xstate_size(const struct ck_xmachine *m, uint64_t features)
{
    size_t size = LEGACY + HEADER, end;

    if (!m->features)
        return LEGACY;
    for (unsigned i = 2; i < CK_XPARTS; i++) {
        end = (size_t)m->part[i].offset + m->part[i].size;
        if ((features >> i & 1) && end > size)
            size = end;
    }
    return size;
}

uint64_t ck_xstate_used(const struct ck_xmachine *m,
                        const struct ck_xstate *x)
{
    uint64_t used = 0;

    if (m->features)
        memcpy(&used, x->bytes + LEGACY, sizeof used);
    return used & ~CK_X87_SSE;
}

int ck_xstate_frame(const struct ck_xmachine *m, struct ck_xstate *x,
                    size_t len)
{
    uint64_t used = ck_xstate_used(m, x);
    uint32_t magic2 = FP_MAGIC2;
    struct sw_bytes sw;
    size_t size, all;

    memset(&sw, 0, sizeof sw);
    if (len > CK_XSTATE_MAX - sizeof magic2)
        len = CK_XSTATE_MAX - sizeof magic2;
    if (used & ~m->features)
        return -ENOTSUP;
    if (len < ck_xstate_size(m, used))
        return -EOVERFLOW;
    if (m->features) {
        sw.magic1 = FP_MAGIC1;
        sw.xfeatures = m->features & (~m->dynamic | used);
        size = ck_xstate_size(m, sw.xfeatures);
        if (size > len)
            size = len;
        sw.xstate_size = (uint32_t)size;
        sw.extended_size = (uint32_t)(size + sizeof magic2);
        memcpy(x->bytes + size, &magic2, sizeof magic2);
        /* Some kernels (6.16) look for the word where their own state of
         * this thread ends; that it has room for more can't be seen. */
        all = ck_xstate_size(m, m->features);
        if (all > size && all <= CK_XSTATE_MAX - sizeof magic2)
            memcpy(x->bytes + all, &magic2, sizeof magic2);
    }
    memcpy(x->bytes + SW_RESERVED, &sw, sizeof sw);
    return 0;
}

int ck_xstate_copy(const struct ck_xmachine *m, struct ck_xstate *x,
                   const void *frame)
{
    struct sw_bytes sw;
    size_t len = LEGACY;

    memcpy(&sw, (const uint8_t *)frame + SW_RESERVED, sizeof sw);
    if (m->features && sw.magic1 == FP_MAGIC1)
        len = sw.xstate_size;
    if (len > CK_XSTATE_MAX)
        return -EOVERFLOW;
    memcpy(x->bytes, frame, len);
    if (m->features && len == LEGACY)
        return -EOVERFLOW;
    return ck_xstate_frame(m, x, len);
}

int ck_xstate_taken(const struct ck_xmachine *m, const struct ck_xstate *x,
                    uint64_t room)
{
    uint64_t used = ck_xstate_used(m, x);
    struct sw_bytes sw;
    uint32_t magic2;

    if (!m->features)
        return 1;
    memcpy(&sw, x->bytes + SW_RESERVED, sizeof sw);
    if (sw.magic1 != FP_MAGIC1 || sw.xstate_size < LEGACY + HEADER ||
        sw.xstate_size > sw.extended_size ||
        sw.xstate_size > ck_xstate_size(m, room) ||
        sw.xstate_size > CK_XSTATE_MAX - sizeof magic2)
        return 0;
    memcpy(&magic2, x->bytes + sw.xstate_size, sizeof magic2);
    return magic2 == FP_MAGIC2 && !(used & ~(room & sw.xfeatures)) &&
           ck_xstate_size(m, used) <= sw.xstate_size;
}

uint64_t ck_xstate_lacks(const struct ck_xmachine *from,
                         const struct ck_xmachine *to,
                         const struct ck_xstate *x)
{
    uint64_t used = ck_xstate_used(from, x), lacks = used & ~to->features;

    for (unsigned i = 2; i < CK_XPARTS; i++)
        if ((used >> i & 1) &&
            memcmp(&from->part[i], &to->part[i], sizeof from->part[i]) != 0)
            lacks |= 1ull << i;
    return lacks;
}

/* In bytes, since not every assembler knows them. */
void ck_xstate_touch_tiles(void)
{
    static const uint8_t one_tile[64] __attribute__((aligned(64))) = {
        [0] = 1, [16] = 64, [48] = 16};

    __asm__ volatile(".byte 0xc4, 0xe2, 0x78, 0x49, 0x00\n\t" /* ldtilecfg (%rax) */
                     ".byte 0xc4, 0xe2, 0x7b, 0x49, 0xc0\n\t" /* tilezero %tmm0 */
                     ".byte 0xc4, 0xe2, 0x78, 0x49, 0xc0"     /* tilerelease */
                     :
                     : "a"(one_tile), "m"(one_tile));
}
