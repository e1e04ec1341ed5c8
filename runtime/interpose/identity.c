/*
 * identity.c - who am I, who is my group, my session, my terminal's.
 * Numbers go in as the program knows them and come out the same way.
 */
#include "runtime/interpose/wrap.h"

#include <sys/pidfd.h>

pid_t getpid(void)
{
    return CK_CALL(ck_out(REAL(getpid)()));
}
CK_ALIAS(__getpid, getpid);

pid_t getppid(void)
{
    return CK_CALL(ck_out(REAL(getppid)()));
}

pid_t gettid(void)
{
    return CK_CALL(ck_out(REAL(gettid)()));
}

pid_t getpgrp(void)
{
    return CK_CALL(ck_out(REAL(getpgrp)()));
}

pid_t getpgid(pid_t pid)
{
    return CK_CALL(ck_out(REAL(getpgid)(ck_in(pid))));
}
CK_ALIAS(__getpgid, getpgid);

pid_t getsid(pid_t pid)
{
    return CK_CALL(ck_out(REAL(getsid)(ck_in(pid))));
}

int setpgid(pid_t pid, pid_t pgid)
{
    return CK_CALL(REAL(setpgid)(ck_in(pid), ck_in(pgid)));
}

int setpgrp(void)
{
    return REAL(setpgrp)();
}

pid_t setsid(void)
{
    return CK_CALL(ck_out(REAL(setsid)()));
}

pid_t tcgetpgrp(int fd)
{
    return CK_CALL(ck_out(REAL(tcgetpgrp)(fd)));
}

int tcsetpgrp(int fd, pid_t pgid)
{
    return CK_CALL(REAL(tcsetpgrp)(fd, ck_in(pgid)));
}

pid_t tcgetsid(int fd)
{
    return CK_CALL(ck_out(REAL(tcgetsid)(fd)));
}

int pidfd_open(pid_t pid, unsigned int flags)
{
    return CK_CALL(REAL(pidfd_open)(ck_in(pid), flags));
}

pid_t pidfd_getpid(int fd)
{
    return CK_CALL(ck_out(REAL(pidfd_getpid)(fd)));
}

pid_t pthread_gettid_np(pthread_t thread)
{
    return CK_CALL(ck_out(REAL(pthread_gettid_np)(thread)));
}
