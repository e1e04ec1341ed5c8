/*
 * coordinator.c - starting the coordinator of a job.
 *
 * All that touches the user's files is done by the child, which is the user:
 * it makes the job directory, chooses the newest image set that verifies,
 * and becomes `ckpt coordinator`. It tells slurmstepd by lines on the pipe:
 *     S <set directory>   restart from this set
 *     N <text>            tell the user
 *     E <text>            it failed, and why
 * and NUL bytes while it reads a large set, to say that it is alive. Closing
 * the pipe by exec is success. Then the parent waits for the coordinator's
 * address. When anything takes too long or fails the child is ended, and the
 * job runs without checkpoints.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/base/sets.h"
#include "lib/sys/process.h"

#define ALIVE_LIMIT_MS 30000 /* without a sign of life of the child */
#define READY_LIMIT_MS 15000 /* from exec to the address */

extern char **environ;

static int fail(const char *what, const char *why)
{
    snprintf(ck_plugin.problem, sizeof(ck_plugin.problem), "%.200s%.700s",
             what, why);
    return -1;
}

/* ---- in the child ---- */

struct choice {
    int fd;
};

static void tell(int fd, char what, const char *text)
{
    dprintf(fd, "%c %.900s\n", what, text);
}

static void passed_over(void *arg, uint32_t number, const char *why)
{
    struct choice *c = arg;
    char text[900];

    snprintf(text, sizeof(text),
             "image set %u cannot be used (%.600s); going back to an older "
             "one", number, why);
    tell(c->fd, 'N', text);
}

static void progress(void *arg, uint64_t done, uint64_t total)
{
    struct choice *c = arg;

    (void)done, (void)total;
    if (write(c->fd, "", 1) != 1)
        return; /* nobody listens any more: the parent will end us */
}

/* The newest good set in dir above this number -> its number; 0 none. */
static uint32_t newest_good(int fd, const char *dir, uint32_t above)
{
    struct choice c = {.fd = fd};
    struct ck_set_report rep = {.progress = progress, .arg = &c};
    struct ck_manifest *m = NULL;
    struct ck_err e;
    uint32_t n = 0;

    if (ck_sets_newest_good(dir, above, passed_over, &c, &rep, &m, &e) == 0)
        n = m->number;
    ck_manifest_destroy(m);
    return n;
}

/* Of another job, which the user has named: also when it is over. */
static uint32_t newest_of(int fd, const char *old)
{
    int status = 0;
    uint32_t over = ck_sets_finished(old, &status);
    uint32_t n = newest_good(fd, old, over);
    char text[900];

    if (n || !over || !(n = newest_good(fd, old, 0)))
        return n;
    snprintf(text, sizeof(text), "--checkpoint-restart=%.300s: that job has "
             "ended with status %d; going on from its image set %u once more",
             ck_plugin.restart,
             WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
             n);
    tell(fd, 'N', text);
    return n;
}

/* 0 and the set's directory ("": start anew), or -1: told. What an earlier
 * run has left that is over, or had no set, must not look like this one's. */
static int choose_set(int fd, const char *dir, char *set, size_t cap)
{
    char old[CK_PATH];
    struct ck_err e;
    uint32_t over = ck_sets_finished(dir, NULL);
    uint32_t n = newest_good(fd, dir, over);

    *set = 0;
    if (n)
        return ck_jobdir_set(set, cap, dir, n);
    if (over)
        dprintf(2, "ckpt: the last run is over: this one starts anew; image "
                "sets up to %u stay until it has one\n", over);
    ck_jobdir_forget_run(dir);
    if (!ck_plugin.restart[0])
        return 0;
    if (ck_jobdir_resolve(ck_plugin.restart, old, &e) < 0) {
        tell(fd, 'E', e.text);
        return -1;
    }
    n = newest_of(fd, old);
    if (n == 0)
        ck_err(&e, -ENOENT, "--checkpoint-restart=%s: there is no usable "
               "image set in %s", ck_plugin.restart, old);
    else if (ck_import_set(old, dir, n, &e) == 0)
        return ck_jobdir_set(set, cap, dir, n);
    tell(fd, 'E', e.text);
    return -1;
}

static int log_to(const char *dir)
{
    char path[CK_PATH];
    int fd;

    if (ck_jobdir_path(path, sizeof(path), dir, "log") < 0)
        return -1;
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
              0600);
    if (fd < 0)
        return -1;
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
    return 0;
}

