/* probe.c - see probe.h. */
#include "cli/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/base/duration.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/paths.h"
#include "lib/place/place.h"

#define FOUND(...) snprintf(found, 160, __VA_ARGS__)
#define ADVICE(...) snprintf(advice, 240, __VA_ARGS__)

#define MIN_KERNEL_MAJOR 5
#define MIN_KERNEL_MINOR 14
#define MIN_GLIBC_MINOR 34

static int kernel(char found[160], char advice[240])
{
    unsigned major = 0, minor = 0;
    struct utsname u;

    uname(&u);
    FOUND("Linux %.100s, %.40s", u.release, u.machine);
    ADVICE("Linux %d.%d or later on x86_64 is needed", MIN_KERNEL_MAJOR,
           MIN_KERNEL_MINOR);
    if (sscanf(u.release, "%u.%u", &major, &minor) != 2)
        return 0;
    return strcmp(u.machine, "x86_64") == 0 &&
           (major > MIN_KERNEL_MAJOR ||
            (major == MIN_KERNEL_MAJOR && minor >= MIN_KERNEL_MINOR));
}

static int glibc(char found[160], char advice[240])
{
    unsigned major = 0, minor = 0;

    FOUND("glibc %s", gnu_get_libc_version());
    ADVICE("glibc 2.%d or later is needed", MIN_GLIBC_MINOR);
    return sscanf(gnu_get_libc_version(), "%u.%u", &major, &minor) == 2 &&
           (major > 2 || minor >= MIN_GLIBC_MINOR);
}

static int install(char found[160], char advice[240])
{
    struct ck_paths p;
    struct ck_err e;

    if (ck_paths_self(&p, &e) == 0 && ck_paths_check(&p, &e) == 0) {
        FOUND("%.150s", p.prefix);
        return 1;
    }
    FOUND("incomplete");
    ADVICE("%.230s", e.text);
    return 0;
}

/* A text file of one number; -1 if it is not there. */
static int small_number(const char *path)
{
    FILE *f = fopen(path, "re");
    int v = -1;

    if (f && fscanf(f, "%d", &v) != 1)
        v = -1;
    if (f)
        fclose(f);
    return v;
}

/* What the runtime does at a checkpoint: a child seizes and interrupts its
 * parent, which has allowed it to. */
static int try_ptrace(void)
{
    pid_t subject = fork(), got;
    int status;

    if (subject == 0) {
        pid_t me = getpid(), tracer;
        int go[2];
        char c = 0;

        alarm(5);
        if (pipe(go) != 0)
            _exit(3);
        tracer = fork();
        if (tracer == 0) {
            if (read(go[0], &c, 1) != 1)
                _exit(3);
            if (ptrace(PTRACE_SEIZE, me, 0, 0) != 0)
                _exit(1);
            _exit(ptrace(PTRACE_INTERRUPT, me, 0, 0) != 0);
        }
        prctl(PR_SET_PTRACER, tracer);
        if (tracer < 0 || write(go[1], &c, 1) != 1)
            _exit(3);
        while ((got = waitpid(tracer, &status, 0)) < 0 && errno == EINTR)
            ;
        _exit(got == tracer && WIFEXITED(status) ? WEXITSTATUS(status) : 2);
    }
    if (subject < 0)
        return 0;
    while ((got = waitpid(subject, &status, 0)) < 0 && errno == EINTR)
        ;
    return got == subject && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int tracing(char found[160], char advice[240])
{
    int yama = small_number("/proc/sys/kernel/yama/ptrace_scope");
    int ok = try_ptrace();

    if (yama < 0)
        FOUND("ptrace %s, no Yama", ok ? "works" : "is refused");
    else
        FOUND("ptrace %s, Yama ptrace_scope %d", ok ? "works" : "is refused",
              yama);
    ADVICE("programs are stopped by a signal instead, and some calls may "
           "see EINTR; set kernel.yama.ptrace_scope to 0 or 1, or allow "
           "ptrace in the container");
    return ok;
}

static int children(char found[160], char advice[240])
{
    int ok = access("/proc/thread-self/children", R_OK) == 0;

    FOUND("/proc/<pid>/task/<tid>/children %s", ok ? "is there" : "is not");
    ADVICE("a kernel with CONFIG_PROC_CHILDREN and a /proc that is not "
           "hidden are needed");
    return ok;
}

static int mm_map(char found[160], char advice[240])
{
    unsigned size = 0;
    int ok = prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) == 0;

    FOUND("PR_SET_MM_MAP %s", ok ? "works" : "is missing");
    ADVICE("a kernel with CONFIG_CHECKPOINT_RESTORE is needed for restart");
    return ok;
}

