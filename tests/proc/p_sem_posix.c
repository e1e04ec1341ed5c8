/* Claim: a named semaphore keeps its value and its name, one without a name
 * in shared memory too, and processes that wait for them are woken. */
#include "claim.h"
#include <semaphore.h>
#include <sys/mman.h>

int main(void)
{
    sem_t *named, *free_one, *again;
    int value, *at;
    char name[64];
    pid_t pid[2];

    snprintf(name, sizeof name, "/claim-%d", (int)getpid());
    named = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
    free_one = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(named != SEM_FAILED && free_one != MAP_FAILED);
    at = (int *)(free_one + 8);
    CHECK(sem_init(free_one, 1, 0) == 0 && sem_init(free_one + 1, 1, 7) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK((pid[i] = fork()) >= 0);
        if (pid[i] == 0) {
            __atomic_add_fetch(at, 1, __ATOMIC_SEQ_CST);
            CHECK(sem_wait(i ? free_one : named) == 0);
            _exit(0);
        }
    }
    UNTIL(__atomic_load_n(at, __ATOMIC_SEQ_CST) == 2);
    claim_ready();
    claim_wait();
    BREAK(sem_post(free_one + 1));
    CHECK(sem_getvalue(free_one + 1, &value) == 0);
    CHECK_EQ(value, 7);
    CHECK((again = sem_open(name, 0)) == named);
    CHECK(sem_post(again) == 0 && sem_post(free_one) == 0);
    claim_reap(pid[0]);
    claim_reap(pid[1]);
    CHECK(sem_unlink(name) == 0);
    claim_pass();
}
