/*
 * helper.c - runs `ckpt capture`, which looks at the tree from outside.
 *
 * A process that calls exec sends SIGCHLD to its parent when it ends,
 * whatever it was cloned with, and the program's wait would find it. So a
 * go-between is cloned with exit signal 0: the helper is its child, and the
 * program sees neither. The go-between shares our memory and only waits.
 */
#include "runtime/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/arch/x86_64/clone.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/thread.h"

#define LAST_US 2000000
#define NOT_EXECUTED 127

static struct {
    int32_t pid; /* of the go-between */
    uint32_t set; /* that it is for */
    char program[1100], id[16];
    char *argv[12];
    char *env[4];
    uint8_t outer[16 * 1024] __attribute__((aligned(16)));
    uint8_t inner[16 * 1024] __attribute__((aligned(16)));
} helper;

void ck_helper_forget(void)
{
    helper.pid = 0;
}

int ck_helper_running(void)
{
    return helper.pid != 0;
}

static int exec_main(void *arg)
{
    uint64_t none = 0, files[2];

    (void)arg;
    /* The program may have left itself too few descriptors. */
    if (sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, files) == 0) {
        files[0] = files[1];
        sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, files, NULL);
    }
    /* 0-2 must be something: what the helper opens must not land there. */
    for (int i = 0; i < 3; i++)
        sys4(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    sys3(SYS_execve, helper.program, helper.argv, helper.env);
    return NOT_EXECUTED;
}

static int between_main(void *arg)
{
    int status = 0;
    long pid;

    (void)arg;
    ck_become_ours("ckpt-capture");
    sys3(SYS_close_range, 0, ~0u, 2 /* CLOSE_RANGE_UNSHARE */);
    pid = ck_clone(CLONE_VM | CLONE_VFORK | SIGCHLD,
                   helper.inner + sizeof helper.inner, NULL, NULL, exec_main,
                   NULL);
    if (pid < 0)
        return NOT_EXECUTED;
    while (sys4(SYS_wait4, pid, &status, __WALL, NULL) == -EINTR)
        ;
    return (status & 0x7f) ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* <prefix>/lib/ckpt/libckpt.so -> <prefix>/bin/ckpt */
int ck_command_path(char *path, size_t cap)
{
    char *p = path;
    long n = ck_fmt(path, cap, "%s", ck_rt.runtime_path);

    for (int up = 0; up < 3; up++) {
        p = n < 0 ? NULL : strrchr(path, '/');
        if (!p)
            return -ENOENT;
        *p = '\0';
    }
    n = ck_fmt(p, (size_t)(path + cap - p), "/bin/ckpt");
    return n < 0 ? (int)n : 0;
}

/* The one of a checkpoint that failed may be about to end: it stands on the
 * stacks that the next one gets. */
static int last_is_gone(void)
{
    uint64_t end = ck_now_us() + LAST_US;

    while (helper.pid && sys4(SYS_wait4, helper.pid, NULL,
                              __WALL | WNOHANG, NULL) == 0) {
        if (ck_now_us() > end)
            return 0;
        ck_sleep_us(200);
    }
    helper.pid = 0;
    return 1;
}

int ck_helper_start(uint32_t id, char *why, size_t cap)
{
    long pid;
    int r = ck_command_path(helper.program, sizeof helper.program);

    if (!last_is_gone()) {
        ck_fmt(why, cap, "the ckpt capture of the checkpoint before has not "
                         "ended");
        return -EBUSY;
    }
    if (r < 0) {
        ck_fmt(why, cap, "bin/ckpt is not beside %s", ck_rt.runtime_path);
        return r;
    }
    helper.set = id;
    ck_fmt(helper.id, sizeof helper.id, "%u", id);
    helper.argv[0] = helper.program;
    helper.argv[1] = (char *)"capture";
    helper.argv[2] = (char *)"--dir";
    helper.argv[3] = ck_rt.job_dir;
    helper.argv[4] = (char *)"--id";
    helper.argv[5] = helper.id;
    helper.argv[6] = (char *)"--tree";
    helper.argv[7] = ck_rt.tree;
    helper.argv[8] = NULL;
    helper.env[0] = (char *)"PATH=/usr/bin:/bin";
    helper.env[1] = ck_rt.env_stdio;
    helper.env[2] = ck_rt.env_tree;
    helper.env[3] = NULL;
    pid = ck_clone(CLONE_VM | CLONE_UNTRACED,
                   helper.outer + sizeof helper.outer, NULL, NULL,
                   between_main, NULL);
    if (pid < 0) {
        ck_fmt(why, cap, "no process for ckpt capture (error %ld)", -pid);
        return (int)pid;
    }
    helper.pid = (int32_t)pid;
    return 0;
}

int ck_helper_lost(uint32_t *id, char *why, size_t cap)
{
    int status = 0;

    *id = helper.set;
    if (!helper.pid || sys4(SYS_wait4, helper.pid, &status,
                            __WALL | WNOHANG, NULL) != helper.pid)
        return 0;
    helper.pid = 0;
    status = status >> 8 & 0xff;
    if (status == NOT_EXECUTED)
        ck_fmt(why, cap, "%s can't be executed", helper.program);
    else if (status > 128)
        ck_fmt(why, cap, "ckpt capture was ended by signal %d", status - 128);
    else if (status) /* it has said why where it could */
        ck_fmt(why, cap, "ckpt capture could not do its work; the log in the "
                         "job directory says why");
    else
        return 0;
    return 1;
}
