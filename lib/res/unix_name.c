/*
 * unix_name.c - names of Unix sockets: the path's file, which bind makes and
 * anybody may have removed since, and abstract names.
 *
 * The file of a killed run stays where it was. It is replaced when nobody
 * has a socket open under it: to connect a socket of another type tells that
 * without anybody noticing. Directories that are gone (of another node's
 * /tmp, say) are made again. A name whose file was removed, or is another's
 * by now, is put on if the path is free at that moment; else the socket gets
 * any name, so that those who talk to it still can.
 */
#include "lib/res/unix.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/image/sum.h"

#define KEY_FILE (~UINT64_C(0) - 1) /* of ck_res_share, by inode */
#define HEAD offsetof(struct sockaddr_un, sun_path)

static int is_path(struct ck_blob name)
{
    return name.n && *(const char *)name.p;
}

socklen_t ck_unix_address(struct ck_blob name, struct sockaddr_un *a)
{
    size_t n = name.n < sizeof(a->sun_path) ? name.n : sizeof(a->sun_path);

    memset(a, 0, sizeof(*a));
    a->sun_family = AF_UNIX;
    memcpy(a->sun_path, name.p, n);
    return (socklen_t)(HEAD + n);
}

/* The path behind `name` seen from dir; 0 if it does not fit. */
static int full(const char *dir, struct ck_blob name, char *out, size_t cap)
{
    const char *p = name.p;
    int n;

    if (*p == '/')
        dir = "";
    n = snprintf(out, cap, "%s%s%.*s", dir, *dir ? "/" : "", (int)name.n, p);
    return n > 0 && (size_t)n < cap;
}

/* Has anybody a socket open under this file? 1, 0 or -errno. */
static int alive(const char *path)
{
    int file = open(path, O_PATH | O_CLOEXEC), fd, rc = -errno;
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    if (file < 0)
        return rc;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d", file);
    rc = fd < 0 ? -errno : 1;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
        rc = errno == ECONNREFUSED ? 0
             : errno == EPROTOTYPE || errno == EPERM ? 1 : -errno;
    if (fd >= 0)
        close(fd);
    close(file);
    return rc;
}

/* Is the file at this path the socket's? Some file systems show processes
 * other numbers than the kernel uses. */
static int is_file_of(const char *path, const struct ck_unix_seen *seen,
                      struct stat *st)
{
    if (!seen->has_file || stat(path, st) < 0 || !S_ISSOCK(st->st_mode))
        return 0;
    if ((uint32_t)st->st_ino == seen->file_ino)
        return 1;
    return (major(st->st_dev) << 20 | minor(st->st_dev)) != seen->file_dev &&
           alive(path) == 1;
}

/* The directory part of path, which is cut there; its last part. */
static const char *split(char *path)
{
    char *slash = strrchr(path, '/');

    if (!slash)
        return path;
    *slash = '\0';
    return slash + 1;
}

/* Servers bind under another name and rename, so that nobody comes too early:
 * is the file of the path's socket in the same directory? */
static int find_moved(char *path, const struct ck_unix_seen *seen,
                      char *moved, size_t cap, struct stat *st)
{
    char at[PATH_MAX + 512];
    struct dirent *e;
    int found = 0;
    DIR *d;

    split(path);
    d = seen->has_file ? opendir(*path ? path : "/") : NULL;
    while (d && !found && (e = readdir(d))) {
        if ((uint32_t)e->d_ino != seen->file_ino)
            continue;
        snprintf(at, sizeof(at), "%s/%s", path, e->d_name);
        found = is_file_of(at, seen, st);
        if (found)
            snprintf(moved, cap, "%s", e->d_name);
    }
    if (d)
        closedir(d);
    return found;
}

static int find_in(const char *dir, const struct ck_unix_seen *seen,
                   const struct ck_unix *u, struct ck_unix_place *place,
                   struct stat *st)
{
    char path[PATH_MAX + 128];

    place->moved[0] = '\0';
    if (!full(dir, u->name, path, sizeof(path)))
        return 0;
    return is_file_of(path, seen, st) ||
           find_moved(path, seen, place->moved, sizeof(place->moved), st);
}

/* A relative path is meant from where its process was; that one may have
 * gone elsewhere, but another may be there still. */
static int find_dir(struct ck_res_save *c, const struct ck_unix_seen *seen,
                    const struct ck_unix *u, struct ck_unix_place *place,
                    struct stat *st)
{
    char cwd[64];
    pid_t last = 0;

    for (size_t i = 0; i < c->count; i++) {
        ssize_t n;

        if (c->all[i].pid == last)
            continue;
        last = c->all[i].pid;
        snprintf(cwd, sizeof(cwd), "/proc/%d/cwd", last);
        n = readlink(cwd, place->dir, sizeof(place->dir) - 1);
        if (n <= 0)
            continue;
        place->dir[n] = '\0';
        if (find_in(place->dir, seen, u, place, st))
            return 1;
    }
    place->dir[0] = '\0';
    return 0;
}

