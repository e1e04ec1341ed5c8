/*
 * numbers.c - a process whose number is not the kernel's finds no call that
 * betrays it. It makes a table in which it is 4000001 and in which its real
 * number and the next thousands are taken, so that its children get numbers
 * beyond the kernel's; then it executes itself under the wrappers. A number
 * that is translated twice is another one.
 * argv: what to preload, table, which of that is ours. Exit: number of claims that did not hold.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/image/pidtable.h"
#include "tests/virt/check.h"

#define ME 4000001
#define TAKEN 20000
#define FIRST 300 /* the kernel's, when its numbers have come round */
#define DEAD 4000050 /* the kernel has given it to somebody else since */

extern char **environ;

static volatile pid_t sender;
static volatile int got;

static void looked_up(void)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    pid_t (*of)(pid_t) = (pid_t(*)(pid_t))dlsym(libc, "getpgid");
    pid_t (*me)(void) =
        (pid_t(*)(void))dlvsym(libc, "__getpid", "GLIBC_2.2.5");

    CHECK(libc && of && of(ME) == getpgrp());
    CHECK(me && me() == ME);
    CHECK(dlsym(libc, "getpid") == dlvsym(libc, "getpid", "GLIBC_2.2.5"));
}

static void on_info(int sig, siginfo_t *info, void *context)
{
    (void)context;
    got = sig;
    sender = info->si_pid;
}

static void on_plain(int sig)
{
    got = sig;
}

static int write_table(const char *path)
{
    static struct {
        struct ck_pidtable_file head;
        struct ck_pid_entry e[2 * TAKEN + 3];
    } t;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid = getpid();
    uint32_t n = 0;

    t.head.magic = CK_PIDTABLE_MAGIC;
    for (int i = FIRST; i < FIRST + TAKEN && i < pid; i++)
        t.e[n++] = (struct ck_pid_entry){.virt = i};
    for (int i = 0; i < TAKEN; i++)
        t.e[n++] = (struct ck_pid_entry){.virt = pid + i};
    for (uint32_t i = n; i > 0 && t.e[i - 1].virt >= ME; i--)
        return -1;
    t.e[n++] = (struct ck_pid_entry){ME, pid, CK_PID_EXISTS, 0};
    t.e[n++] = (struct ck_pid_entry){ME + 1, ME, CK_PID_EXISTS, 0};
    t.e[n++] = (struct ck_pid_entry){ME + 2, DEAD, CK_PID_EXISTS, 0};
    t.head.count = n;
    return write(fd, &t, sizeof(t)) == sizeof(t) && close(fd) == 0 ? 0 : -1;
}

static void identity(void)
{
    char text[64] = "";
    struct stat st;

    CHECK(getpid() == ME);
    CHECK(gettid() == ME);
    CHECK(syscall(SYS_getpid) == ME && syscall(SYS_gettid) == ME);
    CHECK(getpgid(ME) == getpgrp() && getsid(ME) == getsid(0));
    CHECK(setpgid(0, 0) == 0 && getpgrp() == ME && getpgid(0) == ME);
    CHECK(sched_getscheduler(ME) == SCHED_OTHER);
    CHECK(getpriority(PRIO_PROCESS, ME) == getpriority(PRIO_PROCESS, 0));
    CHECK(getpriority(PRIO_PGRP, ME) == getpriority(PRIO_PROCESS, 0));
    CHECK(prlimit(ME, RLIMIT_NOFILE, NULL, &(struct rlimit){0}) == 0);
    CHECK(syscall(SYS_sched_getscheduler, ME) == SCHED_OTHER);
    CHECK(readlink("/proc/self", text, sizeof(text)) == 7 &&
          !strcmp(text, "4000001"));
    CHECK(stat("/proc/4000001", &st) == 0);
    CHECK(access("/proc/4000001/task/4000001/stat", R_OK) == 0);
    CHECK(access("/proc/self/task/4000001/stat", R_OK) == 0);
    CHECK(access("/proc/4000002", F_OK) < 0);
}

