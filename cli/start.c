/*
 * start.c - see start.h. The coordinator is this same program; it is told
 * everything on its command line and inherits no open file but its log, so
 * that it keeps no terminal and no pipe of the user's alive.
 */
#include "cli/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/base/conn.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/proto/messages.h"
#include "lib/sys/process.h"

#define START_LIMIT_MS 60000 /* a node under load takes its time */

/* The last lines of D/log: why a coordinator did not come up. */
static void tail(const char *dir, long from, char *out, size_t cap)
{
    char path[CK_PATH], *end, *why;
    size_t n = 0;
    FILE *f;

    out[0] = 0;
    if (ck_jobdir_path(path, sizeof(path), dir, "log") < 0 ||
        !(f = fopen(path, "re")))
        return;
    if (fseek(f, 0, SEEK_END) == 0 && ftell(f) > from + (long)cap - 1)
        from = ftell(f) - ((long)cap - 1);
    if (fseek(f, from, SEEK_SET) == 0)
        n = fread(out, 1, cap - 1, f);
    out[n] = 0;
    fclose(f);
    while (n > 0 && out[n - 1] == '\n')
        out[--n] = 0;
    end = strrchr(out, '\n'); /* the last line is the reason */
    end = end ? end + 1 : out;
    why = strstr(end, "not started: ");
    why = why ? why + strlen("not started: ") : end;
    memmove(out, why, strlen(why) + 1);
}

static int arguments(const struct ck_paths *p, const struct ck_coord_start *s,
                     char *argv[16], char text[4][16])
{
    int n = 0;

    argv[n++] = (char *)p->ckpt;
    argv[n++] = (char *)"coordinator";
    argv[n++] = (char *)"--foreground"; /* ours: its end is seen */
    argv[n++] = (char *)"--dir";
    argv[n++] = (char *)s->dir;
    if (s->name) {
        argv[n++] = (char *)"--name";
        argv[n++] = (char *)s->name;
    }
    if (s->has_interval) {
        snprintf(text[0], 16, "%u", s->interval);
        argv[n++] = (char *)"--interval";
        argv[n++] = text[0];
    }
    if (s->keep) {
        snprintf(text[1], 16, "%u", s->keep);
        argv[n++] = (char *)"--keep";
        argv[n++] = text[1];
    }
    if (s->restore) {
        snprintf(text[2], 16, "%u", s->restore);
        argv[n++] = (char *)"--restore";
        argv[n++] = text[2];
    }
    argv[n] = NULL;
    return n;
}

