/* Claim: what inotify watches is watched on, under the numbers that the
 * program knows, also where it was named by a relative path or through a
 * symbolic link; new watches get new numbers. */
#include "claim.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static int make(const char *name)
{
    int fd = open(claim_path(name), O_CREAT | O_RDWR | O_TRUNC, 0644);

    CHECK(fd >= 0);
    return fd;
}

static int watch(int fd, const char *path, uint32_t mask)
{
    int wd = inotify_add_watch(fd, path, mask);

    CHECK(wd > 0);
    return wd;
}

/* The next event must be this one. Each process reads from one only. */
static void expect(int fd, int wd, uint32_t mask, const char *name)
{
    static char buf[4096] __attribute__((aligned(8)));
    static ssize_t pos, len;
    struct inotify_event *e;

    if (pos == len) {
        len = read(fd, buf, sizeof(buf));
        pos = 0;
    }
    CHECK(len > 0);
    e = (struct inotify_event *)(buf + pos);
    pos += (ssize_t)(sizeof(*e) + e->len);
    CHECK_EQ(e->wd, wd);
    CHECK_EQ(e->mask, mask);
    CHECK(!strcmp(e->len ? e->name : "", name));
}

int main(void)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), block = inotify_init();
    int dir, file, rel, link, far = 0, once, one, n;
    pid_t child;

    CHECK(fd >= 0 && block >= 0);
    CHECK(!mkdir(claim_path("dir"), 0755) && !mkdir(claim_path("sub"), 0755));
    CHECK(!mkdir(claim_path("far"), 0755));
    CHECK(!symlink("sub", claim_path("link")));
    one = make("one");
    close(make("once"));
    dir = watch(fd, claim_path("dir"), IN_CREATE | IN_DELETE);
    file = watch(fd, claim_path("one"), IN_MODIFY);
    CHECK(!chdir(claim_path("dir")));
    rel = watch(fd, "../sub", IN_CREATE);
    link = watch(fd, "../link", IN_DELETE_SELF | IN_ATTRIB | IN_DONT_FOLLOW);
    once = watch(fd, "../once", IN_OPEN | IN_ONESHOT);
    for (int i = 0; i < 500; i++) { /* numbers go up and leave gaps */
        far = watch(fd, claim_path("far"), IN_CREATE);
        if (i < 499)
            CHECK(!inotify_rm_watch(fd, far));
    }
    for (char buf[4096]; read(fd, buf, sizeof(buf)) > 0;)
        ;
    CHECK(watch(block, claim_path("sub"), IN_DELETE) == 1);
    child = fork();
    if (child == 0) { /* waits in read across the checkpoint */
        expect(block, 1, IN_DELETE, "x");
        _exit(0);
    }
    claim_ready();
    claim_wait();
    BREAK(inotify_rm_watch(fd, file));
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK(write(one, "x", 1) == 1);
    expect(fd, file, IN_MODIFY, "");
    close(make("dir/new"));
    expect(fd, dir, IN_CREATE, "new");
    close(make("sub/x"));
    expect(fd, rel, IN_CREATE, "x");
    CHECK(!unlink(claim_path("sub/x")));
    claim_reap(child);
    CHECK_EQ(read(fd, &n, sizeof(n)), -1); /* not through the link */
    CHECK(!unlink(claim_path("link")));
    expect(fd, link, IN_ATTRIB, "");
    expect(fd, link, IN_DELETE_SELF, "");
    expect(fd, link, IN_IGNORED, "");
    close(make("far/y"));
    expect(fd, far, IN_CREATE, "y");
    close(open(claim_path("once"), O_RDONLY));
    expect(fd, once, IN_OPEN, "");
    expect(fd, once, IN_IGNORED, "");
    close(open(claim_path("once"), O_RDONLY));
    CHECK(!ioctl(fd, FIONREAD, &n) && n == 0);
    CHECK(!unlink(claim_path("dir/new")));
    expect(fd, dir, IN_DELETE, "new");
    CHECK_EQ(watch(fd, claim_path("dir/../far"), IN_CREATE), far);
    CHECK(watch(fd, claim_path("once"), IN_OPEN) > far);
    claim_pass();
}
