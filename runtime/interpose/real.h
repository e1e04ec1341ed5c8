/*
 * real.h - the wrappers and the functions behind them, from wrappers.def; see
 * real.c.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_REAL_H
#define CKPT_RUNTIME_INTERPOSE_REAL_H

#include <dirent.h>
#include <getopt.h>
#include <dlfcn.h>
#include <link.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h> /* <sched.h>, too */
#include <stdio.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "runtime/runtime.h"

struct sched_attr; /* of glibc from 2.41 on */

/* Declarations, so that a definition that differs from its line is refused. */
#define CK_FN(ret, name, args, class) extern CK_EXPORT ret name args;
#define CK_AS(name, of) extern CK_EXPORT __typeof__(of) name;
#define CK_USED(ret, name, args)
#include "runtime/interpose/wrappers.def"
#undef CK_FN
#undef CK_AS
#undef CK_USED

/* REAL(f) is what the wrapper of f calls, and nobody else: libc's function or
 * a library's that stands between the program and libc (real.c). LIBC(f) is
 * libc's own, for all other uses. */
#define CK_FN(ret, name, args, class) ret(*name) args;
#define CK_AS(name, of)
#define CK_USED(ret, name, args)
struct ck_real {
#include "runtime/interpose/wrappers.def"
};
#undef CK_USED
#define CK_USED(ret, name, args) ret(*name) args;
struct ck_libc { /* begins like struct ck_real */
#include "runtime/interpose/wrappers.def"
};
#undef CK_FN
#undef CK_AS
#undef CK_USED
extern CK_HIDDEN struct ck_real ck_real;
extern CK_HIDDEN struct ck_libc ck_libc;

/* Finds the function whose pointer is at `offset` of the struct. Never NULL:
 * what this libc lacks fails with ENOSYS. */
CK_HIDDEN void *ck_real_find(size_t offset);
CK_HIDDEN void *ck_libc_find(size_t offset);

/* What libc.so.6 calls by that name (symbol.c), or NULL. No lock is taken. */
CK_HIDDEN void *ck_libc_symbol(const char *name);

/* The wrapper of a function of libc's, if that is what was found and nobody
 * stands between the two: who does may have looked it up to go on to it, and
 * would come back to us. Else what was found. */
CK_HIDDEN void *ck_real_ours(void *found);

#define CK_FOUND(table, f)                                                  \
    (__builtin_expect(table.f != NULL, 1)                                   \
         ? table.f                                                          \
         : (__typeof__(table.f))table##_find(offsetof(struct table, f)))
#define REAL(f) CK_FOUND(ck_real, f)
#define LIBC(f) CK_FOUND(ck_libc, f)

#endif
