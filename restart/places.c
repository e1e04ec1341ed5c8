/*
 * places.c - where on this machine the tree's threads and areas are bound
 * that were bound on the old one: D/places.<tree> (lib/image/places.h).
 *
 * An image without the places, a machine that can't be looked at (no hwloc):
 * then numbers stay what they are, where they can be used.
 */
#include "restart/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/place/place.h"

static int write_pairs(const char *path, const struct ck_place_pair *p,
                       size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc;
    ssize_t k;

    if (fd < 0)
        return -errno;
    k = write(fd, p, n * sizeof(*p));
    rc = k < 0 ? -errno : (size_t)k < n * sizeof(*p) ? -ENOSPC : 0;
    close(fd);
    return rc;
}

int ck_spawn_places(struct ck_spawn *s)
{
    struct ck_place *was = malloc(sizeof(*was)), *is = malloc(sizeof(*is));
    struct ck_place_pair *pairs = NULL;
    char path[1400];
    size_t n = 0;
    int rc = was && is ? 0 : -ENOMEM;

    snprintf(path, sizeof(path), "%s/places.%s", s->opts->job_dir,
             s->opts->tree);
    unlink(path); /* of the last run */
    if (!rc)
        rc = ck_place_get(&s->tree.img.placement, was);
    if (!rc && was->ncpu && !ck_place_look(NULL, 0, is))
        rc = ck_place_pairs(was, is, &pairs, &n);
    if (!rc && n)
        rc = write_pairs(path, pairs, n);
    free(pairs);
    free(was);
    free(is);
    return rc ? ck_res_why(s->why, s->whycap, rc, "%s can't be written: %s",
                           path, strerror(-rc))
              : 0;
}
