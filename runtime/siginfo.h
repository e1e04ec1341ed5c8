/*
 * siginfo.h - which signals tell the number of a process.
 *
 * By the code, as the kernel and libc give them; a program may queue what it
 * likes with other codes, and that is its own: not one bit is changed.
 */
#ifndef CKPT_RUNTIME_SIGINFO_H
#define CKPT_RUNTIME_SIGINFO_H

#include <signal.h>

static inline int ck_siginfo_numbered(const siginfo_t *i)
{
    switch (i->si_code) {
    case SI_USER:
    case SI_QUEUE:
    case SI_TKILL:
    case SI_MESGQ:
    case SI_ASYNCIO:
    case SI_ASYNCNL:
        return 1;
    default:
        return i->si_signo == SIGCHLD && i->si_code > 0;
    }
}

#endif
