/*
 * guard.c - finishes what must not be left half done, also when it is killed.
 *
 * What can't be looked at has to be taken out and put back. That is done by
 * a child in a session of its own; its maker waits for its end and then goes
 * on where the child was. If the maker is killed, the child does not notice.
 * What would lose or double something is a kill of both at once.
 */
#include "lib/res/kind.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void *ck_res_guard_memory(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

int ck_res_guarded(void (*work)(void *arg), void *arg)
{
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        setsid(); /* no job control, no signals for our group */
        work(arg);
        _exit(0);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    work(arg);
    return 0;
}
