/*
 * list.c - the one list of resource kinds. Order matters for match only:
 * what is recognised by its identity stands before what is recognised by
 * its type.
 */
#include "lib/res/res.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KINDS(K)                                                  \
    K(proc)    /* of a process's own directory in /proc */        \
    K(path)    /* O_PATH */                                       \
    K(shm)     /* mapped, not open */                             \
    K(dev)     /* /dev/null and the like */                       \
    K(stdio)   /* leads outside: terminal, pipe, socket */        \
    K(pty)     /* master and slave */                             \
    K(pipe)                                                       \
    K(fifo)                                                       \
    K(eventfd)                                                    \
    K(unix)                                                       \
    K(timerfd)                                                    \
    K(signalfd)                                                   \
    K(epoll)                                                      \
    K(memfd)                                                      \
    K(pidfd)                                                      \
    K(inotify)                                                    \
    K(mqueue) /* POSIX */                                         \
    K(tcp)                                                        \
    K(udp)                                                        \
    K(netlink)                                                    \
    K(file)                                                       \
    K(dir)

#define DECLARE(name) extern const struct ck_res ck_res_##name;
KINDS(DECLARE)

#define ENTRY(name) &ck_res_##name,
static const struct ck_res *const list[] = {KINDS(ENTRY)};

#define LIST_SIZE (sizeof(list) / sizeof(list[0]))

const struct ck_res *ck_res_match(const struct ck_res_ofd *o)
{
    for (size_t i = 0; i < LIST_SIZE; i++) {
        if (list[i]->match(o))
            return list[i];
    }
    return NULL;
}

const struct ck_res *ck_res_named(const char *name)
{
    for (size_t i = 0; i < LIST_SIZE; i++) {
        if (!strcmp(list[i]->name, name))
            return list[i];
    }
    return NULL;
}

int ck_res_why(char *why, size_t cap, int code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, cap, fmt, ap);
    va_end(ap);
    return code;
}
