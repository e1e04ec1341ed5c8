/*
 * h_hammer.c - a program that notices a checkpoint, if anything can.
 *
 * Each thread repeats one kind of blocking call until the runner asks to
 * verify: none may give EINTR, transfer less than asked, end before its time,
 * or end later after it than the stops and a busy machine explain (argv[1]
 * in ms, 1500: more if it is killed and restarted meanwhile). The last
 * line names how many calls there were and the latest one. Signals of its
 * own are never sent, so that every EINTR is somebody else's.
 */
#include "claim.h"

#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>


static volatile int stop;
static long long late_us = 1500000;
static int quiet[2]; /* a pipe that stays empty */

static long long now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000ll + ts.tv_nsec / 1000;
}

static struct timespec in_us(clockid_t clock, long us)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    ts.tv_nsec += us * 1000l;
    ts.tv_sec += ts.tv_nsec / 1000000000l;
    ts.tv_nsec %= 1000000000l;
    return ts;
}

/* Each gives 0 if the call ended as a time-out should, or what was wrong. */
static int do_nanosleep(long us)
{
    struct timespec ts = {us / 1000000, us % 1000000 * 1000};

    return nanosleep(&ts, NULL) ? errno : 0;
}

static int do_abs_sleep(long us)
{
    struct timespec ts = in_us(CLOCK_MONOTONIC, us);

    return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static int do_poll(long us)
{
    struct pollfd p = {quiet[0], POLLIN, 0};
    int r = poll(&p, 1, (int)((us + 999) / 1000));

    return r < 0 ? errno : r;
}

static int do_ppoll_raw(long us)
{
    struct pollfd p = {quiet[0], POLLIN, 0};
    struct timespec ts = {us / 1000000, us % 1000000 * 1000};
    long r = syscall(SYS_ppoll, &p, 1, &ts, NULL, 8);

    return r < 0 ? errno : (int)r;
}

static int do_select(long us)
{
    struct timeval tv = {us / 1000000, us % 1000000};
    fd_set s;
    int r;

    FD_ZERO(&s);
    FD_SET(quiet[0], &s);
    r = select(quiet[0] + 1, &s, NULL, NULL, &tv);
    return r < 0 ? errno : r;
}

static int do_futex(long us)
{
    struct timespec ts = {us / 1000000, us % 1000000 * 1000};
    int word = 0;

    if (syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0) == 0)
        return 0; /* a spurious wake-up is allowed */
    return errno == ETIMEDOUT ? 0 : errno;
}

static int do_cond(long us)
{
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t c = PTHREAD_COND_INITIALIZER;
    struct timespec ts = in_us(CLOCK_REALTIME, us);
    int r;

    pthread_mutex_lock(&m);
    while ((r = pthread_cond_timedwait(&c, &m, &ts)) == 0)
        ;
    pthread_mutex_unlock(&m);
    return r == ETIMEDOUT ? 0 : r;
}

static int do_sem(long us)
{
    struct timespec ts = in_us(CLOCK_REALTIME, us);
    sem_t s;

    sem_init(&s, 0, 0);
    if (sem_timedwait(&s, &ts) == 0)
        return -1;
    return errno == ETIMEDOUT ? 0 : errno;
}

static int do_sigtimedwait(long us)
{
    struct timespec ts = {us / 1000000, us % 1000000 * 1000};
    sigset_t s;

    sigemptyset(&s);
    sigaddset(&s, SIGUSR2);
    if (sigtimedwait(&s, NULL, &ts) >= 0)
        return -1;
    return errno == EAGAIN ? 0 : errno;
}

/* early: how much before its time the call may end */
static struct kind {
    const char *name;
    int (*f)(long us);
    long us, early;
    long calls;
    long long latest;
} kinds[] = {
    {"nanosleep", do_nanosleep, 2000, 0, 0, 0},
    {"nanosleep, long", do_nanosleep, 700000, 0, 0, 0},
    {"clock_nanosleep", do_abs_sleep, 3000, 0, 0, 0},
    {"poll", do_poll, 2000, 0, 0, 0},
    {"poll, long", do_poll, 600000, 0, 0, 0},
    {"ppoll, raw", do_ppoll_raw, 3000, 0, 0, 0},
    {"select", do_select, 2000, 0, 0, 0},
    {"futex", do_futex, 2500, 2500, 0, 0},
    {"cond_timedwait", do_cond, 2000, 1000, 0, 0},
    {"sem_timedwait", do_sem, 2000, 1000, 0, 0},
    {"sigtimedwait", do_sigtimedwait, 2000, 0, 0, 0},
    {"sigtimedwait, long", do_sigtimedwait, 500000, 0, 0, 0},
};
#define KINDS (int)(sizeof kinds / sizeof *kinds)

