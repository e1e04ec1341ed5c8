/* m_sysv.c - System V: a segment that two take turns at by a semaphore, and
 * which may be removed while they have it, and a queue with what they have to
 * say to each other. */
#include "torture.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define SIZE 50000

enum { SHM, SEM, MSG };

struct message {
    long type;
    unsigned number;
};

static void setup(struct inst *t)
{
    t->val[SHM] = shmget(IPC_PRIVATE, SIZE + sizeof(unsigned), 0600);
    t->val[SEM] = semget(IPC_PRIVATE, 2, 0600);
    t->val[MSG] = msgget(IPC_PRIVATE, 0600);
    NEED(t, t->val[SHM] >= 0 && t->val[SEM] >= 0 && t->val[MSG] >= 0);
    NEED(t, semctl((int)t->val[SEM], 0, SETVAL, 1) == 0);
    NEED(t, semctl((int)t->val[SEM], 1, SETVAL, 0) == 0);
}

static void run(struct inst *t, int part)
{
    struct sembuf mine = {(unsigned short)part, -1, 0};
    struct sembuf other = {(unsigned short)(1 - part), 1, 0};
    struct rng r = rng_of(t, part);
    unsigned char *p = shmat((int)t->val[SHM], NULL, 0);
    struct message m;
    unsigned *seed = (unsigned *)(void *)p;

    NEED(t, p != (void *)-1);
    for (unsigned n = 0;; n++) {
        SAME(t, semop((int)t->val[SEM], &mine, 1), 0);
        if (n == 5 && part == 0 && t->seed % 2)
            NEED(t, shmctl((int)t->val[SHM], IPC_RMID, NULL) == 0);
        if (n || part)
            NEED(t, painted(p + sizeof *seed, SIZE, *seed, 0));
        *seed = rnd(&r, 1u << 30);
        paint(p + sizeof *seed, SIZE, *seed, 0);
        if (damage(t, part))
            p[100] ^= 1;
        m = (struct message){part + 1, n};
        SAME(t, msgsnd((int)t->val[MSG], &m, sizeof m.number, 0), 0);
        SAME(t, semop((int)t->val[SEM], &other, 1), 0);
        SAME(t, msgrcv((int)t->val[MSG], &m, sizeof m.number, 2 - part, 0),
             sizeof m.number);
        SAME(t, m.number, n);
        beat(t, part);
        if (rnd(&r, 3) == 0)
            nap(t, &r);
    }
}

const struct module module_sysv = {.name = "sysv", .parts = 2, .setup = setup, .run = run};
