/*
 * namespace.h - processes that go into other namespaces; see namespace.c.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_NAMESPACE_H
#define CKPT_RUNTIME_INTERPOSE_NAMESPACE_H

#include <sched.h>

#include "runtime/runtime.h"

#define CK_NAMESPACES                                                       \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |          \
     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* In a new process that was made with these flags, before its agent is. */
CK_HIDDEN void ck_namespaces_made(unsigned long flags);
/* unshare(a) or setns(a, b), the system call nr; what the kernel returns. */
CK_HIDDEN long ck_namespaces_enter(long nr, long a, long b);

#endif
