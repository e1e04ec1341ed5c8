/*
 * noted.c - finds what the runtime of a process has noted for us
 * (lib/image/watched.h).
 */
#include "lib/res/noted.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The name is a hint: the program may have a thread of that name. */
static int is_named(pid_t pid, int tid)
{
    char path[64], comm[32];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, comm, sizeof(comm) - 1);
    if (fd >= 0)
        close(fd);
    comm[n > 0 ? n : 0] = '\0';
    return !strcmp(comm, "ckpt-agent\n");
}

int ck_res_noted(pid_t pid, struct ck_watched_head *head)
{
    struct dirent *e;
    int fd, found = 0;
    char path[64];
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%d/mem", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    d = opendir(path);
    while (d && !found && (e = readdir(d))) {
        int tid = atoi(e->d_name);
        uint64_t at = 0;
        size_t len;

        found = tid > 0 && is_named(pid, tid) &&
                syscall(SYS_get_robust_list, tid, &at, &len) == 0 && at &&
                pread(fd, head, sizeof(*head), (off_t)at) ==
                    (ssize_t)sizeof(*head) &&
                head->magic == CK_WATCHED_MAGIC;
    }
    if (d)
        closedir(d);
    if (found)
        return fd;
    close(fd);
    return -1;
}
