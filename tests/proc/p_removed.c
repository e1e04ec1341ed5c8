/* Claim: what was removed while it is open is afterwards what it was: files,
 * memory files, directories with mode, times and extended attributes, named
 * pipes with a reader only; a directory that is open twice, and worked in, is
 * one directory. */
#include "claim.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define XATTR "user.claim"

static void age(int fd, time_t at)
{
    const struct timespec t[2] = {{at, 1000}, {at + 1, 2000}};

    CHECK(futimens(fd, t) == 0);
}

static void same(const struct stat *was, int fd)
{
    struct stat is;

    CHECK(fstat(fd, &is) == 0);
    CHECK_EQ(is.st_mode, was->st_mode);
    CHECK_EQ(is.st_nlink, 0);
    CHECK_EQ(is.st_uid, was->st_uid);
    CHECK_EQ(is.st_gid, was->st_gid);
    CHECK_EQ(is.st_atim.tv_sec, was->st_atim.tv_sec);
    CHECK_EQ(is.st_atim.tv_nsec, was->st_atim.tv_nsec);
    CHECK_EQ(is.st_mtim.tv_sec, was->st_mtim.tv_sec);
    CHECK_EQ(is.st_mtim.tv_nsec, was->st_mtim.tv_nsec);
}

static int polled(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    CHECK(poll(&p, 1, 0) >= 0);
    return p.revents;
}

static int fifo(const char *name, int flags, int *r)
{
    int fd;

    CHECK(mkfifo(claim_path(name), 0640) == 0);
    fd = open(claim_path(name), flags);
    *r = open(claim_path(name), O_RDONLY | O_NONBLOCK);
    CHECK(fd >= 0 && *r >= 0 && unlink(claim_path(name)) == 0);
    return fd;
}

static int same_file(int a, int b)
{
    struct stat x, y;

    CHECK(fstat(a, &x) == 0 && fstat(b, &y) == 0);
    return x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

int main(void)
{
    enum { FILE_, LATER, MEMORY, DIR_, WORK, PIPE, KINDS };
    struct stat was[KINDS];
    int fd[KINDS], twice, again, r, idle, xattr;
    char got[8] = "", *map;

    CHECK((fd[FILE_] = open(claim_path("f"), O_RDWR | O_CREAT, 0600)) >= 0);
    CHECK((twice = open(claim_path("f"), O_RDWR)) >= 0);
    CHECK(write(fd[FILE_], "text", 4) == 4);
    xattr = fsetxattr(fd[FILE_], XATTR, "v", 1, 0) == 0;
    map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, twice, 0);
    CHECK(map != MAP_FAILED && map[0] == 't');
    CHECK(fchmod(fd[FILE_], 0444) == 0);
    CHECK((fd[LATER] = open(claim_path("l"), O_RDWR | O_CREAT, 0640)) >= 0);
    CHECK((fd[MEMORY] = memfd_create("m", MFD_ALLOW_SEALING)) >= 0);
    CHECK(write(fd[MEMORY], "text", 4) == 4 && fchmod(fd[MEMORY], 0) == 0);
    CHECK(mkdir(claim_path("d"), 0755) == 0 && mkdir(claim_path("w"), 0700) == 0);
    CHECK((fd[DIR_] = open(claim_path("d"), O_RDONLY | O_DIRECTORY)) >= 0);
    CHECK((again = open(claim_path("d"), O_PATH | O_DIRECTORY)) >= 0);
    CHECK((fd[WORK] = open(claim_path("w"), O_RDONLY | O_DIRECTORY)) >= 0);
    CHECK(fchmod(fd[DIR_], 0511) == 0 && fchdir(fd[WORK]) == 0);
    fd[PIPE] = fifo("p", O_RDWR, &r);
    CHECK(write(fd[PIPE], "data", 4) == 4);
    close(fd[PIPE]);
    fd[PIPE] = r;
    close(fifo("i", O_RDONLY | O_NONBLOCK, &idle));
    CHECK(unlink(claim_path("f")) == 0 && unlink(claim_path("l")) == 0);
    CHECK(rmdir(claim_path("d")) == 0 && rmdir(claim_path("w")) == 0);
    for (int i = 0; i < KINDS; i++) {
        age(fd[i], 1000 * (i + 1));
        CHECK(fstat(fd[i], &was[i]) == 0);
    }
    claim_ready();
    claim_wait();
    BREAK(CHECK(fchmod(fd[DIR_], 0700) == 0));
    for (int i = 0; i < KINDS; i++)
        same(&was[i], fd[i]);
    CHECK(same_file(fd[FILE_], twice) && same_file(fd[DIR_], again));
    r = open(".", O_PATH);
    CHECK(r >= 0 && same_file(fd[WORK], r));
    if (xattr) {
        CHECK_EQ(fgetxattr(fd[FILE_], XATTR, got, sizeof(got)), 1);
        CHECK_EQ(got[0], 'v');
    }
    map[0] = 'T';
    CHECK(pread(fd[FILE_], got, 4, 0) == 4 && !strncmp(got, "Text", 4));
    CHECK_EQ(polled(fd[PIPE]), POLLIN | POLLHUP);
    CHECK(read(fd[PIPE], got, sizeof(got)) == 4 && !strncmp(got, "data", 4));
    CHECK_EQ(polled(idle), 0);
    CHECK_EQ(read(idle, got, 1), 0);
    claim_pass();
}
