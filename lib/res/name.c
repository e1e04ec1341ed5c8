/*
 * name.c - a name of a file that has lost the one it was opened by.
 *
 * "(deleted)" in /proc tells of that name only: the file may have others.
 * sem_open() makes a semaphore under a temporary name, links it to its own
 * and removes the first; what is made without a name (O_TMPFILE) gets one
 * later; mail is moved by link and unlink. Programs go on meeting in such a
 * file by name, so its name has to be found.
 *
 * Looked at are the directory of the old name and those around it, working
 * directories, and the directories of what else is open, on the same file
 * system: of a file that is known to have a name with patience, of one that
 * may have none (only mapped, so that nobody can be asked) at most LEAST
 * entries beyond the old directory. What is found is the same file by the
 * kernel's word, never by its name or number alone.
 */
#include "lib/image/mapped.h"
#include "lib/res/kind.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DELETED " (deleted)"
#define MOST 300000 /* entries that are looked at */
#define LEAST 4000
#define DIRS 4000

struct search {
    const struct stat *st; /* as stat has it, or NULL: */
    dev_t dev;             /* as a mapping has it */
    ino_t ino;
    long left;  /* entries that may be looked at still */
    int beside; /* dir[0] is where the old name was */
    size_t n;
    struct {
        char *path;
        ino_t ino;
        dev_t dev;
        int deep; /* how far down from here */
    } dir[DIRS];
};

static int path_of(char *path, size_t cap, const char *dir, const char *name)
{
    const char *between = dir[0] && dir[1] ? "/" : "";

    return (size_t)snprintf(path, cap, "%s%s%s", dir, between, name) < cap;
}

/* Some file systems have one device for mappings and another for stat: then
 * the file is mapped, and the kernel says which it is. */
static int mapped_same(const char *path, dev_t dev, ino_t ino)
{
    int fd = ck_res_open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW), same = 0;
    unsigned major, minor;
    unsigned long long n;
    char line[PATH_MAX + 200], head[40];
    void *p = MAP_FAILED;
    FILE *f;

    if (fd < 0)
        return 0;
    p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    f = p == MAP_FAILED ? NULL : fopen("/proc/self/maps", "re");
    snprintf(head, sizeof(head), "%lx-", (unsigned long)p);
    while (f && !same && fgets(line, sizeof(line), f))
        same = !strncmp(line, head, strlen(head)) &&
               sscanf(line, "%*s %*s %*s %x:%x %llu", &major, &minor, &n) ==
                   3 &&
               makedev(major, minor) == dev && n == ino;
    if (f)
        fclose(f);
    if (p != MAP_FAILED)
        munmap(p, 4096);
    return same;
}

static int is_it(const struct search *s, const char *path)
{
    struct stat st;

    if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != s->ino)
        return 0;
    if (s->st)
        return st.st_dev == s->st->st_dev;
    return st.st_dev == s->dev || mapped_same(path, s->dev, s->ino);
}

static void add_dir(struct search *s, const char *path, int deep)
{
    struct stat st;

    if (s->n == DIRS || path[0] != '/' || stat(path, &st) < 0 ||
        !S_ISDIR(st.st_mode))
        return;
    for (size_t i = 0; i < s->n; i++) {
        if (s->dir[i].ino != st.st_ino || s->dir[i].dev != st.st_dev)
            continue;
        if (s->dir[i].deep < deep)
            s->dir[i].deep = deep;
        return;
    }
    if (s->n && s->beside && st.st_dev != s->dir[0].dev)
        return;
    s->dir[s->n].path = strdup(path);
    s->dir[s->n].ino = st.st_ino;
    s->dir[s->n].dev = st.st_dev;
    s->dir[s->n].deep = deep;
    s->n += s->dir[s->n].path != NULL;
}

static void add_parent(struct search *s, const char *path, int deep)
{
    char dir[PATH_MAX + 16], *slash;

    snprintf(dir, sizeof(dir), "%s", path);
    slash = strrchr(dir, '/');
    if (!slash)
        return;
    slash[slash == dir] = '\0';
    add_dir(s, dir, deep);
}

/* One directory; those below it are looked at later. */
static int look(struct search *s, size_t i, char *path, size_t cap)
{
    DIR *d = opendir(s->dir[i].path);
    struct dirent *e;
    int found = 0;

    while (d && !found && (e = readdir(d))) {
        if (i && --s->left < 0)
            break;
        if (!path_of(path, cap, s->dir[i].path, e->d_name))
            continue;
        found = e->d_ino == s->ino && is_it(s, path);
        if (e->d_type == DT_DIR && s->dir[i].deep && e->d_name[0] != '.')
            add_dir(s, path, s->dir[i].deep - 1);
    }
    if (d)
        closedir(d);
    return found;
}

static void add_all(struct search *s, const struct ck_res_save *c,
                    const struct ck_res_ofd *o)
{
    char path[PATH_MAX + 16], link[64];
    int deep = s->st ? 2 : 1;
    ssize_t n;

    if (s->beside)
        add_parent(s, s->dir[0].path, deep);
    snprintf(link, sizeof(link), "/proc/%d/cwd", o->pid);
    n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    add_dir(s, path, deep);
    for (size_t i = 0; i < c->count; i++) {
        if (S_ISDIR(c->all[i].st.st_mode))
            add_dir(s, c->all[i].link, 0);
        else if (S_ISREG(c->all[i].st.st_mode) && c->all[i].link[0] == '/')
            add_parent(s, c->all[i].link, 0);
    }
}

int ck_res_name_of(const struct ck_res_save *c, const struct ck_res_ofd *o,
                   const struct stat *st, char *path, size_t cap)
{
    struct search *s;
    int found;

    snprintf(path, cap, "%s", o->link);
    if (!ck_mapped_deleted(path))
        return 0;
    s = calloc(1, sizeof(*s));
    if (!s)
        return -ENOMEM;
    s->st = st;
    s->dev = o->st.st_dev;
    s->ino = o->st.st_ino;
    s->left = st ? MOST : LEAST;
    found = is_it(s, path); /* a name may end so by itself */
    if (!found) {
        add_parent(s, path, st ? 2 : 1);
        s->beside = s->n == 1;
        found = s->beside && look(s, 0, path, cap);
    }
    if (!found)
        add_all(s, c, o);
    for (size_t i = (size_t)s->beside; !found && i < s->n && s->left > 0; i++)
        found = look(s, i, path, cap);
    for (size_t i = 0; i < s->n; i++)
        free(s->dir[i].path);
    free(s);
    return found ? 0 : -ENOENT;
}
