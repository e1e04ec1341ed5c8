/*
 * strays.c - looks once through all processes of the node: for zombies,
 * which belong to the tree, and for those that should belong to it and do
 * not: a child without the runtime, a program that is just starting.
 *
 * A checkpoint without such a process would be half a checkpoint: refused,
 * with -EAGAIN, since most of them are gone a moment later.
 */
#include "lib/tree/capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/proto/messages.h"
#include "lib/sys/ours.h"

#define BIRTH_US 100000

static uint64_t list_of(pid_t tid)
{
    uint64_t at = 0;
    size_t len;

    return syscall(SYS_get_robust_list, tid, &at, &len) ? 0 : at;
}

/* Our writers, the go-between of this helper, who asks for a checkpoint: they
 * are there during a checkpoint only. One that was made this moment has not
 * said so yet; nothing else has such an exit signal and runs nothing of its
 * own, so that it is worth waiting for. */
int ck_capture_ours(const struct ck_capture *c, const struct ck_proc_stat *st)
{
    const struct ck_capture_proc *p = ck_capture_find(c, st->ppid);
    uint64_t mark = p && p->agent ? list_of(p->agent) : 0;

    if (!mark || st->exit_signal)
        return 0;
    if (st->state == 'Z' || st->state == 'X') /* the kernel has let it go */
        return !strncmp(st->comm, "ckpt-", 5);
    for (int us = 0; list_of(st->pid) != mark; us += BIRTH_US / 100) {
        if (us > BIRTH_US || kill(st->pid, 0) < 0)
            return 0;
        usleep(BIRTH_US / 100);
    }
    return 1;
}

/* Does the environment say NAME=value, or NAME=value:something? */
static int env_has(const char *env, size_t len, const char *name,
                   const char *value)
{
    size_t n = strlen(name), m = strlen(value);

    for (const char *p = env; p < env + len; p += strlen(p) + 1) {
        if (!strncmp(p, name, n) && p[n] == '=')
            return !strncmp(p + n + 1, value, m) &&
                   (p[n + 1 + m] == '\0' || p[n + 1 + m] == ':');
    }
    return 0;
}

/* The last word is the kernel's: the environment a process was given when it
 * was executed. A process that is not ours can't be read, and is none.
 * CKPT_TREE may have the generation of its pid table behind a colon. */
static int claims_tree(const struct ck_capture *c, pid_t pid)
{
    char path[64], *env;
    size_t len;
    int yes;

    snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    env = ck_proc_slurp(path, &len);
    if (!env)
        return 0;
    yes = env_has(env, len, "CKPT_TREE", c->in->tree) &&
          env_has(env, len, "CKPT_DIR", c->in->job_dir);
    free(env);
    return yes;
}

static int add_zombie(struct ck_capture *c, size_t *n, size_t *cap,
                      struct ck_capture_proc **list,
                      const struct ck_proc_stat *st)
{
    struct ck_capture_proc *p;

    if (*n == *cap) {
        size_t more = *cap ? *cap * 2 : 16;

        p = realloc(*list, more * sizeof(*p));
        if (!p)
            return -ENOMEM;
        *list = p;
        *cap = more;
    }
    p = &(*list)[(*n)++];
    memset(p, 0, sizeof(*p));
    p->pid = st->pid;
    p->vpid = ck_pid_virt(&c->table, st->pid);
    p->ppid = st->ppid;
    p->pgid = st->pgid;
    p->sid = st->sid;
    p->state = 'Z';
    p->kind = CK_KIND_ZOMBIE;
    p->status = st->exit_code;
    snprintf(p->comm, sizeof(p->comm), "%s", st->comm);
    return 0;
}

static int stray(struct ck_capture *c, const struct ck_proc_stat *st)
{
    return ck_res_why(c->why, c->whycap, -EAGAIN,
                      "process %d (%s) is not under the runtime: a static or "
                      "set-uid program, one started with a cleared "
                      "environment by a static one, or just starting",
                      st->pid, st->comm);
}

/* Zombies are gathered in an array of their own and joined to the sorted one
 * at the end: members are looked up all the time in between. */
static int look_at(struct ck_capture *c, pid_t pid, int same_user,
                   struct ck_capture_proc **zombies, size_t *n, size_t *cap)
{
    struct ck_proc_stat st;
    int child;

    if (pid == getpid() || ck_capture_find(c, pid) || ck_ours(pid) ||
        ck_proc_stat_read(pid, &st))
        return 0;
    child = ck_capture_find(c, st.ppid) != NULL;
    if (child && ck_capture_ours(c, &st))
        return 0;
    if (child && (st.state == 'Z' || st.state == 'X'))
        return add_zombie(c, n, cap, zombies, &st);
    if (child)
        return stray(c, &st);
    if (st.state == 'Z' || st.state == 'X' || !same_user)
        return 0;
    return claims_tree(c, pid) ? stray(c, &st) : 0;
}

static int join(struct ck_capture *c, struct ck_capture_proc *zombies,
                size_t n)
{
    struct ck_capture_proc *all;
    size_t at = c->nproc + n, i = c->nproc, j = n;

    if (!n)
        return 0;
    all = realloc(c->proc, at * sizeof(*all));
    if (!all)
        return -ENOMEM;
    c->proc = all;
    c->nproc = at;
    /* /proc lists by number, so both are sorted: merge from the end. */
    while (j > 0) {
        if (i > 0 && all[i - 1].pid > zombies[j - 1].pid)
            all[--at] = all[--i];
        else
            all[--at] = zombies[--j];
    }
    return 0;
}

/* What a launcher has forked for itself (srun has a second process that
 * cleans up behind it) it will fork again when it is executed anew. */
#define FORGOTTEN '-'
static void forget_launched(struct ck_capture *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->nproc; i++) {
        const struct ck_capture_proc *maker =
            ck_capture_find(c, c->proc[i].ppid);

        if (maker && maker->kind == CK_KIND_REEXEC &&
            (c->proc[i].kind == CK_KIND_REEXEC ||
             c->proc[i].kind == CK_KIND_ZOMBIE))
            c->proc[i].state = FORGOTTEN;
    }
    for (size_t i = 0; i < c->nproc; i++)
        if (c->proc[i].state != FORGOTTEN)
            c->proc[n++] = c->proc[i];
    c->nproc = n;
}

int ck_capture_strays(struct ck_capture *c)
{
    struct ck_capture_proc *zombies = NULL;
    size_t n = 0, cap = 0;
    struct dirent *e;
    uid_t me = geteuid();
    DIR *d = opendir("/proc");
    int rc = d ? 0 : -errno;

    while (d && !rc && (e = readdir(d))) {
        pid_t pid = atoi(e->d_name);
        struct stat st;

        if (pid > 0 && fstatat(dirfd(d), e->d_name, &st, 0) == 0)
            rc = look_at(c, pid, st.st_uid == me, &zombies, &n, &cap);
    }
    if (d)
        closedir(d);
    if (!rc)
        rc = join(c, zombies, n);
    if (!rc)
        forget_launched(c);
    free(zombies);
    return rc;
}
