/* Claim: inotify events that were not read at a checkpoint are all there when
 * the program goes on; after a restart it is told that a file it watches was
 * modified, if it would be told that, and that events were lost, as the kernel
 * says it; and what happens then is reported as ever. */
#include "claim.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* When this process was made: not what it was, after a restart. */
static long long born(void)
{
    char buf[1024], *p;
    int fd = open("/proc/self/stat", O_RDONLY);
    ssize_t n = read(fd, buf, sizeof(buf) - 1);

    CHECK(n > 0);
    buf[n] = '\0';
    close(fd);
    p = strrchr(buf, ')');
    for (int i = 0; p && i < 20; i++)
        p = strchr(p + 1, ' ');
    CHECK(p);
    return atoll(p);
}

static void expect(int fd, int wd, uint32_t mask)
{
    struct inotify_event e;

    CHECK_EQ(read(fd, &e, sizeof(e)), sizeof(e));
    CHECK_EQ(e.wd, wd);
    CHECK_EQ(e.mask, mask);
    CHECK_EQ(e.len, 0);
}

static int waiting(int fd)
{
    int n;

    CHECK(!ioctl(fd, FIONREAD, &n));
    return n / (int)sizeof(struct inotify_event);
}

int main(void)
{
    int fd = inotify_init1(IN_NONBLOCK), none = inotify_init(), file, wd = 0;
    struct pollfd p = {fd, POLLIN, 0};
    long long before = born();

    CHECK(fd >= 0 && none >= 0);
    CHECK((file = open(claim_path("file"), O_CREAT | O_RDWR, 0644)) >= 0);
    CHECK((wd = inotify_add_watch(none, claim_path("file"), IN_OPEN)) == 1);
    close(open(claim_path("file"), O_RDONLY));
    CHECK(!inotify_rm_watch(none, wd)); /* no watch, and two events */
    for (int i = 0; i < 3; i++) {
        if (i)
            CHECK(!inotify_rm_watch(fd, wd));
        CHECK((wd = inotify_add_watch(fd, claim_path("file"), IN_MODIFY |
                                                              IN_ATTRIB)) > 0);
    }
    CHECK(write(file, "x", 1) == 1 && fchmod(file, 0600) == 0);
    CHECK_EQ(waiting(fd), 4);
    claim_ready();
    claim_wait();
    BREAK(expect(fd, 1, IN_IGNORED));
    CHECK_EQ(poll(&p, 1, 0), 1);
    if (born() == before) {
        CHECK_EQ(waiting(fd), 4);
        expect(fd, 1, IN_IGNORED);
        expect(fd, 2, IN_IGNORED);
        expect(fd, wd, IN_MODIFY);
        expect(fd, wd, IN_ATTRIB);
        CHECK_EQ(waiting(none), 2);
    } else {
        CHECK_EQ(waiting(fd), 3);
        expect(fd, wd, IN_MODIFY);
        expect(fd, wd, IN_ATTRIB);
        expect(fd, -1, IN_Q_OVERFLOW);
        CHECK_EQ(waiting(none), 1);
        expect(none, -1, IN_Q_OVERFLOW);
    }
    CHECK_EQ(poll(&p, 1, 0), 0);
    CHECK(write(file, "x", 1) == 1);
    expect(fd, wd, IN_MODIFY);
    CHECK_EQ(waiting(fd), 0);
    CHECK_EQ(inotify_add_watch(fd, claim_path("."), IN_CREATE), wd + 1);
    claim_pass();
}
