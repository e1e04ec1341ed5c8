/*
 * shared.c - refuses processes that have something in common which processes
 * have for themselves after a fork: a raw clone can leave them one descriptor
 * table, one working directory, one memory, one list of what SEM_UNDO undoes.
 *
 * A restart makes processes by fork, so each would get one of its own, and
 * what one did would not be seen by the other any more. The kernel orders such
 * objects (kcmp): sorted by that, those that share one are neighbours. Of what
 * a process need not have, none and none look like one and the same; a child
 * of ours, which has none for sure, tells these. The scheduling of input and
 * output (CLONE_IO) can't be told so, and is left alone.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/proto/messages.h"
#include "lib/tree/capture.h"

static const struct {
    int type;
    int may_lack;
    const char *what;
} kinds[] = {
    {KCMP_FILES, 0, "descriptor table (CLONE_FILES)"},
    {KCMP_FS, 0, "working directory and umask (CLONE_FS)"},
    {KCMP_VM, 0, "memory (CLONE_VM)"},
    {KCMP_SYSVSEM, 1, "list of what SEM_UNDO undoes (CLONE_SYSVSEM)"},
};

struct one {
    const struct ck_capture_proc *p;
    pid_t tid; /* its first thread, or what stands for that */
};

static int by_type; /* for qsort */

static int order(const void *a, const void *b)
{
    const struct one *x = a, *y = b;
    long r = syscall(SYS_kcmp, x->tid, y->tid, by_type, 0, 0);

    return r == 1 ? -1 : r == 2 ? 1 : 0;
}

static int same(pid_t a, pid_t b, int type)
{
    return syscall(SYS_kcmp, a, b, type, 0, 0) == 0;
}

/* A process that has nothing but what it must have. */
static pid_t make_bare(int hold[2])
{
    pid_t pid;
    char c;

    if (pipe(hold) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        close(hold[1]);
        _exit(read(hold[0], &c, 1) != 0);
    }
    close(hold[0]);
    return pid < 0 ? -errno : pid;
}

static int refuse(struct ck_capture *c, const struct one *a,
                  const struct one *b, const char *what)
{
    return ck_res_why(c->why, c->whycap, -ENOTSUP,
                      "process %d (%s) has one %s with process %d (%s): this "
                      "can't be put back; let it be made by fork", b->p->pid,
                      b->p->comm, what, a->p->pid, a->p->comm);
}

static int compare(struct ck_capture *c, struct one *v, size_t n, pid_t bare)
{
    int rc = 0;

    for (size_t k = 0; !rc && k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        by_type = kinds[k].type;
        qsort(v, n, sizeof(*v), order);
        for (size_t i = 1; !rc && i < n; i++) {
            if (same(v[i - 1].tid, v[i].tid, by_type) &&
                !(kinds[k].may_lack && same(bare, v[i].tid, by_type)))
                rc = refuse(c, &v[i - 1], &v[i], kinds[k].what);
        }
    }
    return rc;
}

int ck_capture_shared(struct ck_capture *c)
{
    struct one *v = calloc(c->nproc + 1, sizeof(*v));
    size_t n = 0;
    int hold[2], rc;
    pid_t bare;

    if (!v)
        return -ENOMEM;
    for (size_t i = 0; i < c->nproc; i++) {
        const struct ck_capture_proc *p = &c->proc[i];

        if (p->kind != CK_KIND_SAVED && p->kind != CK_KIND_REEXEC)
            continue;
        v[n] = (struct one){p, p->pid};
        sscanf(p->base, "/proc/%*d/task/%d", &v[n++].tid);
    }
    bare = n > 1 ? make_bare(hold) : 0;
    rc = bare < 0 ? bare : bare ? compare(c, v, n, bare) : 0;
    if (bare > 0) {
        close(hold[1]);
        waitpid(bare, NULL, 0);
    }
    free(v);
    return rc;
}
