/*
 * holdup.c - what a process has read it keeps in its hands for a while.
 *
 *   holdup PID MS SECONDS
 *
 * Every thread of the process stands still for MS milliseconds before each of
 * its system calls that writes, for SECONDS, as on a machine that has no time
 * for it. Prints a line when the first one stands. Exit: 0, or 1: can't trace.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int writes(pid_t tid)
{
    struct __ptrace_syscall_info i;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof i, &i) < 0 ||
        i.op != PTRACE_SYSCALL_INFO_ENTRY)
        return 0;
    return i.entry.nr == SYS_write || i.entry.nr == SYS_writev ||
           i.entry.nr == SYS_sendto || i.entry.nr == SYS_sendmsg;
}

static int take(const char *pid)
{
    char path[64];
    struct dirent *e;
    DIR *d;
    int n = 0;

    snprintf(path, sizeof path, "/proc/%s/task", pid);
    d = opendir(path);
    while (d && (e = readdir(d))) {
        pid_t tid = atoi(e->d_name);

        if (tid <= 0 || ptrace(PTRACE_SEIZE, tid, 0,
                               PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE))
            continue;
        ptrace(PTRACE_INTERRUPT, tid, 0, 0);
        n++;
    }
    if (d)
        closedir(d);
    return n;
}

int main(int argc, char **argv)
{
    struct timespec nap;
    time_t end;
    int ms;

    if (argc != 4)
        return 2;
    ms = atoi(argv[2]);
    nap = (struct timespec){ms / 1000, ms % 1000 * 1000000L};
    end = time(NULL) + atoi(argv[3]);
    if (!take(argv[1]))
        return 1;
    while (time(NULL) < end) {
        const struct timespec moment = {0, 1000000};
        int st, sig = 0;
        pid_t tid = waitpid(-1, &st, __WALL | WNOHANG);

        if (tid < 0 && errno == ECHILD)
            break;
        if (tid == 0)
            nanosleep(&moment, NULL);
        if (tid <= 0 || !WIFSTOPPED(st))
            continue;
        if (WSTOPSIG(st) == (SIGTRAP | 0x80)) {
            if (writes(tid)) {
                puts("stands");
                fflush(stdout);
                nanosleep(&nap, NULL);
            }
        } else if (st >> 16 == 0) {
            sig = WSTOPSIG(st);
        }
        ptrace(PTRACE_SYSCALL, tid, 0, sig);
    }
    return 0; /* which lets it go */
}
