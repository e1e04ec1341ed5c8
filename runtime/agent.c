/*
 * agent.c - the hidden thread that talks to the coordinator.
 *
 * It is a thread of the program's process with a descriptor table of its
 * own, so that no descriptor of ours is in the program's, and with every
 * signal blocked. It has no libc thread behind it: raw system calls, static
 * buffers, no TLS. Each message has one handler (dispatch).
 *
 * When the coordinator is gone, parked threads go on and the agent looks for
 * a new one, which takes its place at once or comes with the next start.
 * Nothing that fails here reaches the program.
 */
#include "runtime/agent.h"

#include <asm/prctl.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/arch/x86_64/clone.h"
#include "lib/image/held.h"
#include "lib/proto/client.h"
#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "runtime/await.h"
#include "runtime/children.h"
#include "runtime/drain.h"
#include "runtime/frozen.h"
#include "runtime/helper.h"
#include "runtime/input.h"
#include "runtime/intake.h"
#include "runtime/interpose/term.h"
#include "runtime/interpose/undo.h"
#include "runtime/interpose/watch.h"
#include "runtime/outside.h"
#include "runtime/resume.h"
#include "runtime/snapshot.h"
#include "runtime/task/task.h"
#include "runtime/thread.h"

#define AGENT_STACK (128 * 1024)
#define CONNECT_MS 5000
#define WHY 512
#define HELD_MS 5000
#define INPUT_MS 20
#define TAKEOVER_US 3000000 /* another coordinator is there by then */

int32_t ck_agent_tid;

/* STARTED: it has its own descriptor table and id. */
enum started { STARTED = 1, MAY_REPORT = 2 };

static struct {
    int fd;
    uint32_t welcomed; /* futex: 1 once the coordinator has said so */
    uint32_t started;  /* futex: enum started */
    int parked;
    uint32_t parked_id;
    uint64_t parked_at;
    uint64_t restored_bytes;
    int keep_fd; /* connection to take over, or -1 */
    int term_asked; /* what a TERM from Slurm is for */
    struct ck_client_rx rx;
    int round; /* from STOP, or a restart, until all run on */
    uint32_t leave; /* enum ck_leave; the bell says: look whether it is so */
    uint32_t alone; /* the last connection has failed, or is lost */
    uint64_t lost;  /* when */
    int32_t process; /* whose thread we are: a vfork child asks, too */
} agent;

static uint8_t stack[AGENT_STACK] __attribute__((aligned(16)));
static uint8_t rx_buf[16 * 1024];
static uint8_t tx_buf[64 * 1024];
static struct ck_children kids;

/* What %fs points to: static archives read a stack canary there. The thread
 * that we were cloned from may be gone, and its block with it. */
static uint64_t no_tls[128];

#define SEND(name, TYPE, m) CK_CLIENT_SEND(agent.fd, tx_buf, sizeof tx_buf, name, TYPE, m)

/* ---- parked or not ---- */

static void release(void)
{
    agent.round = 0;
    ck_frozen_let_go();
    ck_intake_going();
    if (!agent.parked) {
        ck_input_let();
        return;
    }
    ck_stop_let_look(0);
    if (ck_frozen_still())
        return;
    agent.parked = 0;
    ck_input_going();
    ck_park_release();
}

static long send_failed(uint32_t id, uint8_t phase, int err, const char *why)
{
    struct ck_msg_failed m = {
        id, phase, err != -EOPNOTSUPP && err != -ENOSPC && err != -EDQUOT,
        why};

    return SEND(failed, FAILED, &m);
}

