/* m_memory.c - anonymous memory, the heap and the stack of a thread: areas
 * that are painted, moved, protected, given back and painted again. */
#include "torture.h"

#include <sys/mman.h>

#define AREAS 6

struct area {
    unsigned char *p;
    size_t n;
    unsigned seed;
    int heap;
};

static void drop(struct inst *t, struct area *a)
{
    if (a->heap)
        free(a->p);
    else if (a->p)
        NEED(t, munmap(a->p, a->n) == 0);
    a->p = NULL;
}

static void fresh(struct inst *t, struct area *a, struct rng *r)
{
    drop(t, a);
    a->heap = (int)rnd(r, 2);
    a->n = a->heap ? 1 + rnd(r, 200000) : 4096ul * (1 + rnd(r, 100));
    a->p = a->heap ? malloc(a->n)
                   : mmap(NULL, a->n, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(t, a->p && a->p != MAP_FAILED);
    a->seed = rnd(r, 1u << 30);
    paint(a->p, a->n, a->seed, 0);
}

static void move(struct inst *t, struct area *a, struct rng *r)
{
    size_t n = a->n > 8192 ? a->n / 2 & ~4095ul : 2 * a->n;
    void *p;

    if (a->heap) {
        p = realloc(a->p, n ? n : 1);
        n = n ? n : 1;
    } else {
        p = mremap(a->p, a->n, n, MREMAP_MAYMOVE);
    }
    NEED(t, p && p != MAP_FAILED);
    a->p = p;
    NEED(t, painted(a->p, n < a->n ? n : a->n, a->seed, 0));
    a->n = n;
    a->seed = rnd(r, 1u << 30);
    paint(a->p, a->n, a->seed, 0);
}

/* What is given back reads as zero; what can't be written keeps its bytes. */
static void advise(struct inst *t, struct area *a, struct rng *r)
{
    if (a->heap)
        return;
    if (rnd(r, 2)) {
        NEED(t, mprotect(a->p, a->n, PROT_READ) == 0);
        nap(t, r);
        NEED(t, painted(a->p, a->n, a->seed, 0));
        NEED(t, mprotect(a->p, a->n, PROT_READ | PROT_WRITE) == 0);
        return;
    }
    NEED(t, madvise(a->p, a->n, MADV_DONTNEED) == 0);
    nap(t, r);
    for (size_t i = 0; i < a->n; i += 512)
        NEED(t, a->p[i] == 0);
    paint(a->p, a->n, a->seed, 0);
}

static void run(struct inst *t, int part)
{
    struct area area[AREAS] = {0};
    struct rng r = rng_of(t, part);
    unsigned char stack[20000];

    paint(stack, sizeof stack, t->seed, 0);
    for (int i = 0; i < AREAS; i++)
        fresh(t, &area[i], &r);
    for (;;) {
        struct area *a = &area[rnd(&r, AREAS)];

        if (damage(t, part))
            a->p[a->n / 2] ^= 4;
        NEED(t, painted(a->p, a->n, a->seed, 0));
        NEED(t, painted(stack, sizeof stack, t->seed, 0));
        switch (rnd(&r, 4)) {
        case 0: fresh(t, a, &r); break;
        case 1: move(t, a, &r); break;
        case 2: advise(t, a, &r); break;
        default: nap(t, &r);
        }
        beat(t, part);
    }
}

const struct module module_memory = {.name = "memory", .parts = 1, .run = run};
