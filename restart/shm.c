/*
 * shm.c - which inherited descriptor stands for which shared memory.
 *
 * The objects were opened like open file descriptions (lib/res/shm.c); the
 * processes know them by the device and inode that their mappings had.
 */
#include "restart/parts.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/res/shm.h"

int ck_spawn_shm(struct ck_spawn *s)
{
    const struct ck_tree_image *m = &s->tree.img;

    s->shm = calloc(m->nofd + m->nsysv + 1, sizeof(*s->shm));
    if (!s->shm)
        return -ENOMEM;
    for (size_t i = 0; i < m->nofd; i++) {
        struct ck_spawn_shm *o = &s->shm[s->nshm];

        if (ck_res_mapped(&m->ofd[i], &o->dev, &o->ino))
            continue;
        o->fd = s->src[i];
        s->nshm++;
    }
    return 0;
}
