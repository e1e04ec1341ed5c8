/*
 * cgroup.c - into the cgroups of the step, so that Slurm finds and ends the
 * coordinator with it.
 *
 * Version 1: <mount>/slurm_<node>/uid_U/job_J/step_S in each hierarchy that
 * Slurm uses; older builds say "slurm" without the node. Version 2: the
 * step's scope has user/ for what the user runs. Nothing here fails: where
 * no cgroup is used for tracking, Slurm finds the child by its parent, and
 * the coordinator watches its parent anyway.
 */
#include "spank/plugin.h"

#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <slurm/slurm.h>

static void step_name(char *buf, size_t cap)
{
    switch (ck_plugin.stepid) {
    case SLURM_BATCH_SCRIPT:
        snprintf(buf, cap, "step_batch");
        break;
    case SLURM_INTERACTIVE_STEP:
        snprintf(buf, cap, "step_interactive");
        break;
    default:
        snprintf(buf, cap, "step_%u", ck_plugin.stepid);
    }
}

static int put_self(const char *dir)
{
    char path[1200], pid[16];
    int fd, n, ok;

    snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    n = snprintf(pid, sizeof(pid), "%d", (int)getpid());
    ok = write(fd, pid, (size_t)n) == n;
    close(fd);
    return ok;
}

static void join_v1(const char *mount, const char *step)
{
    char dir[1024];

    snprintf(dir, sizeof(dir), "%s/slurm_%s/uid_%u/job_%u/%s", mount,
             ck_plugin.nodename, (unsigned)ck_plugin.uid, ck_plugin.component, step);
    if (put_self(dir))
        return;
    snprintf(dir, sizeof(dir), "%s/slurm/uid_%u/job_%u/%s", mount,
             (unsigned)ck_plugin.uid, ck_plugin.component, step);
    put_self(dir);
}

/* slurmstepd itself is in <scope>/job_J/step_S/slurm. */
static void join_v2(const char *mount)
{
    char line[600], dir[1024];
    FILE *f = fopen("/proc/self/cgroup", "re");

    if (!f)
        return;
    while (fgets(line, sizeof(line), f)) {
        char *end, *own = line + 3;

        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "0::", 3) != 0)
            continue;
        end = strrchr(own, '/');
        if (!end || strcmp(end, "/slurm") != 0 || !strstr(own, "/job_"))
            continue;
        *end = 0;
        snprintf(dir, sizeof(dir), "%s%s/user/task_special", mount, own);
        if (!put_self(dir)) {
            snprintf(dir, sizeof(dir), "%s%s/user/task_0", mount, own);
            put_self(dir);
        }
    }
    fclose(f);
}

void ck_cgroup_join(void)
{
    FILE *f = setmntent("/proc/mounts", "re");
    struct mntent *m, buf;
    char text[2048], step[32];

    if (!f)
        return;
    step_name(step, sizeof(step));
    while ((m = getmntent_r(f, &buf, text, sizeof(text)))) {
        if (strcmp(m->mnt_type, "cgroup") == 0)
            join_v1(m->mnt_dir, step);
        else if (strcmp(m->mnt_type, "cgroup2") == 0)
            join_v2(m->mnt_dir);
    }
    endmntent(f);
}
