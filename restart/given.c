/*
 * given.c - what the surroundings of a restart have for the tree in place of
 * what its root was given (lib/res/given.c).
 */
#include "restart/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int take(struct ck_spawn *s, uint32_t number, int from)
{
    struct ck_given *g = &s->given[s->ngiven];
    int fd = from < 0 ? open("/dev/null", O_RDWR) : fcntl(from, F_DUPFD, 3);

    fd = fd < 0 ? -errno : ck_spawn_high(s, fd);
    if (fd < 0)
        return fd;
    *g = (struct ck_given){number, fd};
    s->ngiven++;
    return 0;
}

/* What the surroundings have, out of the way too. A standard descriptor that
 * is closed is /dev/null, as nobody expects it to be missing. */
int ck_spawn_given(struct ck_spawn *s)
{
    const struct ck_given *g = s->opts->given, *end = g + s->opts->ngiven;
    int rc = 0;

    for (uint32_t no = 0; !rc && no < 3; no++) {
        int there = g < end && g->number == no;

        rc = take(s, no, there ? g->fd : -1);
        g += there;
    }
    for (; !rc && g < end && s->ngiven < CK_GIVEN_MAX; g++)
        rc = take(s, g->number, g->fd);
    return rc;
}

static int by_number(const void *a, const void *b)
{
    const struct ck_given *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* Adds what the description leads to now, for each number it was given as. */
static void add_given(struct ck_spawn *s, size_t i, struct ck_given *now,
                      size_t *n)
{
    const struct ck_ofd *o = &s->tree.img.ofd[i];
    struct ck_rd r;

    ck_rd_init(&r, o->given.p, o->given.n);
    for (uint32_t k = 0; k < o->given.n / 4 && *n < CK_GIVEN_MAX; k++) {
        uint32_t number = (uint32_t)ck_get_uint(&r, 4);
        const struct ck_given *g =
            ck_res_given(s->given, s->ngiven, o, (int)number);
        size_t at = 0;

        while (at < *n && now[at].number != number)
            at++;
        if (at == *n)
            now[(*n)++] = (struct ck_given){number, g ? g->fd : s->src[i]};
    }
}

/* All of it is given to the tree in this run, too: a later one may have again
 * what this one has not. */
int ck_spawn_given_note(struct ck_spawn *s)
{
    struct ck_given now[CK_GIVEN_MAX], lost[CK_GIVEN_MAX];
    size_t n = 3, nlost = 0;

    memcpy(now, s->given, 3 * sizeof(*now));
    for (size_t i = 0; i < s->tree.img.nofd; i++)
        add_given(s, i, now, &n);
    qsort(now, n, sizeof(*now), by_number);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < s->ngiven && s->given[k].fd != now[i].fd)
            k++;
        if (k == s->ngiven)
            lost[nlost++] = now[i];
    }
    if (s->opts->missing)
        ck_res_given_text(lost, nlost, s->opts->missing, s->opts->missing_cap);
    return ck_given_ids(now, n, s->stdio_ids, sizeof(s->stdio_ids)) < 0
               ? -ENAMETOOLONG
               : 0;
}
