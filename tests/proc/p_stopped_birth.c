/* Claim: children that are stopped as soon as they are forked, wherever they
 * are by then, stay stopped, and go on from there when they are let. */
#include "claim.h"
#include <sys/mman.h>

#define N 20

int main(void)
{
    pid_t pid[N];
    volatile int *go = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int st;

    CHECK(go != MAP_FAILED);
    for (int i = 0; i < N; i++) {
        CHECK((pid[i] = fork()) >= 0);
        if (pid[i] == 0) {
            UNTIL(*go);
            _exit(i + 1);
        }
        for (volatile int k = 0; k < i * 2000; k++)
            ;
        CHECK(kill(pid[i], SIGSTOP) == 0);
    }
    claim_ready();
    claim_wait();
    *go = 1;
    BREAK(kill(pid[3], SIGKILL));
    for (int i = 0; i < N; i++) {
        CHECK(waitpid(pid[i], &st, WUNTRACED) == pid[i] && WIFSTOPPED(st));
        CHECK(kill(pid[i], SIGCONT) == 0);
        CHECK(waitpid(pid[i], &st, 0) == pid[i]);
        CHECK(WIFEXITED(st) && WEXITSTATUS(st) == i + 1);
    }
    claim_pass();
}
