/*
 * frozen.c - processes that a signal has stopped (SIGSTOP, job control).
 *
 * The agent of such a process is stopped with it. Its parent's agent traces
 * that one thread and lets it run on; the process stays stopped all the
 * while, and nobody is told. The agent then has the program's threads traced
 * as ever, which run to their place of rest under the tracer; when that lets
 * them go, they are stopped again, there. They stay parked until SIGCONT has
 * come: a further checkpoint finds them so.
 *
 * After a restart a process stops itself instead of letting its threads go.
 * What its parent had been told about it before is taken out of what wait
 * would say, and no SIGCHLD tells again.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "runtime/frozen.h"
#include "runtime/thread.h"

#define CHILDREN_MAX 256
#define WAIT_US 2000000
#define SOON_US 100000

struct action {
    uint64_t handler, flags, restorer, mask;
};

/* told: the parent has waited for its stop already. agent: the thread that is
 * traced, 0: none. */
static struct {
    uint32_t n;
    struct {
        int32_t vpid, told, agent;
    } child[CHILDREN_MAX];
} stopped;

static struct {
    int32_t vpid;
    int error;
} refused;

static struct action chld; /* the program's */
static int quiet;

static long pt(long request, int32_t tid)
{
    return sys4(SYS_ptrace, request, tid, NULL, NULL);
}

/* A traced thread that stops, and a child that does, would send SIGCHLD. */
static void hush(int yes)
{
    struct action a;

    if (yes == quiet)
        return;
    if (yes) {
        sys4(SYS_rt_sigaction, SIGCHLD, NULL, &chld, 8);
        a = chld;
        a.flags |= SA_NOCLDSTOP;
        sys4(SYS_rt_sigaction, SIGCHLD, &a, NULL, 8);
    } else {
        sys4(SYS_rt_sigaction, SIGCHLD, &chld, NULL, 8);
    }
    quiet = yes;
}

/* Until traced thread tid has stopped; nonzero if it does not. */
static int wait_for(int32_t tid, uint64_t limit_us)
{
    uint64_t end = ck_now_us() + limit_us;

    for (;;) {
        int status = 0;
        long r = sys4(SYS_wait4, tid, &status, __WALL | WNOHANG, NULL);

        if (r == tid)
            return (status & 0xff) != 0x7f;
        if (r < 0 || ck_now_us() > end)
            return -ETIMEDOUT;
        ck_sleep_us(50);
    }
}

/* ---- in the parent of a stopped process ---- */

struct search {
    int32_t pid, noted, found;
};

static int is_agent(int32_t tid, void *arg)
{
    struct search *s = arg;
    char path[64], comm[32];

    ck_fmt(path, sizeof path, "/proc/%d/task/%d/comm", s->pid, tid);
    if (ck_read_file(path, comm, sizeof comm) > 0 &&
        (ck_starts(comm, "ckpt-agent\n") || tid == s->noted))
        s->found = tid;
    return s->found;
}

