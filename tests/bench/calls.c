/*
 * calls.c - what interposition costs: nanoseconds per call without and with
 * the runtime, and their ratio. The two are measured alternately and the
 * best of several rounds counts, so that other load hardly matters.
 *
 * usage: calls LIBRARY    (libckpt.so; CKPT_DIR names the computation that
 * the second kind of run takes part in)
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7

static int pipe_fd[2], pair[2], epoll_fd;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void c_getpid(void)
{
    getpid();
}

static void c_getppid(void)
{
    getppid();
}

static void c_kill(void)
{
    kill(0, 0);
}

static void c_syscall(void)
{
    syscall(SYS_getuid);
}

static void c_fcntl(void)
{
    fcntl(0, F_GETFD);
}

static void c_write_read(void)
{
    char c = 0;

    if (write(pipe_fd[1], &c, 1) != 1 || read(pipe_fd[0], &c, 1) != 1)
        abort();
}

static void c_send_recv(void)
{
    char c = 0;

    if (send(pair[0], &c, 1, 0) != 1 || recv(pair[1], &c, 1, 0) != 1)
        abort();
}

static void c_sendmsg_recvmsg(void)
{
    char c = 0;
    struct iovec v = {&c, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

    if (sendmsg(pair[0], &m, 0) != 1 || recvmsg(pair[1], &m, 0) != 1)
        abort();
}

static void c_mutex(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void c_recursive(void)
{
    pthread_mutex_lock(&recursive);
    pthread_mutex_unlock(&recursive);
}

static void c_rwlock(void)
{
    pthread_rwlock_wrlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
}

static void *nothing(void *arg)
{
    return arg;
}

static void c_thread(void)
{
    pthread_t t;

    if (pthread_create(&t, NULL, nothing, NULL) || pthread_join(t, NULL))
        abort();
}

static void c_poll0(void)
{
    poll(NULL, 0, 0);
}

static void c_poll(void)
{
    struct pollfd p = {.fd = pipe_fd[1], .events = POLLOUT};

    poll(&p, 1, 1000);
}

static void c_select(void)
{
    struct timeval t = {1, 0};
    fd_set w;

    FD_ZERO(&w);
    FD_SET(pipe_fd[1], &w);
    select(pipe_fd[1] + 1, NULL, &w, NULL, &t);
}

static void c_epoll(void)
{
    struct epoll_event ev;

    epoll_wait(epoll_fd, &ev, 1, 1000);
}

static void c_open(void)
{
    close(open("/dev/null", O_RDONLY));
}

static void c_append(void)
{
    close(open("appended", O_WRONLY | O_CREAT | O_APPEND, 0600));
}

static void c_fopen(void)
{
    FILE *f = fopen("appended", "a");

    if (f)
        fclose(f);
}

/* Another file each time: removed, its number comes again, its birth not. */
static void c_new(void)
{
    close(open("new", O_WRONLY | O_CREAT | O_APPEND, 0600));
    unlink("new");
}

static void c_stat(void)
{
    struct stat st;

    stat("/dev/null", &st);
}

static void c_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
}

static void c_malloc(void)
{
    void *volatile p = malloc(100);

    free(p);
}

static void c_sigaction(void)
{
    struct sigaction sa;

    sigaction(SIGUSR1, NULL, &sa);
}

static void c_raise(void)
{
    raise(SIGUSR2);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)info;
    (void)context;
}

static void c_waitpid(void)
{
    waitpid(-1, NULL, WNOHANG);
}

static void c_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
}

static void c_exec(void)
{
    pid_t pid = vfork();

    if (pid == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static void c_spawn(void)
{
    static char *argv[] = {(char *)"true", NULL};
    extern char **environ;
    pid_t pid;

    if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) == 0)
        waitpid(pid, NULL, 0);
}

