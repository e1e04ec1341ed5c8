/*
 * rollback.c - puts a file back to the length it had at the checkpoint.
 *
 * What is cut off goes to <job>/rollback/<set>/<file name>.<n> first, synced
 * before the cut, so that nothing a program ever wrote is lost by a restart.
 * On failure the file is as long as it was.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_SIZE (1u << 18)

static int make_aside(struct ck_res_load *c, const char *path, char *name,
                      size_t cap)
{
    const char *base = strrchr(path, '/');

    base = base ? base + 1 : path;
    snprintf(name, cap, "%s/rollback", c->job_dir);
    if (mkdir(name, 0700) < 0 && errno != EEXIST)
        return -errno;
    snprintf(name, cap, "%s/rollback/%s", c->job_dir, c->set_name);
    if (mkdir(name, 0700) < 0 && errno != EEXIST)
        return -errno;
    for (unsigned n = 1; n < 100000; n++) {
        int fd;

        if ((size_t)snprintf(name, cap, "%s/rollback/%s/%s.%u", c->job_dir,
                             c->set_name, base, n) >= cap)
            return -ENAMETOOLONG;
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

static int copy_tail(int from, uint64_t pos, int to)
{
    char *buf = malloc(COPY_SIZE);
    int rc = buf ? 0 : -ENOMEM;

    while (!rc) {
        ssize_t n = pread(from, buf, COPY_SIZE, (off_t)pos), k = 0;

        if (n < 0)
            rc = -errno;
        if (n <= 0)
            break;
        pos += (uint64_t)n;
        for (ssize_t done = 0; !rc && done < n; done += k) {
            k = write(to, buf + done, (size_t)(n - done));
            if (k < 0)
                rc = -errno;
        }
    }
    if (!rc && fsync(to) < 0)
        rc = -errno;
    free(buf);
    return rc;
}

int ck_res_rollback(struct ck_res_load *c, int fd, const char *path,
                    uint64_t size)
{
    int from = -1, to = -1, rc;
    char name[4200];
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if ((uint64_t)st.st_size <= size)
        return 0;
    from = ck_res_reopen(fd, O_RDONLY);
    to = make_aside(c, path, name, sizeof(name));
    if (to >= 0 && from >= 0)
        rc = copy_tail(from, size, to);
    else
        rc = to < 0 ? to : from;
    if (!rc && ftruncate(fd, (off_t)size) < 0)
        rc = -errno;
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    if (rc && to >= 0)
        unlink(name);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "can't put %s back to its length of %llu bytes: "
                          "%s (--files=keep leaves files as they are)", path,
                          (unsigned long long)size, strerror(-rc));
    return 0;
}