int ck_unix_file_save(struct ck_res_save *c, const struct ck_unix_seen *seen,
                      struct ck_unix_place *place, struct ck_unix *u)
{
    struct stat st;
    int found, absolute;

    place->dir[0] = place->moved[0] = '\0';
    u->dir = place->dir;
    u->moved = place->moved;
    if (!is_path(u->name))
        return 0;
    absolute = *(const char *)u->name.p == '/';
    found = absolute ? find_in("", seen, u, place, &st)
                     : find_dir(c, seen, u, place, &st);
    if (found) {
        u->file = CK_UNIX_FILE;
        u->file_dev = st.st_dev;
        u->file_ino = st.st_ino;
        u->file_mode = st.st_mode & 07777;
    } else if (!absolute && u->state != CK_UNIX_CONNECTED) {
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "a Unix socket bound to %.*s, in a directory that "
                          "can't be known; bind it to an absolute path",
                          (int)u->name.n, (const char *)u->name.p);
    }
    return 0;
}

static int check_abstract(struct ck_res_load *c, const struct ck_unix *u)
{
    struct sockaddr_un a;
    socklen_t len = ck_unix_address(u->name, &a);
    int fd = socket(AF_UNIX, (int)u->type | SOCK_CLOEXEC, 0), rc = 0;

    if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0)
        rc = -errno;
    if (fd >= 0)
        close(fd);
    if (!rc)
        return 0;
    return ck_res_why(c->why, c->whycap, rc,
                      "the abstract Unix socket @%.*s is taken by another "
                      "process; end that first", (int)u->name.n - 1,
                      (const char *)u->name.p + 1);
}

static int check_path(struct ck_res_load *c, const struct ck_unix *u)
{
    char path[PATH_MAX + 512], parent[PATH_MAX + 128];
    struct stat st;
    int rc = 0;

    if (strchr(u->moved, '/') ||
        !full(u->dir, u->name, parent, sizeof(parent)))
        return -EBADMSG;
    snprintf(path, sizeof(path), "%s", parent);
    split(parent);
    if (*u->moved)
        snprintf(path, sizeof(path), "%s/%s", parent, u->moved);
    while (*parent && lstat(parent, &st) < 0 && errno == ENOENT)
        split(parent); /* will be made */
    if (access(*parent ? parent : "/", W_OK | X_OK) < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "the directory %s of a Unix socket: %s", parent,
                          strerror(errno));
    if (c->beside || lstat(path, &st) < 0)
        return 0; /* beside: it is the program's own */
    if (!S_ISSOCK(st.st_mode))
        return ck_res_why(c->why, c->whycap, -EEXIST,
                          "the path %s of a Unix socket is another file now; "
                          "move that away", path);
    rc = alive(path);
    if (rc == 0)
        return 0;
    return ck_res_why(c->why, c->whycap, rc < 0 ? rc : -EADDRINUSE,
                      "the Unix socket %s is open in another process; end "
                      "that first", path);
}

/* Must it have its name again, and nobody else? */
static int claims(const struct ck_unix *u)
{
    return u->name.n && u->end != CK_UNIX_SERVER &&
           (u->file || !is_path(u->name));
}

int ck_unix_name_check(struct ck_res_load *c, const struct ck_unix *u)
{
    return !claims(u)          ? 0
           : is_path(u->name) ? check_path(c, u)
           : c->beside        ? 0
                              : check_abstract(c, u);
}

uint64_t ck_unix_name_claim(const struct ck_unix *u)
{
    char path[PATH_MAX + 128];

    if (!claims(u) || !is_path(u->name))
        return claims(u) ? ck_sum64(u->name.p, u->name.n) | 1 : 0;
    return full(u->dir, u->name, path, sizeof(path)) ? ck_res_name_key(path)
                                                     : 0;
}

/* Abstract names are those of one type. */
int ck_unix_name_clash(const struct ck_unix *a, const struct ck_unix *b)
{
    char x[PATH_MAX + 128], y[PATH_MAX + 128];

    if (is_path(a->name) && is_path(b->name))
        return full(a->dir, a->name, x, sizeof(x)) &&
               full(b->dir, b->name, y, sizeof(y)) && !strcmp(x, y) &&
               !strcmp(a->moved, b->moved);
    return a->type == b->type && a->name.n == b->name.n &&
           !memcmp(a->name.p, b->name.p, a->name.n);
}

/* The name `to` in the directory of path. */
static void beside(const char *path, const char *to, char *out, size_t cap)
{
    const char *slash = strrchr(path, '/');

    snprintf(out, cap, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path,
             to);
}

/* Is it a file that this restart has made? */
static int is_new(const struct ck_res_load *c, const struct stat *st)
{
    struct stat own;

    for (const struct ck_res_shared *s = c->shared; s; s = s->next) {
        if (s->dev == KEY_FILE && s->fd[0] >= 0 &&
            fstat(s->fd[0], &own) == 0 && own.st_dev == st->st_dev &&
            own.st_ino == st->st_ino)
            return 1;
    }
    return 0;
}

static void make_dirs(const struct ck_unix *u)
{
    char path[PATH_MAX + 128];

    if (full(u->dir, u->name, path, sizeof(path)))
        ck_res_make_dirs(path);
}

