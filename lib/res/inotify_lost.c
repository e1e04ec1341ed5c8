/*
 * inotify_lost.c - tells a program that events of inotify were lost.
 *
 * What is said then is the kernel's own word: one event IN_Q_OVERFLOW. It
 * comes into a queue only by an overflow, so one is made: two files of ours
 * are read in turn, which makes events that the kernel can't merge, until the
 * queue is full (16384 events take some 50 ms); then those are taken out
 * again. The watches go while it is full, so that their end is not reported.
 * Nothing of ours remains but the counter of watches.
 *
 * A program that waits for one file to grow may not know that word (tail -f).
 * So the last events before the overflow are hints, of files of ours that are
 * watched under the numbers of the program's: that this one was modified, or
 * that its attributes were, which is to say no more than: look again.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/res/inotify_lost.h"

/* Takes three seconds. */
#define QUEUE_MAX 1000000u
#define EVENT ((int)sizeof(struct inotify_event))

struct ours {
    int fd, wd;
};

/* instance: the program's. made: of file, so many have been made. */
struct filling {
    int instance;
    const char *job_dir;
    struct ours file[2 + CK_INOTIFY_HINTS];
    unsigned files, made;
};

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

/* A file of ours with one byte, watched as number wd; 0: as any. */
static int add_file(struct filling *f, int wd, uint32_t mask)
{
    struct ours *o = &f->file[f->files];
    char path[4200];

    snprintf(path, sizeof(path), "%s/.ckpt.XXXXXX", f->job_dir);
    o->fd = mkostemp(path, O_CLOEXEC);
    if (o->fd < 0)
        return -errno;
    f->files++;
    unlink(path);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
    if (write(o->fd, "", 1) != 1 ||
        (wd && ioctl(f->instance, CK_INOTIFY_SET_NEXT_WD, wd) < 0))
        return -errno;
    o->wd = inotify_add_watch(f->instance, path, mask);
    return o->wd < 0 ? -errno : 0;
}

/* n events that mean nothing. */
static int fill(struct filling *f, unsigned n)
{
    char byte;

    while (n--) {
        if (pread(f->file[f->made++ % 2].fd, &byte, 1, 0) != 1)
            return -EIO;
    }
    return 0;
}

static int hint(struct filling *f, const struct ck_inotify_hint *h)
{
    int rc = add_file(f, h->wd, h->mask);
    int fd = f->file[f->files - 1].fd;

    if (!rc && (h->mask & IN_MODIFY) && write(fd, "", 1) != 1)
        rc = -EIO;
    if (!rc && (h->mask & IN_ATTRIB) && fchmod(fd, 0600))
        rc = -errno;
    return rc;
}

/* Bytes in the queue now, which has to be full, or -errno. */
static int overflow(struct filling *f, unsigned limit)
{
    int queued = 0, rc = fill(f, 2);

    if (rc)
        return rc;
    if (ioctl(f->instance, FIONREAD, &queued) < 0)
        return -errno;
    return (unsigned)(queued / EVENT) == limit + 1 ? queued : -EOVERFLOW;
}

/* Takes all but the last `keep` bytes. */
static int drain(int fd, int queued, int keep)
{
    static char buf[4096 * sizeof(struct inotify_event)];

    while (queued > keep) {
        size_t want = (size_t)(queued - keep);
        ssize_t n = read(fd, buf, want < sizeof(buf) ? want : sizeof(buf));

        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        queued -= (int)n;
    }
    return ioctl(fd, FIONREAD, &queued) < 0 ? -errno
           : queued == keep                 ? 0
                                            : -EIO;
}

static unsigned events_of(const struct ck_inotify_hint *h, unsigned n)
{
    unsigned events = 0;

    for (unsigned i = 0; i < n; i++)
        events += !!(h[i].mask & IN_MODIFY) + !!(h[i].mask & IN_ATTRIB);
    return events;
}

int ck_res_inotify_lose(int fd, const char *job_dir,
                        const struct ck_inotify_hint *h, unsigned n)
{
    struct filling f = {.instance = fd, .job_dir = job_dir};
    unsigned limit = queue_limit(), events = events_of(h, n);
    int rc = 0;

    if (n > CK_INOTIFY_HINTS || events > limit)
        n = events = 0;
    for (int i = 0; !rc && i < 2; i++)
        rc = add_file(&f, CK_INOTIFY_OURS + i, IN_ACCESS);
    if (!rc)
        rc = fill(&f, limit - events);
    for (unsigned i = 0; !rc && i < n; i++)
        rc = hint(&f, &h[i]);
    if (!rc)
        rc = overflow(&f, limit);
    for (unsigned i = 0; i < f.files; i++) {
        if (f.file[i].wd > 0)
            inotify_rm_watch(fd, f.file[i].wd);
        close(f.file[i].fd);
    }
    return rc < 0 ? rc : drain(fd, rc, EVENT * (int)(1 + events));
}
