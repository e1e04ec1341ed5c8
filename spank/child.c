/*
 * child.c - children of slurmstepd that do our work as the user.
 *
 * Forked from slurmstepd, in user_init, where the effective ids are the
 * user's and the real ones root's, or in task_exit, where all are root's; or
 * from srun, which is the user's. Whatever the child is or does, it cannot
 * hold up or harm slurmstepd: it shares no descriptor but a pipe, and the
 * parent waits for that with a limit.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static gid_t groups[NGROUPS_MAX];
static int ngroups = -1; /* not known */

void ck_child_learn_groups(void)
{
    ngroups = getgroups(NGROUPS_MAX, groups);
}

static int become_user(void)
{
    if (getuid() == ck_plugin.uid && geteuid() == ck_plugin.uid &&
        getgid() == ck_plugin.gid)
        return 0; /* srun, not slurmstepd */
    if (seteuid(0) != 0 || ngroups < 0 ||
        setgroups((size_t)ngroups, groups) != 0)
        return -1;
    return setresgid(ck_plugin.gid, ck_plugin.gid, ck_plugin.gid) != 0 ||
                   setresuid(ck_plugin.uid, ck_plugin.uid, ck_plugin.uid) != 0
               ? -1
               : 0;
}

/* slurmstepd blocks or ignores most of them. */
static void default_signals(void)
{
    sigset_t none;

    for (int s = 1; s < 32; s++)
        signal(s, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int only_these(int fd)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0)
        return -1;
    /* fd may be one of 0-2 if slurmstepd has none of them open */
    fd = fcntl(fd, F_DUPFD, 10);
    for (int i = 0; i < 3; i++)
        dup2(null, i);
    dup2(fd, 3);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    return close_range(4, ~0u, 0);
}

pid_t ck_child_start(int (*run)(int fd, void *arg), void *arg, int tracked,
                     int *out)
{
    int p[2];
    pid_t pid;

    if (pipe2(p, O_CLOEXEC) != 0)
        return -errno;
    pid = fork();
    if (pid < 0) {
        int err = errno;

        close(p[0]);
        close(p[1]);
        return -err;
    }
    if (pid > 0) {
        close(p[1]);
        *out = p[0];
        return pid;
    }
    /* proctrack/linuxproc never ends what is called slurmstepd */
    prctl(PR_SET_NAME, "ckpt", 0, 0, 0);
    setsid();
    if (tracked && seteuid(0) == 0)
        ck_cgroup_join();
    if (become_user() != 0 || only_these(p[1]) != 0)
        _exit(126);
    default_signals();
    _exit(run(3, arg));
}

long ck_child_read(int fd, char *buf, size_t cap, int limit_ms)
{
    size_t n = 0;

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        char more[512];
        ssize_t r;
        int ready = poll(&p, 1, limit_ms);

        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return ready == 0 ? -ETIMEDOUT : -errno;
        r = read(fd, more, sizeof(more));
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            break;
        for (ssize_t i = 0; i < r; i++)
            if (more[i] && n + 1 < cap) /* a NUL only says: still here */
                buf[n++] = more[i];
    }
    buf[n] = 0;
    return (long)n;
}
