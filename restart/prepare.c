/*
 * prepare.c - a restart up to its root: the image is opened, everything that
 * may refuse is asked, then what the tree needs is made.
 *
 * `ckpt verify` asks the same and goes on behind what is in the way; the
 * rehearsal at a checkpoint makes the same, where nothing is changed by it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/proto/messages.h"
#include "restart/parts.h"

#define NAP_MS 50
#define ENDING_MS 10000

/* Is it as true at a restart, whatever the program does until then? */
static int is_lasting(int rc)
{
    return rc == -EACCES || rc == -EPERM || rc == -ELOOP ||
           rc == -ENAMETOOLONG || rc == -E2BIG || rc == -EBADMSG;
}

int ck_spawn_found(struct ck_spawn *s, int rc)
{
    if (s->trial && !is_lasting(rc)) {
        s->why[0] = '\0';
        return 0;
    }
    if (!rc || !s->found)
        return rc;
    s->found(s->arg, s->why[0] ? s->why : strerror(-rc));
    s->nfound++;
    s->why[0] = '\0';
    return 0;
}

int ck_spawn_again(struct ck_spawn *s, int rc, int64_t *until)
{
    const struct timespec nap = {.tv_nsec = NAP_MS * 1000000L};
    struct timespec ts;
    int64_t now;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    if (!*until)
        *until = now + ENDING_MS;
    if ((rc != -EADDRINUSE && rc != -EBUSY && rc != -EAGAIN) || s->found ||
        s->trial || now >= *until)
        return 0;
    s->why[0] = '\0';
    nanosleep(&nap, NULL);
    return 1;
}

int ck_spawn_open(struct ck_spawn *s)
{
    char path[1400];

    snprintf(path, sizeof(path), "%s/tree.%s.img", s->opts->set_dir,
             s->opts->tree);
    if (s->opts->set_dir[0] != '/' || s->opts->job_dir[0] != '/')
        return ck_res_why(s->why, s->whycap, -EINVAL,
                          "%s is not an absolute path", s->opts->set_dir);
    return ck_tree_open(&s->tree, path, s->why, s->whycap);
}

/* Processes of one program are named by the first of them. */
static int check_program(struct ck_spawn *s, const struct ck_proc *p)
{
    for (const struct ck_proc *q = s->tree.img.proc; q < p; q++) {
        if (q->kind == p->kind && !strcmp(q->exe, p->exe))
            return 0;
    }
    if (access(p->exe, X_OK) == 0)
        return 0;
    return ck_res_why(s->why, s->whycap, -errno,
                      "process %u (%s): its program %s can't be executed: %s",
                      p->vpid, p->comm, p->exe, strerror(errno));
}

static int check_cwd(struct ck_spawn *s, const struct ck_proc *p)
{
    for (const struct ck_proc *q = s->tree.img.proc; q < p; q++) {
        if (q->gone == p->gone && !strcmp(q->cwd, p->cwd))
            return 0;
    }
    if (p->gone || access(p->cwd, X_OK) == 0)
        return 0;
    return ck_res_why(s->why, s->whycap, -errno,
                      "process %u (%s): its working directory %s: %s",
                      p->vpid, p->comm, p->cwd, strerror(errno));
}

/* Programs are found by name only: what is there now must be executable. */
static int check_programs(struct ck_spawn *s)
{
    const struct ck_tree_image *m = &s->tree.img;
    int rc = 0;

    for (size_t i = 0; !rc && i < m->nproc; i++) {
        const struct ck_proc *p = &m->proc[i];

        if (p->kind != CK_KIND_SAVED && p->kind != CK_KIND_REEXEC)
            continue;
        rc = ck_spawn_found(s, check_program(s, p));
        if (!rc)
            rc = ck_spawn_found(s, check_cwd(s, p));
    }
    if (!rc && access(s->opts->restorer, R_OK) < 0)
        rc = ck_spawn_found(s, ck_res_why(s->why, s->whycap, -errno, "%s: %s",
                                          s->opts->restorer,
                                          strerror(errno)));
    return rc;
}

int ck_spawn_check(struct ck_spawn *s)
{
    int rc = check_programs(s);

    if (s->trial)
        return rc ? rc : ck_spawn_files_check(s);
    if (!rc)
        rc = ck_spawn_found(s, ck_spawn_numbers(s));
    if (!rc)
        rc = ck_spawn_layout(s);
    if (!rc)
        rc = ck_spawn_sysv_check(s);
    if (!rc)
        rc = ck_spawn_given(s);
    if (!rc)
        rc = ck_spawn_files_check(s);
    return rc;
}

int ck_spawn_make(struct ck_spawn *s)
{
    int rc = ck_spawn_files(s); /* the first that changes anything */

    if (s->trial == CK_INNER)
        return rc; /* directories, keys and the pid table are outside */
    if (!rc)
        rc = ck_spawn_env(s); /* tells what files has found given */
    if (!rc)
        rc = ck_spawn_shm(s);
    if (!rc)
        rc = ck_spawn_sysv(s);
    if (!rc && !s->trial)
        rc = ck_spawn_places(s);
    if (!rc)
        rc = ck_spawn_plan(s);
    return rc;
}
