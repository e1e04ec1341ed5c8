/* m_settings.c - what is set for a process, and for one thread, and stays:
 * each setting is what was set last, whatever else was set meanwhile. Two
 * modules: `settings` of a process, `own` of a thread among others. What is
 * not allowed here, or not known, is left out. */
#include "torture.h"

#include <pthread.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define MOST 16
#define GET_REGISTRATIONS (1 << 9) /* membarrier, Linux 6.3 */

struct setting {
    const char *name;
    unsigned values; /* it is set to one below that */
    int (*set)(long v);
    long (*get)(void);
};

/* ---- of a process ---- */

static long number_in(const char *path, int base)
{
    char text[40] = "";
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, text, sizeof text - 1);

    close(fd);
    return n > 0 ? strtol(text, NULL, base) : -1;
}

static int number_to(const char *path, long v)
{
    int fd = open(path, O_WRONLY), bad = dprintf(fd, "%ld", v) < 0;

    close(fd);
    return -bad;
}

static long membarrier(long cmd)
{
    return syscall(SYS_membarrier, cmd, 0, 0);
}

/* Which are registered, if each of them may be used. */
static long barriers(void)
{
    long have = membarrier(GET_REGISTRATIONS);

    for (long cmd = 1 << 4; cmd <= 1 << 8; cmd <<= 2)
        if (have > 0 && (have & cmd) && membarrier(cmd >> 1) < 0)
            return -errno;
    return have;
}

static int set_barrier(long v)
{
    return (int)membarrier(1l << (4 + 2 * v));
}

static int set_personality(long v)
{
    return personality((v & 1 ? ADDR_NO_RANDOMIZE : 0) | (v & 2 ? UNAME26 : 0)) < 0;
}
static long get_personality(void) { return personality(0xffffffff); }

static int set_filter(long v) { return number_to("/proc/self/coredump_filter", v); }
static long get_filter(void) { return number_in("/proc/self/coredump_filter", 16); }

static long get_oom(void) { return number_in("/proc/self/oom_score_adj", 10); }
static int set_oom(long v)
{
    long now = get_oom();

    /* it may only be raised */
    return number_to("/proc/self/oom_score_adj", now + v < 1000 ? now + v : now);
}

static int set_limit(int what, long v)
{
    struct rlimit rl;

    if (getrlimit(what, &rl) < 0)
        return -1;
    rl.rlim_cur = rl.rlim_max < (rlim_t)v ? rl.rlim_max : (rlim_t)v;
    return setrlimit(what, &rl);
}
static long get_limit(int what)
{
    struct rlimit rl;

    return getrlimit(what, &rl) < 0 ? -1 : (long)rl.rlim_cur;
}
static int set_core(long v) { return set_limit(RLIMIT_CORE, v * 4096); }
static long get_core(void) { return get_limit(RLIMIT_CORE); }
static int set_queue(long v) { return set_limit(RLIMIT_MSGQUEUE, v * 100); }
static long get_queue(void) { return get_limit(RLIMIT_MSGQUEUE); }
static int set_stack(long v) { return set_limit(RLIMIT_STACK, (v + 100) << 16); }
static long get_stack(void) { return get_limit(RLIMIT_STACK); }

static int set_thp(long v) { return prctl(PR_SET_THP_DISABLE, v, 0, 0, 0); }
static long get_thp(void) { return prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0); }
static int set_death(long v) { return prctl(PR_SET_PDEATHSIG, v); }
static long get_death(void)
{
    int sig = -1;

    prctl(PR_GET_PDEATHSIG, &sig);
    return sig;
}
static int set_adopts(long v) { return prctl(PR_SET_CHILD_SUBREAPER, v); }
static long get_adopts(void)
{
    int v = -1;

    prctl(PR_GET_CHILD_SUBREAPER, &v);
    return v;
}
static int set_nnp(long v) { return v == 7 ? prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : 0; }
static long get_nnp(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }

static ino_t above; /* the directory that the removed one was in */

/* It works in a directory that is gone; the way up is still there. */
static long get_removed(void)
{
    struct stat st;
    char buf[600];

    if (getcwd(buf, sizeof buf) || errno != ENOENT || stat("..", &st) < 0)
        return 0;
    return st.st_ino == above;
}

static const struct setting of_process[] = {
    {"membarrier", 3, set_barrier, barriers},
    {"personality", 4, set_personality, get_personality},
    {"coredump_filter", 128, set_filter, get_filter},
    {"oom_score_adj", 3, set_oom, get_oom},
    {"RLIMIT_CORE", 1000, set_core, get_core},
    {"RLIMIT_MSGQUEUE", 1000, set_queue, get_queue},
    {"RLIMIT_STACK", 28, set_stack, get_stack},
    {"huge pages", 2, set_thp, get_thp},
    {"PDEATHSIG", 60, set_death, get_death},
    {"subreaper", 2, set_adopts, get_adopts},
    {"no_new_privs", 8, set_nnp, get_nnp},
    {"removed directory", 0, NULL, get_removed},
};

/* ---- of a thread ---- */

