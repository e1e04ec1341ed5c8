/* Claim: what processes have open of each other's directories in /proc goes
 * on: a child's, a parent's, that of a process made later by another one; one
 * description that several share; one of a process that has ended; one in an
 * epoll set. */
#include "claim.h"

#include <sys/epoll.h>
#include <sys/mman.h>

static char text[4096];

static int open_of(pid_t pid, const char *name)
{
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    return fd;
}

/* The name of the process that the file status belongs to. */
static const char *name_in(int status)
{
    static char name[64];
    ssize_t n = pread(status, text, sizeof(text) - 1, 0);

    CHECK(n > 0);
    text[n] = '\0';
    CHECK(sscanf(text, "Name: %63s", name) == 1);
    return name;
}

static void call_it(const char *name)
{
    int fd = open("/proc/thread-self/comm", O_WRONLY);

    CHECK(fd >= 0 && write(fd, name, strlen(name)) > 0);
    close(fd);
}

static int has_map(int maps, const void *p)
{
    static char all[1 << 16];
    char want[32];
    ssize_t n, len = 0;

    snprintf(want, sizeof(want), "%lx-", (unsigned long)(uintptr_t)p);
    CHECK_EQ(lseek(maps, 0, SEEK_SET), 0);
    while ((n = read(maps, all + len, sizeof(all) - 1 - (size_t)len)) > 0)
        len += n;
    all[len] = '\0';
    return strstr(all, want) != NULL;
}

/* Of the parent, twice; shared by all. Of one that is gone. */
static int parent, shared, ended;
/* A child is ready; the number of its brother; as long as all live. */
static int told[2], given[2], hold[2];

static void has_ended(void)
{
    CHECK(pread(ended, text, 1, 0) < 0 && errno == ESRCH);
}

static pid_t make(const char *name, int with_brother)
{
    pid_t pid = fork(), brother;
    int fd = -1;
    char c;

    CHECK(pid >= 0);
    if (pid)
        return pid;
    close(hold[1]);
    call_it(name);
    if (with_brother) {
        CHECK(read(given[0], &brother, sizeof(brother)) == sizeof(brother));
        fd = open_of(brother, "status");
    }
    claim_tell(told[1]);
    UNTIL(claim_go());
    CHECK(!strcmp(name_in(parent), "parent"));
    CHECK(!strcmp(name_in(shared), "parent"));
    CHECK(fd < 0 || !strcmp(name_in(fd), "second"));
    has_ended();
    CHECK_EQ(read(hold[0], &c, 1), 0);
    CHECK(!with_brother || lseek(shared, 9, SEEK_SET) == 9);
    _exit(0);
}

int main(void)
{
    struct epoll_event none = {.events = EPOLLPRI};
    int set = epoll_create1(0), mounts, maps, status;
    pid_t gone, first, second;
    void *p;

    CHECK(pipe(told) == 0 && pipe(given) == 0 && pipe(hold) == 0);
    call_it("parent");
    if ((gone = fork()) == 0)
        for (;;)
            pause();
    ended = open_of(gone, "status");
    CHECK(kill(gone, SIGKILL) == 0 && waitpid(gone, NULL, 0) == gone);
    parent = open_of(getpid(), "status");
    shared = open("/proc/thread-self/status", O_RDONLY);
    maps = open_of(getpid(), "maps");
    CHECK(lseek(shared, 7, SEEK_SET) == 7);
    first = make("first", 1); /* it knows one that is made after it */
    second = make("second", 0);
    claim_hear(told[0]);
    CHECK(write(given[1], &second, sizeof(second)) == sizeof(second));
    claim_hear(told[0]);
    status = open_of(first, "status");
    mounts = open("/proc/self/mounts", O_RDONLY);
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, mounts, &none) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(status));
    p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED && mprotect(p, 4096, PROT_NONE) == 0);
    CHECK(has_map(maps, p));
    CHECK(!strcmp(name_in(status), "first"));
    CHECK(!strcmp(name_in(shared), "parent"));
    CHECK_EQ(lseek(shared, 0, SEEK_CUR), 7);
    has_ended();
    CHECK_EQ(read(mounts, text, 1), 1);
    CHECK(epoll_ctl(set, EPOLL_CTL_MOD, mounts, &none) == 0);
    close(hold[1]);
    claim_reap(first);
    claim_reap(second);
    CHECK_EQ(lseek(shared, 0, SEEK_CUR), 9);
    claim_pass();
}
