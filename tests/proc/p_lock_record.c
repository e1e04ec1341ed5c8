/* Claim: record locks are held again by the process that had them, with type
 * and range, also through a description it shares, and one that waits for a
 * lock gets it when it is free. */
#include "claim.h"

static struct flock range(int type, off_t start, off_t len)
{
    return (struct flock){.l_type = (short)type, .l_whence = SEEK_SET,
                          .l_start = start, .l_len = len};
}

static void take(int fd, int type, off_t start, off_t len)
{
    struct flock l = range(type, start, len);

    CHECK_EQ(fcntl(fd, F_SETLK, &l), 0);
}

/* What keeps another process from a write lock at this byte. */
static struct flock at(int fd, off_t start)
{
    struct flock l = range(F_WRLCK, start, 1);
    int tube[2];
    pid_t pid;

    CHECK(pipe(tube) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        CHECK_EQ(fcntl(fd, F_GETLK, &l), 0);
        CHECK_EQ(write(tube[1], &l, sizeof l), (ssize_t)sizeof l);
        _exit(0);
    }
    CHECK_EQ(read(tube[0], &l, sizeof l), (ssize_t)sizeof l);
    close(tube[0]);
    close(tube[1]);
    claim_reap(pid);
    return l;
}

static void is(int fd, off_t pos, int type, off_t start, off_t len)
{
    struct flock l = at(fd, pos);

    CHECK_EQ(l.l_type, type);
    CHECK_EQ(l.l_start, start);
    CHECK_EQ(l.l_len, len);
}

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_RDWR, 0644), up[2], got[2];
    int ro;
    pid_t has, wants;
    char c;

    CHECK(fd >= 0 && (ro = open(claim_path("data"), O_RDONLY)) >= 0);
    CHECK(pipe(up) == 0 && pipe(got) == 0);
    take(fd, F_WRLCK, 0, 10);
    take(fd, F_WRLCK, 20, 1);
    take(ro, F_RDLCK, 30, 5);
    take(fd, F_WRLCK, 5000000000, 0);
    CHECK((has = fork()) >= 0);
    if (has == 0) { /* the same description, a lock of its own */
        take(fd, F_WRLCK, 100, 7);
        claim_tell(up[1]);
        claim_wait();
        is(fd, 100, F_WRLCK, 100, 7);
        _exit(0);
    }
    claim_hear(up[0]);
    CHECK((wants = fork()) >= 0);
    if (wants == 0) {
        struct flock l = range(F_WRLCK, 20, 1);

        claim_tell(up[1]);
        CHECK_EQ(fcntl(fd, F_SETLKW, &l), 0);
        claim_tell(got[1]);
        pause();
    }
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    BREAK(close(dup(fd)));
    is(fd, 3, F_WRLCK, 0, 10);
    is(fd, 31, F_RDLCK, 30, 5);
    is(fd, 6000000000, F_WRLCK, 5000000000, 0);
    is(fd, 50, F_UNLCK, 50, 1);
    claim_reap(has);
    CHECK_EQ(fcntl(got[0], F_SETFL, O_NONBLOCK), 0);
    CHECK(read(got[0], &c, 1) < 0 && errno == EAGAIN);
    CHECK_EQ(fcntl(got[0], F_SETFL, 0), 0);
    take(fd, F_UNLCK, 20, 1);
    claim_hear(got[0]);
    CHECK_EQ(at(fd, 20).l_pid, wants);
    CHECK(kill(wants, SIGKILL) == 0 && waitpid(wants, NULL, 0) == wants);
    claim_pass();
}
