/* A child that is not under the runtime: it is executed, with an empty
 * environment, past libc. h_named PROGRAM; without an argument it waits. */
#include "claim.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

static long execute(const char *path, char *const argv[], char *const envp[])
{
    long ret = SYS_execve;

    __asm__ volatile("syscall" : "+a"(ret)
                     : "D"(path), "S"(argv), "d"(envp)
                     : "rcx", "r11", "memory");
    return ret;
}

int main(int argc, char **argv)
{
    int up[2];
    pid_t pid;
    char c;

    if (argc < 2) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    CHECK(pipe2(up, O_CLOEXEC) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        char *const args[] = {argv[1], NULL}, *const none[] = {NULL};

        execute(argv[1], args, none);
        _exit(127);
    }
    close(up[1]);
    CHECK(read(up[0], &c, 1) == 0); /* it has been executed */
    claim_ready();
    claim_wait();
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, NULL, 0) == pid);
    claim_pass();
}
