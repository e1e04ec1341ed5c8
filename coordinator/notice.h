/*
 * notice.h - what a user is to learn without asking: that checkpoints fail.
 *
 * Who looks after a job once a day looks at its output. So the first failure
 * that is not over at once is a line there, and then a rare reminder is, and a
 * line says when it is over. The job's comment (`squeue -O comment`) says it
 * too, where the user has not written one, and `ckpt launch` and `ckpt restart`
 * have it from the journal (cli/super.c).
 */
#ifndef CKPT_COORDINATOR_NOTICE_H
#define CKPT_COORDINATOR_NOTICE_H

#include <stdint.h>
#include <sys/types.h>

struct ck_coord;

struct ck_notice {
    uint64_t since; /* they fail, in Unix time; 0: the last one was good */
    int64_t next;   /* the next reminder, ms; 0: nothing has been said */
    int64_t pause;  /* between two reminders, ms */
    int output;     /* the job's; or -1 */
};

void ck_notice_init(struct ck_coord *c);
void ck_notice_fini(struct ck_coord *c);
/* This process of this tree has just begun, or comes back: the standard error
 * of the batch script is the job's output. */
void ck_notice_output(struct ck_coord *c, pid_t pid, const char *node,
                      const char *tree);
/* A checkpoint has failed, as last_error says. given_up: no other one is tried
 * for it. */
void ck_notice_failed(struct ck_coord *c, int given_up);
void ck_notice_good(struct ck_coord *c);

#endif
