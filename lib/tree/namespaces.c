/*
 * namespaces.c - refuses processes that are in namespaces of their own.
 *
 * A container's processes come back in the namespaces of who restarts them,
 * with other mounts, users and numbers than they know. As long as nothing
 * makes their namespaces again, that is refused. A computation all of whose
 * processes are in a container, with its coordinator, is none of that: what
 * counts is where this helper is, which the root of the tree has started.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/proto/messages.h"
#include "lib/tree/capture.h"

static const struct {
    const char *file, *text;
} spaces[] = {
    {"user", "user"},       {"mnt", "mount"},
    {"pid", "pid"},         {"pid_for_children", "pid"},
    {"net", "network"},     {"ipc", "IPC"},
    {"uts", "host name"},   {"cgroup", "cgroup"},
    {"time", "time"},       {"time_for_children", "time"},
};

#define N (sizeof(spaces) / sizeof(*spaces))

/* The number of a namespace; 0: this kernel has no such kind. -errno. */
static int number(const char *base, const char *file, uint64_t *ino)
{
    struct stat st;
    char path[96];

    snprintf(path, sizeof(path), "%s/ns/%s", base, file);
    *ino = 0;
    if (stat(path, &st) == 0)
        *ino = st.st_ino;
    else if (errno != ENOENT)
        return -errno;
    return 0;
}

int ck_capture_namespaces(struct ck_capture *c)
{
    uint64_t here[N], there;
    int rc = 0;

    for (size_t k = 0; !rc && k < N; k++)
        rc = number("/proc/self", spaces[k].file, &here[k]);
    for (size_t i = 0; !rc && i < c->nproc; i++) {
        const struct ck_capture_proc *p = &c->proc[i];

        if (p->kind == CK_KIND_STANDIN)
            continue;
        for (size_t k = 0; !rc && k < N; k++) {
            rc = number(p->base, spaces[k].file, &there);
            if (!rc && there && here[k] && there != here[k])
                return ck_res_why(c->why, c->whycap, -ENOTSUP,
                                  "process %d (%s) is in a %s namespace of "
                                  "its own (a container), which can't be "
                                  "saved", p->pid, p->comm, spaces[k].text);
        }
        if (rc)
            return ck_res_why(c->why, c->whycap, -EAGAIN,
                              "the namespaces of process %d (%s) can't be "
                              "looked at: %s", p->pid, p->comm,
                              strerror(-rc));
    }
    return rc;
}
