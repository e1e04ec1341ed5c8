/*
 * fuzz_pidtable.c - translation with any table: total, and the virtual
 * number of a real one leads back to it. Input: pairs of 22-bit numbers.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "lib/image/pidtable.h"

#define MAX 256

static int by_virt(const void *a, const void *b)
{
    const struct ck_pid_entry *x = a, *y = b;

    return x->virt < y->virt ? -1 : x->virt > y->virt;
}

static int by_real(const void *a, const void *b)
{
    const struct ck_pid_entry *x = a, *y = b;

    return x->real < y->real ? -1 : x->real > y->real;
}

/* Sorts, and keeps the first of each number: a table that a restart writes
 * has each virtual and each real number once. */
static uint32_t unique(struct ck_pid_entry *e, uint32_t n,
                       int (*cmp)(const void *, const void *))
{
    uint32_t k = 0;

    qsort(e, n, sizeof(*e), cmp);
    for (uint32_t i = 0; i < n; i++) {
        if (!k || cmp(&e[k - 1], &e[i]))
            e[k++] = e[i];
    }
    return k;
}

static void check(const struct ck_pidtable *t, const struct ck_pid_entry *e)
{
    FUZZ_CHECK(ck_pid_real(t, e->virt) == e->real);
    FUZZ_CHECK(ck_pid_virt(t, e->real) == e->virt);
    /* Numbers that are perhaps somebody's, perhaps nobody's. */
    for (int32_t d = -1; d <= 1; d++) {
        int32_t r = (e->virt & (CK_PID_STRIDE - 1)) + d;

        if (r > 0 && r < CK_PID_STRIDE)
            FUZZ_CHECK(ck_pid_real(t, ck_pid_virt(t, r)) == r);
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct ck_pid_entry e[MAX];
    uint32_t idx[MAX], n = 0;
    struct ck_pidtable t;

    for (size_t i = 0; i + 6 <= size && n < MAX; i += 6) {
        int32_t v = data[i] | data[i + 1] << 8 | (data[i + 2] & 0x3f) << 16;
        int32_t r = data[i + 3] | data[i + 4] << 8 |
                    (data[i + 5] & 0x3f) << 16;

        if (!v || !r)
            continue;
        /* A number that was moved, as after a second restart. */
        if (data[i + 2] & 0x40)
            v += CK_PID_STRIDE;
        e[n++] = (struct ck_pid_entry){v, r, CK_PID_EXISTS, 0};
    }
    n = unique(e, n, by_real);
    n = unique(e, n, by_virt);
    ck_pidtable_init(&t, e, n, idx);
    for (uint32_t i = 0; i < n; i++)
        check(&t, &e[i]);
}

void fuzz_seeds(void (*put)(const char *name, const void *p, size_t n))
{
    uint8_t b[60] = {0};

    for (unsigned i = 0; i < sizeof(b); i += 6) {
        b[i] = (uint8_t)(i + 1);
        b[i + 3] = (uint8_t)(200 - i);
    }
    put("ten", b, sizeof(b));
    b[8] |= 0x40;
    put("moved", b, sizeof(b));
}
