/*
 * speak.c - sockets tell who made them or sent something, by a number that
 * only that process itself can put there. The processes of the tree are not
 * there yet while their sockets are made, and some have ended long ago: a
 * process of our own does it, ends, and stands in the pid table as the one
 * it spoke for.
 *
 * It shares descriptors, so that what it opens stays, but not memory.
 */
#include "restart/parts.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int ck_spawn_speak_as(struct ck_spawn *s, uint32_t vpid, int (*fn)(void *arg),
                      void *arg)
{
    struct ck_pid_entry *more;
    int status;
    long pid;

    more = realloc(s->spoke, (s->nspoke + 1) * sizeof(*more));
    if (!more)
        return -ENOMEM;
    s->spoke = more;
    /* no signal at its end: where SIGCHLD is ignored nobody could wait */
    pid = syscall(SYS_clone, CLONE_FILES, NULL, NULL, NULL, NULL);
    if (pid < 0)
        return -errno;
    if (pid == 0)
        _exit(-fn(arg));
    while (waitpid((pid_t)pid, &status, __WALL) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    if (!WIFEXITED(status))
        return -EIO;
    if (WEXITSTATUS(status))
        return -WEXITSTATUS(status);
    s->spoke[s->nspoke++] = (struct ck_pid_entry){
        .virt = (int32_t)vpid, .real = (int32_t)pid, .state = CK_PID_EXISTS};
    return 0;
}