static int set_policy(long v)
{
    struct sched_param p = {0};

    return sched_setscheduler(0, v ? SCHED_BATCH : SCHED_OTHER, &p);
}
static long get_policy(void) { return sched_getscheduler(0); }

static int set_nice(long v)
{
    int now = getpriority(PRIO_PROCESS, (id_t)gettid());

    return v == 0 && now < 4 ? setpriority(PRIO_PROCESS, (id_t)gettid(), now + 1) : 0;
}
static long get_nice(void) { return getpriority(PRIO_PROCESS, (id_t)gettid()); }

/* best effort, of class 2 */
static int set_ioprio(long v) { return (int)syscall(SYS_ioprio_set, 1, 0, 2 << 13 | (v & 7)); }
static long get_ioprio(void) { return syscall(SYS_ioprio_get, 1, 0); }

static int set_cpus(long v)
{
    int n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int i = 0; i < n && i < 12; i++)
        if (v >> i & 1)
            CPU_SET(i, &set);
    return CPU_COUNT(&set) ? sched_setaffinity(0, sizeof set, &set) : 0;
}
static long get_cpus(void)
{
    cpu_set_t set;
    long v = 0;

    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return -1;
    for (int i = 0; i < 60; i++)
        v |= CPU_ISSET(i, &set) ? 1l << i : 0;
    return v;
}

static int set_slack(long v) { return prctl(PR_SET_TIMERSLACK, 50000 + v, 0, 0, 0); }
static long get_slack(void) { return prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0); }

static int set_broken(long v)
{
    return prctl(PR_MCE_KILL, PR_MCE_KILL_SET, v % 3, 0, 0);
}
static long get_broken(void) { return prctl(PR_MCE_KILL_GET, 0, 0, 0, 0); }

static int set_name(long v)
{
    char name[16];

    snprintf(name, sizeof name, "%ld", v);
    return prctl(PR_SET_NAME, name);
}
static long get_name(void)
{
    char name[16] = "";

    prctl(PR_GET_NAME, name);
    return atol(name);
}

static int set_numa(long v)
{
    unsigned long node = 1;

    return (int)syscall(SYS_set_mempolicy, v, v ? &node : NULL, v ? 64L : 0L);
}
static long get_numa(void)
{
    int mode = -1;

    syscall(SYS_get_mempolicy, &mode, NULL, 0L, NULL, 0L);
    return mode;
}

static int signal_of(long v) { return SIGRTMAX - (int)v; }

/* Of signals that nobody sends. */
static int set_mask(long v)
{
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, signal_of(v / 2));
    return pthread_sigmask(v & 1 ? SIG_BLOCK : SIG_UNBLOCK, &one, NULL);
}
static long get_mask(void)
{
    sigset_t now;
    long v = 0;

    pthread_sigmask(SIG_BLOCK, NULL, &now);
    for (int i = 0; i < 10; i++)
        v = 2 * v + sigismember(&now, signal_of(i));
    return v;
}

static const struct setting of_thread[] = {
    {"policy", 2, set_policy, get_policy},
    {"nice", 40, set_nice, get_nice},
    {"class of input and output", 8, set_ioprio, get_ioprio},
    {"cpus", 4096, set_cpus, get_cpus},
    {"timer slack", 5000, set_slack, get_slack},
    {"broken memory", 3, set_broken, get_broken},
    {"name", 10000, set_name, get_name},
    {"memory policy", 4, set_numa, get_numa},
    {"mask", 20, set_mask, get_mask},
};

/* ---- both ---- */

static _Noreturn void keep(struct inst *t, int part, const struct setting *s, unsigned n)
{
    struct rng r = rng_of(t, part);
    long is[MOST];

    for (unsigned i = 0; i < n; i++)
        is[i] = s[i].get();
    for (;;) {
        unsigned i = rnd(&r, n);

        if (s[i].set && s[i].set(rnd(&r, s[i].values)) == 0)
            is[i] = s[i].get();
        if (damage(t, part))
            is[0] += 1000;
        for (int again = 0; again < 3; again++) {
            nap(t, &r);
            for (i = 0; i < n; i++) {
                long now = s[i].get();

                if (now != is[i])
                    fault(t, __FILE__, __LINE__, "%s was %ld, is %ld", s[i].name,
                          is[i], now);
            }
            beat(t, part);
        }
    }
}

static void run_process(struct inst *t, int part)
{
    const char *in = own_path(t, "in"), *dir = own_path(t, "in/removed");
    struct stat st;

    NEED(t, mkdir(in, 0755) == 0 && mkdir(dir, 0755) == 0 && chdir(dir) == 0);
    NEED(t, rmdir(dir) == 0 && stat(in, &st) == 0);
    above = st.st_ino;
    SAME(t, get_removed(), 1);
    keep(t, part, of_process, sizeof of_process / sizeof of_process[0]);
}

static void run_thread(struct inst *t, int part)
{
    keep(t, part, of_thread, sizeof of_thread / sizeof of_thread[0]);
}

const struct module module_settings = {.name = "settings", .parts = 1, .solo = 1,
                                       .run = run_process};
const struct module module_own = {.name = "own", .parts = 2, .run = run_thread};
