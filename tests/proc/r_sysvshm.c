/* Claim: a checkpoint of a program with System V shared memory is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: (System V|SysV|SYSV) */
#include "claim.h"
#include <sys/ipc.h>
#include <sys/shm.h>

int main(void)
{
    int id = shmget(IPC_PRIVATE, 8192, 0600);
    char *p = shmat(id, NULL, 0);

    CHECK(id >= 0 && p != (char *)-1 && shmctl(id, IPC_RMID, NULL) == 0);
    strcpy(p, "kept");
    claim_ready();
    claim_wait();
    BREAK(p[0]++);
    CHECK(strcmp(p, "kept") == 0);
    claim_pass();
}
