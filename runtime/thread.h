/*
 * thread.h - the threads of this process while they are parked.
 *
 * One slot per thread, in a private mapping that stays between checkpoints
 * and is part of the image: the frame a thread goes on from, what only the
 * thread itself could tell, and a small stack to wait on. After a restart
 * the same slots tell how to make the threads again.
 */
#ifndef CKPT_RUNTIME_THREAD_H
#define CKPT_RUNTIME_THREAD_H

#include <signal.h>

#include "lib/arch/x86_64/frame.h"
#include "lib/image/places.h"
#include "runtime/cputime.h"
#include "runtime/proc.h"
#include "runtime/runtime.h"
#include "runtime/task/settings.h"

#define CK_PARK_STACK 6144
#define CK_PENDING_MAX 32 /* queued signals kept per thread, and shared */

/* With numbers as the program knows them. */
struct ck_pending {
    uint32_t n, more; /* are there more than these? */
    siginfo_t info[CK_PENDING_MAX];
};

struct ck_slot {
    ucontext_t uc; /* the frame; rt_sigreturn starts here */
    ucontext_t *frame; /* &uc, or the kernel's own frame (signal 33) */
    int32_t tid;       /* real */
    int32_t vtid;
    uint64_t fs_base, gs_base;
    uint64_t rseq;
    uint32_t rseq_len, rseq_sig;
    struct ck_sysret sys; /* what was rewound */
    int32_t vpid_arg, sysv_kind, sysv_arg; /* virtual ones in a rewound call */
    int32_t leader;       /* the process's first thread */
    int32_t tls;          /* fs_base is a glibc thread: ours works there */
    uint32_t phase, tries; /* of the tracer (stop.c) */
    uint64_t runs, busy_since; /* runs: as ck_thread_runs */
    uint32_t stood; /* how often it ran and has not moved */
    uint64_t owed;  /* it is interrupted when it has run: `runs` before */
    struct user_regs_struct moved;
    uint64_t mask;        /* blocked signals, as the program set them */
    struct ck_pending pending;
    uint32_t late; /* more of them have come (late.c) */
    /* told by the thread itself */
    uint64_t clear_tid; /* glibc: &pthread.tid */
    uint64_t robust, robust_len;
    uint64_t timerslack;
    int32_t pdeathsig, no_new_privs, keepcaps;
    int64_t personality;
    int32_t policy, rt_priority, nice, ioprio;
    uint64_t cpus[CK_CPUS / 64];
    int32_t mempolicy;
    uint64_t memnodes[CK_NODES / 64];
    uint32_t caps[6]; /* effective, permitted, inheritable; twice */
    int32_t securebits;
    struct ck_settings settings;
    struct ck_cputime cpu;
    char name[16];
    /* waiting */
    uint32_t go; /* ck_threads.go when it was sent here: another one, and it
                  * has come too late */
    uint32_t decision, verdict; /* the agent's, its maker's: futex words */
    struct ck_xstate xstate;
    uint8_t stack[CK_PARK_STACK] __attribute__((aligned(16)));
};

enum ck_decision {
    CK_DECIDE_NOTHING = 0,
    CK_DECIDE_ASKED = 1, /* a signal is pending: may a call restart? */
    CK_DECIDE_RESTART = 2,
    CK_DECIDE_EINTR = 3,
};

struct ck_threads {
    struct ck_slot *slot;
    uint32_t cap, n;
    uint32_t parked;    /* threads that wait; a futex word */
    uint32_t standing;  /* that wait or are on their way to it, for certain */
    uint32_t go;        /* changes when they may go on; a futex word */
    uint32_t gone;      /* go on or ask for a decision; a futex word */
    uint32_t left, leaving; /* need their slots no more; of how many */
    uint32_t restarted; /* this run began from an image */
    uint64_t ignored; /* signals that do nothing if not blocked */
    struct ck_pending shared;
    int32_t unqueued; /* by a restart: why (-errno) not all that waited */
    int32_t leader_exited; /* main() returned by pthread_exit */
    int32_t frozen; /* stopped by a signal: stays parked until SIGCONT */
    void (*errand)(void); /* for one of them to do while it waits */
    uint32_t errand_done; /* a futex word */
};
extern CK_HIDDEN struct ck_threads ck_threads;

/* ---- park.c ---- */
/* The parked thread's code; entered by the tracer, never returns. */
_Noreturn void ck_park(struct ck_slot *t);
/* The same for a thread made anew by a restart, already with its own id. */
_Noreturn void ck_park_restarted(struct ck_slot *t);
/* All are parked: has one of them, which has the program's descriptors, call
 * fn, and waits for that. fn: system calls only, with little stack. */
void ck_park_errand(void (*fn)(void));
/* Waits and then returns: for the signal-33 handler. */
void ck_park_wait(struct ck_slot *t);
/* What t blocks while it waits; see park.c. */
uint64_t ck_park_mask(const struct ck_slot *t);
/* Lets the threads go on that are parked, or have been sent there and come
 * later, for which it waits; agent thread. They are on their way out of
 * their slots then; when all are out, or not in time, await_left: 0, -EBUSY. */
void ck_park_release(void);
int ck_park_await_left(int limit_ms);
void ck_park_forget(void); /* after fork or restart: nobody is on his way */

/* slots.c: of the first thread, or of another where that has ended. */
const char *ck_threads_name(void);

/* ---- stop.c, stop_signal.c ---- */
/*
 * Parks every thread but the agent. 0, or -errno with a reason in why; then
 * everything runs on. limit_ms bounds the wait.
 */
int ck_stop_all(int limit_ms, char *why, size_t cap);
int ck_stop_by_ptrace(int limit_ms, char *why, size_t cap);
int ck_stop_by_signal(int limit_ms, char *why, size_t cap);
/* Where only descendants may be looked into (Yama), `ckpt capture` may while
 * we are parked; then whoever the program last allowed. */
void ck_stop_let_look(int yes);
extern CK_HIDDEN int ck_ptracer; /* the program's PR_SET_PTRACER */

/* ---- late.c: the last of the signals that wait; when all are parked ---- */
int ck_late_signals(char *why, size_t cap);

/* ---- task/sched.c: on the thread itself ---- */
void ck_sched_tell(struct ck_slot *t);
void ck_sched_become(const struct ck_slot *t);
/* ---- task/signals.c: on the thread itself, after a restart ---- */
void ck_signals_requeue(const struct ck_slot *t);
void ck_signals_requeue_shared(void); /* on the process's first thread */
/* p is as the kernel had it. */
void ck_signals_known(struct ck_pending *p);
/* Signals whose action is to do nothing, as a mask. */
uint64_t ck_signals_ignored(void);

/* interpose/process.c: has this thread (real) ever made a process? */
int ck_makes_processes(int32_t tid);
extern CK_HIDDEN int ck_stop_forced; /* always by signal: for tests */
extern CK_HIDDEN int32_t ck_agent_tid;
extern CK_HIDDEN long ck_busy_offset; /* of ck_virt_busy from fs_base */

#endif
