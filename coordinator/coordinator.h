/*
 * coordinator.h - the coordinator as `ckpt coordinator` starts it.
 *
 * Returns the exit status: 0 the computation has ended (or, in the
 * background: the coordinator is up, D/coordinator is there), 1 failure
 * (also: the restart that it led has failed), 2 wrong usage. Its messages
 * go to D/log, and to stderr until it is up.
 */
#ifndef CKPT_COORDINATOR_COORDINATOR_H
#define CKPT_COORDINATOR_COORDINATOR_H

int ck_coordinator_main(int argc, char **argv);
/* `ckpt ended`: what becomes of a job whose script is over (ended.c). */
int ck_ended_main(int argc, char **argv);

#endif
