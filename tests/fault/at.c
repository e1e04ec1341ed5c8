/*
 * at.c - runs a command at the instant a process has written a given text.
 *
 *   at PID TEXT COMMAND...
 *
 * The process is traced: when one of its write calls whose data contain TEXT
 * has returned, all its threads are held while COMMAND runs, and then let go.
 * So a fault comes at a known state of the coordinator (which journals each
 * transition), not at a lucky moment. A file `armed` in the present directory
 * says that the tracing has begun. Exit: 0 the command ran and gave 0, 1 it
 * did not or the process ended before, 77 tracing is not allowed here.
 * Gives up after a minute.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pid;
static const char *text;

/* Does the write that is about to happen carry the text? */
static int carries(const struct user_regs_struct *r)
{
    static char buf[4096];
    struct iovec l = {buf, sizeof buf - 1}, at = {0};
    ssize_t n;

    if (r->orig_rax != SYS_write && r->orig_rax != SYS_pwrite64)
        return 0;
    at.iov_base = (void *)r->rsi;
    at.iov_len = r->rdx < sizeof buf ? r->rdx : sizeof buf - 1;
    l.iov_len = at.iov_len;
    n = process_vm_readv(pid, &l, 1, &at, 1, 0);
    if (n <= 0)
        return 0;
    buf[n] = 0;
    return memmem(buf, (size_t)n, text, strlen(text)) != NULL;
}

static int run(char **argv)
{
    pid_t c = fork();
    int st;

    if (c == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    return c > 0 && waitpid(c, &st, 0) == c && WIFEXITED(st) &&
                   WEXITSTATUS(st) == 0
               ? 0
               : 1;
}

/* Follows the system calls of the process until the text was written. */
static int follow(void)
{
    int st, hit = 0;
    struct user_regs_struct r;

    for (;;) {
        int sig = 0;

        if (waitpid(pid, &st, __WALL) != pid)
            return -1;
        if (WIFEXITED(st) || WIFSIGNALED(st))
            return -1;
        if (WSTOPSIG(st) == (SIGTRAP | 0x80)) {
            struct __ptrace_syscall_info si;

            if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof si, &si) < 0)
                return -1;
            if (si.op == PTRACE_SYSCALL_INFO_ENTRY) {
                ptrace(PTRACE_GETREGS, pid, 0, &r);
                hit = carries(&r);
            } else if (hit) {
                return 0;
            }
        } else if (st >> 16 == 0) {
            sig = WSTOPSIG(st);
        }
        if (ptrace(PTRACE_SYSCALL, pid, 0, sig) < 0)
            return -1;
    }
}

int main(int argc, char **argv)
{
    int rc;

    if (argc < 4)
        return 2;
    pid = atoi(argv[1]);
    text = argv[2];
    alarm(60);
    if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) < 0)
        return errno == EPERM ? 77 : 1;
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
        return 1;
    close(open("armed", O_CREAT | O_WRONLY, 0644));
    if (follow() < 0) {
        fprintf(stderr, "at: process %d ended before '%s'\n", (int)pid, text);
        return 1;
    }
    rc = run(argv + 3);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    return rc;
}
