/*
 * left.c - who of the computation is on this node and has not introduced
 * itself yet.
 *
 * A process that was just forked, or executes a program, has no connection
 * for a moment, and its parent may be gone before it has one. It is in /proc
 * from its first moment on, with the environment that its program was given:
 * our library and the job directory stand there. Programs that the library
 * can't be loaded into are none of these. Processes of other nodes are not
 * seen; Slurm ends a step's processes with the step.
 */
#include "coordinator/left.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/program.h"
#include "lib/sys/fmt.h"
#include "lib/tree/capture.h"

#define LIBRARY "/libckpt.so"
#define FLAGS 9 /* fields of /proc/<pid>/stat, counted from 1 */
#define ENV_START 50
#define PF_KTHREAD 0x00200000ul
enum { PERHAPS = 1, SURE = 2 };

/* Has it a new program, whose environment is not in place yet? */
static int is_beginning(pid_t pid)
{
    char path[64], stat[1024], *p;
    unsigned long env = 1;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (ck_read_file(path, stat, sizeof stat) < 0 ||
        !(p = strrchr(stat, ')')) || strchr("ZX", p[2]))
        return 0;
    p++;
    for (int field = 3; p && field <= ENV_START; field++) {
        p = strchr(p, ' ');
        if (p && field == FLAGS && strtoul(p, NULL, 10) & PF_KTHREAD)
            return 0;
        if (p && field == ENV_START)
            env = strtoul(p, NULL, 10);
        if (p)
            p++;
    }
    return env == 0;
}

/* Is the environment that its program was given one of this computation? Can't
 * be told (negative) when it can't be read, or is not in place. */
static int invited(pid_t pid, const char *dir)
{
    char path[64], *env;
    int with = 0, here = 0;
    size_t len = 0;

    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    env = ck_proc_slurp(path, &len);
    if (!env)
        return -EACCES;
    for (const char *p = env; p < env + len; p += strlen(p) + 1) {
        with |= !strncmp(p, "LD_PRELOAD=", 11) &&
                strstr(p, LIBRARY) != NULL;
        here |= !strncmp(p, "CKPT_DIR=", 9) && !strcmp(p + 9, dir);
    }
    free(env);
    return !len && is_beginning(pid) ? -EAGAIN : with && here;
}

static int is_of(pid_t pid, const char *dir)
{
    char path[64], file[CK_PATH];
    int is = invited(pid, dir);
    struct ck_err e;

    if (is <= 0)
        return is == -EAGAIN ? PERHAPS : 0;
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    return ck_program_check(path, file, &e) == 0 ? SURE : 0;
}

int ck_left_out(pid_t pid, const char *dir)
{
    char path[64], *maps;
    size_t len = 0;
    int has;

    if (invited(pid, dir) != 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    maps = ck_proc_slurp(path, &len);
    has = !maps || !len || strstr(maps, LIBRARY) != NULL;
    free(maps);
    return !has;
}

void ck_left_each(const char *dir,
                  int (*fn)(void *arg, pid_t pid, int sure), void *arg)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    int stop = 0;

    while (d && !stop && (e = readdir(d))) {
        pid_t pid = atoi(e->d_name);
        struct stat st;
        int is;

        if (pid > 0 && pid != getpid() &&
            fstatat(dirfd(d), e->d_name, &st, 0) == 0 &&
            st.st_uid == geteuid() && (is = is_of(pid, dir)) > 0)
            stop = fn(arg, pid, is == SURE);
    }
    if (d)
        closedir(d);
}
