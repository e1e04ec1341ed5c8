/*
 * index.c - see index.h. Open addressing, at most three quarters full; what is
 * removed leaves a mark, behind which one goes on looking.
 */
#include "lib/base/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/image/sum.h"

#define LEAST 64

static char removed; /* its address stands where something was */

uint64_t ck_index_key(const char *name, uint64_t number)
{
    uint64_t sum = ck_sum64(name, strlen(name)) ^ number * 0x9e3779b97f4a7c15u;

    return sum ^ sum >> 29;
}

static void put(struct ck_index *x, uint64_t key, void *what)
{
    size_t i = key & (x->cap - 1);

    while (x->slot[i].what)
        i = (i + 1) & (x->cap - 1);
    x->slot[i] = (struct ck_index_slot){key, what};
    x->used++;
}

/* Twice as large, or as large without the marks. */
static int grow(struct ck_index *x)
{
    struct ck_index old = *x;
    size_t n = 0;

    for (size_t i = 0; i < old.cap; i++)
        n += old.slot[i].what && old.slot[i].what != &removed;
    x->cap = LEAST;
    while (x->cap < 3 * n)
        x->cap *= 2;
    x->slot = calloc(x->cap, sizeof *x->slot);
    if (!x->slot) {
        *x = old;
        return -ENOMEM;
    }
    x->used = 0;
    for (size_t i = 0; i < old.cap; i++)
        if (old.slot[i].what && old.slot[i].what != &removed)
            put(x, old.slot[i].key, old.slot[i].what);
    free(old.slot);
    return 0;
}

int ck_index_add(struct ck_index *x, uint64_t key, void *what)
{
    if (4 * (x->used + 1) > 3 * x->cap && grow(x) < 0)
        return -ENOMEM;
    put(x, key, what);
    return 0;
}

/* *at counts the places that were looked at. */
void *ck_index_next(const struct ck_index *x, uint64_t key, size_t *at)
{
    while (*at < x->cap) {
        const struct ck_index_slot *s =
            &x->slot[(key + (*at)++) & (x->cap - 1)];

        if (!s->what)
            *at = x->cap;
        else if (s->key == key && s->what != &removed)
            return s->what;
    }
    return NULL;
}

void ck_index_remove(struct ck_index *x, uint64_t key, const void *what)
{
    for (size_t at = 0; at < x->cap; at++) {
        struct ck_index_slot *s = &x->slot[(key + at) & (x->cap - 1)];

        if (!s->what)
            return;
        if (s->key == key && s->what == what) {
            s->what = &removed;
            return;
        }
    }
}

void ck_index_free(struct ck_index *x)
{
    free(x->slot);
    *x = (struct ck_index){0};
}
