/*
 * jobdir.c - the files of a job directory; see jobdir.h.
 *
 * Directories are checked through a descriptor, so that what was checked is
 * what is used for the key. Small files are written aside, synced and
 * renamed: a reader on another node sees the old or the new one.
 */
#include "lib/base/jobdir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/sys/fmt.h"

int ck_jobdir_path(char *buf, size_t cap, const char *dir, const char *fmt,
                   ...)
{
    va_list ap;
    int n = snprintf(buf, cap, "%s/", dir), m;

    if (n < 0 || (size_t)n >= cap)
        return -ENAMETOOLONG;
    va_start(ap, fmt);
    m = vsnprintf(buf + n, cap - (size_t)n, fmt, ap);
    va_end(ap);
    return m < 0 || (size_t)m >= cap - (size_t)n ? -ENAMETOOLONG : 0;
}

int ck_jobdir_set(char *buf, size_t cap, const char *dir, uint32_t number)
{
    return ck_jobdir_path(buf, cap, dir, "set-%06u", number);
}

uint32_t ck_jobdir_set_number(const char *name)
{
    unsigned long n = 0;
    const char *p;

    if (strncmp(name, "set-", 4) != 0 || strlen(name) < 10 ||
        strlen(name) > 14)
        return 0;
    for (p = name + 4; *p; p++) {
        if (!isdigit((unsigned char)*p))
            return 0;
        n = n * 10 + (unsigned long)(*p - '0');
    }
    return n > UINT32_MAX ? 0 : (uint32_t)n;
}

uint32_t ck_jobdir_set_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return ck_jobdir_set_number(slash ? slash + 1 : path);
}

int ck_name_ok(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > 100 || name[0] == '.')
        return 0;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
            return 0;
    return 1;
}

static int is_empty(int fd)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
    DIR *d = own < 0 ? NULL : fdopendir(own);

    if (!d) {
        if (own >= 0)
            close(own);
        return 0;
    }
    while (n <= 2 && readdir(d))
        n++;
    closedir(d);
    return n <= 2;
}

/* The directory itself: ours, 0700. Opens it. fresh: one that has nothing in
 * it yet is made so. */
static int open_checked(const char *dir, int fresh, struct ck_err *e)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return ck_err_sys(e, -errno, "job directory %s", dir);
    if (fstat(fd, &st) != 0) {
        int err = errno;

        close(fd);
        return ck_err_sys(e, -err, "job directory %s", dir);
    }
    if (st.st_uid != geteuid()) {
        close(fd);
        return ck_err(e, -EPERM,
                      "job directory %s belongs to user %u, not to you", dir,
                      (unsigned)st.st_uid);
    }
    if (st.st_mode & 077 &&
        !(fresh && is_empty(fd) && fchmod(fd, 0700) == 0)) {
        close(fd);
        return ck_err(e, -EACCES,
                      "job directory %s is open to others (mode %03o)%s: "
                      "chmod 700 it, or name another",
                      dir, (unsigned)st.st_mode & 0777,
                      fresh ? " and not empty" : "");
    }
    return fd;
}

static int absolute(const char *dir, char *real, struct ck_err *e)
{
    char *r = realpath(dir, NULL);

    if (!r)
        return ck_err_sys(e, -errno, "job directory %s", dir);
    /* CKPT_DIR=<D>, and D/pids.<gen>.<tree>, have to fit in the runtime */
    if (strlen(r) > 900) {
        free(r);
        return ck_err(e, -ENAMETOOLONG,
                      "job directory %s: path longer than 900 bytes", dir);
    }
    strcpy(real, r);
    free(r);
    return 0;
}

int ck_jobdir_check(const char *dir, char *real, struct ck_err *e)
{
    char buf[CK_PATH];
    int r = absolute(dir, real ? real : buf, e);

    if (r < 0)
        return r;
    r = open_checked(real ? real : buf, 0, e);
    if (r < 0)
        return r;
    close(r);
    return 0;
}

/* Makes the key unless it is there. Two who create D at once: O_EXCL lets
 * one win, and the other uses that key. */
