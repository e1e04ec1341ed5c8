/*
 * coord.h - the coordinator's one context, and what its files do for each
 * other. Reading order: session.h (states), enter.c (what is done in each),
 * stop.c and checkpoint.c (a checkpoint), restore.c (a restart),
 * dispatch.c (who sent what), control.c (commands).
 */
#ifndef CKPT_COORDINATOR_COORD_H
#define CKPT_COORDINATOR_COORD_H

#include "coordinator/allocation.h"
#include "coordinator/barrier.h"
#include "coordinator/journal.h"
#include "coordinator/loop.h"
#include "coordinator/lost.h"
#include "coordinator/notice.h"
#include "coordinator/options.h"
#include "coordinator/peers.h"
#include "coordinator/policy.h"
#include "coordinator/round.h"
#include "coordinator/session.h"

#define CK_GONE_MAX 8
#define CK_OUTSIDE_MAX 32
#define CK_OUTSIDE_PATH 512

struct ck_last {
    uint32_t number; /* 0: there is none */
    uint64_t bytes, time;
    double seconds, stall_seconds;
};

struct ck_outside { /* a program without the runtime */
    char path[CK_OUTSIDE_PATH], text[900];
};

struct ck_status {
    int dirty;        /* something has changed */
    int64_t written, took; /* when, and how long; ms */
    enum ck_state state; /* that is to be written */
    struct ck_timer flush;
};

struct ck_coord {
    struct ck_options opt;
    char node[128];
    char addresses[256]; /* comma-separated */
    uint16_t port;
    struct ck_loop loop;
    struct ck_watch listener, child, stdin_watch, signals;
    struct ck_links links;
    struct ck_peers peers;
    struct ck_losses lost;
    struct ck_session session;
    struct ck_round round;
    struct ck_restore restore;
    struct ck_policy policy;
    struct ck_journal journal;
    struct ck_history history;
    struct ck_allocation *allocation; /* NULL: not in Slurm */
    struct ck_status status;
    struct ck_last last;
    struct ck_timer due, end_timer, quit_timer, accept_again;
    char prompt[256];
    size_t prompt_len;
    char last_error[1024];
    struct ck_notice notice;
    uint32_t last_set, over; /* over: up to it they are of earlier runs */
    uint32_t stray; /* the child that did not answer last */
    int leaving, suspended; /* the job, as Slurm says */
    uint32_t answered; /* look at the job; known: Slurm has answered it */
    int known;
    int requested;  /* a checkpoint was asked for and has not begun */
    int quit_signal; /* ENDING: sent to all */
    int had_process;
    int gave_up;    /* on one that does not connect; has been said */
    uint32_t gone[CK_GONE_MAX]; /* local pids that disconnected last */
    struct ck_outside outside[CK_OUTSIDE_MAX]; /* that have been told */
    size_t noutside;
    int64_t kill_wait_ms; /* Slurm's time from TERM to KILL */
    int64_t idle_since, progress_told;
    int leave;      /* end as soon as the computation is gone */
    int exit_code;
};

/* ---- enter.c: what a transition causes ---- */
extern const struct ck_session_ops ck_coord_session_ops;
void ck_coord_fire(struct ck_coord *c, enum ck_event ev, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* After every round of the loop: begins what is due. */
void ck_coord_pump(void *arg);
/* Nobody is connected any more. */
void ck_coord_empty(struct ck_coord *c);
/* The computation is empty: ends the coordinator if it may. */
void ck_coord_consider_end(struct ck_coord *c);
/* Is somebody there that has not introduced itself yet (left.h)? */
int ck_coord_left(struct ck_coord *c);
void ck_coord_end(struct ck_coord *c, const char *why);

/* ---- end.c ---- */
void ck_coord_signal_all(struct ck_coord *c, int sig);
void ck_coord_quit_over(void *arg); /* ENDING has lasted too long */

/* ---- term.c ---- */
/* Slurm has sent TERM to x, which asks what it is for. */
void ck_term_ask(struct ck_coord *c, struct ck_peer *x);
/* After each look at the job; lost: Slurm does not answer. */
void ck_term_looked(struct ck_coord *c, int lost);

/* ---- dispatch.c ---- */
extern const struct ck_link_ops ck_coord_link_ops;

/* ---- outside.c ---- */
void ck_outside_heard(struct ck_coord *c, const struct ck_peer *x,
                      const struct ck_msg_outside *m);

/* ---- control.c ---- */
void ck_control_command(struct ck_coord *c, struct ck_control *k,
                        const struct ck_msg_command *m);
/* To those who wait for set `id` (0: for the one that cannot begin). */
void ck_control_tell(struct ck_coord *c, uint32_t id, int code, int final,
                     const char *text);
/* The checkpoint has failed; again: it will be tried once more, and those
 * who wait for it go on waiting, a few times. */
void ck_control_failed(struct ck_coord *c, uint32_t id, enum ck_again again,
                       const char *reason);
void ck_control_progress(struct ck_coord *c);
/* Those who waited for any checkpoint to begin wait for this one now.
 * Nonzero: one of them wants everything killed afterwards. */
int ck_control_begun(struct ck_coord *c, uint32_t id);
void ck_control_captured(struct ck_coord *c, uint32_t id);

/* ---- status.c ---- */
void ck_status_changed(struct ck_coord *c);  /* written soon */
void ck_status_write(struct ck_coord *c);    /* written now */
void ck_status_init(struct ck_coord *c);
char *ck_status_text(struct ck_coord *c, size_t max, size_t *len);
void ck_progress(const struct ck_coord *c, uint64_t *done, uint64_t *total);

/* ---- commit.c ---- */
/* Writes the manifest of the round and makes it the newest set. */
int ck_commit(struct ck_coord *c, struct ck_err *e);
void ck_commit_prune(struct ck_coord *c);
void ck_commit_load_last(struct ck_coord *c);

/* ---- server.c ---- */
int ck_server_open(struct ck_coord *c, struct ck_err *e);
void ck_server_close(struct ck_coord *c);

/* ---- prompt.c ---- */
int ck_prompt_open(struct ck_coord *c);
void ck_prompt_show(struct ck_coord *c);
/* A line for who sits there: what became of a checkpoint. */
void ck_prompt_tell(struct ck_coord *c, const char *text);

#endif
