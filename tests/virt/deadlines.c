/*
 * deadlines.c - under a stop every 5 ms each call with a relative timeout
 * of 60 ms fails to return early, ends, and is not late by more than the
 * stops. argv: library. Exit: number of claims that did not hold.
 */
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "tests/virt/check.h"

#define WAIT_MS 60

static long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static long long late; /* allowed */

#define TIMED(call, result)                                                 \
    do {                                                                    \
        long long t0_ = now_ms(), d_;                                       \
        long r_;                                                            \
        errno = 0;                                                          \
        r_ = (long)(call);                                                  \
        d_ = now_ms() - t0_;                                                \
        CHECK(r_ == (result));                                              \
        if (d_ < WAIT_MS - 1 || d_ > WAIT_MS + late) {                      \
            fprintf(stderr, "%s took %lld ms\n", #call, d_);                \
            failures++;                                                     \
        }                                                                   \
    } while (0)

static void cases(void)
{
    const struct timespec t = {0, WAIT_MS * 1000000};
    struct timeval tv = {0, WAIT_MS * 1000};
    struct pollfd pfd = {.fd = -1};
    struct epoll_event ev;
    struct sembuf op = {0, -1, 0};
    int word = 0, e = epoll_create1(0), s = semget(IPC_PRIVATE, 1, 0600);
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    TIMED(nanosleep(&t, NULL), 0);
    TIMED(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL), 0);
    TIMED(clock_nanosleep(CLOCK_BOOTTIME, 0, &t, NULL), 0);
    TIMED(usleep(WAIT_MS * 1000), 0);
    TIMED(thrd_sleep(&t, NULL), 0);
    TIMED(poll(&pfd, 1, WAIT_MS), 0);
    TIMED(ppoll(&pfd, 1, &t, NULL), 0);
    TIMED(select(0, NULL, NULL, NULL, &tv), 0);
    CHECK(tv.tv_sec == 0 && tv.tv_usec == 0);
    TIMED(pselect(0, NULL, NULL, NULL, &t, NULL), 0);
    TIMED(epoll_wait(e, &ev, 1, WAIT_MS), 0);
    TIMED(epoll_pwait(e, &ev, 1, WAIT_MS, NULL), 0);
    TIMED(epoll_pwait2(e, &ev, 1, &t, NULL), 0);
    TIMED(sigtimedwait(&set, NULL, &t), -1);
    CHECK(errno == EAGAIN);
    TIMED(semtimedop(s, &op, 1, &t), -1);
    CHECK(errno == EAGAIN);
    semctl(s, 0, IPC_RMID);
    TIMED(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &t), -1);
    CHECK(errno == ETIMEDOUT);
    TIMED(syscall(SYS_poll, &pfd, 1, WAIT_MS), 0);
    close(e);
}

/* ---- what must stay as it is ---- */

static volatile int alarms;

static void on_alarm(int sig)
{
    (void)sig;
    alarms++;
    poll(NULL, 0, 10); /* the interrupted call's record is in use */
}

/* A handler ends the call; nanosleep tells what remains. */
static void interrupted(void)
{
    const struct itimerval in = {{0, 0}, {0, WAIT_MS * 1000}};
    struct timespec t = {10, 0}, rem = {0, 0};
    struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &in, NULL);
    CHECK(nanosleep(&t, &rem) == -1 && errno == EINTR && alarms == 1);
    CHECK(rem.tv_sec == 9 && rem.tv_nsec > 0);
    setitimer(ITIMER_REAL, &in, NULL);
    CHECK(poll(NULL, 0, 10000) == -1 && errno == EINTR && alarms == 2);
    setitimer(ITIMER_REAL, &in, NULL);
    CHECK(sleep(10) == 9 && alarms == 3);
    t.tv_nsec = 1000000000;
    CHECK(nanosleep(&t, NULL) == -1 && errno == EINVAL);
    CHECK(poll(NULL, 0, 0) == 0);
    sa.sa_handler = SIG_DFL;
    sigaction(SIGALRM, &sa, NULL);
}

static void *in_poll(void *arg)
{
    poll(NULL, 0, 50000);
    return arg;
}

static void *in_sleep(void *arg)
{
    sleep(50);
    return arg;
}

static void *in_wait(void *arg)
{
    waitpid((pid_t)(long)arg, NULL, 0);
    return arg;
}

static void cancelled(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    void *ret;

    CHECK(pthread_create(&t, NULL, fn, arg) == 0);
    usleep(20000); /* nothing tells that it blocks; either way it ends */
    CHECK(pthread_cancel(t) == 0 && pthread_join(t, &ret) == 0);
    CHECK(ret == PTHREAD_CANCELED);
}

static void cancellation(void)
{
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    cancelled(in_poll, NULL);
    cancelled(in_sleep, NULL);
    cancelled(in_wait, (void *)(long)pid);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

int main(int argc, char **argv)
{
    const char *how = getenv("VIRT_HAMMER");

    if (argc < 2)
        return 2;
    if (!getenv("CKPT_DIR")) {
        setenv("LD_PRELOAD", argv[1], 1);
        setenv("CKPT_DIR", "/nowhere", 1);
        execv("/proc/self/exe", argv);
        return 2;
    }
    alarm(60);
    /* a restart adds its pauses: 5 ms after each 15 ms */
    late = how && !strcmp(how, "restart") ? 500 : 300;
    cases();
    interrupted();
    cancellation();
    return failures;
}
