/*
 * sysvids.c - see sysvids.h. Both ways are total: what no entry says is as
 * it is.
 */
#include "lib/image/sysvids.h"

static int fixed(const struct ck_sysv_entry *e, uint32_t n, int kind,
                 int32_t virt)
{
    for (uint32_t i = 0; i < n; i++)
        if (e[i].kind == kind && e[i].virt == virt)
            return 1;
    return 0;
}

/* The virtual id of an object that no restart has made. */
static int32_t later(const struct ck_sysv_entry *e, uint32_t n, int kind,
                     int32_t real)
{
    uint32_t v = (uint32_t)real;

    while (fixed(e, n, kind, (int32_t)v))
        v = (v + CK_SYSV_STEP) & 0x7fffffffu;
    return (int32_t)v;
}

int32_t ck_sysv_virt(const struct ck_sysv_entry *e, uint32_t n, int kind,
                     int32_t real)
{
    if (real < 0)
        return real;
    for (uint32_t i = 0; i < n; i++)
        if (e[i].kind == kind && e[i].real == real)
            return e[i].virt;
    return later(e, n, kind, real);
}

int32_t ck_sysv_real(const struct ck_sysv_entry *e, uint32_t n, int kind,
                     int32_t virt)
{
    if (virt < 0)
        return virt;
    for (uint32_t i = 0; i < n; i++)
        if (e[i].kind == kind && e[i].virt == virt)
            return e[i].real;
    for (uint32_t i = 0; i < n; i++)
        if (e[i].kind == kind && later(e, n, kind, e[i].virt) == virt)
            return e[i].virt;
    return virt;
}
