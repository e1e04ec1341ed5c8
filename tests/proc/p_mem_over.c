/* Claim: a private mapping of a memory file, of a removed file or of a file
 * in /dev/shm has the pages that the process has written, and shows in all
 * others what is in the object, also what others write there later; which
 * pages somebody has written for himself does not matter to others. */
#include "claim.h"
#include <sys/mman.h>

#define P 4096
#define N 5

struct over {
    unsigned char *own, *all; /* private, shared */
    int fd;
};

static int make(int kind)
{
    char shm[64];
    int fd;

    if (kind < 2)
        return memfd_create("over", 0);
    snprintf(shm, sizeof(shm), "/dev/shm/ckpt-over-%d", (int)getpid());
    fd = open(kind < 4 ? claim_path("removed") : shm,
              O_CREAT | O_RDWR | O_EXCL, 0600);
    CHECK(kind == 4 || unlink(claim_path("removed")) == 0);
    return fd;
}

/* Odd kinds keep no descriptor, and a shared mapping in its stead. */
static void set_up(struct over *o, int kind)
{
    o->fd = make(kind);
    if (o->fd < 0 && kind == 4)
        claim_skip("nothing can be made in /dev/shm");
    CHECK(o->fd >= 0 && ftruncate(o->fd, 4 * P) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pwrite(o->fd, "ABCD" + i, 1, i * P) == 1);
    o->own = mmap(NULL, 4 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE, o->fd, 0);
    o->all = mmap(NULL, 4 * P, PROT_READ | PROT_WRITE, MAP_SHARED, o->fd, 0);
    CHECK(o->own != MAP_FAILED && o->all != MAP_FAILED);
    o->own[0] = 'p';
    CHECK_EQ(o->own[2 * P], 'C'); /* read, and page 1 never touched */
    o->own[3 * P + 5] = 0;        /* written with what it had */
    if (kind % 2) {
        CHECK(close(o->fd) == 0);
        o->fd = -1;
    } else {
        CHECK(munmap(o->all, 4 * P) == 0);
    }
}

static void put(struct over *o, long at, char c)
{
    if (o->fd < 0)
        o->all[at] = (unsigned char)c;
    else
        CHECK(pwrite(o->fd, &c, 1, at) == 1);
}

static void look(struct over *o, char later)
{
    CHECK_EQ(o->own[0], 'p');
    CHECK_EQ(o->own[P], 'B');
    CHECK_EQ(o->own[2 * P], 'C');
    CHECK_EQ(o->own[3 * P], 'D');
    for (int i = 0; i < 4; i++)
        put(o, i * P + 9, later);
    CHECK_EQ(o->own[9], 0);
    CHECK_EQ(o->own[P + 9], later);
    CHECK_EQ(o->own[2 * P + 9], later);
    CHECK_EQ(o->own[3 * P + 9], 0);
}

int main(void)
{
    struct over o[N], alone = {NULL, NULL, -1};
    char shm[64];
    pid_t pid;

    for (int i = 0; i < N; i++)
        set_up(&o[i], i);
    snprintf(shm, sizeof(shm), "/dev/shm/ckpt-over-%d", (int)getpid());
    /* Nobody has it but two that have it privately. */
    set_up(&alone, 1);
    CHECK(munmap(alone.all, 4 * P) == 0 && (pid = fork()) >= 0);
    if (pid == 0)
        alone.own[P] = 'c';
    if (pid > 0)
        claim_ready();
    claim_wait();
    unlink(shm); /* whatever comes: nothing is left behind */
    BREAK(o[2].own[0]++);
    if (pid > 0) {
        for (int i = 0; i < N; i++)
            look(&o[i], 'z');
        claim_reap(pid);
    }
    CHECK_EQ(alone.own[0], 'p');
    CHECK_EQ(alone.own[P], pid ? 'B' : 'c');
    CHECK_EQ(alone.own[2 * P], 'C');
    CHECK(madvise(alone.own, 4 * P, MADV_DONTNEED) == 0);
    CHECK_EQ(alone.own[P], 'B');
    if (pid == 0)
        _exit(0);
    claim_pass();
}
