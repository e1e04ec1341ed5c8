/*
 * sysv.c - System V shared memory, semaphores and message queues: ids go in
 * and out, and are written down (runtime/virt/sysv.c).
 *
 * The system call is made here. libc's functions do nothing else, and UCX and
 * Open MPI write into libc's shmat() a jump to theirs, which makes the call by
 * syscall(): the id would be translated twice.
 */
#include "runtime/interpose/wrap.h"

#include <stdarg.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "runtime/virt/sysv.h"

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
    struct seminfo *info;
};

static long got(int kind, long real)
{
    if (sys_failed(real))
        return real;
    ck_sysv_note(kind, (int)real);
    return ck_sysv_out(kind, (int)real);
}

/* Who has attached a segment, the kernel tells. */
static int use(int kind, long virt)
{
    int real = ck_sysv_in(kind, (int)virt);

    if (kind != CK_SYSV_SHM)
        ck_sysv_note(kind, real);
    return real;
}

static void numbers_out(int kind, void *buf)
{
    struct shmid_ds *shm = buf;
    struct msqid_ds *msg = buf;

    if (kind == CK_SYSV_SHM) {
        shm->shm_cpid = ck_out(shm->shm_cpid);
        shm->shm_lpid = ck_out(shm->shm_lpid);
    } else if (kind == CK_SYSV_MSG) {
        msg->msg_lspid = ck_out(msg->msg_lspid);
        msg->msg_lrpid = ck_out(msg->msg_lrpid);
    }
}

/* What the first argument of a command is, if it is no id. */
enum { ID, NOTHING, INDEX };

static int first_is(int kind, long cmd)
{
    if (cmd == IPC_INFO)
        return NOTHING;
    switch (kind) {
    case CK_SYSV_SHM:
        return cmd == SHM_INFO                             ? NOTHING
               : cmd == SHM_STAT || cmd == SHM_STAT_ANY ? INDEX
                                                        : ID;
    case CK_SYSV_SEM:
        return cmd == SEM_INFO                             ? NOTHING
               : cmd == SEM_STAT || cmd == SEM_STAT_ANY ? INDEX
                                                        : ID;
    default:
        return cmd == MSG_INFO                             ? NOTHING
               : cmd == MSG_STAT || cmd == MSG_STAT_ANY ? INDEX
                                                        : ID;
    }
}

/* shmctl and msgctl have a command and a buffer behind the id, semctl has the
 * number of a semaphore in between. An id comes out where an index goes in. */
static long controls(int kind, long nr, const long a[6])
{
    long cmd = kind == CK_SYSV_SEM ? (int)a[2] : (int)a[1], r;
    void *buf = (void *)(kind == CK_SYSV_SEM ? a[3] : a[2]);
    int first = first_is(kind, cmd);

    r = sys4(nr, first == ID ? use(kind, a[0]) : a[0], a[1], a[2], a[3]);
    if (sys_failed(r))
        return r;
    if (first == INDEX || cmd == IPC_STAT)
        numbers_out(kind, buf);
    if (first == INDEX)
        return ck_sysv_out(kind, (int)r);
    return kind == CK_SYSV_SEM && cmd == GETPID ? ck_out((pid_t)r) : r;
}

long ck_sysv_call(long nr, const long a[6])
{
    long r;

    ck_busy();
    switch (nr) {
    case SYS_shmget:
        r = got(CK_SYSV_SHM, sys3(nr, a[0], a[1], a[2]));
        break;
    case SYS_semget:
        r = got(CK_SYSV_SEM, sys3(nr, a[0], a[1], a[2]));
        break;
    case SYS_msgget:
        r = got(CK_SYSV_MSG, sys2(nr, a[0], a[1]));
        break;
    case SYS_shmctl:
        r = controls(CK_SYSV_SHM, nr, a);
        break;
    case SYS_semctl:
        r = controls(CK_SYSV_SEM, nr, a);
        break;
    case SYS_msgctl:
        r = controls(CK_SYSV_MSG, nr, a);
        break;
    case SYS_shmat:
        r = sys3(nr, use(CK_SYSV_SHM, a[0]), a[1], a[2]);
        break;
    default: /* those that wait */
        r = sys5(nr, use(ck_sysv_waits(nr), a[0]), a[1], a[2], a[3], a[4]);
    }
    ck_idle();
    return r;
}

#define CALL(nr, ...) ck_ret(ck_sysv_call(nr, (const long[6]){__VA_ARGS__}))

/* A cancellation point, as in deadline.c. */
static long waits(long nr, const long a[6])
{
    int type;
    long r;

    LIBC(pthread_setcanceltype)(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
    r = ck_sysv_call(nr, a);
    LIBC(pthread_setcanceltype)(type, NULL);
    return ck_ret(r);
}

int shmget(key_t key, size_t size, int flags)
{
    if (!ck_rt.enabled)
        return REAL(shmget)(key, size, flags);
    return (int)CALL(SYS_shmget, key, (long)size, flags);
}

void *shmat(int id, const void *at, int flags)
{
    if (!ck_rt.enabled)
        return REAL(shmat)(id, at, flags);
    return (void *)CALL(SYS_shmat, id, (long)at, flags);
}

int shmctl(int id, int cmd, struct shmid_ds *buf)
{
    if (!ck_rt.enabled)
        return REAL(shmctl)(id, cmd, buf);
    return (int)CALL(SYS_shmctl, id, cmd, (long)buf);
}

int semget(key_t key, int n, int flags)
{
    if (!ck_rt.enabled)
        return REAL(semget)(key, n, flags);
    return (int)CALL(SYS_semget, key, n, flags);
}

int semctl(int id, int num, int cmd, ...)
{
    union semun arg;
    va_list ap;

    va_start(ap, cmd);
    arg = va_arg(ap, union semun);
    va_end(ap);
    if (!ck_rt.enabled)
        return REAL(semctl)(id, num, cmd, arg);
    return (int)CALL(SYS_semctl, id, num, cmd, (long)arg.buf);
}

int semop(int id, struct sembuf *ops, size_t n)
{
    if (!ck_rt.enabled)
        return REAL(semop)(id, ops, n);
    return (int)CALL(SYS_semop, id, (long)ops, (long)n);
}

int msgget(key_t key, int flags)
{
    if (!ck_rt.enabled)
        return REAL(msgget)(key, flags);
    return (int)CALL(SYS_msgget, key, flags);
}

int msgsnd(int id, const void *msg, size_t n, int flags)
{
    if (!ck_rt.enabled)
        return REAL(msgsnd)(id, msg, n, flags);
    return (int)waits(SYS_msgsnd, (const long[6]){id, (long)msg, (long)n,
                                                  flags});
}

ssize_t msgrcv(int id, void *msg, size_t n, long type, int flags)
{
    if (!ck_rt.enabled)
        return REAL(msgrcv)(id, msg, n, type, flags);
    return waits(SYS_msgrcv, (const long[6]){id, (long)msg, (long)n, type,
                                             flags});
}

int msgctl(int id, int cmd, struct msqid_ds *buf)
{
    if (!ck_rt.enabled)
        return REAL(msgctl)(id, cmd, buf);
    return (int)CALL(SYS_msgctl, id, cmd, (long)buf);
}
