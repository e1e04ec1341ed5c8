/*
 * proc.c - what is open of the directory that a process of the tree has in
 * /proc: maps, stat, fd. It is opened again when that process is there, by one
 * that has it, before memory is put back; if others have it too, they get it
 * from that one (restart/blob/descriptor.c). One of a process that has ended
 * tells nothing any more: it is opened of one that ends then.
 *
 * Those of processes outside of the tree are refused, and of threads, which
 * are made by the runtime.
 */
#include "lib/res/kind.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "restart/ops.h"

#define NAME_LEN 96

/* vpid: whose it is, 0: one that has ended. first: by the name of its first
 * thread. path: behind that, "/maps". */
#define BODY_FIELDS(F) F(U32, vpid) F(U8, first) F(STR, path) F(U64, pos)
CK_RECORD(proc_body, BODY_FIELDS)
CK_RES_BODY(proc_body, "a file in /proc")

static int proc_match(const struct ck_res_ofd *o)
{
    return !strncmp(o->link, "/proc/", 6) && o->link[6] > '0' &&
           o->link[6] <= '9';
}

/* Begins p with `text` and a whole path word? What follows, or NULL. */
static const char *behind(const char *p, const char *text)
{
    size_t n = strlen(text);

    return !strncmp(p, text, n) && (p[n] == '/' || p[n] == '\0') ? p + n
                                                                 : NULL;
}

/* Its number may be another's by now, and its name still be there: only the
 * file itself tells, opened once more. */
static int has_ended(const struct ck_res_ofd *o)
{
    char path[64], c;
    int fd, ended = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->tid, o->fd);
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ESRCH || errno == ENOENT;
    if (!S_ISDIR(o->st.st_mode)) {
        ended = read(fd, &c, 1) < 0 && errno == ESRCH;
    } else {
        DIR *d = fdopendir(fd);

        errno = 0;
        ended = d && !readdir(d) && errno == ENOENT;
        if (d)
            closedir(d);
        fd = d ? -1 : fd;
    }
    if (fd >= 0)
        close(fd);
    return ended;
}

/* Threads have directories there as well, which no list shows. */
static int is_process(pid_t pid)
{
    char path[64], line[128];
    int tgid = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    f = fopen(path, "re");
    while (f && !tgid && fgets(line, sizeof(line), f)) {
        if (!strncmp(line, "Tgid:", 5))
            tgid = atoi(line + 5);
    }
    if (f)
        fclose(f);
    return tgid == pid;
}

static int refuse(struct ck_res_save *c, const struct ck_res_ofd *o,
                  const char *why)
{
    return ck_res_why(c->why, c->whycap, -EAGAIN,
                      "%s, %s; close it before the checkpoint", o->link, why);
}

static int proc_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                     struct ck_wr *w)
{
    struct proc_body b = {.pos = o->pos};
    pid_t pid = atoi(o->link + 6);
    char own[64];
    const char *rest;

    if (o->pid == getpid())
        return refuse(c, o, "which is on its way in a socket");
    snprintf(own, sizeof(own), "/proc/%d", pid);
    b.path = behind(o->link, own);
    snprintf(own, sizeof(own), "/proc/%d/task/%d", pid, pid);
    rest = behind(o->link, own);
    b.first = rest != NULL;
    b.path = rest ? rest : b.path;
    if (!b.path || strlen(b.path) >= NAME_LEN)
        return -ENAMETOOLONG;
    if (!has_ended(o)) {
        b.vpid = c->virt(c, pid);
        if (!b.vpid)
            return refuse(c, o, "which belongs to a process outside of the "
                                "computation");
        if (!is_process(pid) || (!b.first && behind(b.path, "/task") &&
                                 strcmp(b.path, "/task") != 0))
            return refuse(c, o, "which belongs to a thread");
    }
    proc_body_put(w, &b);
    return 0;
}