/* In the child; does not return. */
static void become(const struct ck_paths *p, const struct ck_coord_start *s,
                   int log)
{
    char *argv[16], text[4][16];
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    arguments(p, s, argv, text);
    setsid();
    dup2(null, 0);
    dup2(log, 1);
    dup2(log, 2);
    close_range(3, ~0U, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    if (chdir("/") != 0)
        _exit(126);
    ck_env_put("LD_PRELOAD", NULL);
    ck_env_put("CKPT_DIR", NULL);
    execv(p->ckpt, argv);
    ck_log_stderr("ckpt");
    ck_log("cannot run %s: %s", p->ckpt, strerror(errno));
    _exit(127);
}

/* The coordinator that our child is the keeper of, or itself. */
static int is_ours(pid_t coordinator, pid_t child)
{
    return coordinator == child || ck_parent_of(coordinator) == child;
}

/* One that has just been started in the place of one that was killed with all
 * of its processes holds the directory, and nobody needs it. */
static void send_away(const char *dir, pid_t child)
{
    struct ck_conn *c;

    if (ck_conn_open(dir, 1000, &c, NULL) < 0)
        return;
    if (!is_ours(ck_conn_pid(c), child))
        ck_conn_run(c, CK_CMD_SHUTDOWN, 0, 0, 2000, NULL, NULL, NULL);
    ck_conn_close(c);
}

static pid_t await(pid_t pid, const struct ck_coord_start *s, long log_from,
                   struct ck_err *e)
{
    int64_t until = ck_now_ms() + START_LIMIT_MS;
    char said[400];
    int status;

    for (;;) {
        struct ck_coord_addr a;

        if (ck_jobdir_addr_read(s->dir, &a, NULL) == 0) {
            if (!is_ours(a.pid, pid))
                send_away(s->dir, pid);
            else if (ck_conn_alive(s->dir, 2000, NULL) == 1)
                return pid;
        }
        if (waitpid(pid, &status, WNOHANG) == pid) {
            tail(s->dir, log_from, said, sizeof(said));
            return ck_err(e, -ECHILD,
                          "the coordinator ended at its start (status %d): "
                          "%s",
                          ck_exit_code(status),
                          said[0] ? said : "it said nothing");
        }
        if (ck_now_ms() >= until) {
            tail(s->dir, log_from, said, sizeof(said));
            kill(-pid, SIGKILL);
            waitpid(pid, &status, 0);
            return ck_err(e, -ETIMEDOUT,
                          "the coordinator did not answer within %d s: %s",
                          START_LIMIT_MS / 1000,
                          said[0] ? said : "it said nothing");
        }
        ck_sleep_ms(5);
    }
}

pid_t ck_coordinator_start(const struct ck_paths *p,
                           const struct ck_coord_start *s, struct ck_err *e)
{
    char path[CK_PATH];
    long from;
    pid_t pid;
    int log;

    if (ck_jobdir_path(path, sizeof(path), s->dir, "log") < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", s->dir);
    log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
               0600);
    if (log < 0)
        return ck_err_sys(e, -errno, "cannot write %s", path);
    from = lseek(log, 0, SEEK_END);
    ck_jobdir_addr_remove(s->dir); /* of one that is gone */
    signal(SIGCHLD, SIG_DFL);
    pid = fork();
    if (pid == 0)
        become(p, s, log);
    close(log);
    if (pid < 0)
        return ck_err_sys(e, -errno, "cannot start a coordinator");
    return await(pid, s, from, e);
}

int ck_coordinator_dismiss(const char *dir, int limit_ms)
{
    int64_t until = ck_now_ms() + limit_ms;

    for (;;) {
        struct ck_conn *c;
        int r = ck_conn_open(dir, 1000, &c, NULL);

        if (r == -ENOENT || r == -ECONNREFUSED)
            return 1;
        if (r == 0) {
            ck_conn_run(c, CK_CMD_SHUTDOWN, 0, 0, 2000, NULL, NULL, NULL);
            ck_conn_close(c);
        }
        if (ck_now_ms() >= until)
            return 0;
        ck_sleep_ms(20);
    }
}

int ck_detach(const char *dir, struct ck_err *e)
{
    char path[CK_PATH], status = 1;
    int p[2], null, out;
    pid_t pid;

    if (ck_jobdir_path(path, sizeof(path), dir, "output") < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", dir);
    out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
               0600);
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (out < 0 || null < 0 || pipe2(p, O_CLOEXEC) != 0)
        return ck_err_sys(e, -errno, "cannot write %s", path);
    pid = fork();
    if (pid < 0)
        return ck_err_sys(e, -errno, "cannot go to the background");
    if (pid > 0) {
        ssize_t n;

        close(p[1]);
        do
            n = read(p[0], &status, 1);
        while (n < 0 && errno == EINTR);
        if (n == 1 && status == 0) {
            printf("%s\n", dir);
            status = (char)ck_cli_done();
        }
        _exit(n == 1 ? status : 1);
    }
    close(p[0]);
    setsid();
    dup2(null, 0);
    dup2(out, 1);
    close(out);
    close(null);
    return p[1];
}

void ck_detached(int fd, int status)
{
    char c = (char)status;

    if (fd < 0)
        return;
    dup2(1, 2);
    if (write(fd, &c, 1) < 0)
        ck_debug("the starting process is gone");
    close(fd);
}
