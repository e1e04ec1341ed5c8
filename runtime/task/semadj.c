/*
 * semadj.c - what SEM_UNDO would undo, asked of the kernel and given to it.
 *
 * The adjustment that a process has of a semaphore can't be read, but no
 * operation may take it out of its range (-32768 to 32767): how far it can be
 * moved tells where it is. That is tried in the middle of an array of
 * operations that fails as a whole, so nothing happens; ERANGE is the answer.
 * Books of the operations would not do: SETVAL by anybody clears it, and it
 * outlives exec.
 *
 * It is given back by pairs of operations of one call, one with SEM_UNDO and
 * its opposite without: nobody sees another value in between.
 *
 * On a thread that shares the adjustments of the program's (CLONE_SYSVSEM).
 */
#include "runtime/task/semadj.h"

#include <errno.h>
#include <sys/sem.h>

#include "lib/sys/syscall.h"

#define HIGHEST 32767 /* of a value and of an adjustment */
#define LOWEST (-32768)
#define TRIES 100

struct at {
    int32_t id;
    unsigned short num;
    long value;
};

static struct sembuf step(const struct at *s, long by, int undo)
{
    return (struct sembuf){s->num, (short)by,
                           (short)(IPC_NOWAIT | (undo ? SEM_UNDO : 0))};
}

/* Can the adjustment not be moved by so much? 1: it would leave its range.
 * 0: it would not, or the value is another one by now (whatever comes before
 * the first move is to find that). */
static int is_beyond(const struct at *s, long by)
{
    int up = by > 0;
    struct sembuf op[10];
    unsigned n = 0;
    long r;

    op[n++] = step(s, -s->value, 0);
    op[n++] = step(s, 0, 0);
    for (long left = up ? by : -by; left > 0; left -= HIGHEST) {
        long part = left < HIGHEST ? left : HIGHEST;

        op[n++] = step(s, part, !up);
        op[n++] = step(s, -part, up);
    }
    op[n++] = step(s, -1, 0); /* of 0: never */
    r = sys3(SYS_semop, s->id, op, n);
    return r == -ERANGE ? 1 : r == -EAGAIN ? 0 : r ? (int)r : -EPROTO;
}

/* A positive operation lowers the adjustment. */
static int is_more(const struct at *s, int than)
{
    return than < LOWEST ? 1 : is_beyond(s, HIGHEST - than);
}

static int is_less(const struct at *s, int than)
{
    return than > HIGHEST ? 1 : is_beyond(s, LOWEST - than);
}

/* Both ways by an ERANGE, which cannot come from a value that changed. */
static int is(const struct at *s, int adj)
{
    int more = is_more(s, adj - 1);

    return more == 1 ? is_less(s, adj + 1) : more;
}

static int search(const struct at *s, int *adj)
{
    int low = LOWEST, high = HIGHEST;

    while (low < high) {
        int middle = low + (high - low) / 2, more = is_more(s, middle);

        if (more < 0)
            return more;
        if (more)
            low = middle + 1;
        else
            high = middle;
    }
    *adj = low;
    return is(s, low);
}

int ck_semadj_get(int32_t id, unsigned short num, int *adj)
{
    for (int i = 0; i < TRIES; i++) {
        struct at s = {id, num, sys4(SYS_semctl, id, num, GETVAL, 0)};
        int r;

        if (s.value < 0)
            return (int)s.value;
        *adj = 0;
        r = is(&s, 0);
        if (!r)
            r = search(&s, adj);
        if (r)
            return r < 0 ? r : 0;
    }
    return -EAGAIN;
}

int ck_semadj_add(int32_t id, unsigned short num, int adj)
{
    for (int i = 0; adj && i < TRIES; i++) {
        struct at s = {id, num, sys4(SYS_semctl, id, num, GETVAL, 0)};
        int by = adj > 0 ? -adj : -(adj + (adj == LOWEST));
        int room = (int)s.value, down;
        struct sembuf op[2];
        long r;

        if (s.value < 0)
            return (int)s.value;
        if (room < HIGHEST - room)
            room = HIGHEST - room;
        by = by > room ? room : by < -room ? -room : by;
        down = by > 0 ? -by : by; /* what is taken first, or last */
        op[0] = step(&s, down, down == by);
        op[1] = step(&s, -down, down != by);
        if (s.value < -down) {
            struct sembuf first = op[1];

            op[1] = op[0];
            op[0] = first;
        }
        r = sys3(SYS_semop, id, op, 2);
        if (!r)
            adj += by;
        else if (r != -EAGAIN && r != -ERANGE)
            return (int)r;
    }
    return adj ? -EAGAIN : 0;
}
