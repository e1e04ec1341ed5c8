/*
 * spawn.c - starts a tree: opens what it needs, then the root, which makes
 * all others by its plan (blob/entry.c).
 *
 * Up to the root's start a failure leaves no process behind, and its reason
 * is returned. From then on processes report to the coordinator.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "restart/ops.h"
#include "restart/parts.h"

static const struct ck_proc *root_of(const struct ck_spawn *s)
{
    return &s->tree.img.proc[s->plan.actor[0].proc];
}

/* Replaces this process by the tree's root. Returns -errno. */
static int exec_root(struct ck_spawn *s)
{
    char audit[1200], dir[1200], plan[64];
    char *env[] = {audit, plan, dir, (char *)CK_PLAN_TUNABLES, NULL};
    const char *exe = root_of(s)->exe;
    char *argv[] = {(char *)exe, NULL};

    snprintf(audit, sizeof(audit), "LD_AUDIT=%s", s->opts->restorer);
    snprintf(plan, sizeof(plan), CK_PLAN_ENV "=%d:0", s->plan_fd);
    snprintf(dir, sizeof(dir), "CKPT_DIR=%s", s->opts->job_dir);
    execve(exe, argv, env);
    return -errno;
}

static int make_pipe(struct ck_spawn *s, int end[2])
{
    if (pipe(end) < 0)
        return -errno;
    for (int i = 0; i < 2; i++) {
        end[i] = ck_spawn_high(s, end[i]);
        if (end[i] < 0 || fcntl(end[i], F_SETFD, FD_CLOEXEC) < 0)
            return -EMFILE;
    }
    return 0;
}

/* What the tree inherits. */
static void close_inherited(struct ck_spawn *s)
{
    for (size_t i = 0; s->src && i < s->tree.img.nofd; i++) {
        if (s->src[i] >= 0)
            close(s->src[i]);
        s->src[i] = -1;
    }
    for (size_t i = 0; i < s->ngiven; i++)
        close(s->given[i].fd);
    s->ngiven = 0;
}

/* The child begins when we hold nothing open any more: a program that closes a
 * file, and executes it or waits for the end of a pipe, has nobody but its own
 * in its way. It tells through a pipe when it can't execute the program; a
 * program that runs has closed it. */
static pid_t fork_root(struct ck_spawn *s)
{
    int tell[2], begin[2], rc = make_pipe(s, tell);
    pid_t pid;

    if (!rc)
        rc = make_pipe(s, begin);
    if (rc)
        return rc;
    pid = fork();
    if (pid == 0) {
        close(begin[1]);
        if (read(begin[0], &rc, 1) != 0)
            _exit(127);
        rc = exec_root(s);
        if (write(tell[1], &rc, sizeof(rc)) < 0)
            _exit(127);
        _exit(126);
    }
    rc = pid < 0 ? -errno : 0;
    close_inherited(s);
    close(begin[0]);
    close(begin[1]);
    close(tell[1]);
    if (!rc && read(tell[0], &rc, sizeof(rc)) != (ssize_t)sizeof(rc))
        rc = 0;
    close(tell[0]);
    if (rc && pid > 0)
        waitpid(pid, NULL, 0);
    return rc ? rc : pid;
}

void ck_spawn_end(struct ck_spawn *s)
{
    close_inherited(s);
    for (size_t i = 0; i < s->ncwd; i++)
        close(s->cwd[i].fd);
    if (s->plan_fd >= 0)
        close(s->plan_fd);
    if (s->table_fd >= 0)
        close(s->table_fd);
    for (size_t i = 0; s->env && i < s->tree.img.nproc; i++)
        free((void *)s->env[i].p);
    if (s->used)
        setrlimit(RLIMIT_NOFILE, &s->nofile);
    ck_plan_free(&s->plan);
    ck_tree_close(&s->tree);
    free(s->env);
    free(s->src);
    free(s->stands_in);
    free(s->spoke);
    free(s->inside);
    free(s->shm);
    free(s->cwd);
    free(s->used);
}

pid_t ck_restart_tree(const struct ck_restart_opts *opts, char *why,
                      size_t cap)
{
    struct ck_spawn s = {.opts = opts,
                         .table_fd = -1,
                         .plan_fd = -1,
                         .why = why,
                         .whycap = cap};
    const struct ck_proc *root;
    pid_t rc;

    why[0] = '\0';
    s.tree.fd = -1;
    rc = ck_spawn_open(&s);
    if (!rc)
        rc = ck_spawn_check(&s);
    if (!rc)
        rc = ck_spawn_make(&s);
    if (!rc && !s.plan.actor)
        rc = -EBADMSG; /* nobody in it */
    if (!rc) {
        /* A group leader can't make a session; its child can. */
        root = root_of(&s);
        if (opts->in_place && (root->vsid != root->vpid ||
                               getsid(0) == getpid() ||
                               getpgrp() != getpid()))
            rc = exec_root(&s);
        else
            rc = fork_root(&s);
        if (rc < 0)
            ck_res_why(why, cap, rc, "can't execute %s: %s", root->exe,
                       strerror(-rc));
    }
    if (rc < 0 && !why[0])
        ck_res_why(why, cap, rc, "can't restart tree %s: %s", opts->tree,
                   strerror(-rc));
    ck_spawn_end(&s);
    return rc;
}
