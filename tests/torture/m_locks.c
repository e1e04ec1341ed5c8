/* m_locks.c - locks on files: flock, record locks, locks of open file
 * descriptions. Who has one is alone. */
#include "torture.h"

#include <sys/file.h>

struct shared {
    volatile unsigned long first, second;
    volatile pid_t owner;
};

static struct flock range(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
}

static void lock(struct inst *t, int fd, short type)
{
    struct flock l = range(type);

    if (t->seed % 3 == 0)
        SAME(t, flock(fd, type == F_UNLCK ? LOCK_UN : LOCK_EX), 0);
    else
        SAME(t, fcntl(fd, t->seed % 3 == 1 ? F_SETLKW : F_OFD_SETLKW, &l), 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct shared *s = t->mem;
    int fd = open(own_path(t, "lock"), O_CREAT | O_RDWR, 0644);

    NEED(t, fd >= 0);
    for (;;) {
        lock(t, fd, F_WRLCK);
        s->owner = getpid();
        s->first++;
        if (damage(t, part))
            s->first++;
        nap(t, &r);
        s->second++;
        NEED(t, s->first == s->second && s->owner == getpid());
        lock(t, fd, F_UNLCK);
        beat(t, part);
        nap(t, &r);
    }
}

const struct module module_locks = {.name = "locks", .parts = 2, .solo = 1,
                                    .size = sizeof(struct shared), .run = run};