static long on_stop(const struct ck_msg_stop *m)
{
    struct ck_msg_stopped reply = {.id = m->id};
    char why[WHY] = "";
    int r;

    if (!agent.parked) {
        ck_snapshot_cancel();
        agent.parked_at = ck_now_us();
        r = ck_park_await_left((int)m->limit_ms);
        if (r)
            ck_fmt(why, sizeof why, "a thread has not left its place of rest");
        else
            r = ck_stop_all((int)m->limit_ms, why, sizeof why);
        if (r)
            return send_failed(m->id, CK_PHASE_STOP, r, why);
        agent.parked = 1;
        ck_input_parked();
        ck_frozen_note();
    } else if (!agent.round) { /* it is stopped by a signal */
        ck_snapshot_cancel();
        agent.parked_at = ck_now_us();
        ck_stop_let_look(1);
    }
    if (!agent.round)
        ck_frozen_forget();
    agent.round = 1;
    agent.parked_id = m->id;
    r = ck_children_list(&kids, why, sizeof why);
    if (r)
        return send_failed(m->id, CK_PHASE_STOP, r, why);
    reply.threads = ck_threads.n;
    reply.bytes = ck_resident();
    reply.children = (struct ck_blob){kids.pid, kids.n * 4};
    return SEND(stopped, STOPPED, &reply);
}

static long on_drain(const struct ck_msg_drain *m)
{
    struct ck_msg_drained reply = {.id = m->id};
    char why[WHY] = "";
    int r = 0;

    ck_drain_look(&reply);
    if (m->flags & CK_DRAIN_HOLD)
        r = ck_input_hold(m->id, m->token, why, sizeof why);
    else if (m->flags & CK_DRAIN_PULL)
        r = ck_intake_pull(m, &reply.inq);
    else if (ck_rt.kind != CK_KIND_REEXEC)
        r = ck_intake_look();
    if (r < 0)
        return send_failed(m->id, CK_PHASE_STOP, r, why);
    reply.input = (uint8_t)r;
    return SEND(drained, DRAINED, &reply);
}

/* ---- saving ---- */

static long on_snapshot(const struct ck_msg_snapshot *m)
{
    struct ck_msg_snapped reply = {.id = m->id};
    char why[WHY] = "";
    int r;

    if (!agent.parked)
        return send_failed(m->id, CK_PHASE_SNAPSHOT, -EINVAL,
                           "the process is not parked");
    ck_frozen_settled();
    r = ck_snapshot(agent.fd, m->id, m->set_dir, why, sizeof why);
    if (r)
        return send_failed(m->id, CK_PHASE_SNAPSHOT, r, why);
    reply.stall_us = ck_now_us() - agent.parked_at;
    return SEND(snapped, SNAPPED, &reply);
}

static long on_capture(const struct ck_msg_capture *m)
{
    char why[WHY] = "";
    int r = ck_helper_start(m->id, why, sizeof why);

    return r ? send_failed(m->id, CK_PHASE_CAPTURE, r, why) : 0;
}

static long say_restored(void)
{
    struct ck_msg_restored m = {
        .vpid = (uint32_t)ck_resume_vpid(),
        .threads = ck_threads.n,
        .bytes = agent.restored_bytes,
    };

    return SEND(restored, RESTORED, &m);
}

static long on_go(const struct ck_msg_go *m)
{
    char why[WHY] = "";
    int r;

    if (!agent.parked)
        return ck_input_go() ? say_restored() : 0;
    ck_rt.generation = m->generation;
    r = ck_virt_load(ck_handoff.pidtable);
    if (!r)
        ck_virt_forget_self();
    if (!r)
        r = ck_task_restore(CK_STAGE_LATE, why, sizeof why);
    if (r) {
        send_failed(0, CK_PHASE_RESTORE, r, why);
        sys1(SYS_exit_group, 1);
    }
    ck_threads.restarted = 0;
    ck_frozen_again();
    release();
    return 0;
}

static long on_signal(const struct ck_msg_signal *m)
{
    if (m->pid)
        return ck_frozen_signal((int32_t)m->pid, m->start, m->sig);
    agent.term_asked = 0;
    if (m->sig != SIGTERM)
        return sys2(SYS_kill, ck_getpid(), m->sig);
    ck_term_deliver();
    return 0;
}

/* What the capture has in its hands is put back first (held.h), or it hangs. */
static void await_capture(void)
{
    if (agent.parked && agent.round && !ck_threads.restarted)
        ck_held_wait(ck_rt.job_dir, ck_rt.tree, HELD_MS);
}