static void *timed(void *arg)
{
    struct kind *k = arg;

    while (!stop) {
        long long t0 = now_us(), late;
        int r = k->f(k->us);

        late = now_us() - t0 - k->us;
        if (r)
            claim_fail(__FILE__, __LINE__, "%s after %ld calls: %s (%d)",
                       k->name, k->calls, r > 0 ? strerror(r) : "?", r);
        if (late < -k->early)
            claim_fail(__FILE__, __LINE__, "%s of %ld us ended %lld us early",
                       k->name, k->us, -late);
        if (late > late_us)
            claim_fail(__FILE__, __LINE__, "%s of %ld us ended %lld us late",
                       k->name, k->us, late);
        if (late > k->latest)
            k->latest = late;
        k->calls++;
    }
    return NULL;
}

#define CHUNK 300000

/* Writes whole chunks into a pipe: never a short count, never an error. The
 * pauses leave the machine, and the checkpoints, some time. */
static void *writer(void *arg)
{
    int fd = *(int *)arg;
    char *buf = malloc(CHUNK);

    claim_fill(buf, CHUNK, 7);
    while (!stop) {
        ssize_t n = write(fd, buf, CHUNK);

        if (n != CHUNK)
            claim_fail(__FILE__, __LINE__, "write gave %zd of %d (%s)", n,
                       CHUNK, strerror(errno));
        claim_nap();
    }
    close(fd);
    return NULL;
}

static void *reader(void *arg)
{
    int fd = *(int *)arg;
    char *buf = malloc(CHUNK), *want = malloc(CHUNK);
    ssize_t n;

    claim_fill(want, CHUNK, 7);
    for (;;) {
        size_t have = 0;

        while (have < CHUNK) {
            n = read(fd, buf + have, CHUNK - have);
            if (n < 0)
                claim_fail(__FILE__, __LINE__, "read: %s", strerror(errno));
            if (n == 0) {
                CHECK_EQ(have, 0);
                return NULL;
            }
            have += (size_t)n;
        }
        CHECK(memcmp(buf, want, CHUNK) == 0);
    }
}

/* A message goes round through two pipes: a blocked read all the time. */
static int ring[2][2];

static void *echo(void *arg)
{
    int v;

    (void)arg;
    while (read(ring[0][0], &v, sizeof v) == sizeof v)
        if (write(ring[1][1], &v, sizeof v) != sizeof v)
            claim_fail(__FILE__, __LINE__, "echo: %s", strerror(errno));
    return NULL;
}

static void *caller(void *arg)
{
    int n = 0, v;

    (void)arg;
    while (!stop) {
        struct timespec ts = {0, 1000000};

        CHECK(write(ring[0][1], &n, sizeof n) == sizeof n);
        CHECK_EQ(read(ring[1][0], &v, sizeof v), sizeof v);
        CHECK_EQ(v, n);
        n++;
        CHECK(nanosleep(&ts, NULL) == 0);
    }
    close(ring[0][1]);
    return NULL;
}

/* Waits for children: wait must not be interrupted either. */
static void *parent(void *arg)
{
    (void)arg;
    while (!stop) {
        int st;
        pid_t pid = fork();

        CHECK(pid >= 0);
        if (pid == 0) {
            claim_nap();
            _exit(5);
        }
        CHECK_EQ(waitpid(pid, &st, 0), pid);
        CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 5);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    void *(*other[])(void *) = {writer, reader, echo, caller, parent};
    pthread_t t[KINDS + 5];
    int p[2];
    void *arg[5] = {&p[1], &p[0], NULL, NULL, NULL};

    if (argc > 1)
        late_us = atoll(argv[1]) * 1000;
    CHECK(pipe(quiet) == 0 && pipe(p) == 0);
    CHECK(pipe(ring[0]) == 0 && pipe(ring[1]) == 0);
    for (int i = 0; i < KINDS; i++)
        CHECK(pthread_create(&t[i], NULL, timed, &kinds[i]) == 0);
    for (int i = 0; i < 5; i++)
        CHECK(pthread_create(&t[KINDS + i], NULL, other[i], arg[i]) == 0);
    claim_ready();
    if (claim_broken())
        kinds[0].early = -100000;
    claim_wait();
    stop = 1;
    for (int i = 0; i < KINDS + 5; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    for (int i = 0; i < KINDS; i++)
        printf("%-20s %6ld calls, latest by %lld us\n", kinds[i].name,
               kinds[i].calls, kinds[i].latest);
    fflush(stdout);
    claim_pass();
}
