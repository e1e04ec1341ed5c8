/*
 * claim.h - the frame of a checkpoint/restart test program.
 *
 * One program makes one claim: it sets up state, calls claim_ready(), stays
 * in its steady state until claim_go(), verifies that the state is what it
 * was, and ends. Exit status: 0 the claim holds, 1 it doesn't (the reason is
 * on stderr), 77 it can't be tried on this machine.
 *
 * Rules: program and runner speak through files only, which survive a
 * restart: the program makes the directory `ready`, the runner the file
 * `verify`; the runner makes `ping` and the program removes it as a sign of
 * life. Nothing sleeps where an event can be waited for, and nothing waits
 * without a limit.
 * CLAIM_DIR names the directory of these files; default ".".
 *
 * When CLAIM_CHAIN is set (the mode chain) claim_wait and claim_nap do not
 * sleep: they compute and check what they compute, so that a checkpoint comes
 * in the middle of something.
 *
 * Each program also damages its state when CLAIM_BREAK is set (BREAK), so
 * that the runner can see the claim fail without a checkpoint.
 */
#ifndef CKPT_TESTS_CLAIM_H
#define CKPT_TESTS_CLAIM_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

void claim_ready(void);
int claim_go(void);    /* nonzero once the runner asked to verify */
void claim_wait(void); /* until claim_go(); fails after the limit */
int claim_broken(void);
void claim_nap(void); /* 1 ms, for polling loops; see the mode chain */
long long claim_ms(void); /* CLOCK_MONOTONIC in milliseconds */

_Noreturn void claim_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
_Noreturn void claim_skip(const char *why);
_Noreturn void claim_pass(void);

/* CLAIM_DIR/name; the buffer is one of eight used in turn. */
const char *claim_path(const char *name);

/* A reproducible pattern, without repetition, that differs by seed. */
void claim_fill(void *p, size_t n, unsigned seed);
int claim_same(const void *p, size_t n, unsigned seed);

/* Waits for a child and fails unless it exited with 0. */
void claim_reap(pid_t pid);

/* One byte through a pipe: processes tell each other that they are set up. */
void claim_tell(int fd);
void claim_hear(int fd);

/* The VmFlags of the area at p as smaps has them, "" if there is none. */
const char *claim_vmflags(const void *p);

#define CHECK(cond)                                                         \
    do {                                                                    \
        if (!(cond))                                                        \
            claim_fail(__FILE__, __LINE__, "%s (errno %s)", #cond,          \
                       strerror(errno));                                    \
    } while (0)

#define CHECK_EQ(a, b)                                                      \
    do {                                                                    \
        long long a_ = (long long)(a), b_ = (long long)(b);                 \
        if (a_ != b_)                                                       \
            claim_fail(__FILE__, __LINE__, "%s is %lld, %s is %lld (%s)",   \
                       #a, a_, #b, b_, strerror(errno));                    \
    } while (0)

#define BREAK(stmt)                                                         \
    do {                                                                    \
        if (claim_broken()) {                                               \
            stmt;                                                           \
        }                                                                   \
    } while (0)

/* Polls for something that another thread or process brings about. */
#define UNTIL(cond)                                                         \
    do {                                                                    \
        int left_ = 20000;                                                  \
        while (!(cond)) {                                                   \
            if (left_-- == 0)                                               \
                claim_fail(__FILE__, __LINE__, "never came: %s", #cond);    \
            claim_nap();                                                    \
        }                                                                   \
    } while (0)

#endif