static void signals(void)
{
    struct sigaction sa = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};
    struct sigaction old;
    struct timespec t = {1, 0};
    siginfo_t info;
    sigset_t set;
    int fd;

    CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
    CHECK(sigaction(SIGUSR1, NULL, &old) == 0 &&
          old.sa_sigaction == on_info && (old.sa_flags & SA_SIGINFO));
    CHECK(kill(ME, SIGUSR1) == 0 && got == SIGUSR1 && sender == ME);
    got = sender = 0;
    CHECK(kill(-ME, SIGUSR1) == 0 && got == SIGUSR1 && sender == ME);
    got = sender = 0;
    CHECK(tgkill(ME, ME, SIGUSR1) == 0 && got == SIGUSR1 && sender == ME);
    got = sender = 0;
    CHECK(sigqueue(ME, SIGUSR1, (union sigval){.sival_int = 1}) == 0 &&
          got == SIGUSR1 && sender == ME);
    got = sender = 0;
    CHECK(syscall(SYS_tgkill, ME, ME, SIGUSR1) == 0 && sender == ME);
    CHECK(signal(SIGUSR1, on_plain) == (sighandler_t)(void *)on_info);
    CHECK(signal(SIGUSR1, SIG_DFL) == on_plain);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(kill(ME, SIGUSR1) == 0 && sigwaitinfo(&set, &info) == SIGUSR1 &&
          info.si_pid == ME);
    CHECK(kill(ME, SIGUSR1) == 0 &&
          sigtimedwait(&set, &info, &t) == SIGUSR1 && info.si_pid == ME);
    memset(&info, 0, sizeof info);
    info.si_code = SI_QUEUE;
    info.si_pid = ME;
    CHECK(syscall(SYS_rt_sigqueueinfo, ME, SIGUSR1, &info) == 0 &&
          sigwaitinfo(&set, &info) == SIGUSR1 && info.si_pid == ME);
    CHECK(syscall(SYS_rt_tgsigqueueinfo, ME, ME, SIGUSR1, &info) == 0 &&
          sigwaitinfo(&set, &info) == SIGUSR1 && info.si_pid == ME);
    info.si_pid = DEAD;
    CHECK(syscall(SYS_rt_sigqueueinfo, ME, SIGUSR1, &info) == 0 &&
          sigwaitinfo(&set, &info) == SIGUSR1 && info.si_pid == DEAD);
    CHECK(kill(DEAD, 0) < 0 && errno == ESRCH);
    info.si_pid = ME;
    fd = pidfd_open(ME, 0);
    CHECK(fd >= 0);
    CHECK(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, &info, 0) == 0 &&
          sigwaitinfo(&set, &info) == SIGUSR1 && info.si_pid == ME);
    close(fd);
    CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
    CHECK(kill(4000002, 0) < 0 && errno == ESRCH);
}

static void child_sees(int to)
{
    pid_t seen[2] = {getpid(), getppid()};

    _exit(write(to, seen, sizeof(seen)) == sizeof(seen) ? 3 : 4);
}

static int cloned(void *arg)
{
    return getenv("VIRT_AGENT") ? (int)(long)arg : 9;
}

static void children(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    struct clone_args how = {.flags = CLONE_PARENT_SETTID,
                             .exit_signal = SIGCHLD};
    pid_t pid, told = 0, seen[2] = {0, 0};
    siginfo_t info;
    int p[2], status;

    CHECK(pipe(p) == 0);
    pid = fork();
    if (pid == 0)
        child_sees(p[1]);
    CHECK(pid > CK_PID_STRIDE);
    CHECK(read(p[0], seen, sizeof(seen)) == sizeof(seen));
    CHECK(seen[0] == pid && seen[1] == ME);
    CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0 &&
          info.si_pid == pid && info.si_status == 3);
    CHECK(kill(pid, 0) == 0); /* a zombie still has its number */
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
    CHECK(kill(pid, 0) < 0 && errno == ESRCH);
    pid = vfork();
    if (pid == 0)
        _exit(getpid() > CK_PID_STRIDE && getppid() == ME ? 5 : 6);
    CHECK(pid > CK_PID_STRIDE);
    CHECK(wait(&status) == pid && WEXITSTATUS(status) == 5);
    CHECK(getpid() == ME);
    pid = _Fork();
    if (pid == 0)
        _exit(getpid() > CK_PID_STRIDE && getenv("VIRT_AGENT") ? 7 : 8);
    CHECK(wait4(pid, &status, 0, NULL) == pid && WEXITSTATUS(status) == 7);
    pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(getpid() > CK_PID_STRIDE && getenv("VIRT_AGENT") ? 8 : 9);
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 8);
    pid = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_PARENT_SETTID, 0, &told,
                         0, 0);
    if (pid == 0)
        _exit(0);
    CHECK(told == pid && waitpid(pid, &status, 0) == pid && !status);
    how.parent_tid = (uintptr_t)&told;
    pid = (pid_t)syscall(SYS_clone3, &how, sizeof how);
    if (pid == 0)
        _exit(0);
    CHECK(told == pid && waitpid(pid, &status, 0) == pid && !status);
    pid = clone(cloned, stack + sizeof(stack), SIGCHLD, (void *)12L);
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 12);
    pid = clone(cloned, stack + sizeof(stack), SIGCHLD | CLONE_VM |
                CLONE_VFORK, (void *)13L);
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
    pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    CHECK(setpgid(pid, pid) == 0 && getpgid(pid) == pid);
    CHECK(waitpid(pid, &status, WNOHANG) == 0);
    CHECK(killpg(pid, SIGKILL) == 0);
    CHECK(waitpid(-pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL);
    CHECK(waitpid(pid, &status, 0) < 0 && errno == ECHILD);
    close(p[0]);
    close(p[1]);
}

