/*
 * end.c - signals to all processes of the computation.
 *
 * SIGTERM is a message to each agent, which knows what to do with it. An agent
 * stands still when its process is stopped by a signal, or waits in the
 * kernel; so who is to die is killed by number, if the process of that number
 * is the one that has registered (it was made at the same time): on this node
 * by us, on another by the first agent there. Processes of ours that have not
 * registered yet get their signal in the same way.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "coordinator/left.h"
#include "coordinator/local.h"
#include "lib/base/log.h"
#include "lib/sys/fmt.h"
#include "lib/sys/process.h"

#define NAMED 8

static int is_here(const struct ck_coord *c, const struct ck_peer *x)
{
    return x->start && strcmp(x->node, c->node) == 0;
}

static char state_here(const struct ck_coord *c, const struct ck_peer *x)
{
    return is_here(c, x) ? ck_state_of((int32_t)x->pid, (int32_t)x->pid) : 0;
}

/* Nonzero: the process has it. */
static int send_here(const struct ck_peer *x, int sig)
{
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)x->pid, 0), sent;

    if (fd < 0)
        return 0;
    sent = ck_start_of((int32_t)x->pid) == x->start &&
           syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == 0;
    close(fd);
    return sent;
}

/* The first of the node, if that is another. */
static struct ck_peer *deputy(struct ck_coord *c, const struct ck_peer *x)
{
    struct ck_peer *y;

    TAILQ_FOREACH(y, &c->peers.processes, entry)
        if (strcmp(x->node, y->node) == 0)
            return y == x ? NULL : y;
    return NULL;
}

struct left {
    struct ck_coord *c;
    int sig;
};

static int signal_left(void *arg, pid_t pid, int sure)
{
    struct left *l = arg;

    if (!sure || ck_peer_find(&l->c->peers, l->c->node, (uint32_t)pid))
        return 0;
    if (kill(pid, l->sig) == 0 && ck_state_of(pid, pid) == 'T')
        kill(pid, SIGCONT);
    return 0;
}

static void kill_all(struct ck_coord *c)
{
    struct ck_msg_signal m = {.sig = SIGKILL};
    struct ck_peer *x, *y;

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (is_here(c, x) || !x->start || !(y = deputy(c, x)))
            continue;
        m.pid = x->pid;
        m.start = x->start;
        CK_LINK_SEND(y->link, signal, SIGNAL, &m);
    }
    m.pid = 0;
    m.start = 0;
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (!is_here(c, x) || !send_here(x, SIGKILL))
            CK_LINK_SEND(x->link, signal, SIGNAL, &m);
}

void ck_coord_signal_all(struct ck_coord *c, int sig)
{
    struct ck_msg_signal m = {.sig = (uint32_t)sig};
    struct left l = {c, sig};
    struct ck_peer *x;

    if (c->had_process)
        ck_left_each(c->opt.dir, signal_left, &l);
    if (sig == SIGKILL) {
        kill_all(c);
        return;
    }
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (x->state == CK_P_HELD)
            continue;
        /* What is stopped reads nothing, and is to end. */
        if (state_here(c, x) == 'T' &&
            send_here(x, sig))
            send_here(x, SIGCONT);
        else
            CK_LINK_SEND(x->link, signal, SIGNAL, &m);
    }
}

void ck_coord_quit_over(void *arg)
{
    struct ck_coord *c = arg;
    const struct ck_peer *x;
    char text[900] = "", who[256];
    size_t len = 0, n = 0;

    if (c->session.state != CK_ST_ENDING)
        return;
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        char state = state_here(c, x);

        if (n++ >= NAMED)
            continue;
        ck_peer_text(x, who, sizeof who);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.80s%s",
                                len ? ", " : "", who,
                                state == 'D' ? ", which waits in the kernel "
                                               "(state D)" : "");
    }
    snprintf(c->last_error, sizeof c->last_error,
             "%zu process%s ended yet: %s", n, n == 1 ? " has not" : "es have "
             "not", text);
    ck_log("%s", c->last_error);
    ck_status_changed(c);
    ck_coord_signal_all(c, SIGKILL);
    ck_loop_arm(&c->loop, &c->quit_timer, ck_now() + c->opt.limit.quit);
}
