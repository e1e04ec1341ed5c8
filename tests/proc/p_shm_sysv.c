/* Claim: a System V segment keeps its id, key, mode and contents; processes
 * that have it attached share it, whole, in part, or by its id later. */
#include "claim.h"
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#define SIZE (40960ul + 100)

int main(void)
{
    key_t key = (key_t)(0x43000000 | getpid());
    int id = shmget(key, SIZE, IPC_CREAT | IPC_EXCL | 0640);
    int loose = shmget(IPC_PRIVATE, 5000, 0600), status;
    unsigned char *p = shmat(id, NULL, 0), *q, *r;
    struct shmid_ds ds;
    pid_t pid;

    CHECK(id >= 0 && loose >= 0 && p != (void *)-1);
    CHECK((q = shmat(loose, NULL, 0)) != (void *)-1);
    memcpy(q, "left alone", 11);
    CHECK(shmdt(q) == 0);
    claim_fill(p + 8, SIZE - 8, 4);
    CHECK((r = shmat(id, NULL, SHM_RDONLY)) != (void *)-1);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        /* a hole, and a page with other rights */
        CHECK(munmap(p + 4096, 4096) == 0);
        CHECK(mprotect(p + 8192, 4096, PROT_READ) == 0);
        UNTIL(p[0] == 2 || claim_go());
        UNTIL(p[0] == 2);
        CHECK(claim_same(r + 8, SIZE - 8, 4));
        CHECK(p[12288] == r[12288] && p[8192] == r[8192]);
        CHECK((q = shmat(id, NULL, 0)) != (void *)-1);
        q[1] = 3;
        _exit(shmdt(p) == 0 && shmdt(q) == 0 ? 0 : 1);
    }
    claim_ready();
    claim_wait();
    BREAK(shmctl(id, IPC_RMID, NULL); shmctl(loose, IPC_RMID, NULL));
    CHECK_EQ(shmget(key, 0, 0), id);
    CHECK(claim_same(p + 8, SIZE - 8, 4));
    p[0] = 2;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(r[1], 3);
    CHECK(mprotect(r, 4096, PROT_READ | PROT_WRITE) < 0);
    CHECK(shmctl(id, IPC_STAT, &ds) == 0);
    CHECK_EQ(ds.shm_segsz, SIZE);
    CHECK_EQ(ds.shm_perm.mode & 0777, 0640);
    CHECK_EQ(ds.shm_nattch, 2);
    CHECK(shmdt(p) == 0 && shmdt(r) == 0);
    CHECK((q = shmat(loose, NULL, 0)) != (void *)-1);
    CHECK(memcmp(q, "left alone", 11) == 0);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    CHECK(shmctl(loose, IPC_RMID, NULL) == 0);
    claim_pass();
}