static const struct {
    const char *name;
    void (*fn)(void);
    int n;
} calls[] = {
    {"write+read 1 byte (not interposed)", c_write_read, 50000},
    {"malloc+free (not interposed)", c_malloc, 500000},
    {"mutex lock+unlock", c_mutex, 500000},
    {"recursive mutex lock+unlock", c_recursive, 500000},
    {"read/write lock, for writing, and unlock", c_rwlock, 500000},
    {"pthread_create+join (not interposed)", c_thread, 3000},
    {"open+close", c_open, 30000},
    {"open+close to append", c_append, 30000},
    {"fopen+fclose to append", c_fopen, 30000},
    {"open+close+unlink a new file", c_new, 2000},
    {"stat (not interposed)", c_stat, 50000},
    {"send+recv on a socket pair", c_send_recv, 50000},
    {"sendmsg+recvmsg", c_sendmsg_recvmsg, 50000},
    {"clock_gettime", c_clock, 500000},
    {"getpid", c_getpid, 200000},
    {"getppid", c_getppid, 200000},
    {"kill(0, 0)", c_kill, 100000},
    {"syscall(getuid)", c_syscall, 200000},
    {"fcntl(F_GETFD)", c_fcntl, 200000},
    {"poll, no timeout", c_poll0, 100000},
    {"poll, ready, 1 s", c_poll, 100000},
    {"select, ready, 1 s", c_select, 100000},
    {"epoll_wait, ready, 1 s", c_epoll, 100000},
    {"sigaction query", c_sigaction, 100000},
    {"raise to SA_SIGINFO handler", c_raise, 30000},
    {"waitpid, no child", c_waitpid, 100000},
    {"fork+wait", c_fork, 100},
    {"vfork+exec+wait", c_exec, 60},
    {"posix_spawn+wait", c_spawn, 60},
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One round in this process; results as text on stdout. */
static int measure(void)
{
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    struct epoll_event ev = {.events = EPOLLOUT};

    sigaction(SIGUSR2, &sa, NULL);
    epoll_fd = epoll_create1(0);
    if (pipe(pipe_fd) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pipe_fd[1], &ev) < 0)
        return 1;
    for (size_t i = 0; i < CALLS; i++) {
        double start;

        for (int k = 0; k < calls[i].n / 10 + 1; k++)
            calls[i].fn();
        start = now_ns();
        for (int k = 0; k < calls[i].n; k++)
            calls[i].fn();
        printf("%f\n", (now_ns() - start) / calls[i].n);
        fflush(stdout); /* a fork child must not have it to write again */
    }
    return 0;
}

static int run(const char *preload, double best[CALLS])
{
    char line[64];
    int p[2];
    pid_t pid;
    FILE *f;

    if (pipe(p) < 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        if (!preload)
            unsetenv("CKPT_DIR");
        dup2(p[1], 1);
        close(p[0]);
        close(p[1]);
        if (preload) {
            setenv("LD_PRELOAD", preload, 1);
            setenv("CKPT_TREE", "main", 0); /* a root would wait */
        }
        execl("/proc/self/exe", "calls", (char *)NULL);
        _exit(127);
    }
    close(p[1]);
    f = fdopen(p[0], "r");
    for (size_t i = 0; i < CALLS && fgets(line, sizeof(line), f); i++) {
        double d = atof(line);

        if (best[i] == 0 || d < best[i])
            best[i] = d;
    }
    fclose(f);
    return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

int main(int argc, char **argv)
{
    double plain[CALLS] = {0}, with[CALLS] = {0};

    if (argc < 2)
        return measure();
    if (!getenv("CKPT_DIR"))
        return 2;
    for (int r = 0; r < ROUNDS; r++)
        if (run(NULL, plain) < 0 || run(argv[1], with) < 0)
            return 1;
    printf("%-36s %10s %10s %6s\n", "call", "plain ns", "with ns", "ratio");
    for (size_t i = 0; i < CALLS; i++)
        printf("%-36s %10.0f %10.0f %6.2f\n", calls[i].name, plain[i],
               with[i], plain[i] > 0 ? with[i] / plain[i] : 0);
    return 0;
}
