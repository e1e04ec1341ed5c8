/*
 * api.c - what a program can ask of the runtime (include/ckpt/ckpt.h).
 *
 * A request goes to the coordinator as `ckpt checkpoint` sends it, from a
 * process that shares our memory and not our descriptors: no descriptor of
 * ours is in the program's table, and it is not stopped at the checkpoint
 * that it asked for. The thread that asks waits on a futex for its answer;
 * after a restart there is no such process any more, and the number of the
 * run has changed. One request at a time. Nothing here ends the program.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "ckpt/ckpt.h"
#include "lib/arch/x86_64/clone.h"
#include "lib/proto/client.h"
#include "lib/sys/fmt.h"
#include "lib/proto/release.h"
#include "lib/sys/syscall.h"
#include "runtime/runtime.h"
#include "runtime/thread.h"

#define CONNECT_MS 10000
#define WAIT_SLICE_MS 100
#define PENDING 1

CK_EXPORT int ckpt_rt_checkpoint(int flags);
CK_EXPORT int ckpt_rt_enabled(void);
CK_EXPORT unsigned ckpt_rt_generation(void);
CK_EXPORT size_t ckpt_rt_reason(char *buf, size_t cap);
extern CK_EXPORT const char *const ckpt_rt_release; /* asked by cli/works.c */

const char *const ckpt_rt_release = CK_RELEASE;

static struct {
    int32_t owner;   /* process that asks; 0: nobody */
    uint32_t flags;  /* CK_CMD_* */
    uint32_t answer; /* futex: PENDING, or the result */
    char why[512];
    uint8_t rx[16 * 1024];
    uint8_t tx[256];
    uint8_t stack[32 * 1024] __attribute__((aligned(16)));
} ask;

/* Until the final answer. 0 or -errno with the reason in ask.why. */
static int talk(int fd)
{
    struct ck_msg_command m = {CK_CMD_CHECKPOINT, ask.flags, 0};
    struct ck_client_rx rx;
    long r = CK_CLIENT_SEND(fd, ask.tx, sizeof ask.tx, command, COMMAND, &m);

    ck_client_rx_init(&rx, ask.rx, sizeof ask.rx);
    while (r >= 0) {
        struct ck_msg_reply reply;
        struct ck_frame f;
        struct ck_rd rd;

        r = ck_client_recv(fd, &rx, -1, &f);
        if (r <= 0)
            continue;
        ck_rd_init(&rd, f.body, f.len);
        if (f.type != CK_MSG_REPLY || ck_msg_reply_get(&rd, &reply))
            r = -EPROTO;
        else if (reply.final) {
            if (reply.code < 0)
                ck_fmt(ask.why, sizeof ask.why, "%s", reply.text);
            return reply.code < 0 ? reply.code : 0;
        }
    }
    ck_fmt(ask.why, sizeof ask.why,
           "the coordinator went away before it answered");
    return (int)r;
}

static int asker_main(void *arg)
{
    long fd;
    int r;

    (void)arg;
    ck_become_ours("ckpt-request");
    sys3(SYS_close_range, 0, ~0u, 2 /* CLOSE_RANGE_UNSHARE */);
    fd = ck_client_connect(ck_rt.job_dir, CK_ROLE_CONTROL, CONNECT_MS,
                           ask.why, sizeof ask.why);
    r = fd < 0 ? (int)fd : talk((int)fd);
    __atomic_store_n(&ask.answer, (uint32_t)r, __ATOMIC_RELEASE);
    ck_futex_wake(&ask.answer, 1);
    return 0;
}

/* The answer, or CKPT_RESTARTED when this is another run by now. */
static int await(int32_t pid, uint32_t generation)
{
    for (;;) {
        uint32_t a = __atomic_load_n(&ask.answer, __ATOMIC_ACQUIRE);
        int gone;

        if (a != PENDING) {
            /* It ends now; __WCLONE finds no child of the program's own. */
            while (sys4(SYS_wait4, pid, NULL, __WCLONE, NULL) == -EINTR)
                ;
            return (int)a;
        }
        if (__atomic_load_n(&ck_rt.generation, __ATOMIC_ACQUIRE) !=
            generation)
            return CKPT_RESTARTED;
        ck_futex_wait(&ask.answer, PENDING, WAIT_SLICE_MS);
        gone = sys4(SYS_wait4, pid, NULL, __WCLONE | WNOHANG, NULL) == pid;
        if (gone && __atomic_load_n(&ask.answer, __ATOMIC_ACQUIRE) == PENDING) {
            ck_fmt(ask.why, sizeof ask.why,
                   "the process that asked the coordinator was killed");
            return -EINTR;
        }
    }
}

static int take(void)
{
    int32_t me = (int32_t)sys0(SYS_getpid), was = 0;

    if (__atomic_compare_exchange_n(&ask.owner, &was, me, 0,
                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return 1;
    /* Our parent's, which was asking when it forked us. */
    return was != me &&
           __atomic_compare_exchange_n(&ask.owner, &was, me, 0,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* With every signal blocked: it has the program's handlers and would run
 * them, in our memory, when its process group is signalled. */
static long start_asker(void)
{
    uint64_t all = ~0ull, before = 0;
    long pid;

    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
    pid = ck_clone(CLONE_VM | CLONE_UNTRACED, ask.stack + sizeof ask.stack,
                   NULL, NULL, asker_main, NULL);
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
    return pid;
}

int ckpt_rt_checkpoint(int flags)
{
    uint32_t generation;
    long pid;
    int r;

    if (!ckpt_rt_enabled())
        return -ENOTSUP;
    if (flags & ~CKPT_NOWAIT)
        return -EINVAL;
    if (!take())
        return -EBUSY;
    ask.why[0] = '\0';
    /* Just started: the coordinator must know us first. */
    if (ck_agent_wait_welcome(CONNECT_MS)) {
        ck_fmt(ask.why, sizeof ask.why, "the coordinator does not answer");
        __atomic_store_n(&ask.owner, 0, __ATOMIC_RELEASE);
        return -ETIMEDOUT;
    }
    generation = ck_rt.generation;
    ask.flags = flags & CKPT_NOWAIT ? 0 : CK_CMD_WAIT;
    ask.answer = PENDING;
    pid = start_asker();
    if (pid < 0) {
        ck_fmt(ask.why, sizeof ask.why, "no process to ask with (error %ld)",
               -pid);
        r = (int)pid;
    } else {
        r = await((int32_t)pid, generation);
    }
    __atomic_store_n(&ask.owner, 0, __ATOMIC_RELEASE);
    return r;
}

int ckpt_rt_enabled(void)
{
    return ck_rt.enabled && ck_rt.kind == CK_KIND_SAVED;
}

unsigned ckpt_rt_generation(void)
{
    /* the coordinator counts runs, from 1 */
    return ck_rt.enabled && ck_rt.generation ? ck_rt.generation - 1 : 0;
}

size_t ckpt_rt_reason(char *buf, size_t cap)
{
    size_t n = ck_strlen(ask.why), m = n;

    if (cap) {
        m = m < cap ? m : cap - 1;
        memcpy(buf, ask.why, m);
        buf[m] = '\0';
    }
    return n;
}
