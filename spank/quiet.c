/*
 * quiet.c - slurmstepd's remark that the step is cancelled comes at the end.
 *
 * When the grace time of a preemption begins, slurmstepd writes "*** STEP
 * 12.0 ON n1 CANCELLED AT ... ***" to the step's standard error: into the
 * job's output, before the last checkpoint, for a step that will go on. So
 * what slurmstepd itself has to say passes through a pipe here; that line is
 * held until the step is over, everything else is passed on at once. A step
 * that was really cancelled still tells so; of one that goes on elsewhere
 * the line is lost with its output behind the checkpoint. Tasks are not
 * concerned: their standard error is their own.
 *
 * When anything fails, slurmstepd keeps the standard error that it had.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct {
    int running;
    int from, to;
    pthread_t thread;
    char line[1024];
    size_t n;
    char held[1024];
    size_t nheld;
} quiet;

static void put(const char *p, size_t n)
{
    while (n > 0) {
        ssize_t r = write(quiet.to, p, n);

        if (r < 0 && errno != EINTR)
            return;
        if (r > 0) {
            p += r;
            n -= (size_t)r;
        }
    }
}

/* Without a reason, or because of the preemption itself. */
static int is_cancelled(const char *line)
{
    const char *at = strstr(line, " CANCELLED AT ");

    if (!at || !(strstr(line, "*** STEP ") || strstr(line, "*** JOB ")))
        return 0;
    return !strstr(at, " DUE TO ") || strstr(at, " DUE TO PREEMPTION") ||
           strstr(at, " DUE TO JOB REQUEUE");
}

static void end_of_line(void)
{
    quiet.line[quiet.n] = 0;
    if (is_cancelled(quiet.line) &&
        quiet.nheld + quiet.n <= sizeof(quiet.held)) {
        memcpy(quiet.held + quiet.nheld, quiet.line, quiet.n);
        quiet.nheld += quiet.n;
    } else {
        put(quiet.line, quiet.n);
    }
    quiet.n = 0;
}

static void *filter(void *arg)
{
    char buf[512];
    ssize_t r;

    while ((r = read(quiet.from, buf, sizeof(buf))) > 0 ||
           (r < 0 && errno == EINTR)) {
        for (ssize_t i = 0; i < r; i++) {
            quiet.line[quiet.n++] = buf[i];
            if (buf[i] == '\n' || quiet.n == sizeof(quiet.line) - 1)
                end_of_line();
        }
    }
    end_of_line();
    put(quiet.held, quiet.nheld);
    close(quiet.to); /* slurmstepd waits for the end of this */
    close(quiet.from);
    return arg;
}

void ck_quiet_start(void)
{
    int p[2];
    sigset_t all, old;

    if (quiet.running || pipe2(p, O_CLOEXEC) != 0)
        return;
    quiet.from = p[0];
    quiet.to = fcntl(2, F_DUPFD_CLOEXEC, 10);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (quiet.to >= 0 &&
        pthread_create(&quiet.thread, NULL, filter, NULL) == 0) {
        quiet.running = 1;
        dup2(p[1], 2);
    } else {
        close(p[0]);
        if (quiet.to >= 0)
            close(quiet.to);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    close(p[1]);
}

void ck_quiet_end(void)
{
    int null;

    if (!quiet.running)
        return;
    null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0)
        return;
    dup2(null, 2);
    close(null);
    pthread_join(quiet.thread, NULL);
    quiet.running = 0;
}