/* Moves away what nobody else has open, for a socket whose file is not to
 * stay. */
static int put_aside(const struct ck_res_load *c, const char *path,
                     char *aside, size_t cap)
{
    struct stat st;

    aside[0] = '\0';
    if (lstat(path, &st) < 0)
        return 0;
    if (!S_ISSOCK(st.st_mode) || (!is_new(c, &st) && alive(path) != 0))
        return -EADDRINUSE;
    snprintf(aside, cap, "%s.%d", path, getpid());
    return rename(path, aside) < 0 ? -EADDRINUSE : 0;
}

/* Inside the directory that the path is meant from. One whose file was moved
 * leaves the path to who has it by now: it is bound where its file is to be
 * if that can't be put aside. */
static int bind_path(struct ck_res_load *c, int fd, const struct ck_unix *u)
{
    struct ck_res_shared *s = NULL;
    struct sockaddr_un a;
    socklen_t len = ck_unix_address(u->name, &a);
    char path[sizeof(a.sun_path) + 1] = "", to[PATH_MAX];
    char aside[sizeof(path) + 16] = "";
    mode_t mask;
    int fresh, rc = 0;

    memcpy(path, u->name.p, u->name.n);
    beside(path, u->moved, to, sizeof(to));
    if (!u->file || *u->moved)
        rc = put_aside(c, path, aside, sizeof(aside));
    if (rc && *u->moved && strlen(to) < sizeof(a.sun_path)) {
        memset(a.sun_path, 0, sizeof(a.sun_path));
        memcpy(a.sun_path, to, strlen(to));
        memcpy(path, a.sun_path, sizeof(a.sun_path));
        len = sizeof(a);
        rc = 0;
    }
    if (rc)
        return rc;
    if (u->file && !aside[0])
        unlink(path);
    mask = umask(u->file ? ~u->file_mode & 0777 : 0077);
    rc = bind(fd, (struct sockaddr *)&a, len) < 0 ? -errno : 0;
    umask(mask);
    if (!rc && u->ino)
        s = ck_res_share(c, KEY_FILE, u->ino, &fresh);
    if (s)
        s->fd[0] = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    if (!rc && !u->file)
        unlink(path);
    if (!rc && *u->moved && rename(path, to) < 0)
        rc = -errno;
    if (aside[0] && rename(aside, path) < 0)
        rc = -errno;
    return rc;
}

static int bind_anywhere(int fd)
{
    struct sockaddr_un any = {.sun_family = AF_UNIX};

    return bind(fd, (struct sockaddr *)&any, HEAD) < 0 ? -errno : 0;
}

static int bind_as_was(struct ck_res_load *c, int fd, const struct ck_unix *u)
{
    const char *dir = u->file ? u->dir : c->job_dir;
    struct sockaddr_un a;
    socklen_t len;
    int here, rc;

    if (u->name.n > sizeof(a.sun_path))
        return -EBADMSG;
    if (c->beside)
        return bind_anywhere(fd);
    if (!is_path(u->name)) {
        len = ck_unix_address(u->name, &a);
        return bind(fd, (struct sockaddr *)&a, len) < 0 ? -errno : 0;
    }
    if (u->file)
        make_dirs(u);
    if (*(const char *)u->name.p == '/')
        return bind_path(c, fd, u);
    here = open(".", O_PATH | O_CLOEXEC);
    if (here < 0)
        return -errno;
    rc = chdir(dir) < 0 ? -errno : bind_path(c, fd, u);
    if (fchdir(here) < 0)
        rc = -errno;
    close(here);
    return rc;
}

int ck_unix_bind(struct ck_res_load *c, int fd, const struct ck_unix *u)
{
    int rc = u->name.n ? bind_as_was(c, fd, u) : 0;

    if (rc && !(is_path(u->name) && u->file) && u->end != CK_UNIX_CLIENT)
        rc = bind_anywhere(fd);
    if (rc)
        ck_res_why(c->why, c->whycap, rc, "can't bind a Unix socket to "
                   "%.*s: %s", (int)u->name.n, (const char *)u->name.p,
                   strerror(-rc));
    return rc;
}

int ck_unix_bind_name(struct ck_res_load *c, int fd, struct ck_blob name)
{
    struct ck_unix u = {.name = name, .dir = "", .moved = ""};

    return bind_as_was(c, fd, &u);
}

socklen_t ck_unix_reach(struct ck_res_load *c, int fd, uint64_t ino,
                        struct sockaddr_un *a)
{
    struct ck_res_shared *s;
    struct ck_blob name;
    int fresh;

    ck_unix_name(fd, 0, a, &name);
    if (!is_path(name))
        return name.n ? (socklen_t)(HEAD + name.n) : 0;
    s = ck_res_share(c, KEY_FILE, ino, &fresh);
    memset(a, 0, sizeof(*a));
    a->sun_family = AF_UNIX;
    if (!s || s->fd[0] < 0)
        return 0;
    snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d", s->fd[0]);
    return sizeof(*a);
}