static long on_abort(void)
{
    ck_snapshot_cancel();
    /* Before GO not one instruction of the program has run: this process
     * ends with all others of the restart. */
    if (ck_threads.restarted)
        sys1(SYS_exit_group, 1);
    await_capture();
    ck_intake_end();
    release();
    return 0;
}

static void on_welcome(const struct ck_msg_welcome *m)
{
    ck_rt.generation = m->generation;
    if (ck_rt.root && m->set && !agent.welcomed)
        ck_undo_begin(m->set);
    ck_intake_going();
    __atomic_store_n(&agent.welcomed, 1, __ATOMIC_RELEASE);
    ck_futex_wake(&agent.welcomed, 1 << 30);
}

#define HANDLE(name, TYPE, call)                          \
    case CK_MSG_##TYPE: {                                 \
        struct ck_msg_##name m;                           \
                                                          \
        if (ck_msg_##name##_get(&r, &m))                  \
            return -EBADMSG;                              \
        return (call);                                    \
    }

static long dispatch(const struct ck_frame *f)
{
    struct ck_rd r;

    ck_rd_init(&r, f->body, f->len);
    switch (f->type) {
        HANDLE(welcome, WELCOME, (on_welcome(&m), 0))
        HANDLE(stop, STOP, on_stop(&m))
        HANDLE(drain, DRAIN, on_drain(&m))
        HANDLE(capture, CAPTURE, on_capture(&m))
        HANDLE(snapshot, SNAPSHOT, on_snapshot(&m))
        HANDLE(resume, RESUME, (release(), 0))
        HANDLE(abort, ABORT, on_abort())
        HANDLE(go, GO, on_go(&m))
        HANDLE(signal, SIGNAL, on_signal(&m))
        HANDLE(inquire, INQUIRE, ck_children_inquired(agent.fd, &m))
    default:
        return -EPROTO;
    }
}

/* ---- the thread ---- */

static long say_who(void)
{
    struct ck_msg_register m = {
        .pid = (uint32_t)ck_getpid(),
        .start = ck_start_of(0),
        .vpid = (uint32_t)ck_virt_of(ck_getpid()),
        .kind = ck_rt.kind,
        .root = ck_rt.root,
        .node = ck_rt.node,
        .tree = ck_rt.tree,
    };
    char command[64];
    long n = ck_read_file("/proc/self/comm", command, sizeof command);

    n = n < 0 ? 0 : n;
    while (n > 0 && command[n - 1] == '\n')
        n--;
    command[n] = '\0';
    m.command = command;
    return SEND(register, REGISTER, &m);
}

static void look_after_children(void)
{
    char why[WHY] = "";
    uint32_t id; /* a helper may be the one of a checkpoint before */

    if (ck_snapshot_lost(why, sizeof why))
        send_failed(agent.parked_id, CK_PHASE_WRITE, -EINTR, why);
    if (ck_helper_lost(&id, why, sizeof why))
        send_failed(id, CK_PHASE_CAPTURE, -EINTR, why);
}

static void ask_about_term(void) /* which the handler has noted, and rung */
{
    struct ck_msg_request m = {.flags = CK_REQUEST_TERM};

    if (!ck_term_held() || agent.term_asked)
        return;
    agent.term_asked = 1;
    SEND(request, REQUEST, &m);
}

static int leaving(void)
{
    return __atomic_load_n(&agent.leave, __ATOMIC_ACQUIRE) && !agent.parked &&
           (agent.leave == CK_LEAVE_ENDING || !(agent.round ||
            ck_snapshot_running() || ck_helper_running()));
}

/* What the launcher or its task has to do about its input; when again. */
static int see_to_input(int wait_ms)
{
    int ms = -1;

    if (agent.parked || agent.round)
        return wait_ms;
    if (ck_input_waits()) {
        ck_input_look();
        ms = INPUT_MS;
    } else {
        ms = ck_intake_feed();
    }
    return ms >= 0 && (wait_ms < 0 || ms < wait_ms) ? ms : wait_ms;
}

