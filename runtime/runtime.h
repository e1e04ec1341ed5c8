/*
 * runtime.h - what the parts of libckpt.so know of each other.
 *
 * Everything here runs in somebody else's process. No function exits,
 * aborts, prints, allocates with malloc, or leaves errno changed. Unless it
 * says otherwise, a function may be called on the agent thread, which has no
 * libc thread of its own: no TLS, no errno, lib/sys only.
 */
#ifndef CKPT_RUNTIME_H
#define CKPT_RUNTIME_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "lib/image/pidtable.h"
#include "lib/image/stdio.h"
#include "lib/proto/messages.h"

#define CK_HIDDEN __attribute__((visibility("hidden")))
#define CK_EXPORT __attribute__((visibility("default")))

/* Set once by the constructor (runtime/init.c), constant afterwards but for
 * a restart. `enabled` is 0 in a process that did not ask: every wrapper
 * must then do exactly what libc does. The four strings are whole "K=V"
 * environment entries, as the exec wrappers put them back. */
struct ck_rt {
    int enabled;
    uint8_t kind; /* enum ck_kind */
    uint8_t root; /* of its tree */
    uint8_t left; /* it went into other namespaces (namespace.c) */
    uint32_t generation;
    char preload[1100]; /* LD_PRELOAD=... ours only */
    char env_dir[1100]; /* CKPT_DIR=... */
    char env_tree[160]; /* CKPT_TREE=... */
    char env_stdio[CK_STDIO_MAX + 16]; /* CKPT_STDIO=... */
    char runtime_path[1024]; /* of libckpt.so */
    char job_dir[1024];
    char tree[128];
    char node[128];
};
extern CK_HIDDEN struct ck_rt ck_rt;

/* ---- runtime/virt: numbers as the program sees them (virt.c) ---- */

/* Loads the table at `path` ("" for none) and drops an older one. Called by
 * init (after exec), by resume (after restart). 0 or -errno. */
int ck_virt_load(const char *path);
pid_t ck_virt_of(pid_t real); /* of a positive real number; others as is */
pid_t ck_real_of(pid_t virt);
/* The same for what a socket tells of its peer or of a sender. */
pid_t ck_virt_speaker(pid_t real);
/* kill()-like: 0 and -1 as they are, -N is a group: sign is kept. */
pid_t ck_virt_signed(pid_t real);
pid_t ck_real_signed(pid_t virt);
/* Nonzero once a table is loaded: the wrappers' fast path tests this. */
extern CK_HIDDEN int ck_virt_active;
/* Nonzero while this thread holds a translated number that has not reached
 * the kernel yet: the tracer lets such a thread run on for a moment. */
extern CK_HIDDEN __thread int ck_virt_busy;
/* interpose/rest.c. The process whose threads are to wait when they leave a
 * window, or 0; a futex, of this process only. Written by who stops them. */
extern CK_HIDDEN uint32_t ck_rest_wanted;
void ck_rest(void); /* waits as long as that is so */
void ck_rest_ask(int32_t process); /* by who stops its threads */
void ck_rest_over(void);
/* Drops what getpid() and gettid() remember (fork child, restart). */
void ck_virt_forget_self(void);

/* ---- runtime/interpose/deadline.c: relative timeouts as deadlines ---- */

/* On the thread itself, in the parking code: libc-free. parked() notes what
 * remains; resumed() refreshes the timespec that the rewound call will use,
 * from the deadline (continue) or from what remained (restart). */
void ck_deadline_parked(void);
void ck_deadline_resumed(int restarted);
/* Both, for a call that this thread makes again at once. */
void ck_deadline_again(void);

/* ---- runtime/agent.c ---- */

/* Starts the agent thread of this process. In a fork child it is called by
 * the atfork handler. 0 or -errno. */
int ck_agent_start(void);
/* Blocks until the coordinator has welcomed this process, or limit_ms is
 * over: for the root of a tree, before main. */
int ck_agent_wait_welcome(int limit_ms);

/* Real functions for the wrappers (runtime/interpose/real.c): found once by
 * the constructor, lazily if a wrapper runs before. ck_real_own when the
 * runtime is on: from then on, libc's own ones where numbers go through. */
void ck_real_init(void);
void ck_real_own(void);

#endif
