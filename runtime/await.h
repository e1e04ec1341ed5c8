/*
 * await.h - the agent waits; see await.c.
 */
#ifndef CKPT_RUNTIME_AWAIT_H
#define CKPT_RUNTIME_AWAIT_H

#define CK_BELL 33 /* which is blocked here, and glibc's own elsewhere */

/* At the start of an agent. */
void ck_await_begin(int restored);

/* Returns when something can be read from fd, when the bell has rung, or when
 * ms are over; ms < 0: no limit. It may return early. Does not return when
 * the program's last thread has ended. */
void ck_await(int fd, int ms);

/* On a thread that is about to end by SYS_exit. */
void ck_await_expect(int status);

/* On a thread that is about to confine itself by seccomp. */
void ck_await_confined(void);

int ck_await_is_confined(void);

/* With what the first thread has ended; 0 while it has not. */
int ck_await_first_status(void);

#endif