static void spawned(void)
{
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)"exit 9", NULL};
    posix_spawnattr_t attr;
    char text[64] = "";
    pid_t pid;
    FILE *f;
    int status;

    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attr, ME);
    CHECK(posix_spawn(&pid, "/bin/sh", NULL, &attr, argv, environ) == 0);
    CHECK(pid > CK_PID_STRIDE);
    CHECK(waitpid(-ME, &status, 0) == pid && WEXITSTATUS(status) == 9);
    CHECK(WEXITSTATUS(system("exit 4")) == 4);
    CHECK(system(NULL) == 1);
    f = popen("echo $$; exit 6", "r");
    CHECK(f && fgets(text, sizeof(text), f) && atoi(text) > CK_PID_STRIDE);
    CHECK(WEXITSTATUS(pclose(f)) == 6);
    f = popen("read x; exit $x", "w");
    CHECK(f && fprintf(f, "11\n") == 3);
    CHECK(WEXITSTATUS(pclose(f)) == 11);
    CHECK(popen("true", "rw") == NULL && errno == EINVAL);
}

static void hidden(void)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct ucred c = {0};
    struct f_owner_ex o = {F_OWNER_PID, ME};
    socklen_t n = sizeof(c);
    char out[4] = "", in[4] = "abc";
    struct iovec to = {out, 4}, from = {in, 4};
    int s[2], fd = fileno(tmpfile());
    clockid_t clock;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &c, &n) == 0 &&
          c.pid == ME);
    CHECK(fcntl(s[0], F_SETOWN, ME) == 0 && fcntl(s[0], F_GETOWN) == ME);
    CHECK(fcntl(s[0], F_SETOWN, -ME) == 0 && fcntl(s[0], F_GETOWN) == -ME);
    CHECK(fcntl(s[0], F_SETOWN_EX, &o) == 0 && o.pid == ME);
    o.pid = 0;
    CHECK(fcntl(s[0], F_GETOWN_EX, &o) == 0 && o.pid == ME);
    CHECK(process_vm_readv(ME, &to, 1, &from, 1, 0) == 4 &&
          !strcmp(out, "abc"));
    CHECK(fcntl(fd, F_SETLK, &l) == 0);
    if (fork() == 0) {
        failures = 0;
        l.l_type = F_RDLCK;
        CHECK(fcntl(fd, F_GETLK, &l) == 0 && l.l_pid == ME);
        _exit(failures);
    }
    CHECK(wait(&fd) > 0 && fd == 0);
    CHECK(clock_getcpuclockid(ME, &clock) == 0 &&
          clock == -6); /* "the caller's", not one of a numbered process */
    CHECK(prctl(PR_SET_PTRACER, ME, 0, 0, 0) == 0 || errno == EINVAL);
    CHECK(syscall(SYS_kcmp, ME, ME, 0, 0, 0) <= 0);
}

int main(int argc, char **argv)
{
    static char env[4][1200];
    char *envp[] = {env[0], env[1], env[2], env[3],
                    (char *)"CKPT_DIR=/nowhere", (char *)"CKPT_TREE=main",
                    NULL};

    if (argc < 3)
        return 2;
    if (!getenv("VIRT_TABLE")) {
        if (write_table(argv[2]) < 0)
            return 77;
        snprintf(env[0], sizeof(env[0]), "LD_PRELOAD=%s", argv[1]);
        snprintf(env[1], sizeof(env[1]), "VIRT_LIBRARY=%s",
                 argc > 3 ? argv[3] : argv[1]);
        snprintf(env[2], sizeof(env[2]), "VIRT_TABLE=%s", argv[2]);
        snprintf(env[3], sizeof(env[3]), "PATH=%s", getenv("PATH"));
        execve("/proc/self/exe", argv, envp);
        return 2;
    }
    identity();
    looked_up();
    signals();
    children();
    spawned();
    hidden();
    return failures;
}