static void serve(void)
{
    ck_client_rx_init(&agent.rx, rx_buf, sizeof rx_buf);
    while (!leaving()) {
        int frozen = agent.parked && !agent.round;
        int watch = agent.parked && agent.round && kids.n;
        int busy = watch || ck_snapshot_running() || ck_helper_running();
        int wait_ms = frozen ? 20 : busy ? 100 : -1;
        struct ck_frame f;
        long r = ck_client_recv(agent.fd, &agent.rx, 0, &f);

        if (r == 0 && agent.welcomed)
            ck_outside_send(agent.fd);
        if (r == 0) {
            ck_await(agent.fd, see_to_input(wait_ms));
            r = ck_client_recv(agent.fd, &agent.rx, 0, &f);
        }
        if (r == 0 && watch)
            ck_frozen_watch(kids.pid, kids.n);
        if (r > 0)
            r = dispatch(&f);
        if (r < 0 && r != -EINTR)
            return;
        if (agent.parked && !agent.round)
            release();
        look_after_children();
        ask_about_term();
    }
}

/* The connection is lost. Nothing that was begun can be completed. */
static void disconnected(void)
{
    sys1(SYS_close, agent.fd);
    agent.fd = -1;
    if (agent.leave == CK_LEAVE_ENDING && leaving())
        return; /* and who writes the image goes on */
    if (ck_threads.restarted && agent.parked)
        sys1(SYS_exit_group, 1);
    ck_snapshot_cancel();
    await_capture();
    ck_intake_end();
    release();
    agent.term_asked = 0;
    agent.lost = ck_now_us();
}

/* Nobody is there to ask, but may be in a moment. */
static void wait_alone(unsigned ms)
{
    int over = ck_now_us() >= agent.lost + TAKEOVER_US;

    if (over)
        __atomic_store_n(&agent.alone, 1, __ATOMIC_RELEASE);
    if (ck_term_held() && over) /* one that is not Slurm's does not wait */
        ck_term_deliver();
    ck_await(-1, (int)ms);
}

static void wait_for_threads(void) /* at their places, before GO comes */
{
    uint32_t here, n = 0;

    while (__atomic_load_n(&agent.started, __ATOMIC_ACQUIRE) == STARTED)
        ck_futex_wait(&agent.started, STARTED, 1000);
    for (uint32_t i = 0; i < ck_threads.n; i++)
        n += ck_threads.slot[i].tid != 0;
    while ((here = __atomic_load_n(&ck_threads.parked, __ATOMIC_ACQUIRE)) < n)
        ck_futex_wait(&ck_threads.parked, here, 1000);
    ck_resume_check(agent.fd);
}

static int agent_main(void *arg)
{
    unsigned wait_ms = 50;

    (void)arg;
    agent.process = ck_getpid();
    sys2(SYS_arch_prctl, ARCH_SET_FS, &no_tls[64]);
    sys2(SYS_prctl, PR_SET_NAME, "ckpt-agent");
    ck_watched_publish();
    ck_await_begin(agent.keep_fd >= 0);
    ck_own_table(agent.keep_fd);
    __atomic_store_n(&agent.started, STARTED, __ATOMIC_RELEASE);
    ck_futex_wake(&agent.started, 1);
    agent.fd = agent.keep_fd;
    if (agent.fd >= 0)
        wait_for_threads();
    if (agent.fd >= 0 && say_restored() == 0)
        serve();
    if (agent.fd >= 0)
        disconnected();
    while (!leaving()) {
        char why[WHY];
        long fd = ck_client_connect(ck_rt.job_dir, CK_ROLE_PROCESS,
                                    CONNECT_MS, why, sizeof why);

        if (fd >= 0) {
            wait_ms = 50;
            agent.fd = (int)fd;
            __atomic_store_n(&agent.alone, 0, __ATOMIC_RELEASE);
            if (say_who() == 0)
                serve();
            disconnected();
        }
        wait_alone(wait_ms);
        wait_ms = wait_ms < 5000 ? wait_ms * 2 : 5000;
    }
    return 0;
}

