/*
 * take.c - looking at a description that cannot be opened by its name in
 * /proc: the very one is taken from the process that has it.
 *
 * pidfd_getfd asks for the right to trace. The runtime grants it to anybody
 * of the same user while a process is parked, where Yama restricts it.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OF_THREAD O_EXCL /* PIDFD_THREAD, Linux 6.9 */

int ck_res_take(const struct ck_res_ofd *o)
{
    int pidfd = -1, fd;

    if (o->pid == getpid()) {
        fd = fcntl(o->fd, F_DUPFD_CLOEXEC, 3);
    } else {
        pidfd = (int)syscall(SYS_pidfd_open, o->tid,
                             o->tid == o->pid ? 0 : OF_THREAD);
        fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, o->fd, 0);
    }
    if (fd < 0)
        fd = -errno;
    if (pidfd >= 0)
        close(pidfd);
    return fd;
}

/* To open a file with a lease for writing would break it. Who has one is the
 * only one who has the file open. */
int ck_res_has_write_lease(const struct ck_res_ofd *o)
{
    for (const char *p = o->lock; p && (p = strstr(p, "LEASE")); p++) {
        size_t line = strcspn(p, "\n");

        if (memmem(p, line, " WRITE ", 7))
            return 1;
    }
    return 0;
}

int ck_res_open_seen(const struct ck_res_ofd *o, const char *path)
{
    int fd;

    if (ck_res_has_write_lease(o))
        return (o->flags & O_ACCMODE) == O_WRONLY ? -EDEADLK : ck_res_take(o);
    /* Who looks shall not be seen to have read it. */
    fd = ck_res_open(path, O_RDONLY | O_NONBLOCK | O_NOATIME);
    return fd == -EPERM ? ck_res_open(path, O_RDONLY | O_NONBLOCK) : fd;
}

void ck_res_socket(struct ck_res_ofd *o)
{
    int *const out[] = {&o->domain, &o->type, &o->protocol};
    static const int name[] = {SO_DOMAIN, SO_TYPE, SO_PROTOCOL};
    int fd = ck_res_take(o);

    for (int i = 0; fd >= 0 && i < 3; i++) {
        socklen_t len = sizeof(int);

        if (getsockopt(fd, SOL_SOCKET, name[i], out[i], &len) < 0)
            *out[i] = 0;
    }
    if (fd >= 0)
        close(fd);
}

uint64_t ck_res_info(const struct ck_res_ofd *o, const char *key, int base)
{
    size_t n = strlen(key);
    const char *p = o->info;

    for (; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
        if (!strncmp(p, key, n))
            return strtoull(p + n, NULL, base);
    }
    return 0;
}
