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
 * system: of a file that is known to have a name with patience, of those that
 * may have none (only mapped, so that nobody can be asked) at most LEAST
 * entries beyond the old directories. What is found is the same file by the
 * kernel's word, never by its name or number alone.
 *
 * Programs stand still meanwhile, and may have a thousand such files in one
 * place: each directory is read once.
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

#define MOST 300000 /* entries that are looked at */
#define LEAST 20000
#define DIRS 4000

struct dir {
    char *path;
    dev_t dev;
    ino_t ino;
    int deep; /* how far down from here */
    ino_t *entry; /* sorted */
    size_t n, cap;
};

/* Where files are looked for that were in one directory, and belong to one
 * process: the directories in order, of which the first ones were read. */
struct around {
    struct around *next;
    char *at; /* the directory; dir[0] if it is there: beside */
    pid_t pid;
    int known, beside;
    size_t n, read;
    struct dir dir[DIRS];
};

/* Who is looked for. st: as stat has it, or NULL: */
struct wanted {
    const struct stat *st;
    dev_t dev; /* as a mapping has it */
    ino_t ino;
};

static struct around *all;
static long left[2] = {LEAST, MOST}; /* entries that may be read; by known */

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

static int is_it(const struct wanted *w, const char *path)
{
    struct stat st;

    if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != w->ino)
        return 0;
    if (w->st)
        return st.st_dev == w->st->st_dev;
    return st.st_dev == w->dev || mapped_same(path, w->dev, w->ino);
}

static void add_dir(struct around *a, const char *path, int deep)
{
    struct stat st;

    if (a->n == DIRS || path[0] != '/' || stat(path, &st) < 0 ||
        !S_ISDIR(st.st_mode))
        return;
    for (size_t i = 0; i < a->n; i++) {
        if (a->dir[i].ino == st.st_ino && a->dir[i].dev == st.st_dev)
            return;
    }
    if (a->beside && st.st_dev != a->dir[0].dev)
        return;
    a->dir[a->n] = (struct dir){.path = strdup(path), .dev = st.st_dev,
                                .ino = st.st_ino, .deep = deep};
    a->n += a->dir[a->n].path != NULL;
}

static void add_parent(struct around *a, const char *path, int deep)
{
    char dir[PATH_MAX + 16], *slash;

    snprintf(dir, sizeof(dir), "%s", path);
    slash = strrchr(dir, '/');
    if (!slash)
        return;
    slash[slash == dir] = '\0';
    add_dir(a, dir, deep);
}

static void add_entry(struct dir *d, ino_t ino)
{
    if (d->n == d->cap) {
        size_t cap = d->cap * 2 + 64;
        ino_t *more = realloc(d->entry, cap * sizeof(*more));

        if (!more)
            return;
        d->entry = more;
        d->cap = cap;
    }
    d->entry[d->n++] = ino;
}

static int by_number(const void *x, const void *y)
{
    ino_t a = *(const ino_t *)x, b = *(const ino_t *)y;

    return (a > b) - (a < b);
}

/* Reads the next directory; those below it come last. */
static void read_next(struct around *a)
{
    size_t i = a->read++;
    struct dir *d = &a->dir[i];
    DIR *open = opendir(d->path);
    char path[PATH_MAX + 300];
    struct dirent *e;

    while (open && (e = readdir(open))) {
        if ((i || !a->beside) && --left[a->known] < 0)
            break;
        add_entry(d, e->d_ino);
        if (e->d_type == DT_DIR && d->deep && e->d_name[0] != '.' &&
            path_of(path, sizeof(path), d->path, e->d_name))
            add_dir(a, path, d->deep - 1);
    }
    if (open)
        closedir(open);
    if (d->n)
        qsort(d->entry, d->n, sizeof(*d->entry), by_number);
}

/* Which name in the directory is it? */
static int name_in(const struct dir *d, const struct wanted *w, char *path,
                   size_t cap)
{
    struct dirent *e;
    int found = 0;
    DIR *open;

    if (!d->n ||
        !bsearch(&w->ino, d->entry, d->n, sizeof(*d->entry), by_number))
        return 0;
    open = opendir(d->path);
    while (open && !found && (e = readdir(open)))
        found = e->d_ino == w->ino && path_of(path, cap, d->path, e->d_name) &&
                is_it(w, path);
    if (open)
        closedir(open);
    return found;
}

static void add_all(struct around *a, const struct ck_res_save *c,
                    const struct ck_res_ofd *o)
{
    char path[PATH_MAX + 16], link[64];
    int deep = a->known ? 2 : 1;
    ssize_t n;

    add_dir(a, a->at, deep);
    a->beside = a->n == 1;
    add_parent(a, a->at, deep);
    snprintf(link, sizeof(link), "/proc/%d/cwd", o->pid);
    n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    add_dir(a, path, deep);
    for (size_t i = 0; i < c->count; i++) {
        if (S_ISDIR(c->all[i].st.st_mode))
            add_dir(a, c->all[i].link, 0);
        else if (S_ISREG(c->all[i].st.st_mode) && c->all[i].link[0] == '/')
            add_parent(a, c->all[i].link, 0);
    }
}

static void drop(struct around *a)
{
    for (size_t i = 0; i < a->n; i++) {
        free(a->dir[i].path);
        free(a->dir[i].entry);
    }
    free(a->at);
    free(a);
}

/* fresh: what was read of it before may be old. */
static struct around *around(const struct ck_res_save *c,
                             const struct ck_res_ofd *o, int known, int fresh)
{
    const char *slash = strrchr(o->link, '/');
    size_t len = !slash ? 0 : slash == o->link ? 1 : (size_t)(slash - o->link);
    struct around **p = &all, *a;

    while ((a = *p) && (a->pid != o->pid || a->known != known ||
                        strlen(a->at) != len || memcmp(a->at, o->link, len)))
        p = &a->next;
    if (a && !fresh)
        return a;
    if (a) {
        *p = a->next;
        drop(a);
    }
    a = calloc(1, sizeof(*a));
    if (a)
        a->at = strndup(o->link, len);
    if (!a || !a->at) {
        free(a);
        return NULL;
    }
    a->pid = o->pid;
    a->known = known;
    add_all(a, c, o);
    a->next = all;
    all = a;
    return a;
}

static int find(struct around *a, const struct wanted *w, char *path,
                size_t cap)
{
    for (size_t i = 0; i < a->n; i++) {
        if (i == a->read) {
            if ((i || !a->beside) && left[a->known] <= 0)
                return 0;
            read_next(a);
        }
        if (name_in(&a->dir[i], w, path, cap))
            return 1;
    }
    return 0;
}

int ck_res_name_of(const struct ck_res_save *c, const struct ck_res_ofd *o,
                   const struct stat *st, char *path, size_t cap)
{
    struct wanted w = {st, o->st.st_dev, o->st.st_ino};
    int found;

    snprintf(path, cap, "%s", o->link);
    if (!ck_mapped_deleted(path) || is_it(&w, path)) /* it may end so itself */
        return 0;
    found = 0;
    for (int fresh = 0; !found && fresh <= (st != NULL); fresh++) {
        struct around *a = around(c, o, st != NULL, fresh);

        if (!a)
            return -ENOMEM;
        found = find(a, &w, path, cap);
    }
    return found ? 0 : -ENOENT;
}
