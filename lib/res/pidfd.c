/*
 * pidfd.c - a descriptor of a process: of one in the tree, or of one that
 * has ended and was waited for.
 *
 * It can't be opened before the process is made again. So what is loaded
 * only keeps the number, and each process that has it opens it for itself
 * when it comes up, waiting for the other: those who shared one pidfd have
 * one each afterwards. Of a process that is gone one is made, and gone again.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "restart/ops.h"

#define OF_THREAD O_EXCL /* PIDFD_THREAD, Linux 6.9 */

/* vpid: 0 when it has ended and was waited for. */
#define BODY_FIELDS(F) F(U32, vpid)
CK_RECORD(pidfd_body, BODY_FIELDS)
CK_RES_BODY(pidfd_body, "a pidfd")

static int pidfd_match(const struct ck_res_ofd *o)
{
    return !strcmp(o->link, "anon_inode:[pidfd]");
}

static int pidfd_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                      struct ck_wr *w)
{
    pid_t pid = (pid_t)ck_res_info(o, "Pid:", 10); /* -1: it is gone */
    struct pidfd_body b = {.vpid = pid > 0 ? c->virt(c, pid) : 0};

    if (o->flags & OF_THREAD)
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "a pidfd of thread %d: only those of processes can "
                          "be saved", pid);
    if (pid == 0 || (pid > 0 && !b.vpid))
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "a pidfd of a process outside of the computation "
                          "(%d); close it before the checkpoint", pid);
    pidfd_body_put(w, &b);
    return 0;
}

static int pidfd_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct pidfd_body b;

    return pidfd_body_of(c, rec, &b);
}

static int open_pidfd(pid_t pid, const struct ck_ofd *rec)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, rec->flags & O_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

/* The child stays until it is had, and no longer. */
static int of_the_dead(const struct ck_ofd *rec)
{
    int hold[2], fd;
    pid_t pid;
    char c;

    if (pipe2(hold, O_CLOEXEC) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        close(hold[1]);
        _exit(read(hold[0], &c, 1) != 0);
    }
    fd = pid < 0 ? -errno : open_pidfd(pid, rec);
    close(hold[0]);
    close(hold[1]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return fd;
}

static int pidfd_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct pidfd_body b;
    int fd, rc = pidfd_body_of(c, rec, &b);

    if (rc)
        return rc;
    fd = b.vpid ? open("/", O_PATH | O_CLOEXEC) : of_the_dead(rec);
    if (b.vpid && fd < 0)
        fd = -errno;
    return fd >= 0 ? fd
                   : ck_res_why(c->why, c->whycap, fd,
                                "can't make a pidfd: %s", strerror(-fd));
}

int ck_res_pidfd_into(struct ck_res_load *c, const struct ck_ofd *rec,
                      uint32_t who)
{
    struct ck_op_pidfd op = {.dst = (uint32_t)c->loaded(c, rec->id),
                             .flags = rec->flags & O_NONBLOCK};
    struct pidfd_body b;
    uint8_t buf[32];
    struct ck_wr w;
    int rc = pidfd_body_of(c, rec, &b);

    if (rc || !b.vpid)
        return rc;
    op.vpid = b.vpid;
    ck_wr_init(&w, buf, sizeof(buf));
    ck_op_pidfd_put(&w, &op);
    return c->inside(c, who, CK_OP_T_PIDFD, &w);
}

static int pidfd_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    uint32_t who;
    int rc = 0;

    (void)fd;
    for (size_t n = 0; !rc && (who = c->holder(c, rec->id, n)); n++)
        rc = ck_res_pidfd_into(c, rec, who);
    return rc;
}

static void pidfd_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct pidfd_body b;

    if (pidfd_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else if (b.vpid)
        snprintf(buf, cap, "pidfd of process %u", b.vpid);
    else
        snprintf(buf, cap, "pidfd of a process that is gone");
}

const struct ck_res ck_res_pidfd = {
    .name = "pidfd",
    .stand_in = 1,
    .match = pidfd_match,
    .save = pidfd_save,
    .check = pidfd_check,
    .load = pidfd_load,
    .link = pidfd_link,
    .describe = pidfd_describe,
};
