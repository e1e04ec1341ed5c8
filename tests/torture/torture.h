/*
 * torture.h - a program that holds state of every kind, changes it all the
 * time, and checks it all the time; what its modules share.
 *
 * One kind of state, one file (m_<kind>.c), one line in modules.def. A
 * module has one or more parts that run at the same time, each for ever: do
 * something, verify it, say beat(). Parts are threads; which process they
 * get is drawn by lot from the seed, so parts of one module may share one or
 * not. SOLO: each part has a process of its own, for state that belongs to
 * a process (signals, timers, children).
 *
 * Rules: no call may return EINTR or be cut short, as no signal of a
 * module's own comes but where it says so. Nothing is waited for that does
 * not come within seconds: who does not beat is taken for hung. Descriptors
 * are made in setup(), which runs before anybody is forked, or by the part
 * that uses them. What a restart may change is in docs/limits.md, and there
 * only.
 * A fault ends the process with status FAULT, and all others with it; the
 * first one leaves its text in the file `fault`.
 */
#ifndef CKPT_TESTS_TORTURE_H
#define CKPT_TESTS_TORTURE_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FAULT 99
#define MAX_PARTS 4
#define MAX_INST 64
#define MAX_WORKERS 40

struct module;

/* Lies in memory that all processes share. */
struct inst {
    const struct module *m;
    int number, broken;
    unsigned seed;
    int fd[8];      /* what setup() has made */
    long val[8];    /* and what it has drawn by lot */
    void *mem;      /* shared memory, page aligned, of `size` bytes */
    size_t size;
    volatile unsigned long beats[MAX_PARTS];
};

struct module {
    const char *name;
    int parts;
    int solo;
    size_t size; /* of the shared memory that all its parts have */
    void (*setup)(struct inst *t);
    void (*run)(struct inst *t, int part);
};

/* A generator of one part's own. */
struct rng {
    uint64_t s;
};
struct rng rng_of(const struct inst *t, int part);
unsigned rnd(struct rng *r, unsigned below);

void beat(struct inst *t, int part);
void heed_end(void); /* for processes that a part has made, and that last */
/* true once, when the module is to break its own state: see --break */
int damage(struct inst *t, int part);
_Noreturn void fault(const struct inst *t, const char *file, int line,
                     const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A path in the work directory that is this instance's own, in a buffer
 * that is one of eight of this thread. */
const char *own_path(const struct inst *t, const char *what);

/* A pattern that is reproducible and differs by seed, and whether n bytes
 * are it, from its byte `from` on. */
void paint(void *p, size_t n, unsigned seed, size_t from);
int painted(const void *p, size_t n, unsigned seed, size_t from);

long long now_us(void); /* CLOCK_MONOTONIC */
void nap(struct inst *t, struct rng *r); /* up to 2 ms; must not be EINTR */

/* Whole transfers: a call that was cut short is a fault where `exact`. */
void put(struct inst *t, int fd, const void *p, size_t n);
void get(struct inst *t, int fd, void *p, size_t n);

/* Binds to a loopback port below those that the kernel gives to others, which
 * may take them between two lives. */
int bind_port(struct inst *t, int fd);

/* Is this word in the VmFlags of the area at p (/proc/self/smaps)? */
int flagged(const void *p, const char *word);

/* A child of this module's own has ended with this exit status. */
void reap(struct inst *t, pid_t pid, int status);

/* This program once more, by exec or posix_spawn; see helper.c. */
extern char *self_path;
int helper_main(int argc, char **argv);
int exec_again(unsigned n, int fd, unsigned seed);
int terminal_look(unsigned n, unsigned rows);

#define NEED(t, cond)                                                       \
    do {                                                                    \
        if (!(cond))                                                        \
            fault(t, __FILE__, __LINE__, "%s (errno %s)", #cond,            \
                  strerror(errno));                                         \
    } while (0)

#define SAME(t, a, b)                                                       \
    do {                                                                    \
        errno = 0;                                                          \
        long long a_ = (long long)(a), b_ = (long long)(b);                 \
        if (a_ != b_)                                                       \
            fault(t, __FILE__, __LINE__, "%s is %lld, %s is %lld (%s)", #a, \
                  a_, #b, b_, strerror(errno));                             \
    } while (0)

#define MODULE(name) extern const struct module module_##name;
#include "modules.def"
#undef MODULE

#endif
