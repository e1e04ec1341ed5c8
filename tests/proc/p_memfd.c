/* Claim: a memory file keeps its bytes and holes, its name, mode and seals,
 * and every description of it its place. */
#include "claim.h"

#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif
#define FAR (300l << 20)

static int again(int fd, int flags)
{
    char path[64];
    int r;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    r = open(path, flags);
    CHECK(r >= 0);
    return r;
}

static int named(int fd, const char *want)
{
    char path[64], link[300];
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    n = readlink(path, link, sizeof(link) - 1);
    CHECK(n > 0);
    link[n] = '\0';
    return !strcmp(link, want);
}

static int program(void)
{
    int fd = memfd_create("a.out", MFD_CLOEXEC | MFD_EXEC);

    if (fd < 0 && errno == EINVAL)
        fd = memfd_create("a.out", MFD_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

int main(void)
{
    int fd = memfd_create("two words (deleted)", MFD_ALLOW_SEALING), ro, end;
    int sealed = memfd_create("", MFD_ALLOW_SEALING), exe = program();
    char a[5000], b[5000], line[100];
    struct stat st, ro_st;
    pid_t child;

    claim_fill(a, sizeof(a), 1);
    CHECK(write(fd, a, sizeof(a)) == sizeof(a));
    CHECK(pwrite(fd, "far", 3, FAR) == 3 && ftruncate(fd, FAR * 2) == 0);
    CHECK(fchmod(fd, 0640) == 0);
    ro = again(fd, O_RDONLY);
    CHECK_EQ(lseek(ro, FAR, SEEK_SET), FAR);
    end = again(fd, O_WRONLY | O_APPEND);
    CHECK(write(sealed, "fixed", 5) == 5);
    CHECK(!fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK |
                                          F_SEAL_GROW));
    CHECK(write(exe, "#!/bin/cat\nran\n", 15) == 15 && !fchmod(exe, 0755));
    child = fork();
    if (child == 0) { /* shares all places */
        claim_wait();
        _exit(0);
    }
    claim_ready();
    claim_wait();
    BREAK(pwrite(fd, "x", 1, 77));
    claim_reap(child);
    CHECK(named(fd, "/memfd:two words (deleted) (deleted)"));
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), sizeof(a));
    CHECK_EQ(pread(fd, b, sizeof(b), 0), (ssize_t)sizeof(b));
    CHECK(claim_same(b, sizeof(b), 1));
    CHECK(!fstat(fd, &st) && !fstat(ro, &ro_st));
    CHECK(st.st_ino == ro_st.st_ino && st.st_size == FAR * 2);
    CHECK_EQ(st.st_mode & 07777, 0640);
    CHECK(st.st_blocks < 1000);
    CHECK(read(ro, b, 3) == 3 && !memcmp(b, "far", 3));
    CHECK(write(ro, "x", 1) < 0 && errno == EBADF);
    CHECK(write(end, "end", 3) == 3 && pread(fd, b, 3, FAR * 2) == 3);
    CHECK(!memcmp(b, "end", 3));
    CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
    CHECK_EQ(fcntl(sealed, F_GET_SEALS),
             F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
    CHECK(pread(sealed, b, 9, 0) == 5 && !memcmp(b, "fixed", 5));
    CHECK(write(sealed, "x", 1) < 0 && errno == EPERM);
    CHECK_EQ(fcntl(exe, F_GET_SEALS), F_SEAL_SEAL);
    CHECK_EQ(fcntl(exe, F_GETFD), FD_CLOEXEC);
    CHECK(!fstat(exe, &st) && (st.st_mode & 07777) == 0755);
    CHECK(pread(exe, line, sizeof(line), 0) == 15);
    CHECK(!memcmp(line, "#!/bin/cat", 10));
    claim_pass();
}
