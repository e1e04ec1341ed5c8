/*
 * share.c - objects that several open file descriptions have in common
 * during one restart: the two ends of a pipe, a file without a name. And the
 * number by which trees compare names.
 */
#include "lib/res/kind.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/image/sum.h"

uint64_t ck_res_name_key(const char *name)
{
    return ck_sum64(name, strlen(name)) | 1;
}

struct ck_res_shared *ck_res_share(struct ck_res_load *c, uint64_t dev,
                                   uint64_t ino, int *fresh)
{
    struct ck_res_shared *s;

    *fresh = 0;
    for (s = c->shared; s; s = s->next) {
        if (s->dev == dev && s->ino == ino)
            return s;
    }
    s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    *s = (struct ck_res_shared){c->shared, dev, ino, {-1, -1}};
    c->shared = s;
    *fresh = 1;
    return s;
}

void ck_res_load_end(struct ck_res_load *c)
{
    while (c->shared) {
        struct ck_res_shared *s = c->shared;

        c->shared = s->next;
        for (int i = 0; i < 2; i++) {
            if (s->fd[i] >= 0)
                close(s->fd[i]);
        }
        free(s);
    }
}
