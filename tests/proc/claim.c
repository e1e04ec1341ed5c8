/*
 * claim.c - the frame of a checkpoint/restart test program; see claim.h.
 *
 * The environment is read once, before main. Everything else must work in
 * any thread and in a fork child.
 */
#include "claim.h"
#include "hold.h"

#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>

#define WAIT_TURNS 24000 /* of 5 ms: two minutes */

static char dir[2048] = ".";
static int broken, chain;
static int computing; /* one thread of a process does, the others sleep */

__attribute__((constructor)) static void claim_init(void)
{
    const char *d = getenv("CLAIM_DIR");

    if (d)
        snprintf(dir, sizeof dir, "%s", d);
    broken = getenv("CLAIM_BREAK") != NULL;
    chain = getenv("CLAIM_CHAIN") != NULL;
}

const char *claim_path(const char *name)
{
    static __thread char buf[8][2200];
    static __thread unsigned turn;
    char *p = buf[turn++ % 8];

    snprintf(p, sizeof buf[0], "%s/%s", dir, name);
    return p;
}

int claim_broken(void)
{
    return broken;
}

/* Locks that hold their owner's number: taken and given back all the time,
 * so that a checkpoint finds a thread between reading it and storing it. */
static void use_lock(int type)
{
    int again = type == PTHREAD_MUTEX_RECURSIVE ? 0 : EBUSY, up, down;
    pthread_mutexattr_t a;
    pthread_mutex_t m;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, type);
    pthread_mutex_init(&m, &a);
    for (int i = 0; i < 50; i++) {
        up = pthread_mutex_lock(&m);
        down = pthread_mutex_trylock(&m); /* lock would wait for ever */
        if (up != 0 || down != again)
            claim_fail(__FILE__, __LINE__, "a mutex of type %d gave %d, %d",
                       type, up, down);
        up = again ? 0 : pthread_mutex_unlock(&m);
        down = pthread_mutex_unlock(&m);
        if (up != 0 || down != 0)
            claim_fail(__FILE__, __LINE__, "unlocking type %d gave %d, %d",
                       type, up, down);
    }
    pthread_mutex_destroy(&m);
}

/* A stretch of work that a checkpoint may fall into, some 100 microseconds:
 * general and vector registers, locks, the heap, the thread's own number. */
static void compute(unsigned turn)
{
    const char *r = hold_vectors(hold_widest(), turn, 100000, 0);
    unsigned char *p;

    if (!r)
        r = hold_general(turn, 50000, 0);
    if (r)
        claim_fail(__FILE__, __LINE__, "register %s was changed", r);
    use_lock(PTHREAD_MUTEX_RECURSIVE);
    use_lock(PTHREAD_MUTEX_ERRORCHECK);
    p = malloc(3000);
    claim_fill(p, 3000, turn);
    if (!claim_same(p, 3000, turn))
        claim_fail(__FILE__, __LINE__, "memory was changed");
    free(p);
    if (kill(getpid(), 0) != 0 || tgkill(getpid(), gettid(), 0) != 0)
        claim_fail(__FILE__, __LINE__, "own number: %s", strerror(errno));
}

/* Sleeps; in the mode chain it computes instead. Where several threads wait
 * it is one of them, as thousands would leave no time for anything else. */
static void pass_time(long us)
{
    struct timespec ts = {0, us * 1000};
    int saved = errno;

    if (!chain || __atomic_exchange_n(&computing, 1, __ATOMIC_ACQUIRE)) {
        nanosleep(&ts, NULL);
    } else {
        static unsigned turn;
        long long end = claim_ms() + us / 1000;

        do
            compute(turn++);
        while (claim_ms() < end);
        __atomic_store_n(&computing, 0, __ATOMIC_RELEASE);
    }
    errno = saved;
}

void claim_nap(void)
{
    pass_time(1000);
}

long long claim_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void claim_ready(void)
{
    /* a directory: needs no descriptor and appears at once */
    CHECK(mkdir(claim_path("ready"), 0755) == 0);
}

int claim_go(void)
{
    int saved = errno, go;

    if (access(claim_path("ping"), F_OK) == 0)
        unlink(claim_path("ping"));
    go = access(claim_path("verify"), F_OK) == 0;
    errno = saved;
    return go;
}

void claim_wait(void)
{
    for (int i = 0; i < WAIT_TURNS; i++) {
        if (claim_go())
            return;
        pass_time(5000);
    }
    claim_fail(__FILE__, __LINE__, "the runner never asked to verify");
}

void claim_fail(const char *file, int line, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    dprintf(2, "FAIL %s:%d: %s\n", file, line, text);
    _exit(1);
}

void claim_skip(const char *why)
{
    dprintf(2, "SKIP %s\n", why);
    _exit(77);
}

void claim_pass(void)
{
    dprintf(1, "ok\n");
    _exit(0);
}

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

static unsigned char pattern(size_t i, unsigned seed)
{
    return (unsigned char)(mix((i >> 3) + ((uint64_t)seed << 40)) >>
                           (8 * (i & 7)));
}

void claim_fill(void *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)p)[i] = pattern(i, seed);
}

int claim_same(const void *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        if (((const unsigned char *)p)[i] != pattern(i, seed))
            return 0;
    return 1;
}

void claim_reap(pid_t pid)
{
    int st = -1;
    pid_t got;

    do
        got = waitpid(pid, &st, 0);
    while (got < 0 && errno == EINTR);
    if (got != pid)
        claim_fail(__FILE__, __LINE__, "waitpid(%d) gave %d (%s)", (int)pid,
                   (int)got, strerror(errno));
    if (!WIFEXITED(st) || WEXITSTATUS(st) != 0)
        claim_fail(__FILE__, __LINE__, "child %d ended with status 0x%x",
                   (int)pid, (unsigned)st);
}

void claim_tell(int fd)
{
    CHECK(write(fd, "x", 1) == 1);
}

void claim_hear(int fd)
{
    char c;

    CHECK(read(fd, &c, 1) == 1);
}

const char *claim_vmflags(const void *p)
{
    static char line[512], flags[512];
    FILE *f = fopen("/proc/self/smaps", "r");
    unsigned long a, b;
    int in = 0;

    flags[0] = 0;
    if (!f)
        return flags;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%lx-%lx ", &a, &b) == 2)
            in = a <= (unsigned long)p && (unsigned long)p < b;
        else if (in && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(flags, sizeof flags, "%s", line + 8);
    }
    fclose(f);
    return flags;
}
