/*
 * keeper.h - who starts another coordinator when one is killed.
 *
 * The process that is started as the coordinator stays its parent and does
 * nothing but wait. What a coordinator says by its exit status is its own end,
 * and becomes the keeper's. One that a signal has ended (somebody's kill -9, a
 * machine out of memory, a fault of ours) has said nothing, and the programs
 * would run on unprotected: another one takes its place (takeover.c). The
 * keeper has read no file and holds no connection, so that what kills the one
 * has no reason to kill the other.
 */
#ifndef CKPT_COORDINATOR_KEEPER_H
#define CKPT_COORDINATOR_KEEPER_H

/* Calls serve(arg, again) in a child, and once more with `again` set for each
 * one that a signal ends, but not for more than five in a minute. Signals that
 * somebody sends to the keeper are sent on. In the keeper: returns the exit
 * status, or 128 + the signal. In each child: what serve returned. ready_fd
 * (or -1) is the children's; where there is one the keeper leaves the terminal
 * as they do. dir: the job directory, whose log says what has happened. */
int ck_keep(int (*serve)(void *arg, int again), void *arg, int ready_fd,
            const char *dir);

/* Standard input, output and error become /dev/null. */
void ck_leave_terminal(void);

#endif
