/*
 * undo.c - see undo.h. Which checkpoint a file comes after, and whose it is,
 * its head says; one whose head is damaged is passed over: what it would have
 * put back stays, which loses nothing.
 */
#include "lib/base/undo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/sys/fmt.h"

/* While it is being made; readers pass over it. */
#define FRESH "new."

/* The head of a file: 1, 0 if it has none. */
static int head_of(int dir, const char *name, struct ck_undo_head *h)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
                    O_NONBLOCK);
    long r = fd < 0 ? -errno : ck_read_all(fd, h, sizeof(*h));

    if (fd >= 0)
        close(fd);
    return r == 0 && ck_undo_head_ok(h, sizeof(*h));
}

static int make(int dir, const char *name, const char *tree, uint32_t after)
{
    struct ck_undo_head h;
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
                    O_NOFOLLOW, 0600);
    long r;

    if (fd < 0)
        return -errno;
    ck_undo_head_make(&h, tree, after);
    r = ck_write_all(fd, &h, sizeof(h));
    if (close(fd) < 0 && r == 0)
        r = -errno;
    return (int)r;
}

/* A second name for what is to be replaced, unless there is nothing in it. */
static int set_aside(int dir, const char *now, const char *tree)
{
    struct ck_undo_head h;
    struct stat st;
    char name[160];
    int rc = -EEXIST;

    if (fstatat(dir, now, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (st.st_size <= (off_t)sizeof(h) || !head_of(dir, now, &h))
        return 0;
    /* The number is taken when a restart has used an older set. */
    for (unsigned n = h.after; rc == -EEXIST && n < h.after + 1000; n++) {
        snprintf(name, sizeof(name), "%u.%s", n, tree);
        rc = linkat(dir, now, dir, name, 0) < 0 ? -errno : 0;
    }
    if (rc == -EPERM || rc == -EOPNOTSUPP) /* no links here */
        rc = renameat(dir, now, dir, name) < 0 ? -errno : 0;
    return rc;
}

int ck_undo_start(const char *job_dir, const char *tree, uint32_t after,
                  struct ck_err *e)
{
    char path[CK_PATH], fresh[160], now[160];
    int dir, rc;

    if (ck_jobdir_path(path, sizeof(path), job_dir, CK_UNDO_DIR) < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", job_dir);
    snprintf(fresh, sizeof(fresh), FRESH "%s", tree);
    snprintf(now, sizeof(now), CK_UNDO_NOW "%s", tree);
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return ck_err_sys(e, -errno, "cannot make %s", path);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0)
        return ck_err_sys(e, -errno, "%s", path);
    rc = make(dir, fresh, tree, after);
    if (!rc)
        rc = set_aside(dir, now, tree);
    if (!rc && renameat(dir, fresh, dir, now) < 0)
        rc = -errno;
    if (rc)
        unlinkat(dir, fresh, 0);
    close(dir);
    return rc ? ck_err_sys(e, rc, "cannot write %s/%s", path, now) : 0;
}

int ck_undo_started(const char *job_dir, const char *tree)
{
    char path[CK_PATH];

    return ck_jobdir_path(path, sizeof(path), job_dir,
                          CK_UNDO_DIR "/" CK_UNDO_NOW "%s", tree) == 0 &&
           access(path, F_OK) == 0;
}

/* 0, also if it is gone. */
static int note_file(int log, const char *file)
{
    uint64_t buf[CK_UNDO_NOTE_MAX / 8];
    struct ck_undo_note n = {.flags = CK_UNDO_APPEND, .path = file};
    struct statx st;
    size_t len;

    if (statx(AT_FDCWD, file, AT_SYMLINK_NOFOLLOW,
              STATX_BASIC_STATS | STATX_BTIME, &st) < 0 ||
        !S_ISREG(st.stx_mode))
        return 0;
    n.dev = (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
    n.ino = st.stx_ino;
    n.born = ck_undo_born(&st);
    n.size = st.stx_size;
    len = ck_undo_put(buf, sizeof(buf), &n);
    return len ? (int)ck_write_all(log, buf, len) : 0;
}

int ck_undo_outputs(const char *job_dir, const char *tree, struct ck_err *e)
{
    char path[CK_PATH], names[CK_OUTPUTS_MAX];
    int log, rc = 0;
    long n;

    if (ck_jobdir_path(path, sizeof(path), job_dir, "outputs.%s", tree) < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", job_dir);
    n = ck_read_file(path, names, sizeof(names));
    if (n < 0)
        return n == -ENOENT ? 0 : ck_err_sys(e, (int)n, "%s", path);
    ck_jobdir_path(path, sizeof(path), job_dir,
                   CK_UNDO_DIR "/" CK_UNDO_NOW "%s", tree);
    log = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (log < 0)
        return ck_err_sys(e, -errno, "%s", path);
    for (char *p = names; !rc && p < names + n; p += strlen(p) + 1)
        rc = note_file(log, p);
    close(log);
    return rc ? ck_err_sys(e, rc, "%s", path) : 0;
}

static DIR *open_all(const char *job_dir)
{
    char path[CK_PATH];

    return ck_jobdir_path(path, sizeof(path), job_dir, CK_UNDO_DIR) < 0
               ? NULL
               : opendir(path);
}

void ck_undo_prune(const char *job_dir, uint32_t oldest)
{
    DIR *d = open_all(job_dir);
    struct ck_undo_head h;
    struct dirent *de;

    while (d && (de = readdir(d)))
        if (de->d_name[0] != '.' && head_of(dirfd(d), de->d_name, &h) &&
            h.after < oldest)
            unlinkat(dirfd(d), de->d_name, 0);
    if (d)
        closedir(d);
}

static int add(struct ck_undo_list *l, const struct ck_undo_item *it)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        void *more = reallocarray(l->item, cap, sizeof(*l->item));

        if (!more)
            return -ENOMEM;
        l->item = more;
        l->cap = cap;
    }
    l->item[l->n++] = *it;
    return 0;
}

/* Takes text over. */
static int add_text(struct ck_undo_list *l, void *text, size_t n)
{
    const struct ck_undo_head *h = text;
    size_t pos = sizeof(*h);
    struct ck_undo_item it = {.tree = h->tree};
    void **more = reallocarray(l->text, l->ntext + 1, sizeof(*more));
    int rc = 0;

    if (!more) {
        free(text);
        return -ENOMEM;
    }
    l->text = more;
    l->text[l->ntext++] = text;
    while (!rc && ck_undo_next(text, n, &pos, &it.note)) {
        it.order = (uint64_t)h->after << 32 | (pos / 8 & UINT32_MAX);
        rc = it.note.path[0] == '/' ? add(l, &it) : 0;
    }
    return rc;
}

/* The whole file, if it comes after `from` or a later one. */
static int read_file(struct ck_undo_list *l, int dir, const char *name,
                     const char *tree, uint32_t from)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
                    O_NONBLOCK);
    struct ck_undo_head *h = NULL;
    struct stat st;
    size_t n = 0;
    long r;

    if (fd < 0 || fstat(fd, &st) < 0)
        r = errno == ENOENT ? 0 : -errno;
    else
        r = S_ISREG(st.st_mode) && st.st_size >= (off_t)sizeof(*h) ? 1 : 0;
    if (r > 0) {
        n = (size_t)st.st_size;
        h = malloc(n);
        r = h ? ck_read_all(fd, h, n) : -ENOMEM;
    }
    if (fd >= 0)
        close(fd);
    if (r || !h || !ck_undo_head_ok(h, n) || h->after < from ||
        (tree && strcmp(tree, h->tree) != 0)) {
        free(h);
        return r == -ENODATA ? 0 : (int)r;
    }
    return add_text(l, h, n);
}

