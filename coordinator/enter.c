/*
 * enter.c - what a transition causes: the session's table says when, this
 * file says what, in one function per state at the most.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "coordinator/coord.h"
#include "coordinator/leaving.h"
#include "coordinator/left.h"
#include "coordinator/local.h"
#include "lib/base/log.h"

#define ANSWER_MS 10000 /* a process that is there connects in that time */

void ck_coord_fire(struct ck_coord *c, enum ck_event ev, const char *fmt, ...)
{
    char why[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    ck_session_fire(&c->session, ev, why);
}

static void enter_idle(struct ck_coord *c)
{
    if (c->peers.nprocesses)
        ck_coord_fire(c, CK_EV_JOIN, "processes are here");
    else
        ck_coord_consider_end(c);
}

static void enter_running(struct ck_coord *c, enum ck_state from,
                          enum ck_event ev)
{
    struct ck_peer *x;
    char text[128];

    ck_loop_disarm(&c->loop, &c->round.limit);
    ck_loop_disarm(&c->loop, &c->round.recheck);
    if (ev == CK_EV_RESTORED) {
        ck_restore_go(c);
        return;
    }
    if (from == CK_ST_IDLE && !c->policy.started)
        ck_policy_started(&c->policy, ck_now());
    if (from == CK_ST_HOLDING)
        ck_round_resume(c);
    if (ev == CK_EV_COMMITTED) {
        snprintf(text, sizeof text, "set %u is committed", c->round.id);
        ck_control_tell(c, c->round.id, 0, 1, text);
    }
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        x->member = 0;
    ck_round_release_held(c);
    if (!c->peers.nprocesses)
        ck_coord_fire(c, CK_EV_EMPTY, "no process is left");
}

static void enter_ending(struct ck_coord *c, enum ck_state from)
{
    if (ck_state_busy(from)) {
        ck_round_abort(c, "the computation is to end");
        ck_round_remove(c);
        ck_control_tell(c, c->round.id, -ECANCELED, 1,
                        "the computation is to end");
    } else if (from == CK_ST_HOLDING) {
        ck_round_resume(c);
    } else if (from == CK_ST_RESTORING) {
        c->exit_code = 1;
        ck_restore_give_up(c);
    }
    ck_loop_disarm(&c->loop, &c->round.limit);
    ck_loop_disarm(&c->loop, &c->round.recheck);
    ck_round_release_held(c);
    ck_coord_signal_all(c, c->quit_signal);
    ck_loop_arm(&c->loop, &c->quit_timer, ck_now() + c->opt.limit.quit);
    if (!c->peers.nprocesses)
        ck_coord_empty(c);
}

static void enter_ended(struct ck_coord *c, enum ck_state from)
{
    if (ck_state_busy(from)) {
        ck_round_abort(c, "the coordinator ends");
        ck_round_remove(c);
    } else if (from == CK_ST_HOLDING && !c->policy.final_done) {
        ck_round_resume(c);
    } else if (from == CK_ST_RESTORING) {
        ck_restore_give_up(c);
    }
    ck_control_tell(c, c->round.id, -ECANCELED, 1, "the coordinator ends");
    ck_control_tell(c, 0, -ECANCELED, 1, "the coordinator ends");
    ck_loop_stop(&c->loop);
}

static void enter(void *arg, enum ck_state from, enum ck_event ev,
                  enum ck_state to)
{
    struct ck_coord *c = arg;

    ck_status_changed(c);
    switch (to) {
    case CK_ST_IDLE:
        enter_idle(c);
        break;
    case CK_ST_RUNNING:
        enter_running(c, from, ev);
        break;
    case CK_ST_STOPPING:
        ck_stop_enter(c);
        break;
    case CK_ST_DRAINING:
        ck_drain_enter(c);
        break;
    case CK_ST_STOPPING_LAUNCHERS:
        ck_stop_launchers_enter(c);
        break;
    case CK_ST_CAPTURING:
        ck_capture_enter(c);
        break;
    case CK_ST_WRITING:
        ck_write_enter(c);
        break;
    case CK_ST_COMMITTING:
        ck_commit_enter(c);
        break;
    case CK_ST_HOLDING:
        ck_hold_enter(c);
        break;
    case CK_ST_ABORTING:
        ck_abort_enter(c);
        break;
    case CK_ST_ENDING:
        enter_ending(c, from);
        break;
    case CK_ST_ENDED:
        enter_ended(c, from);
        break;
    case CK_ST_RESTORING:
    case CK_ST_COUNT_:
        break;
    }
}

static void log_transition(void *arg, enum ck_event ev, enum ck_state from,
                           enum ck_state to, int legal, const char *why)
{
    struct ck_coord *c = arg;

    if (!legal) {
        ck_log("%s: not possible while %s%s%s", ck_event_name(ev),
               ck_state_name(from), *why ? ": " : "", why);
        return;
    }
    ck_log("%s: %s -> %s%s%s", ck_event_name(ev), ck_state_name(from),
           ck_state_name(to), *why ? ": " : "", why);
    ck_journal_add(&c->journal, 0, "state event=%s from=%s to=%s",
                   ck_event_name(ev), ck_state_name(from), ck_state_name(to));
}

const struct ck_session_ops ck_coord_session_ops = {
    .log = log_transition,
    .enter = enter,
};

/* Between the end of one program and the beginning of the next (exec) a
 * process is not connected: is one of ours still there? */
static int somebody_execs(struct ck_coord *c)
{
    for (unsigned i = 0; i < CK_GONE_MAX; i++) {
        if (c->gone[i] && !ck_local_gone(c->gone[i], NULL, 0))
            return 1;
        c->gone[i] = 0;
    }
    return 0;
}

static int note(void *arg, pid_t pid, int sure)
{
    (void)sure;
    *(pid_t *)arg = pid;
    return 1;
}

int ck_coord_left(struct ck_coord *c)
{
    char name[64];
    pid_t pid = 0;

    if (ck_lost_expects(c))
        return 1;
    ck_left_each(c->opt.dir, note, &pid);
    if (!pid || !c->idle_since || ck_now() < c->idle_since + ANSWER_MS)
        return pid != 0;
    ck_local_gone((uint32_t)pid, name, sizeof name);
    if (!c->gave_up)
        ck_log("process %d (%s) belongs to the computation and has not "
               "connected in %d s: it is left alone", (int)pid, name,
               ANSWER_MS / 1000);
    c->gave_up = 1;
    return 0;
}

void ck_coord_end(struct ck_coord *c, const char *why)
{
    ck_coord_fire(c, CK_EV_END, "%s", why);
}

/* One that was forked by who was about to die has missed the signal. */
void ck_coord_empty(struct ck_coord *c)
{
    if (c->session.state == CK_ST_ENDING && c->had_process) {
        if (!c->idle_since)
            c->idle_since = ck_now();
        if (ck_coord_left(c)) {
            ck_coord_signal_all(c, c->quit_signal);
            ck_loop_arm(&c->loop, &c->end_timer, ck_now() + 100);
            return;
        }
    }
    ck_coord_fire(c, CK_EV_EMPTY, "the last process is gone");
}

/* Called again by end_timer until it is decided. */
void ck_coord_consider_end(struct ck_coord *c)
{
    if (c->session.state == CK_ST_ENDING && !c->peers.nprocesses) {
        ck_coord_empty(c);
        return;
    }
    if (c->session.state != CK_ST_IDLE || c->peers.nprocesses)
        return;
    if (!c->leave && !c->had_process)
        return;
    if (!c->leave && (!c->idle_since || somebody_execs(c) ||
                      ck_now() < c->idle_since + c->opt.limit.linger ||
                      ck_coord_left(c))) {
        if (!c->idle_since)
            c->idle_since = ck_now();
        ck_loop_arm(&c->loop, &c->end_timer, ck_now() + 100);
        return;
    }
    /* who waits for a checkpoint that was to be tried again */
    c->requested = 0;
    ck_control_tell(c, 0, -ESRCH, 1, "no checkpoint: the computation has "
                    "ended");
    if (c->leave || !(c->opt.stay || c->opt.parent_watch))
        ck_coord_end(c, "the computation has ended");
}

/* After every round of the loop: is a checkpoint due? */
void ck_coord_pump(void *arg)
{
    struct ck_coord *c = arg;
    enum ck_due why;
    struct ck_err e;
    int64_t at;

    ck_loop_disarm(&c->loop, &c->due);
    if (c->session.state != CK_ST_RUNNING)
        return;
    why = c->requested ? CK_DUE_REQUEST : ck_policy_due(&c->policy, ck_now());
    if (why == CK_DUE_NONE) {
        if (ck_policy_next(&c->policy, &at) != CK_DUE_NONE)
            ck_loop_arm(&c->loop, &c->due, at);
        return;
    }
    if (ck_lost_expects(c) || ck_leaving_blocks(c, ck_due_final(why)))
        return;
    c->requested = 0;
    if (ck_checkpoint_begin(c, why, &e) < 0) {
        ck_log("no checkpoint: %s", e.text);
        snprintf(c->last_error, sizeof c->last_error, "%s", e.text);
        ck_policy_failed(&c->policy, ck_now(), CK_AGAIN_LATER);
        ck_control_tell(c, 0, -EIO, 1, e.text);
        ck_notice_failed(c, 1);
    }
}
