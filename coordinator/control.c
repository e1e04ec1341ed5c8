/*
 * control.c - commands of `ckpt checkpoint`, `status`, `quit` and so on.
 *
 * A client sends one command at a time and gets replies until a final one.
 * Who waits for a checkpoint is told of its progress at most once a second.
 * Who does not wait for its end is told when all is captured: what can't be
 * saved is known by then.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/coord.h"
#include "lib/base/duration.h"

#define TRIES 3 /* of a checkpoint that failed but may succeed */

static void reply(struct ck_control *k, int code, int final, const char *text)
{
    struct ck_msg_reply m = {.code = code, .final = (uint8_t)final,
                             .text = text};

    CK_LINK_SEND(k->link, reply, REPLY, &m);
    if (final) {
        k->waiting = 0;
        k->kill_after = 0;
    }
}

void ck_control_tell(struct ck_coord *c, uint32_t id, int code, int final,
                     const char *text)
{
    struct ck_control *k;

    TAILQ_FOREACH(k, &c->peers.controls, entry)
        if (k->waiting && k->id == id)
            reply(k, code, final, text);
    if (final && id)
        ck_prompt_tell(c, text);
}

void ck_control_progress(struct ck_coord *c)
{
    char text[160], have[32], all[32];
    uint64_t done, total;

    if (!ck_state_busy(c->session.state) ||
        ck_now() < c->progress_told + 1000)
        return;
    c->progress_told = ck_now();
    ck_progress(c, &done, &total);
    ck_bytes_text(have, sizeof have, done);
    ck_bytes_text(all, sizeof all, total);
    snprintf(text, sizeof text, "set %u: %s, %s of %s", c->round.id,
             ck_state_name(c->session.state), have, all);
    ck_control_tell(c, c->round.id, 0, 0, text);
}

int ck_control_begun(struct ck_coord *c, uint32_t id)
{
    struct ck_control *k;
    char text[64];
    int kill = 0;

    snprintf(text, sizeof text, "checkpoint %u has begun", id);
    TAILQ_FOREACH(k, &c->peers.controls, entry) {
        if (!k->waiting || k->id)
            continue;
        k->id = id;
        kill |= k->kill_after;
        reply(k, 0, 0, text);
    }
    return kill;
}

void ck_control_captured(struct ck_coord *c, uint32_t id)
{
    struct ck_control *k;
    char text[64];

    snprintf(text, sizeof text, "set %u is captured", id);
    TAILQ_FOREACH(k, &c->peers.controls, entry)
        if (k->waiting && k->id == id && !k->to_the_end)
            reply(k, 0, 1, text);
}

void ck_control_failed(struct ck_coord *c, uint32_t id, enum ck_again again,
                       const char *reason)
{
    struct ck_control *k;
    char text[1200];

    snprintf(text, sizeof text, "%s (trying again)", reason);
    TAILQ_FOREACH(k, &c->peers.controls, entry) {
        if (!k->waiting || k->id != id)
            continue;
        if (again == CK_AGAIN_SOON) {
            k->id = 0; /* not worth a word */
        } else if (again && k->to_the_end && k->tries < TRIES) {
            k->tries++;
            k->id = 0;
            reply(k, 0, 0, text);
        } else {
            reply(k, -EIO, 1, reason);
        }
    }
}

static void on_checkpoint(struct ck_coord *c, struct ck_control *k,
                          uint32_t flags)
{
    enum ck_state s = c->session.state;

    /* A process that was just forked may be all that there is. */
    if ((s == CK_ST_IDLE && !(c->had_process && ck_coord_left(c))) ||
        s == CK_ST_RESTORING || s == CK_ST_ENDING ||
        s == CK_ST_ENDED || s == CK_ST_HOLDING) {
        char text[96];

        snprintf(text, sizeof text, "no checkpoint is possible: %s",
                 s == CK_ST_IDLE ? "no process is running" :
                                   ck_state_name(s));
        reply(k, s == CK_ST_IDLE ? -ESRCH : -EBUSY, 1, text);
        return;
    }
    k->waiting = 1;
    k->id = 0;
    k->tries = 0;
    k->to_the_end = (flags & CK_CMD_WAIT) != 0;
    k->kill_after = (flags & CK_CMD_KILLFLAG) != 0;
    c->requested = 1;
}

static void on_status(struct ck_coord *c, struct ck_control *k)
{
    char *text = ck_status_text(c, CK_FRAME_MAX - 64, NULL);

    if (text)
        reply(k, 0, 1, text);
    else
        reply(k, -ENOMEM, 1, "the coordinator is out of memory");
    free(text);
}

static void on_quit(struct ck_coord *c, struct ck_control *k, int sig)
{
    reply(k, 0, 1, "");
    c->quit_signal = sig;
    c->leave = 1;
    ck_coord_fire(c, CK_EV_QUIT, "requested");
}

static void on_interval(struct ck_coord *c, struct ck_control *k,
                        uint32_t seconds)
{
    char text[64];

    c->opt.interval = seconds;
    c->policy.interval = (int64_t)seconds * 1000;
    if (seconds)
        snprintf(text, sizeof text, "a checkpoint every %u s", seconds);
    else
        snprintf(text, sizeof text, "no checkpoints by the clock");
    ck_status_changed(c);
    reply(k, 0, 1, text);
}

static void on_shutdown(struct ck_coord *c, struct ck_control *k)
{
    if (c->peers.nprocesses || c->session.state == CK_ST_RESTORING ||
        (c->had_process && ck_coord_left(c))) {
        reply(k, -EBUSY, 1, "processes are running");
        return;
    }
    reply(k, 0, 1, "");
    ck_coord_end(c, "requested");
}

void ck_control_command(struct ck_coord *c, struct ck_control *k,
                        const struct ck_msg_command *m)
{
    if (k->waiting) {
        reply(k, -EBUSY, 1, "one command at a time");
        return;
    }
    switch (m->cmd) {
    case CK_CMD_CHECKPOINT:
        on_checkpoint(c, k, m->flags);
        break;
    case CK_CMD_STATUS:
        on_status(c, k);
        break;
    case CK_CMD_QUIT:
        on_quit(c, k, SIGTERM);
        break;
    case CK_CMD_KILL:
        on_quit(c, k, SIGKILL);
        break;
    case CK_CMD_INTERVAL:
        on_interval(c, k, m->arg);
        break;
    case CK_CMD_SHUTDOWN:
        on_shutdown(c, k);
        break;
    default:
        reply(k, -ENOSYS, 1, "the coordinator does not know this command");
    }
}