static int make_key(int dfd, const char *dir, struct ck_err *e)
{
    uint8_t key[CK_KEY_BYTES];
    char text[2 * CK_KEY_BYTES + 2], tmp[40];
    int fd, r = 0;

    if (faccessat(dfd, "key", F_OK, 0) == 0)
        return 0;
    if (getrandom(key, sizeof(key), 0) != sizeof(key))
        return ck_err_sys(e, -errno, "no random bytes for the job's key");
    for (size_t i = 0; i < sizeof(key); i++)
        snprintf(text + 2 * i, 3, "%02x", key[i]);
    text[2 * CK_KEY_BYTES] = '\n';
    snprintf(tmp, sizeof(tmp), "key.tmp.%d", (int)getpid());
    fd = openat(dfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ck_err_sys(e, -errno, "cannot write %s/key", dir);
    r = (int)ck_write_all(fd, text, 2 * CK_KEY_BYTES + 1);
    if (r == 0 && fsync(fd) != 0)
        r = -errno;
    close(fd);
    /* link, not rename: whoever comes second must not replace the key */
    if (r == 0 && linkat(dfd, tmp, dfd, "key", 0) != 0 && errno != EEXIST)
        r = -errno;
    unlinkat(dfd, tmp, 0);
    return r < 0 ? ck_err_sys(e, r, "cannot write %s/key", dir) : 0;
}

int ck_jobdir_create(const char *dir, char *real, struct ck_err *e)
{
    char parent[CK_PATH], buf[CK_PATH];
    char *s;
    int r, fd;

    if (strlen(dir) >= sizeof(parent))
        return ck_err(e, -ENAMETOOLONG, "job directory %s: too long", dir);
    strcpy(parent, dir);
    s = strrchr(parent, '/');
    if (s && s != parent) {
        *s = 0;
        r = ck_path_mkdirs(parent, 0755);
        if (r < 0)
            return ck_err_sys(e, r, "cannot create %s", parent);
    }
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return ck_err_sys(e, -errno, "cannot create job directory %s", dir);
    if (!real)
        real = buf;
    r = absolute(dir, real, e);
    if (r < 0)
        return r;
    fd = open_checked(real, 1, e);
    if (fd < 0)
        return fd;
    r = make_key(fd, real, e);
    close(fd);
    return r;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int ck_jobdir_key(const char *dir, uint8_t key[CK_KEY_BYTES],
                  struct ck_err *e)
{
    char text[2 * CK_KEY_BYTES + 2];
    int dfd = open_checked(dir, 0, e), fd;
    struct stat st;
    ssize_t n;

    if (dfd < 0)
        return dfd;
    fd = openat(dfd, "key", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    close(dfd);
    if (fd < 0)
        return ck_err_sys(e, -errno, "%s is not a job directory: no key",
                          dir);
    if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 077)) {
        close(fd);
        return ck_err(e, -EACCES, "%s/key is open to others", dir);
    }
    n = read(fd, text, sizeof(text));
    close(fd);
    if (n < 2 * CK_KEY_BYTES || n > 2 * CK_KEY_BYTES + 1 ||
        (n > 2 * CK_KEY_BYTES && text[2 * CK_KEY_BYTES] != '\n'))
        return ck_err(e, -EBADMSG, "%s/key is damaged", dir);
    for (int i = 0; i < CK_KEY_BYTES; i++) {
        int hi = hex(text[2 * i]), lo = hex(text[2 * i + 1]);

        if (hi < 0 || lo < 0)
            return ck_err(e, -EBADMSG, "%s/key is damaged", dir);
        key[i] = (uint8_t)(hi << 4 | lo);
    }
    return 0;
}

int ck_jobdir_replace(const char *path, const void *text, size_t n,
                      struct ck_err *e)
{
    char tmp[CK_PATH + 32];
    int fd, r;

    snprintf(tmp, sizeof(tmp), "%s.tmp.%d", path, (int)getpid());
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
              0600);
    if (fd < 0)
        return ck_err_sys(e, -errno, "cannot write %s", path);
    r = (int)ck_write_all(fd, text, n);
    if (r == 0 && fsync(fd) != 0)
        r = -errno;
    close(fd);
    if (r == 0 && rename(tmp, path) != 0)
        r = -errno;
    if (r < 0) {
        unlink(tmp);
        return ck_err_sys(e, r, "cannot write %s", path);
    }
    return 0;
}

