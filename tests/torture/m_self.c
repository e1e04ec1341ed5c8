/* m_self.c - what a process is beside its memory: working directory, umask,
 * limits, priority, names, what /proc says under its own number. */
#include "torture.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void look(struct inst *t, const char *dir, mode_t mask, rlim_t files,
                 int nice_value)
{
    char buf[600], path[60], name[16];
    struct rlimit rl;
    ssize_t n;

    NEED(t, getcwd(buf, sizeof buf) != NULL);
    NEED(t, strcmp(buf, dir) == 0);
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)getpid());
    n = readlink(path, buf, sizeof buf - 1);
    NEED(t, n > 0);
    buf[n] = 0;
    NEED(t, strcmp(buf, dir) == 0);
    NEED(t, readlink("/proc/self/exe", buf, sizeof buf) > 0);
    SAME(t, umask(mask), mask);
    NEED(t, getrlimit(RLIMIT_NOFILE, &rl) == 0);
    SAME(t, rl.rlim_cur, files);
    SAME(t, getpriority(PRIO_PROCESS, 0), nice_value);
    NEED(t, prctl(PR_GET_NAME, name) == 0 && strcmp(name, "tortured") == 0);
    NEED(t, prctl(PR_GET_PDEATHSIG, &n) == 0);
    NEED(t, access("own", F_OK) == 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    char dir[600];
    struct rlimit rl;
    mode_t mask = 022;
    int prio = getpriority(PRIO_PROCESS, 0);

    prctl(PR_SET_NAME, "tortured");
    snprintf(dir, sizeof dir, "%s", own_path(t, "dir"));
    NEED(t, mkdir(dir, 0755) == 0 && chdir(dir) == 0);
    NEED(t, getcwd(dir, sizeof dir) != NULL);
    close(open("own", O_CREAT | O_WRONLY, 0644));
    NEED(t, getrlimit(RLIMIT_NOFILE, &rl) == 0);
    umask(mask);
    for (;;) {
        rl.rlim_cur = 100 + rnd(&r, (unsigned)(rl.rlim_max > 1000 ? 900 : 1));
        NEED(t, setrlimit(RLIMIT_NOFILE, &rl) == 0);
        mask = (mode_t)rnd(&r, 0777);
        umask(mask);
        if (prio < 19 && rnd(&r, 50) == 0)
            NEED(t, setpriority(PRIO_PROCESS, 0, ++prio) == 0);
        for (int i = 0; i < 10; i++) {
            if (damage(t, part))
                umask(mask ^ 1);
            look(t, dir, mask, rl.rlim_cur, prio);
            beat(t, part);
            nap(t, &r);
        }
    }
}

const struct module module_self = {.name = "self", .parts = 1, .solo = 1, .run = run};