static int become_coordinator(int fd, const char *dir, char *set)
{
    const struct ck_config *c = &ck_plugin.config;
    char interval[16], job[16], keep[16], lead[16], name[64];
    char on[CK_EVENTS_TEXT];
    char *argv[24];
    int n = 0;

    snprintf(interval, sizeof(interval), "%u", c->interval);
    snprintf(job, sizeof(job), "%u", ck_plugin.job);
    snprintf(keep, sizeof(keep), "%u", c->keep);
    if (c->lead == CK_LEAD_AUTO)
        strcpy(lead, "auto");
    else
        snprintf(lead, sizeof(lead), "%u", c->lead);
    ck_dir_name(name, sizeof(name));
    argv[n++] = ck_plugin.paths.ckpt;
    argv[n++] = (char *)"coordinator";
    argv[n++] = (char *)"--dir";
    argv[n++] = (char *)dir;
    argv[n++] = (char *)"--name";
    argv[n++] = name;
    argv[n++] = (char *)"--slurm";
    argv[n++] = (char *)"--job";
    argv[n++] = job;
    argv[n++] = (char *)"--interval";
    argv[n++] = interval;
    argv[n++] = (char *)"--keep";
    argv[n++] = keep;
    argv[n++] = (char *)"--lead";
    argv[n++] = lead;
    argv[n++] = (char *)"--on";
    argv[n++] = (char *)ck_config_events_text(c->on, on);
    argv[n++] = (char *)"--foreground";
    argv[n++] = (char *)"--parent-watch";
    if (*set) {
        argv[n++] = (char *)"--restore";
        argv[n++] = set;
    }
    argv[n] = NULL;
    execv(ck_plugin.paths.ckpt, argv);
    tell(fd, 'E', strerror(errno));
    return 127;
}

static int in_child(int fd, void *arg)
{
    char **env = arg;
    char dir[CK_PATH], set[CK_PATH], name[64];
    struct ck_err e;

    environ = ck_envp_plain(env);
    if (ck_jobdir_create(ck_plugin.dir, dir, &e) < 0) {
        tell(fd, 'E', e.text);
        return 1;
    }
    ck_jobdir_addr_remove(dir); /* of a run that is over */
    ck_dir_name(name, sizeof(name));
    if (log_to(dir) == 0 && ck_jobdir_register(name, dir, &e) < 0)
        dprintf(2, "ckpt: %s\n", e.text);
    if (choose_set(fd, dir, set, sizeof(set)) < 0)
        return 1;
    if (*set)
        tell(fd, 'S', set);
    return become_coordinator(fd, dir, set);
}

/* ---- in slurmstepd ---- */

/* Lines of the child. 0, or -1 and the reason in problem. */
static int understand(char *text)
{
    char *save = NULL;
    int r = 0;

    for (char *l = strtok_r(text, "\n", &save); l;
         l = strtok_r(NULL, "\n", &save)) {
        if (strlen(l) < 2)
            continue;
        if (l[0] == 'S')
            snprintf(ck_plugin.set_dir, CK_PATH, "%s", l + 2);
        else if (l[0] == 'N')
            snprintf(ck_plugin.note, sizeof(ck_plugin.note), "%s", l + 2);
        else if (l[0] == 'E')
            r = fail("", l + 2);
    }
    return r;
}

static void pause_ms(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

    nanosleep(&t, NULL);
}

static int has_ended(pid_t pid)
{
    siginfo_t si = {0};

    return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG) == 0 &&
           si.si_pid == pid;
}

static void end_child(pid_t pid)
{
    kill(-pid, SIGKILL); /* it has a session of its own, and a child */
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* The last line of D/log, which is why it ended. */
static void last_words(char *buf, size_t cap)
{
    char path[CK_PATH];
    int fd = -1;
    off_t size;
    ssize_t n;
    char *nl;

    snprintf(buf, cap, "see %.200s/log", ck_plugin.dir);
    if (ck_jobdir_path(path, sizeof(path), ck_plugin.dir, "log") == 0)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    size = lseek(fd, 0, SEEK_END);
    n = pread(fd, buf, cap - 1, size > (off_t)cap ? size - (off_t)cap + 1 : 0);
    close(fd);
    if (n <= 0) {
        snprintf(buf, cap, "see %.200s/log", ck_plugin.dir);
        return;
    }
    buf[n] = 0;
    if (buf[n - 1] == '\n')
        buf[n - 1] = 0;
    nl = strrchr(buf, '\n');
    if (nl)
        memmove(buf, nl + 1, strlen(nl));
}

static int await_address(pid_t pid)
{
    struct ck_coord_addr a;
    char words[400];

    for (int ms = 0; ms < READY_LIMIT_MS; ms += 10) {
        if (ck_jobdir_addr_read(ck_plugin.dir, &a, NULL) == 0 &&
            (a.pid == pid || ck_parent_of(a.pid) == pid)) /* its keeper */
            return 0;
        if (has_ended(pid)) {
            last_words(words, sizeof(words));
            return fail("the coordinator ended at its start: ", words);
        }
        pause_ms(10);
    }
    end_child(pid);
    return fail("the coordinator", " did not come up within 15 s");
}

int ck_coordinator_start(char **env)
{
    char text[4096];
    pid_t pid;
    long n;
    int fd;

    pid = ck_child_start(in_child, env, 1, &fd);
    if (pid < 0)
        return fail("cannot start the coordinator: ", strerror((int)-pid));
    n = ck_child_read(fd, text, sizeof(text), ALIVE_LIMIT_MS);
    close(fd);
    if (n < 0) {
        end_child(pid);
        return fail("the job directory ", "did not answer within 30 s");
    }
    if (understand(text) < 0) {
        end_child(pid);
        return -1;
    }
    return await_address(pid);
}
