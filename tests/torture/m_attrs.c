/* m_attrs.c - what is set once and nobody looks at: options of sockets, advice
 * for memory, mode and times of a removed file, seals of a memory file. */
#include "torture.h"

#include <sys/socket.h>
#include <sys/stat.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

#define BUF_LOCK 72 /* SO_BUF_LOCK, Linux 5.15 */

struct attrs {
    int sock, removed, sealed;
    int option[8];
    struct stat st;
    char *advised, *droppable;
};

static const struct {
    int level, name, value;
} options[] = {
    {SOL_SOCKET, SO_KEEPALIVE, 1}, {SOL_SOCKET, SO_REUSEADDR, 1},
    {SOL_SOCKET, SO_RCVBUF, 30000}, {SOL_SOCKET, SO_SNDBUF, 40000},
    {SOL_SOCKET, SO_PRIORITY, 3},  {SOL_SOCKET, SO_RCVLOWAT, 7},
    {SOL_SOCKET, BUF_LOCK, 3},
};
#define N_OPTIONS (sizeof options / sizeof options[0])

static int option(struct inst *t, int fd, unsigned i)
{
    socklen_t n = sizeof(int);
    int v = 0;

    NEED(t, getsockopt(fd, options[i].level, options[i].name, &v, &n) == 0);
    return v;
}

static void make(struct inst *t, struct attrs *a)
{
    struct timespec at[2] = {{1000000000, 0}, {1100000000, 5000}};
    const char *name = own_path(t, "removed");

    /* a buffer of TCP that is not locked is the kernel's to size */
    NEED(t, (a->sock = socket(t->seed % 2 ? AF_INET : AF_UNIX, SOCK_STREAM, 0)) >= 0);
    for (unsigned i = 0; i < N_OPTIONS; i++) {
        int v = options[i].value;

        if (options[i].name == BUF_LOCK && t->seed % 2 == 0)
            v = (int)(t->seed / 2 % 4);
        setsockopt(a->sock, options[i].level, options[i].name, &v, sizeof v);
        a->option[i] = option(t, a->sock, i);
    }
    NEED(t, (a->removed = open(name, O_CREAT | O_RDWR, 0640)) >= 0);
    NEED(t, write(a->removed, "text", 4) == 4 && unlink(name) == 0);
    NEED(t, fchmod(a->removed, 0462) == 0 && futimens(a->removed, at) == 0);
    NEED(t, fstat(a->removed, &a->st) == 0);
    NEED(t, (a->sealed = memfd_create("sealed", MFD_ALLOW_SEALING)) >= 0);
    NEED(t, fcntl(a->sealed, F_ADD_SEALS, F_SEAL_GROW) == 0);
    a->advised = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(t, a->advised != MAP_FAILED);
    NEED(t, madvise(a->advised, 16384, MADV_SEQUENTIAL) == 0);
    NEED(t, madvise(a->advised + 16384, 16384, MADV_RANDOM) == 0);
    NEED(t, madvise(a->advised + 32768, 16384, MADV_DONTDUMP) == 0);
    a->droppable = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
    if (a->droppable == MAP_FAILED) /* Linux 6.11 */
        a->droppable = NULL;
}

static void look(struct inst *t, struct attrs *a)
{
    struct stat st;

    for (unsigned i = 0; i < N_OPTIONS; i++)
        if (option(t, a->sock, i) != a->option[i])
            fault(t, __FILE__, __LINE__, "socket option %d was %d, is %d",
                  options[i].name, a->option[i], option(t, a->sock, i));
    NEED(t, fstat(a->removed, &st) == 0);
    SAME(t, st.st_mode, a->st.st_mode);
    SAME(t, st.st_mtim.tv_sec, a->st.st_mtim.tv_sec);
    SAME(t, st.st_nlink, 0);
    SAME(t, fcntl(a->sealed, F_GET_SEALS), F_SEAL_GROW);
    NEED(t, flagged(a->advised, " sr") && flagged(a->advised + 16384, " rr"));
    NEED(t, flagged(a->advised + 32768, " dd"));
    NEED(t, !a->droppable || flagged(a->droppable, " dp"));
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct attrs a;

    make(t, &a);
    for (;;) {
        if (damage(t, part))
            NEED(t, fchmod(a.removed, 0600) == 0);
        look(t, &a);
        beat(t, part);
        for (int i = 0; i < 5; i++)
            nap(t, &r);
    }
}

const struct module module_attrs = {.name = "attrs", .parts = 1, .run = run};
