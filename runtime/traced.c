/*
 * traced.c - refuses what another program of the computation traces.
 *
 * Who traces whom (strace, gdb in a job) is state of the kernel that nothing
 * can ask for and nobody but the tracer can make again. Nor could such a
 * process be stopped: it stands still for its tracer, which stands still for
 * us. A debugger from outside is none of that: it may go on, or go away.
 *
 * A program under control is known by its agent's name.
 */
#include "runtime/traced.h"

#include <errno.h>
#include <string.h>

#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "runtime/thread.h"

struct look {
    char dir[48];
    int found;
};

static int is_agent(int32_t tid, void *arg)
{
    static const char name[] = "ckpt-agent\n";
    struct look *l = arg;
    char path[80], comm[32];

    ck_fmt(path, sizeof path, "%s/%d/comm", l->dir, tid);
    l->found = ck_read_file(path, comm, sizeof comm) > 0 &&
               strcmp(comm, name) == 0;
    return l->found;
}

static int is_traced(int32_t tid, void *arg)
{
    struct look l = {.found = 0};
    int32_t *tracer = arg;
    char path[64];

    ck_fmt(path, sizeof path, "/proc/self/task/%d/status", tid);
    *tracer = (int32_t)ck_read_number(path, "\nTracerPid:\t", 10, 0);
    if (!*tracer)
        return 0;
    ck_fmt(l.dir, sizeof l.dir, "/proc/%d/task", *tracer);
    ck_each_number(l.dir, is_agent, &l);
    if (!l.found)
        *tracer = 0;
    return l.found;
}

int ck_traced_refused(char *why, size_t cap)
{
    char path[48], comm[32] = "?\n", *end;
    int32_t tracer = 0;

    ck_each_number("/proc/self/task", is_traced, &tracer);
    if (!tracer)
        return 0;
    ck_fmt(path, sizeof path, "/proc/%d/comm", tracer);
    if (ck_read_file(path, comm, sizeof comm) > 0 &&
        (end = strchr(comm, '\n')) != NULL)
        *end = '\0';
    ck_fmt(why, cap, "it is traced by %s (pid %d) of the same computation, "
           "which can't be put back: end that, or trace it from outside",
           comm, ck_virt_of(tracer));
    return -ENOTSUP;
}
