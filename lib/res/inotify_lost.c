/*
 * inotify_lost.c - tells a program that events of inotify were lost.
 *
 * What is said then is the kernel's own word: one event IN_Q_OVERFLOW. It
 * comes into a queue only by an overflow, so one is made: two files of ours
 * are read in turn, which makes events that the kernel can't merge, until the
 * queue is full (16384 events take some 50 ms); all but the last are taken
 * out again. The watches go while it is full, so that their end is not
 * reported. Nothing of ours remains but the counter of watches.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Takes three seconds. */
#define QUEUE_MAX 1000000u
#define EVENT ((int)sizeof(struct inotify_event))

static unsigned queue_limit(void)
{
    FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    unsigned n = 0;

    if (!f)
        return ~0u;
    if (fscanf(f, "%u", &n) != 1)
        n = ~0u;
    fclose(f);
    return n;
}

int ck_res_inotify_can_lose(void)
{
    return queue_limit() <= QUEUE_MAX;
}

/* A file of ours with one byte, watched by fd. */
static int watched_file(int fd, const char *job_dir, int *wd)
{
    char path[4200];
    int file, rc = 0;

    snprintf(path, sizeof(path), "%s/.ckpt.XXXXXX", job_dir);
    file = mkostemp(path, O_CLOEXEC);
    if (file < 0)
        return -errno;
    if (write(file, "", 1) != 1 ||
        (*wd = inotify_add_watch(fd, path, IN_ACCESS)) < 0)
        rc = -errno;
    unlink(path);
    if (rc)
        close(file);
    return rc ? rc : file;
}

/* Reads until the queue must be full. */
static int fill(int fd, const int file[2], unsigned limit)
{
    int queued = 0;
    char byte;

    for (unsigned i = 0; i < limit + 2; i++) {
        if (pread(file[i % 2], &byte, 1, 0) != 1)
            return -EIO;
    }
    if (ioctl(fd, FIONREAD, &queued) < 0)
        return -errno;
    return (unsigned)(queued / EVENT) == limit + 1 ? queued : -EOVERFLOW;
}

/* Takes all but the last event. */
static int drain(int fd, int queued)
{
    static char buf[4096 * sizeof(struct inotify_event)];

    while (queued > EVENT) {
        size_t want = (size_t)(queued - EVENT);
        ssize_t n = read(fd, buf, want < sizeof(buf) ? want : sizeof(buf));

        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        queued -= (int)n;
    }
    return ioctl(fd, FIONREAD, &queued) < 0 ? -errno
           : queued == EVENT                ? 0
                                            : -EIO;
}

int ck_res_inotify_lose(int fd, const char *job_dir)
{
    int file[2] = {-1, -1}, wd[2] = {-1, -1}, rc = 0;

    for (int i = 0; !rc && i < 2; i++) {
        file[i] = watched_file(fd, job_dir, &wd[i]);
        rc = file[i] < 0 ? file[i] : 0;
    }
    if (!rc)
        rc = fill(fd, file, queue_limit());
    for (int i = 0; i < 2; i++) {
        if (wd[i] >= 0)
            inotify_rm_watch(fd, wd[i]);
        if (file[i] >= 0)
            close(file[i]);
    }
    return rc < 0 ? rc : drain(fd, rc);
}