int ck_jobdir_addr_write(const char *dir, const struct ck_coord_addr *a,
                         struct ck_err *e)
{
    char path[CK_PATH], text[1024];
    int n;

    if (ck_jobdir_path(path, sizeof(path), dir, "coordinator") < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", dir);
    n = snprintf(text, sizeof(text), "%s %u %d %s\n", a->host,
                 (unsigned)a->port, (int)a->pid, a->node);
    return ck_jobdir_replace(path, text, (size_t)n, e);
}

int ck_jobdir_addr_read(const char *dir, struct ck_coord_addr *a,
                        struct ck_err *e)
{
    char path[CK_PATH], text[1024];
    unsigned port;
    int pid;
    long n;

    memset(a, 0, sizeof(*a));
    if (ck_jobdir_path(path, sizeof(path), dir, "coordinator") < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", dir);
    n = ck_read_file(path, text, sizeof(text));
    if (n == -ENOENT)
        return ck_err(e, -ENOENT, "no coordinator has started in %s", dir);
    if (n < 0)
        return ck_err_sys(e, (int)n, "cannot read %s", path);
    if (sscanf(text, "%699s %5u %10d %255s", a->host, &port, &pid,
               a->node) != 4 ||
        port == 0 || port > 65535 || pid <= 0)
        return ck_err(e, -EBADMSG, "%s is damaged", path);
    a->port = (uint16_t)port;
    a->pid = (pid_t)pid;
    return 0;
}

int ck_jobdir_addr_remove(const char *dir)
{
    char path[CK_PATH];

    if (ck_jobdir_path(path, sizeof(path), dir, "coordinator") < 0)
        return -ENAMETOOLONG;
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int ck_jobdir_exit_read(const char *dir, const char *tree, int *status)
{
    char path[CK_PATH], text[32], *end;
    long n, v;

    if (ck_jobdir_path(path, sizeof(path), dir, "exit.%s", tree) < 0)
        return -ENAMETOOLONG;
    n = ck_read_file(path, text, sizeof(text));
    if (n < 0)
        return (int)n;
    v = strtol(text, &end, 10);
    if (end == text || v < 0 || v > 0xffff)
        return -EBADMSG;
    *status = (int)v;
    return 0;
}

void ck_jobdir_exit_forget(const char *dir, const char *tree)
{
    char path[CK_PATH];

    if (ck_jobdir_path(path, sizeof(path), dir, "exit.%s", tree) == 0)
        unlink(path);
}

int ck_jobdir_claim_tree(const char *dir, char *tree, size_t cap,
                         struct ck_err *e)
{
    char path[CK_PATH];

    for (unsigned i = 1; i < 100000; i++) {
        int fd;

        if (i == 1)
            snprintf(tree, cap, "main");
        else
            snprintf(tree, cap, "main-%u", i);
        if (ck_jobdir_path(path, sizeof(path), dir, "claim.%s", tree) < 0)
            return ck_err(e, -ENAMETOOLONG, "%s: too long", dir);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0) {
            close(fd);
            return 0;
        }
        if (errno != EEXIST)
            return ck_err_sys(e, -errno, "cannot write %s", path);
    }
    return ck_err(e, -EMFILE, "too many programs were launched in %s", dir);
}

void ck_jobdir_forget_run(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *de;

    if (!d)
        return;
    while ((de = readdir(d)))
        if (strncmp(de->d_name, "claim.", 6) == 0 ||
            strncmp(de->d_name, "exit.", 5) == 0)
            unlinkat(dirfd(d), de->d_name, 0);
    closedir(d);
}
