/* Claim: POSIX shared memory keeps contents, name and mode; strangers that
 * opened it by its name share it; a removed one stays one object. */
#include "claim.h"
#include <sys/mman.h>
#include <sys/stat.h>

#define SIZE (64ul << 10)

static char name[64];

static unsigned char *map(const char *of, int flags, int *fd)
{
    unsigned char *p;

    CHECK((*fd = shm_open(of, flags, 0640)) >= 0);
    if (flags & O_CREAT)
        CHECK(ftruncate(*fd, SIZE) == 0);
    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    CHECK(p != MAP_FAILED);
    return p;
}

int main(void)
{
    unsigned char *p, *q, *r;
    struct stat st;
    int fd, gone;
    pid_t pid;

    umask(022);
    snprintf(name, sizeof name, "/claim-%d-gone", (int)getpid());
    q = map(name, O_CREAT | O_RDWR, &gone);
    CHECK(shm_unlink(name) == 0);
    claim_fill(q, SIZE, 2);
    snprintf(name, sizeof name, "/claim-%d", (int)getpid());
    p = map(name, O_CREAT | O_RDWR, &fd);
    claim_fill(p + 4096, SIZE - 4096, 1);
    CHECK(close(fd) == 0);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        CHECK(munmap(p, SIZE) == 0);
        r = map(name, O_RDWR, &fd);
        UNTIL(r[0] == 2 || claim_go());
        UNTIL(r[0] == 2);
        CHECK(claim_same(r + 4096, SIZE - 4096, 1));
        CHECK(pwrite(fd, "\3", 1, 1) == 1 && pwrite(gone, "\4", 1, 0) == 1);
        _exit(0);
    }
    claim_ready();
    claim_wait();
    BREAK(p[5000] ^= 1);
    CHECK(claim_same(p + 4096, SIZE - 4096, 1));
    CHECK(claim_same(q, SIZE, 2));
    p[0] = 2;
    claim_reap(pid);
    CHECK_EQ(p[1], 3);
    CHECK_EQ(q[0], 4);
    CHECK((fd = shm_open(name, O_RDWR, 0)) >= 0 && fstat(fd, &st) == 0);
    CHECK_EQ(st.st_mode & 07777, 0640);
    CHECK_EQ(st.st_size, SIZE);
    CHECK(pread(fd, q, 2, 0) == 2 && q[0] == 2 && q[1] == 3);
    CHECK(shm_unlink(name) == 0);
    claim_pass();
}
