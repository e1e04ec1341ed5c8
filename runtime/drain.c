/*
 * drain.c - the streams of a launcher (srun) and its tasks: what they have
 * written has to be where it leads before the launcher is saved.
 *
 * On its way it is in the hands of threads: slurmstepd's, which reads the
 * task's pipe and writes to a socket, and the launcher's, which reads that and
 * writes. Nobody tells how much that is, and on a busy machine such a thread
 * waits for a processor for longer than one would believe. But who has
 * something in his hands does not sleep, and has run when he sleeps again.
 */
#include "runtime/drain.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "runtime/runtime.h"
#include "runtime/thread.h"

static uint64_t unread(const char *path)
{
    int n = 0;
    long fd = sys4(SYS_openat, AT_FDCWD, path,
                   O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);

    if (fd < 0)
        return 0;
    if (sys3(SYS_ioctl, fd, FIONREAD, &n) < 0)
        n = 0;
    sys1(SYS_close, fd);
    return (uint64_t)n;
}

static int is_pipe(const char *path)
{
    char link[64];
    long n = sys4(SYS_readlinkat, AT_FDCWD, path, link, sizeof link - 1);

    if (n < 0)
        return 0;
    link[n] = '\0';
    return ck_starts(link, "pipe:");
}

struct carriers {
    int32_t pid;
    uint64_t ran;
};

static uint64_t awake; /* how often one was seen that did not sleep */

static int add_thread(int32_t tid, void *arg)
{
    struct carriers *c = arg;
    char path[64];

    if (tid == ck_agent_tid)
        return 0;
    ck_fmt(path, sizeof path, "/proc/%d/task/%d/status", c->pid, tid);
    c->ran += ck_read_number(path, "\nvoluntary_ctxt_switches:\t", 10, 0) +
              ck_read_number(path, "\nnonvoluntary_ctxt_switches:\t", 10, 0);
    if (ck_state_of(c->pid, tid) != 'S')
        awake++;
    return 0;
}

static uint64_t runs_of(int32_t pid)
{
    struct carriers c = {.pid = pid};
    char dir[64];

    ck_fmt(dir, sizeof dir, "/proc/%d/task", pid);
    ck_each_number(dir, add_thread, &c);
    return c.ran + awake;
}

/* Who reads our pipes, or 0. */
static int32_t stepd(void)
{
    int32_t parent = (int32_t)sys0(SYS_getppid);
    char path[64], comm[32];

    if (!ck_rt.root)
        return 0;
    ck_fmt(path, sizeof path, "/proc/%d/comm", parent);
    if (ck_read_file(path, comm, sizeof comm) < 0)
        return 0;
    return ck_starts(comm, "slurmstepd") ? parent : 0;
}

void ck_drain_look(struct ck_msg_drained *m)
{
    int launches = ck_rt.kind == CK_KIND_REEXEC;
    int32_t pid = launches ? ck_getpid() : stepd();
    char path[64];

    for (int fd = 1; fd <= 2; fd++) {
        ck_fmt(path, sizeof path, "/proc/self/fd/%d", fd);
        if (is_pipe(path))
            m->outq += unread(path);
    }
    if (pid)
        m->moves = runs_of(pid);
    if (launches)
        m->moves += ck_read_number("/proc/self/io", "wchar: ", 10, 0);
}
