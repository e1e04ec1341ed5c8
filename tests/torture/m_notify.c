/* m_notify.c - inotify: what happens in a directory that is watched is told,
 * with its name; after a restart there may be more (docs/limits.md). */
#include "torture.h"

#include <sys/inotify.h>
#include <sys/stat.h>

/* True when its making was told, or that something was lost. */
static int told(struct inst *t, int fd, int wd, const char *name, int hurt)
{
    char buf[4096] __attribute__((aligned(8)));
    struct inotify_event *e;
    ssize_t n = read(fd, buf, sizeof buf);
    int yes = 0;

    NEED(t, n > 0);
    for (char *p = buf; p < buf + n; p += sizeof *e + e->len) {
        e = (struct inotify_event *)(void *)p;
        if (e->mask & IN_Q_OVERFLOW) {
            yes = 1;
            continue;
        }
        SAME(t, e->wd, wd + hurt);
        if (e->mask & IN_CREATE && e->len && strcmp(e->name, name) == 0)
            yes = 1;
    }
    return yes;
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    char path[700], name[30];
    int fd = inotify_init1(0), wd;

    NEED(t, fd >= 0 && mkdir(own_path(t, "seen"), 0755) == 0);
    NEED(t, (wd = inotify_add_watch(fd, own_path(t, "seen"), IN_CREATE | IN_DELETE)) > 0);
    for (unsigned n = 0;; n++) {
        int hurt = damage(t, part);

        snprintf(name, sizeof name, "file%u", n);
        snprintf(path, sizeof path, "%s/%s", own_path(t, "seen"), name);
        rmdir(path); /* a later life may have made it, or removed it */
        NEED(t, mkdir(path, 0755) == 0);
        nap(t, &r);
        while (!told(t, fd, wd, name, hurt))
            ;
        rmdir(path);
        beat(t, part);
    }
}

const struct module module_notify = {.name = "notify", .parts = 1, .run = run};