static int compare(char found[160], char advice[240])
{
    long r = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 0, 0);
    int ok = r >= 0 || errno == EBADF;

    FOUND("kcmp %s", ok ? "works" : strerror(errno));
    ADVICE("who shares an open file cannot be seen: a kernel with "
           "CONFIG_KCMP, and a container that allows kcmp, are needed");
    return ok;
}

static int faultfd(char found[160], char advice[240])
{
    long fd = syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* USER_MODE_ONLY */);

    FOUND("userfaultfd %s", fd >= 0 ? "works" : strerror(errno));
    ADVICE("not needed today: image sets are always whole");
    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

static int memory(char found[160], char advice[240])
{
    unsigned long long total = 0, avail = 0;
    char line[160], a[32], b[32];
    FILE *f = fopen("/proc/meminfo", "re");

    while (f && fgets(line, sizeof(line), f)) {
        sscanf(line, "MemTotal: %llu", &total);
        sscanf(line, "MemAvailable: %llu", &avail);
    }
    if (f)
        fclose(f);
    ck_bytes_text(a, sizeof(a), avail * 1024);
    ck_bytes_text(b, sizeof(b), total * 1024);
    FOUND("%s of %s available", a, b);
    ADVICE("little memory is left: a program that changes much memory while "
           "its image is written needs room for the copies");
    return avail * 20 > total;
}

static int limits(char found[160], char advice[240])
{
    struct rlimit files, as, fsize;
    char text[3][24];
    const struct rlimit *all[3] = {&files, &as, &fsize};

    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_AS, &as);
    getrlimit(RLIMIT_FSIZE, &fsize);
    for (int i = 0; i < 3; i++)
        if (all[i]->rlim_cur == RLIM_INFINITY)
            strcpy(text[i], "no limit");
        else
            snprintf(text[i], sizeof(text[i]), "%llu",
                     (unsigned long long)all[i]->rlim_cur);
    FOUND("open files %s, address space %s, file size %s", text[0], text[1],
          text[2]);
    ADVICE("image files may not become as large as they have to: "
           "ulimit -f unlimited");
    return fsize.rlim_cur == RLIM_INFINITY;
}

static int topology(char found[160], char advice[240])
{
    struct ck_place *p = malloc(sizeof(*p));
    int rc = p ? ck_place_look(NULL, 0, p) : -ENOMEM;

    if (rc)
        ADVICE("threads that are bound to cpus keep their numbers on a "
               "machine of another kind; %s",
               rc == -ENOENT ? "install hwloc, and build with it"
                             : "look whether hwloc's lstopo works here");
    else
        FOUND("%zu cpus to use, %zu memory node%s", p->ncpu, p->nnode,
              p->nnode == 1 ? "" : "s");
    free(p);
    return !rc;
}

static int registry(char found[160], char advice[240])
{
    char dir[CK_PATH];
    int r;

    snprintf(dir, sizeof(dir), "%.900s/.ckpt/jobs", ck_env_home());
    r = ck_path_mkdirs(dir, 0700);
    if (r == 0 && access(dir, W_OK) != 0)
        r = -errno;
    FOUND("%.100s: %s", dir, r < 0 ? strerror(-r) : "can be written");
    ADVICE("computations cannot be named; use their directories");
    return r == 0;
}

const struct ck_probe ck_probes[] = {
    {"kernel", 1, kernel},
    {"libc", 1, glibc},
    {"installation", 1, install},
    {"children", 1, children},
    {"restore", 1, mm_map},
    {"sharing", 1, compare},
    {"ptrace", 0, tracing},
    {"userfaultfd", 0, faultfd},
    {"memory", 0, memory},
    {"limits", 0, limits},
    {"topology", 0, topology},
    {"names", 0, registry},
};
const size_t ck_n_probes = sizeof(ck_probes) / sizeof(ck_probes[0]);
