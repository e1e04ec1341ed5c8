/*
 * queue.c - see queue.h. In a child: where Slurm's library finds no
 * configuration it says so and exits, and a slurmctld that is away is waited
 * for.
 */
#include "coordinator/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/allocation.h"

#define MOST_S 20

static const struct {
    enum ck_queue is;
    const char *how;
} table[] = {
    [CK_SLURM_LIVES] = {CK_QUEUE_RUNS, NULL},
    [CK_SLURM_ENDED] = {CK_QUEUE_OVER, NULL},
    [CK_SLURM_REQUEUED] = {CK_QUEUE_WAITS, "Slurm will start it again"},
    [CK_SLURM_CANCELLED] = {CK_QUEUE_OVER, "it was cancelled"},
    [CK_SLURM_PREEMPTED] = {CK_QUEUE_OVER, "it was preempted"},
    [CK_SLURM_TIMEOUT] = {CK_QUEUE_OVER, "its time limit was reached"},
    [CK_SLURM_NODE_FAIL] = {CK_QUEUE_OVER, "its node has failed"},
    [CK_SLURM_KILLED] = {CK_QUEUE_OVER, "Slurm has ended it"},
};

enum { SILENT = 1, UNKNOWN = 2, SAID = 16 }; /* SAID: and how it ends */

static int ask(uint32_t job)
{
    const struct ck_slurm_ops *slurm;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), r;
    struct ck_slurm_job look;
    char why[256] = "";
    struct ck_err e;

    alarm(MOST_S);
    if (null >= 0)
        dup2(null, 2);
    if (!(slurm = ck_slurm_module(&e)))
        return SILENT;
    r = slurm->open(job, why, sizeof why);
    if (r == 0)
        r = slurm->look(&look, why, sizeof why);
    return r == 0 ? SAID + (int)look.end : r == -ESRCH ? UNKNOWN : SILENT;
}

enum ck_queue ck_queue_ask(uint32_t job, const char **how)
{
    pid_t pid = fork();
    int status = 0, said;

    *how = NULL;
    if (pid == 0)
        _exit(ask(job));
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (pid < 0 || !WIFEXITED(status))
        return CK_QUEUE_SILENT;
    said = WEXITSTATUS(status);
    if (said == UNKNOWN)
        return CK_QUEUE_OVER; /* some minutes ago, or longer */
    said -= SAID;
    if (said < 0 || (size_t)said >= sizeof table / sizeof table[0])
        return CK_QUEUE_SILENT;
    *how = table[said].how;
    return table[said].is;
}
