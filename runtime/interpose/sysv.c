/*
 * sysv.c - System V shared memory, semaphores and message queues: ids go in
 * and out, and are written down (runtime/virt/sysv.c).
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

static int got(int kind, int real)
{
    ck_sysv_note(kind, real);
    return ck_sysv_out(kind, real);
}

static int use(int kind, int virt)
{
    int real = ck_sysv_in(kind, virt);

    ck_sysv_note(kind, real);
    return real;
}

int shmget(key_t key, size_t size, int flags)
{
    return CK_CALL(got(CK_SYSV_SHM, REAL(shmget)(key, size, flags)));
}

void *shmat(int id, const void *at, int flags)
{
    return CK_CALL(REAL(shmat)(ck_sysv_in(CK_SYSV_SHM, id), at, flags));
}

int shmctl(int id, int cmd, struct shmid_ds *buf)
{
    int r;

    if (cmd == SHM_INFO || cmd == IPC_INFO)
        return REAL(shmctl)(id, cmd, buf);
    ck_busy();
    if (cmd == SHM_STAT || cmd == SHM_STAT_ANY)
        r = ck_sysv_out(CK_SYSV_SHM, REAL(shmctl)(id, cmd, buf));
    else
        r = REAL(shmctl)(ck_sysv_in(CK_SYSV_SHM, id), cmd, buf);
    if (r >= 0 && (cmd == IPC_STAT || cmd == SHM_STAT || cmd == SHM_STAT_ANY)) {
        buf->shm_cpid = ck_out(buf->shm_cpid);
        buf->shm_lpid = ck_out(buf->shm_lpid);
    }
    ck_idle();
    return r;
}

int semget(key_t key, int n, int flags)
{
    return CK_CALL(got(CK_SYSV_SEM, REAL(semget)(key, n, flags)));
}

int semctl(int id, int num, int cmd, ...)
{
    union semun arg;
    va_list ap;
    int r;

    va_start(ap, cmd);
    arg = va_arg(ap, union semun);
    va_end(ap);
    if (cmd == SEM_INFO || cmd == IPC_INFO)
        return REAL(semctl)(id, num, cmd, arg);
    ck_busy();
    if (cmd == SEM_STAT || cmd == SEM_STAT_ANY) {
        r = ck_sysv_out(CK_SYSV_SEM, REAL(semctl)(id, num, cmd, arg));
    } else {
        r = REAL(semctl)(use(CK_SYSV_SEM, id), num, cmd, arg);
        if (r >= 0 && cmd == GETPID)
            r = ck_out(r);
    }
    ck_idle();
    return r;
}

int semop(int id, struct sembuf *ops, size_t n)
{
    return CK_CALL(REAL(semop)(use(CK_SYSV_SEM, id), ops, n));
}

int msgget(key_t key, int flags)
{
    return CK_CALL(got(CK_SYSV_MSG, REAL(msgget)(key, flags)));
}

int msgsnd(int id, const void *msg, size_t n, int flags)
{
    return CK_CALL(REAL(msgsnd)(use(CK_SYSV_MSG, id), msg, n, flags));
}

ssize_t msgrcv(int id, void *msg, size_t n, long type, int flags)
{
    return CK_CALL(REAL(msgrcv)(use(CK_SYSV_MSG, id), msg, n, type, flags));
}

int msgctl(int id, int cmd, struct msqid_ds *buf)
{
    int r;

    if (cmd == MSG_INFO || cmd == IPC_INFO)
        return REAL(msgctl)(id, cmd, buf);
    ck_busy();
    if (cmd == MSG_STAT || cmd == MSG_STAT_ANY)
        r = ck_sysv_out(CK_SYSV_MSG, REAL(msgctl)(id, cmd, buf));
    else
        r = REAL(msgctl)(use(CK_SYSV_MSG, id), cmd, buf);
    if (r >= 0 && (cmd == IPC_STAT || cmd == MSG_STAT || cmd == MSG_STAT_ANY)) {
        buf->msg_lspid = ck_out(buf->msg_lspid);
        buf->msg_lrpid = ck_out(buf->msg_lrpid);
    }
    ck_idle();
    return r;
}
