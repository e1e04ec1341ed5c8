/*
 * table.c - the pid table of the present run: numbers in /proc are the
 * kernel's, those in an image are the program's.
 */
#include "lib/tree/capture.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int load(struct ck_capture *c, const char *path)
{
    size_t len;
    struct ck_pidtable_file *f = ck_proc_slurp(path, &len);

    if (!f)
        return -errno;
    if (len < sizeof(*f) || f->magic != CK_PIDTABLE_MAGIC ||
        f->count != (len - sizeof(*f)) / sizeof(f->entry[0])) {
        free(f);
        return -EBADMSG;
    }
    c->table_mem = f;
    c->table_index = calloc(f->count + 1, sizeof(*c->table_index));
    if (!c->table_index)
        return -ENOMEM;
    /* Entries that were never filled in are nobody's. */
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->entry[i].state == CK_PID_UNSET)
            f->entry[i].real = 0;
    }
    ck_pidtable_init(&c->table, f->entry, f->count, c->table_index);
    return 0;
}

static void drop(struct ck_capture *c)
{
    free(c->table_mem);
    free(c->table_index);
    c->table_mem = NULL;
    c->table_index = NULL;
    memset(&c->table, 0, sizeof(c->table));
}

/* Does this table say of every member what the member says of itself? An
 * older run's table may still lie around. */
static int agrees(const struct ck_capture *c)
{
    int known = 0;

    for (size_t i = 0; i < c->nproc; i++) {
        const struct ck_capture_proc *p = &c->proc[i];

        if (ck_pid_virt(&c->table, p->pid) != p->vpid)
            return 0;
        known += ck_pid_real(&c->table, p->vpid) == p->pid;
    }
    return known > 0;
}

/* Generation in "pids.<gen>.<tree>", -1 if it is not such a name. */
static long generation_of(const char *name, const char *tree)
{
    char *end;
    long gen;

    if (strncmp(name, "pids.", 5))
        return -1;
    gen = strtol(name + 5, &end, 10);
    return *end == '.' && !strcmp(end + 1, tree) ? gen : -1;
}

int ck_capture_table(struct ck_capture *c)
{
    long below = -1;
    int moved = 0;

    /* Until the first restart there is none, and nothing to look up. */
    for (size_t i = 0; i < c->nproc; i++)
        moved |= c->proc[i].pid != c->proc[i].vpid;
    if (!moved)
        return 0;
    for (;;) {
        char path[1400];
        struct dirent *e;
        DIR *d = opendir(c->in->job_dir);
        long best = -1;

        if (!d)
            return -errno;
        while ((e = readdir(d))) {
            long gen = generation_of(e->d_name, c->in->tree);

            if (gen > best && (below < 0 || gen < below))
                best = gen;
        }
        closedir(d);
        if (best < 0)
            return ck_res_why(c->why, c->whycap, -ENOENT,
                              "no process table of tree %s in %s agrees with "
                              "its processes", c->in->tree, c->in->job_dir);
        snprintf(path, sizeof(path), "%s/pids.%ld.%s", c->in->job_dir, best,
                 c->in->tree);
        if (load(c, path) == 0 && agrees(c))
            return 0;
        drop(c);
        below = best;
    }
}
