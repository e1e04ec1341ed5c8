/* Claim: what is open comes back also when the first thread has ended, and
 * with it the kernel's simplest way to see it. */
#include "claim.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

static int first_gone(void)
{
    char path[64], stat[256] = "";
    int fd;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
    fd = open(path, O_RDONLY);
    CHECK(read(fd, stat, sizeof(stat) - 1) > 0);
    close(fd);
    return strrchr(stat, ')')[2] == 'Z';
}

static void *rest(void *arg)
{
    int set = epoll_create1(0), event = eventfd(0, 0), pipe_fd[2], notify;
    int timer = timerfd_create(CLOCK_MONOTONIC, 0), mem = memfd_create("m", 0);
    struct epoll_event ev = {.events = EPOLLIN, .data.u32 = 77};
    struct itimerspec every = {{1000, 0}, {1000, 0}};
    char buf[8];

    (void)arg;
    UNTIL(first_gone());
    CHECK(!pipe(pipe_fd) && write(pipe_fd[1], "in it", 5) == 5);
    CHECK_EQ(write(mem, "bytes", 5), 5);
    CHECK_EQ(timerfd_settime(timer, 0, &every, NULL), 0);
    CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, event, &ev), 0);
    notify = inotify_init();
    CHECK_EQ(inotify_add_watch(notify, "/", IN_DELETE_SELF), 1);
    claim_ready();
    claim_wait();
    BREAK(read(pipe_fd[0], buf, 1));
    CHECK(read(pipe_fd[0], buf, 8) == 5 && !memcmp(buf, "in it", 5));
    CHECK(pread(mem, buf, 8, 0) == 5 && !memcmp(buf, "bytes", 5));
    CHECK_EQ(timerfd_gettime(timer, &every), 0);
    CHECK(every.it_value.tv_sec > 500 && every.it_interval.tv_sec == 1000);
    CHECK_EQ(write(event, &(uint64_t){1}, 8), 8);
    CHECK_EQ(epoll_wait(set, &ev, 1, 0), 1);
    CHECK_EQ(ev.data.u32, 77);
    CHECK_EQ(inotify_rm_watch(notify, 1), 0);
    claim_pass();
}

int main(void)
{
    pthread_t t;

    int fd = (int)syscall(SYS_pidfd_open, getpid(), O_EXCL);

    if (fd < 0)
        claim_skip("pidfds of threads came with Linux 6.9");
    close(fd);
    CHECK_EQ(pthread_create(&t, NULL, rest, NULL), 0);
    pthread_exit(NULL);
}