static int proc_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    char path[NAME_LEN + 32];
    struct proc_body b;
    int rc = proc_body_of(c, rec, &b);

    if (rc)
        return rc;
    snprintf(path, sizeof(path), "/proc/self%s", b.path);
    if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        rc = ck_res_why(c->why, c->whycap, -errno,
                        "%s was open, and this system has no such file",
                        path);
    return rc;
}

/* O_CREAT and the like were for the first opening. */
static unsigned open_flags(unsigned flags)
{
    return flags & ~(unsigned)(O_CREAT | O_EXCL | O_TRUNC | O_ASYNC);
}

/* The child stays until it is had, and no longer. */
static int of_the_dead(const struct proc_body *b, unsigned flags)
{
    char path[NAME_LEN + 64], c;
    int hold[2], fd;
    pid_t pid;

    if (pipe2(hold, O_CLOEXEC) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        close(hold[1]);
        _exit(read(hold[0], &c, 1) != 0);
    }
    if (b->first)
        snprintf(path, sizeof(path), "/proc/%d/task/%d%s", pid, pid, b->path);
    else
        snprintf(path, sizeof(path), "/proc/%d%s", pid, b->path);
    fd = pid < 0 ? -1 : open(path, (int)open_flags(flags) | O_CLOEXEC);
    fd = fd < 0 ? -errno : fd;
    close(hold[0]);
    close(hold[1]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    if (fd >= 0)
        lseek(fd, (off_t)b->pos, SEEK_SET);
    return fd;
}

/* A socket that is connected to itself. */
static int own_socket(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t n = offsetof(struct sockaddr_un, sun_path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

    if (fd < 0)
        return -errno;
    if (bind(fd, (void *)&a, n) < 0)
        rc = -errno;
    n = sizeof(a);
    if (!rc && (getsockname(fd, (void *)&a, &n) < 0 ||
                connect(fd, (void *)&a, n) < 0))
        rc = -errno;
    if (!rc)
        return fd;
    close(fd);
    return rc;
}

/* Nothing that could be inherited, but of the dead: it keeps the place. */
static int proc_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct proc_body b;
    int rc = proc_body_of(c, rec, &b), fd;

    if (rc)
        return rc;
    if (!b.vpid) {
        fd = of_the_dead(&b, rec->flags);
    } else if (c->holder(c, rec->id, 1)) {
        fd = own_socket();
    } else {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        fd = fd < 0 ? -errno : fd;
    }
    return fd < 0 ? ck_res_why(c->why, c->whycap, fd,
                               "can't open a process's %s: %s", b.path,
                               strerror(-fd))
                  : fd;
}

static int proc_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct ck_op_file op = {.dst = (uint32_t)fd,
                            .flags = open_flags(rec->flags)};
    struct proc_body b;
    int rc = proc_body_of(c, rec, &b), several;
    uint32_t who;

    if (rc || !b.vpid)
        return rc;
    op.pos = b.pos;
    op.vpid = b.vpid;
    op.first = b.first;
    op.path = b.path;
    several = c->holder(c, rec->id, 1) != 0;
    for (size_t n = 0; !rc && (who = c->holder(c, rec->id, n)); n++) {
        uint8_t buf[NAME_LEN + 32];
        struct ck_wr w;

        op.share = (uint8_t)(!several ? 0 : n == 0 ? 1 : 2);
        ck_wr_init(&w, buf, sizeof(buf));
        ck_op_file_put(&w, &op);
        rc = c->inside(c, who, CK_OP_T_FILE, &w);
    }
    return rc;
}

static void proc_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct proc_body b;

    if (proc_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else if (b.vpid)
        snprintf(buf, cap, "/proc/%u%s", b.vpid, b.path);
    else
        snprintf(buf, cap, "%s in /proc of a process that is gone", b.path);
}

const struct ck_res ck_res_proc = {
    .name = "proc",
    .stand_in = 1,
    .match = proc_match,
    .save = proc_save,
    .check = proc_check,
    .load = proc_load,
    .link = proc_link,
    .describe = proc_describe,
};
