/*
 * common.c - what the modules of the torture program share; see torture.h.
 */
#include "torture.h"
#include "world.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <sys/socket.h>

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

struct rng rng_of(const struct inst *t, int part)
{
    return (struct rng){mix(((uint64_t)t->seed << 8) + (unsigned)part)};
}

unsigned rnd(struct rng *r, unsigned below)
{
    r->s = mix(r->s);
    return (unsigned)((r->s >> 16) % (below ? below : 1));
}

/* Everybody ends when one has found a fault, or when time is over. */
void heed_end(void)
{
    if (world->fault || world->over)
        _exit(world->fault ? FAULT : 0);
}

void beat(struct inst *t, int part)
{
    heed_end();
    t->beats[part]++;
}

int damage(struct inst *t, int part)
{
    if (!t->broken || part != 0 || t->beats[0] < 3)
        return 0;
    return __atomic_exchange_n(&t->broken, 0, __ATOMIC_SEQ_CST);
}

void fault(const struct inst *t, const char *file, int line, const char *fmt,
           ...)
{
    char text[900], all[1100];
    va_list ap;
    int n, fd;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    n = snprintf(all, sizeof all, "%s.%d: %s:%d: %s [process %d, thread %d]\n",
                 t ? t->m->name : "frame", t ? t->number : 0, file, line, text,
                 (int)getpid(), (int)gettid());
    if (__atomic_exchange_n(&world->telling, 1, __ATOMIC_SEQ_CST) == 0) {
        snprintf(text, sizeof text, "%s/fault", world->dir);
        fd = open(text, O_CREAT | O_WRONLY | O_APPEND, 0644);
        if (fd < 0 || write(fd, all, (size_t)n) != n)
            dprintf(2, "%s", all);
        world->fault = 1; /* the others end only when it has been told */
    }
    while (!world->fault)
        usleep(1000);
    _exit(FAULT);
}

const char *own_path(const struct inst *t, const char *what)
{
    static __thread char buf[8][600];
    static __thread unsigned turn;
    char *p = buf[turn++ % 8];

    snprintf(p, sizeof buf[0], "%s/%s.%d.%s", world->dir, t->m->name,
             t->number, what);
    return p;
}

static unsigned char colour(size_t i, unsigned seed)
{
    return (unsigned char)(mix((i >> 3) + ((uint64_t)seed << 40)) >>
                           (8 * (i & 7)));
}

void paint(void *p, size_t n, unsigned seed, size_t from)
{
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)p)[i] = colour(from + i, seed);
}

int painted(const void *p, size_t n, unsigned seed, size_t from)
{
    for (size_t i = 0; i < n; i++)
        if (((const unsigned char *)p)[i] != colour(from + i, seed))
            return 0;
    return 1;
}

long long now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000ll + ts.tv_nsec / 1000;
}

void nap(struct inst *t, struct rng *r)
{
    struct timespec ts = {0, (long)rnd(r, 2000) * 1000};

    SAME(t, nanosleep(&ts, NULL), 0);
}

void put(struct inst *t, int fd, const void *p, size_t n)
{
    SAME(t, write(fd, p, n), n);
}

void get(struct inst *t, int fd, void *p, size_t n)
{
    size_t have = 0;
    ssize_t k;

    /* a stream may give less than was asked for, but not nothing */
    for (; have < n; have += (size_t)k) {
        errno = 0;
        k = read(fd, (char *)p + have, n - have);
        if (k <= 0)
            fault(t, __FILE__, __LINE__, "read gave %zd after %zu of %zu (%s)",
                  k, have, n, strerror(errno));
    }
}

int bind_port(struct inst *t, int fd)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    for (int i = 0; i < 20000; i++) {
        int port = 10000 + (int)((t->seed + (unsigned)(getpid() * 37 + i)) % 20000);

        a.sin_port = htons((uint16_t)port);
        if (bind(fd, (void *)&a, sizeof a) == 0)
            return port;
    }
    fault(t, __FILE__, __LINE__, "no port is free");
}

void reap(struct inst *t, pid_t pid, int status)
{
    int st = -1;

    SAME(t, waitpid(pid, &st, 0), pid);
    if (!WIFEXITED(st) || WEXITSTATUS(st) != status)
        fault(t, __FILE__, __LINE__, "child %d ended with 0x%x, not exit %d",
              (int)pid, (unsigned)st, status);
}

/* Of a text in /proc that is read in pieces the second is another one's after a
 * restart between them. */
static int flagged_now(const void *p, const char *word)
{
    char text[512];
    FILE *f = fopen("/proc/self/smaps", "r");
    unsigned long a, b;
    int in = 0, yes = 0;

    while (f && fgets(text, sizeof text, f)) {
        if (sscanf(text, "%lx-%lx ", &a, &b) == 2)
            in = a <= (unsigned long)p && (unsigned long)p < b;
        else if (in && strncmp(text, "VmFlags:", 8) == 0)
            yes = strstr(text, word) != NULL;
    }
    if (f)
        fclose(f);
    return yes;
}

int flagged(const void *p, const char *word)
{
    int tries = 3;

    while (!flagged_now(p, word))
        if (!--tries)
            return 0;
    return 1;
}
