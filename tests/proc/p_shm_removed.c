/* Claim: a System V segment that was removed while it is attached is shared
 * by those who have it, can be attached by its id, and goes with the last. */
#include "claim.h"
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/shm.h>

struct shared {
    pthread_mutex_t m;
    volatile int go;
    char text[8];
};

int main(void)
{
    int id = shmget(IPC_PRIVATE, 8192, 0600), held[2];
    struct shared *s = shmat(id, NULL, 0), *t;
    pthread_mutexattr_t a;
    struct shmid_ds ds;
    pid_t pid;

    CHECK(id >= 0 && s != (void *)-1 && pipe(held) == 0);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    strcpy(s->text, "kept");
    CHECK(pthread_mutexattr_init(&a) == 0);
    CHECK(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0);
    CHECK(pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK) == 0);
    CHECK(pthread_mutex_init(&s->m, &a) == 0);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        CHECK(pthread_mutex_lock(&s->m) == 0);
        claim_tell(held[1]);
        UNTIL(s->go || claim_go());
        UNTIL(s->go);
        CHECK_EQ(pthread_mutex_lock(&s->m), EDEADLK);
        CHECK(pthread_mutex_unlock(&s->m) == 0);
        _exit(0);
    }
    claim_hear(held[0]);
    claim_ready();
    claim_wait();
    BREAK(s->text[0]++);
    CHECK(strcmp(s->text, "kept") == 0);
    CHECK(shmctl(id, IPC_STAT, &ds) == 0);
    CHECK(ds.shm_perm.mode & SHM_DEST);
    CHECK((t = shmat(id, NULL, 0)) != (void *)-1);
    CHECK(strcmp(t->text, "kept") == 0);
    CHECK(shmdt(t) == 0);
    CHECK_EQ(pthread_mutex_trylock(&s->m), EBUSY);
    s->go = 1;
    claim_reap(pid);
    CHECK(pthread_mutex_lock(&s->m) == 0);
    CHECK(shmdt(s) == 0);
    CHECK(shmctl(id, IPC_STAT, &ds) < 0);
    claim_pass();
}