/* The kernel writes the agent's number down: its maker may be stopped on the
 * way out of the call, and would write an old one after a restart. Who traces
 * the program does not get it: it has to answer when the tracer stands. */
static int start(void)
{
    uint64_t all = ~0ull, before = 0;
    long tid;

    agent.started = 0;
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
    tid = ck_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                       CLONE_THREAD | CLONE_SYSVSEM | CLONE_UNTRACED |
                       CLONE_PARENT_SETTID,
                   stack + sizeof stack, &ck_agent_tid, 0, agent_main, 0);
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
    if (tid < 0)
        agent.alone = 1;
    return tid < 0 ? (int)tid : 0;
}

int ck_agent_start(void)
{
    agent.fd = agent.keep_fd = -1;
    agent.leave = 0;
    return start();
}

void ck_agent_ring(void)
{
    int32_t tid = __atomic_load_n(&ck_agent_tid, __ATOMIC_ACQUIRE);
    int32_t process = __atomic_load_n(&agent.process, __ATOMIC_ACQUIRE);

    if (tid > 0)
        sys3(SYS_tgkill, process ? process : ck_getpid(), tid, CK_BELL);
}

int ck_agent_leave(enum ck_leave how, int limit_ms)
{
    uint64_t end = ck_now_us() + (uint64_t)limit_ms * 1000;
    int32_t rung = 0, tid;

    do { /* a restart may come between, and another agent */
        tid = __atomic_load_n(&ck_agent_tid, __ATOMIC_ACQUIRE);
        __atomic_store_n(&agent.leave, how, __ATOMIC_RELEASE);
        if (tid <= 0 || sys3(SYS_tgkill, ck_getpid(), tid,
                             tid == rung ? 0 : CK_BELL) == -ESRCH)
            return 0;
        rung = tid;
        ck_sleep_us(100);
    } while (ck_now_us() < end);
    __atomic_store_n(&agent.leave, 0, __ATOMIC_RELEASE);
    return -ETIMEDOUT;
}

int ck_agent_start_restored(int fd, uint64_t bytes)
{
    int r;

    memset(&agent, 0, sizeof agent);
    kids.n = 0;
    ck_term_forget();
    ck_intake_forget();
    agent.welcomed = 1;
    agent.fd = -1;
    agent.keep_fd = fd;
    agent.parked = agent.round = 1;
    agent.restored_bytes = bytes;
    ck_frozen_expect();
    r = start();
    while (!r && !__atomic_load_n(&agent.started, __ATOMIC_ACQUIRE))
        ck_futex_wait(&agent.started, 0, 1000);
    return r;
}

void ck_agent_wait_table(int limit_ms)
{
    ck_futex_await(&agent.started, limit_ms);
}

void ck_agent_let_report(void)
{
    __atomic_store_n(&agent.started, MAY_REPORT, __ATOMIC_RELEASE);
    ck_futex_wake(&agent.started, 1);
}

void ck_agent_after_fork(void)
{
    ck_cputime_forget();
    ck_undo_after_fork();
    memset(&agent, 0, sizeof agent);
    kids.n = 0;
    ck_term_forget();
    ck_snapshot_forget();
    ck_helper_forget();
    ck_outside_forget();
    ck_intake_forget();
    ck_threads.restarted = 0;
    ck_park_forget();
    ck_rest_wanted = 0; /* of our parent, perhaps */
    ck_rt.root = 0;
    if (!ck_rt.left)
        ck_agent_start();
}

int ck_agent_can_ask(void)
{
    return !__atomic_load_n(&agent.alone, __ATOMIC_ACQUIRE) &&
           !__atomic_load_n(&agent.leave, __ATOMIC_ACQUIRE) && !ck_rt.left;
}

int ck_agent_alone(void)
{
    return __atomic_load_n(&agent.alone, __ATOMIC_ACQUIRE);
}

int ck_agent_wait_welcome(int limit_ms)
{
    return ck_futex_await(&agent.welcomed, limit_ms);
}
