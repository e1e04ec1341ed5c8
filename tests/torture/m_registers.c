/* m_registers.c - general and vector registers, held while nothing else is
 * done; the widest that the processor has, or narrower ones by lot. */
#include "torture.h"

#include "hold.h"

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    enum hold_level level = hold_widest();

    if (rnd(&r, 3) == 0)
        level = (enum hold_level)rnd(&r, level + 1u);
    for (;;) {
        unsigned seed = rnd(&r, 1u << 30);
        int hurt = damage(t, part);
        const char *bad = hold_vectors(level, seed, 200000 + rnd(&r, 2000000), hurt);

        if (!bad)
            bad = hold_general(seed, 200000 + rnd(&r, 500000), 0);
        if (bad)
            fault(t, __FILE__, __LINE__, "register %s was changed", bad);
        beat(t, part);
        if (rnd(&r, 4) == 0)
            nap(t, &r);
    }
}

const struct module module_registers = {.name = "registers", .parts = 1, .run = run};