#define ORDER(x, y) \
    if ((x) != (y)) \
    return (x) < (y) ? -1 : 1

/* Equal: the same file, noted by the same tree. */
static int by_file(const struct ck_undo_item *x, const struct ck_undo_item *y)
{
    int r = strcmp(x->note.path, y->note.path);

    if (r)
        return r;
    ORDER(x->note.ino, y->note.ino);
    ORDER(x->note.born, y->note.born);
    return strcmp(x->tree, y->tree);
}

static int by_order(const void *a, const void *b)
{
    const struct ck_undo_item *x = a, *y = b;
    int r = by_file(x, y);

    if (r)
        return r;
    ORDER(x->order, y->order);
    return 0;
}

static void keep_first(struct ck_undo_list *l)
{
    size_t n = 0;

    if (l->n)
        qsort(l->item, l->n, sizeof(*l->item), by_order);
    for (size_t i = 0; i < l->n; i++)
        if (!n || by_file(&l->item[n - 1], &l->item[i]) != 0)
            l->item[n++] = l->item[i];
    l->n = n;
}

int ck_undo_read(const char *job_dir, const char *tree, uint32_t from,
                 struct ck_undo_list *l, struct ck_err *e)
{
    DIR *d = open_all(job_dir);
    struct dirent *de;
    int rc = 0;

    memset(l, 0, sizeof(*l));
    if (!d)
        return errno == ENOENT ? 0
                               : ck_err_sys(e, -errno, "%s/" CK_UNDO_DIR,
                                            job_dir);
    while (!rc && (de = readdir(d))) {
        const char *dot = strchr(de->d_name, '.');

        if (!dot || dot == de->d_name || (tree && strcmp(dot + 1, tree)) ||
            !strncmp(de->d_name, FRESH, sizeof(FRESH) - 1))
            continue;
        rc = read_file(l, dirfd(d), de->d_name, tree, from);
        if (rc)
            ck_err_sys(e, rc, "%s/" CK_UNDO_DIR "/%s", job_dir, de->d_name);
    }
    closedir(d);
    if (rc)
        ck_undo_free(l);
    else
        keep_first(l);
    return rc;
}

void ck_undo_free(struct ck_undo_list *l)
{
    for (size_t i = 0; i < l->ntext; i++)
        free(l->text[i]);
    free(l->text);
    free(l->item);
    memset(l, 0, sizeof(*l));
}
