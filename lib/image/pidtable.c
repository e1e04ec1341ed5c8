/* pidtable.c - see pidtable.h. Usable without libc. */
#include "lib/image/pidtable.h"

static uint32_t lower_virt(const struct ck_pid_entry *e, uint32_t n,
                           int32_t virt)
{
    uint32_t lo = 0, hi = n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (e[mid].virt < virt)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int known_virt(const struct ck_pidtable *t, int32_t virt)
{
    uint32_t i = lower_virt(t->by_virt, t->count, virt);

    return i < t->count && t->by_virt[i].virt == virt;
}

/* By real number; of two that have the same the process comes first. */
static int after(const struct ck_pid_entry *a, const struct ck_pid_entry *b)
{
    return a->real != b->real ? a->real > b->real : a->outside > b->outside;
}

/* Restores the heap property of idx[0..n) below `i`. */
static void sift(const struct ck_pid_entry *e, uint32_t *idx, uint32_t i,
                 uint32_t n)
{
    for (;;) {
        uint32_t big = i, l = 2 * i + 1, r = l + 1, tmp;

        if (l < n && after(&e[idx[l]], &e[idx[big]]))
            big = l;
        if (r < n && after(&e[idx[r]], &e[idx[big]]))
            big = r;
        if (big == i)
            return;
        tmp = idx[i];
        idx[i] = idx[big];
        idx[big] = tmp;
        i = big;
    }
}

void ck_pidtable_init(struct ck_pidtable *t,
                      const struct ck_pid_entry *entries, uint32_t count,
                      uint32_t *by_real)
{
    t->by_virt = entries;
    t->by_real = by_real;
    t->count = count;
    t->spoke = 0;
    for (uint32_t i = 0; i < count; i++)
        by_real[i] = i;
    for (uint32_t i = count / 2; i-- > 0;)
        sift(entries, by_real, i, count);
    for (uint32_t n = count; n > 1; n--) {
        uint32_t tmp = by_real[0];

        by_real[0] = by_real[n - 1];
        by_real[n - 1] = tmp;
        sift(entries, by_real, 0, n - 1);
    }
}

int32_t ck_pid_virt(const struct ck_pidtable *t, int32_t real)
{
    uint32_t lo = 0, hi = t ? t->count : 0;
    int32_t v = real;

    if (!hi || real <= 0)
        return real;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (t->by_virt[t->by_real[mid]].real < real)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < t->count && t->by_virt[t->by_real[lo]].real == real)
        return t->by_virt[t->by_real[lo]].virt;
    if (real & CK_PID_NOBODY)
        return real & ~CK_PID_NOBODY;
    while (known_virt(t, v))
        v += CK_PID_STRIDE;
    return v;
}

int32_t ck_pid_real(const struct ck_pidtable *t, int32_t virt)
{
    int32_t real = virt & (CK_PID_STRIDE - 1);
    uint32_t i;

    if (!t || !t->count || virt <= 0)
        return virt;
    i = lower_virt(t->by_virt, t->count, virt);
    if (i < t->count && t->by_virt[i].virt == virt)
        return t->by_virt[i].real;
    return ck_pid_virt(t, real) == virt ? real : virt | CK_PID_NOBODY;
}

int32_t ck_pid_spoke_for(const struct ck_pidtable *t, int32_t real)
{
    for (uint32_t i = 0; t && i < t->spoke; i++) {
        if (t->by_virt[t->count + i].real == real)
            return t->by_virt[t->count + i].virt;
    }
    return 0;
}

struct ck_pid_entry *ck_pid_find(struct ck_pidtable_file *f, int32_t virt)
{
    uint32_t i = lower_virt(f->entry, f->count, virt);

    return i < f->count && f->entry[i].virt == virt ? &f->entry[i] : NULL;
}
