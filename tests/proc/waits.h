/*
 * waits.h - calls that wait, as a table: how to set one up, make it, give it
 * what it waits for, from another process, and what a handled signal does to it
 * (signal(7)). And what tests of SIGTERM need besides.
 */
#ifndef CKPT_TESTS_WAITS_H
#define CKPT_TESTS_WAITS_H

#include <semaphore.h>
#include <signal.h>

/* Shared with the child. */
struct waits_seen {
    int pid, tid, calling, done, terms, usrs;
    long ret;
    int error;
    siginfo_t info;
    sem_t sem;
    int word; /* a futex */
};
extern struct waits_seen *seen;

enum {
    RESTARTED = 1, /* the kernel restarts it with SA_RESTART */
    LOOPS = 2,     /* libc makes it again */
    PARTIAL = 4,   /* it is halfway when the signal comes */
    SLEEPS = 8,    /* it returns what remains */
    BY_SIGNAL = 16 /* SIGUSR1 ends it */
};

struct waits_row {
    const char *name;
    void (*setup)(void);
    long (*call)(void);
    void (*release)(void); /* in the child */
    void (*clean)(void);
    long want;
    int flags;
};

/* How long those sleep that nothing ends. */
extern int waits_ms;

/* The last one has no name. */
extern const struct waits_row waits_rows[];

/* The call in which a thread is blocked, or -1. */
int waits_blocked(int in_pid, int tid);
/* No SIGTERM waits to be received by the process. */
int waits_received(int by_pid);
/* A signal to the coordinator: while it is stopped, nothing that is held back
 * is let go. */
void waits_coordinator(int sig);

#endif