/* Where our library begins in process pid; 0: not found. */
static uint64_t base_in(int32_t pid)
{
    static char text[64 * 1024];
    char path[64];
    const char *at, *line;
    long fd, n = 1;
    size_t len = 0;

    ck_fmt(path, sizeof path, "/proc/%d/maps", pid);
    fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    while (n > 0 && len < sizeof text - 1) {
        n = sys3(SYS_read, fd, text + len, sizeof text - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    sys1(SYS_close, fd);
    text[len] = '\0';
    at = *ck_rt.runtime_path ? strstr(text, ck_rt.runtime_path) : NULL;
    for (line = at; line && line > text && line[-1] != '\n'; line--)
        ;
    return line ? ck_parse_u64(&line, 16) : 0;
}

/* A child that was stopped as soon as it was there: its agent has no name yet,
 * and is written down where ours is, but in the child's memory. */
static int32_t noted(int32_t pid)
{
    uint64_t ours = base_in(ck_getpid()), base = base_in(pid);
    uint64_t at = (uintptr_t)&ck_agent_tid - ours + base;
    int32_t tid = 0;
    struct iovec here = {&tid, sizeof tid};
    struct iovec there = {(void *)(uintptr_t)at, sizeof tid};

    if (ours && base)
        sys6(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0);
    return tid;
}

static int32_t find_agent(int32_t pid)
{
    struct search s = {.pid = pid};
    char path[64];

    ck_fmt(path, sizeof path, "/proc/%d/task", pid);
    ck_each_number(path, is_agent, &s);
    if (!s.found) {
        s.noted = noted(pid);
        ck_each_number(path, is_agent, &s);
    }
    return s.found;
}

/* Is the thread, which stands still for us, in a fork of ours that has not
 * come back? It has our memory, and the mark of that wrapper in it. */
static int in_our_fork(int32_t tid, const struct user_regs_struct *r)
{
    int busy = 0;
    struct iovec here = {&busy, sizeof busy};
    struct iovec there = {
        (void *)(uintptr_t)(r->fs_base + (uint64_t)ck_busy_offset),
        sizeof busy};

    return sys6(SYS_process_vm_readv, tid, &here, 1, &there, 1, 0) ==
               (long)sizeof busy && busy;
}

/* A child that was stopped before it has an agent goes on, from call to call,
 * until it has made one, and stands still there. */
static void finish_birth(int32_t pid)
{
    uint64_t end = ck_now_us() + WAIT_US;
    struct user_regs_struct r;
    struct iovec v = {&r, sizeof r};
    int made = 0;

    if (sys4(SYS_ptrace, PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD) < 0)
        return;
    if (wait_for(pid, SOON_US)) {
        pt(PTRACE_INTERRUPT, pid);
        wait_for(pid, WAIT_US);
    }
    while (!made && ck_now_us() < end &&
           sys4(SYS_ptrace, PTRACE_GETREGSET, pid, NT_PRSTATUS, &v) >= 0 &&
           in_our_fork(pid, &r)) {
        if (pt(PTRACE_SYSCALL, pid) < 0 || wait_for(pid, WAIT_US))
            break;
        made = find_agent(pid) != 0;
    }
    pt(PTRACE_DETACH, pid);
}

/* The agent, which runs now; -EAGAIN: it has none, -EPERM. */
static int32_t wake(int32_t pid)
{
    struct search s = {.pid = pid, .found = find_agent(pid)};

    if (!s.found) {
        finish_birth(pid);
        s.found = find_agent(pid);
    }
    if (!s.found)
        return -EAGAIN;
    if (pt(PTRACE_SEIZE, s.found) < 0)
        return -EPERM;
    /* It reports by itself that it is stopped. Interrupted as well it would
     * stop once more as soon as it runs. */
    if (wait_for(s.found, SOON_US)) {
        pt(PTRACE_INTERRUPT, s.found);
        wait_for(s.found, WAIT_US);
    }
    pt(PTRACE_CONT, s.found);
    return s.found;
}

static int was_told(int32_t pid)
{
    siginfo_t si;

    memset(&si, 0, sizeof si);
    sys5(SYS_waitid, P_PID, pid, &si, WSTOPPED | WNOHANG | WNOWAIT, NULL);
    return si.si_pid != pid;
}

static int not_stopped(int32_t tid, void *arg)
{
    struct search *s = arg;
    char state = ck_state_of(s->pid, tid);

    if (state && !strchr("TtZX", state))
        s->found = tid;
    return s->found;
}

/* The first thread may have stopped, and another not yet: only with the last
 * is there something to be told. */
static void until_all_stopped(int32_t pid)
{
    uint64_t end = ck_now_us() + SOON_US;
    struct search s;
    char path[64];

    ck_fmt(path, sizeof path, "/proc/%d/task", pid);
    do {
        s = (struct search){.pid = pid};
        ck_each_number(path, not_stopped, &s);
        if (s.found)
            ck_sleep_us(100);
    } while (s.found && ck_now_us() < end);
}

void ck_frozen_why(char *why, size_t cap)
{
    ck_fmt(why, cap, "process %d, its child, is stopped by a signal (SIGSTOP, "
           "SIGTSTP) and %s: let it go on first", refused.vpid,
           refused.error == -EAGAIN ? "is not under control yet, or never "
                                      "will be" : "may not be traced");
}

static int refuse(int32_t vpid, int error)
{
    refused.vpid = vpid;
    refused.error = error;
    return error;
}

int ck_frozen_child(int32_t pid)
{
    int32_t vpid = ck_virt_of(pid), agent;
    uint32_t i = 0;

    while (i < stopped.n && stopped.child[i].vpid != vpid)
        i++;
    if (i == CHILDREN_MAX)
        return refuse(vpid, -E2BIG);
    if (ck_stop_forced) /* no handler runs in a stopped process */
        return refuse(vpid, -EPERM);
    if (i == stopped.n) {
        stopped.child[i].agent = 0;
        stopped.child[i].vpid = vpid;
        stopped.n++;
    }
    if (stopped.child[i].agent)
        return 0;
    until_all_stopped(pid);
    stopped.child[i].told = was_told(pid);
    hush(1);
    agent = wake(pid);
    hush(0);
    stopped.child[i].agent = agent > 0 ? agent : 0;
    return agent > 0 ? 0 : refuse(vpid, agent);
}

void ck_frozen_watch(const uint32_t *children, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        int32_t pid = (int32_t)children[i];

        if (ck_state_of(pid, pid) == 'T')
            ck_frozen_child(pid);
    }
}

long ck_frozen_signal(int32_t pid, uint64_t start, uint32_t sig)
{
    long fd = sys2(SYS_pidfd_open, pid, 0);

    if (fd < 0)
        return 0;
    if (ck_start_of(pid) == start)
        sys4(SYS_pidfd_send_signal, fd, sig, NULL, 0);
    sys1(SYS_close, fd);
    return 0;
}

void ck_frozen_forget(void)
{
    stopped.n = 0;
}

static void let_go(uint32_t i)
{
    int32_t tid = stopped.child[i].agent;

    stopped.child[i].agent = 0;
    if (!tid)
        return;
    hush(1);
    pt(PTRACE_INTERRUPT, tid);
    wait_for(tid, WAIT_US);
    pt(PTRACE_DETACH, tid);
    hush(0);
}

void ck_frozen_let_go(void)
{
    for (uint32_t i = 0; i < stopped.n; i++)
        let_go(i);
}

/* ---- in the stopped process ---- */

void ck_frozen_settle(uint32_t n, uint64_t deadline_us)
{
    int32_t tid;

    while (__atomic_load_n(&ck_threads.parked, __ATOMIC_ACQUIRE) < n &&
           ck_now_us() < deadline_us) {
        tid = (int32_t)sys4(SYS_wait4, -1, NULL, __WALL | WNOHANG, NULL);
        if (tid > 0)
            pt(PTRACE_CONT, tid);
        else
            ck_sleep_us(50);
    }
    for (uint32_t i = 0; i < ck_threads.n; i++) {
        tid = ck_threads.slot[i].tid;
        if (pt(PTRACE_INTERRUPT, tid) >= 0 && !wait_for(tid, WAIT_US))
            pt(PTRACE_DETACH, tid);
    }
}

/* 'T' for one that stands still, 'S' for one that waits, 0 for none; until it
 * has had a processor a thread is neither, whatever it is going to be. */
static char settled(int32_t pid, int32_t tid)
{
    uint64_t end = ck_now_us() + WAIT_US;
    char state;

    while ((state = ck_state_of(pid, tid)) == 'R' && ck_now_us() <= end)
        ck_sleep_us(100);
    return state;
}

static int is_stopped(void)
{
    for (uint32_t i = 0; i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid)
            return settled(ck_getpid(), ck_threads.slot[i].tid) == 'T';
    return 0;
}

void ck_frozen_note(void)
{
    ck_threads.frozen |= is_stopped();
}

int ck_frozen_still(void)
{
    ck_threads.frozen = is_stopped();
    return ck_threads.frozen;
}

void ck_frozen_settled(void)
{
    uint32_t n = 0;

    ck_frozen_still();
    for (uint32_t i = 0; i < stopped.n; i++) {
        int32_t pid = ck_real_of(stopped.child[i].vpid);

        if (settled(pid, pid) == 'S') {
            let_go(i);
        } else {
            stopped.child[i].told = was_told(pid);
            stopped.child[n++] = stopped.child[i];
        }
    }
    stopped.n = n;
}

/* ---- after a restart ---- */

void ck_frozen_expect(void)
{
    quiet = 0;
    for (uint32_t i = 0; i < stopped.n; i++)
        stopped.child[i].agent = 0;
    if (stopped.n)
        hush(1);
}

void ck_frozen_again(void)
{
    uint64_t end = ck_now_us() + WAIT_US;

    for (uint32_t i = 0; i < stopped.n; i++) {
        int32_t pid = ck_real_of(stopped.child[i].vpid);

        while (was_told(pid) && ck_now_us() < end)
            ck_sleep_us(200);
        if (stopped.child[i].told)
            sys5(SYS_waitid, P_PID, pid, NULL, WSTOPPED | WNOHANG, NULL);
    }
    hush(0);
    /* Sent to this thread, it is obeyed before the call returns. */
    if (ck_threads.frozen)
        sys3(SYS_tgkill, ck_getpid(), ck_gettid(), SIGSTOP);
}
