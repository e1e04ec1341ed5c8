/*
 * table.c - writes the pid table of this run, with no real number in it yet:
 * each process enters its own when it is there (lib/image/pidtable.h).
 */
#include "restart/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/proto/messages.h"

/* Group and session that lead outside are those of the surroundings. */
static void set_outside(struct ck_spawn *s, struct ck_pidtable_file *f)
{
    struct ck_pid_entry *e;

    if (s->plan.out_sid && (e = ck_pid_find(f, s->plan.out_sid))) {
        e->real = getsid(0);
        e->state = CK_PID_SESSION;
        e->outside = 1;
    }
    if (s->plan.out_pgid && (e = ck_pid_find(f, s->plan.out_pgid))) {
        e->real = getpgid(0);
        e->state = CK_PID_GROUP;
        e->outside = 1;
    }
}

/* Tables of earlier runs of this tree serve nobody any more. */
static void remove_older(struct ck_spawn *s)
{
    DIR *d = opendir(s->opts->job_dir);
    struct dirent *e;

    while (d && (e = readdir(d))) {
        char *end;
        unsigned long gen;

        if (strncmp(e->d_name, "pids.", 5))
            continue;
        gen = strtoul(e->d_name + 5, &end, 10);
        if (*end == '.' && !strcmp(end + 1, s->opts->tree) &&
            gen < s->opts->generation)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d)
        closedir(d);
}

int ck_spawn_table(struct ck_spawn *s)
{
    size_t n = s->plan.nnumbers;
    size_t len = sizeof(struct ck_pidtable_file) +
                 (n + s->nspoke) * sizeof(struct ck_pid_entry);
    struct ck_pidtable_file *f = calloc(1, len);
    int fd;

    if (!f)
        return -ENOMEM;
    f->magic = CK_PIDTABLE_MAGIC;
    f->count = (uint32_t)n;
    f->generation = s->opts->generation;
    for (size_t i = 0; i < s->tree.img.nproc; i++)
        f->unseen += s->tree.img.proc[i].kind == CK_KIND_SAVED;
    for (size_t i = 0; i < n; i++)
        f->entry[i].virt = s->plan.numbers[i];
    set_outside(s, f);
    f->spoke = (uint32_t)s->nspoke;
    if (s->nspoke)
        memcpy(&f->entry[n], s->spoke, s->nspoke * sizeof(*s->spoke));
    snprintf(s->table_path, sizeof(s->table_path), "%s/pids.%u.%s",
             s->opts->job_dir, s->opts->generation, s->opts->tree);
    unlink(s->table_path);
    fd = open(s->table_path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || write(fd, f, len) != (ssize_t)len) {
        int rc = ck_res_why(s->why, s->whycap, -errno, "can't write %s: %s",
                            s->table_path, strerror(errno));

        if (fd >= 0)
            close(fd);
        free(f);
        return rc;
    }
    free(f);
    remove_older(s);
    s->table_fd = ck_spawn_high(s, fd);
    return s->table_fd < 0 ? s->table_fd : 0;
}
