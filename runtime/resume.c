/*
 * resume.c - makes a process run on from its own memory.
 *
 * The restorer has put the memory back and jumps here, on the one thread
 * that exists, which is the process's first. Everything needed lies in our
 * own data: the slots of the threads, the attributes. The threads are made
 * again, each waits on its slot's stack like a parked one; the agent says
 * RESTORED, and on GO all go on through the same rt_sigreturn as after a
 * checkpoint. Any failure before that is reported and ends the process: not
 * one instruction of the program has run.
 *
 * Threads get new numbers. glibc keeps a thread's number in its descriptor,
 * at the address that the kernel clears at the thread's end; it is written
 * there, and into locks that remember their owner (mend.c, and later
 * interpose/lock.c).
 */
#include "runtime/resume.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "lib/arch/x86_64/clone.h"
#include "lib/proto/client.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/agent.h"
#include "runtime/await.h"
#include "runtime/helper.h"
#include "runtime/interpose/watch.h"
#include "runtime/rights.h"
#include "runtime/snapshot.h"
#include "runtime/task/task.h"
#include "runtime/task/xstate.h"
#include "runtime/thread.h"
#include "runtime/virt/former.h"

#define LOOK_LIMIT_US 600000000u

struct ck_handoff ck_handoff;

static struct {
    struct ck_pidtable_file *table; /* shared with the tree's others */
    size_t table_len;
    int32_t vpid;
    int status; /* of the first thread, if it has ended */
} again;

int32_t ck_resume_vpid(void)
{
    return again.vpid;
}

void ck_resume_note(int32_t vpid)
{
    again.vpid = vpid;
    again.status = ck_await_first_status();
}

static _Noreturn void give_up_by(int fd, int err, const char *what)
{
    static uint8_t buf[1024];
    char why[400];
    struct ck_msg_failed m = {0, CK_PHASE_RESTORE, 0, why};

    ck_fmt(why, sizeof why, "process %d (%s): %s (error %d)", again.vpid,
           ck_threads_name(), what, -err);
    CK_CLIENT_SEND(fd, buf, sizeof buf, failed, FAILED, &m);
    for (;;)
        sys1(SYS_exit_group, 1);
}

static _Noreturn void give_up(int err, const char *what)
{
    give_up_by(ck_handoff.coord_fd, err, what);
}

void ck_resume_check(int fd)
{
    if (ck_threads.unqueued)
        give_up_by(fd, ck_threads.unqueued, "signals that waited can't wait "
                   "here: too many for the limit (ulimit -i)");
}

static void open_table(void)
{
    struct ck_pidtable_file head;
    long p, fd = sys4(SYS_openat, AT_FDCWD, ck_handoff.pidtable,
                      O_RDWR | O_CLOEXEC, 0);

    if (fd < 0)
        give_up((int)fd, "the pid table can't be opened");
    if (ck_read_all((int)fd, &head, sizeof head) < 0 ||
        head.magic != CK_PIDTABLE_MAGIC)
        give_up(-EBADMSG, "the pid table is not one");
    again.table_len =
        sizeof head + head.count * sizeof(struct ck_pid_entry);
    p = sys6(SYS_mmap, NULL, again.table_len, PROT_READ | PROT_WRITE,
             MAP_SHARED, fd, 0);
    if (sys_failed(p))
        give_up((int)p, "the pid table can't be mapped");
    again.table = (struct ck_pidtable_file *)p;
    sys1(SYS_close, fd);
}

static void tell_number(int32_t virt, int32_t real)
{
    struct ck_pid_entry *e = ck_pid_find(again.table, virt);
    uint32_t unset = CK_PID_UNSET;

    if (!e)
        give_up(-ENOENT, "a thread's number is not in the pid table");
    __atomic_store_n(&e->real, real, __ATOMIC_RELEASE);
    __atomic_compare_exchange_n(&e->state, &unset, CK_PID_EXISTS, 0,
                                __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/*
 * The restorer has looked through the memory that others map too. Whoever
 * has found a mutex of its own there may give it a new number when everybody
 * has looked: the new number of one may be an old one of another.
 */
static void wait_for_looks(void)
{
    uint32_t *unseen = &again.table->unseen, n;
    uint64_t end = ck_now_us() + LOOK_LIMIT_US;
    struct timespec turn = {1, 0};

    if (__atomic_sub_fetch(unseen, 1, __ATOMIC_ACQ_REL) == 0)
        sys3(SYS_futex, unseen, CK_FUTEX_WAKE, 1 << 30);
    while (ck_handoff.mutex_count &&
           (n = __atomic_load_n(unseen, __ATOMIC_ACQUIRE)) != 0) {
        if (ck_now_us() > end)
            give_up(-ETIMEDOUT, "other processes of the tree have not put "
                                "their shared memory back");
        sys4(SYS_futex, unseen, CK_FUTEX_WAIT, n, &turn);
    }
}

/* What belongs to the calling thread, from its slot. */
static void become(struct ck_slot *t)
{
    sys2(SYS_arch_prctl, ARCH_SET_FS, t->fs_base);
    if (t->gs_base)
        sys2(SYS_arch_prctl, ARCH_SET_GS, t->gs_base);
    sys1(SYS_set_tid_address, t->clear_tid);
    if (t->robust)
        sys2(SYS_set_robust_list, t->robust, t->robust_len);
    if (t->rseq) {
        sys4(SYS_rseq, t->rseq, t->rseq_len, 1, t->rseq_sig);
        sys4(SYS_rseq, t->rseq, t->rseq_len, 0, t->rseq_sig);
    }
    sys2(SYS_prctl, PR_SET_NAME, t->name);
    if (t->timerslack)
        sys2(SYS_prctl, PR_SET_TIMERSLACK, t->timerslack);
    if (t->pdeathsig)
        sys2(SYS_prctl, PR_SET_PDEATHSIG, t->pdeathsig);
    if (t->personality >= 0)
        sys1(SYS_personality, t->personality);
    if (t->keepcaps)
        sys2(SYS_prctl, PR_SET_KEEPCAPS, 1);
    ck_sched_become(t);
    ck_xstate_become();
    if (t->no_new_privs)
        sys5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ck_settings_become(&t->settings);
}

/* A number that another thread had in a former life could be taken for that
 * thread, wherever an old number is still written down. */
static int taken(const struct ck_slot *t, int32_t tid)
{
    int32_t whose = ck_former_of(tid);

    if (whose && whose != t->vtid)
        return 1;
    for (uint32_t i = 0; i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid == tid && &ck_threads.slot[i] != t)
            return 1;
    return 0;
}

/* What its maker says of a thread's number. */
enum verdict { ASKED = 0, STAY = 1, LEAVE = 2 };

static int thread_main(void *arg)
{
    struct ck_slot *t = arg;
    uint32_t v;

    while ((v = __atomic_load_n(&t->verdict, __ATOMIC_ACQUIRE)) == ASKED)
        ck_futex_wait(&t->verdict, ASKED, -1);
    if (v == LEAVE)
        return 0;
    become(t);
    ck_park_restarted(t);
}

/* Real numbers now, by slot; the slots keep the old ones until mutexes have
 * been mended. Lies behind the slots' region only for the moment. */
static int32_t *new_tids(uint32_t n)
{
    long p = sys6(SYS_mmap, NULL, n * sizeof(int32_t) + 1,
                  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (sys_failed(p))
        give_up((int)p, "no memory");
    return (int32_t *)p;
}

static int32_t make_thread(struct ck_slot *t)
{
    static int32_t alive;

    for (;;) {
        long tid;
        int leave;

        alive = 1;
        t->verdict = ASKED;
        tid = ck_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                           CLONE_THREAD | CLONE_SYSVSEM |
                           CLONE_CHILD_CLEARTID,
                       t->stack + sizeof t->stack, NULL, &alive, thread_main,
                       t);
        if (tid < 0)
            give_up((int)tid, "a thread can't be made");
        leave = taken(t, (int32_t)tid);
        __atomic_store_n(&t->verdict, leave ? LEAVE : STAY, __ATOMIC_RELEASE);
        ck_futex_wake(&t->verdict, 1);
        if (!leave)
            return (int32_t)tid;
        while (__atomic_load_n(&alive, __ATOMIC_ACQUIRE)) {
            struct timespec ts = {0, 1000000};

            sys4(SYS_futex, &alive, CK_FUTEX_WAIT, 1, &ts);
        }
    }
}

static void make_threads(int32_t *fresh)
{
    for (uint32_t i = 0; i < ck_threads.n; i++) {
        struct ck_slot *t = &ck_threads.slot[i];

        if (t->tid)
            fresh[i] = t->leader ? ck_gettid() : make_thread(t);
        if (t->leader && taken(t, fresh[i]))
            give_up(-EEXIST, "its number is that of one of its threads in a "
                             "former life: restart once more");
    }
}

static struct ck_slot *number_threads(const int32_t *fresh)
{
    struct ck_slot *leader = NULL;

    for (uint32_t i = 0; i < ck_threads.n; i++) {
        struct ck_slot *t = &ck_threads.slot[i];

        if (!t->tid)
            continue;
        ck_timer_renumber(t->tid, fresh[i]);
        t->tid = fresh[i];
        ck_threads.standing++; /* or will, until GO */
        if (t->clear_tid)
            *(int32_t *)(uintptr_t)t->clear_tid = t->tid;
        tell_number(t->vtid, t->tid);
        if (t->leader)
            leader = t;
    }
    return leader;
}

static void take_over(void)
{
    ck_fmt(ck_rt.job_dir, sizeof ck_rt.job_dir, "%s", ck_handoff.job_dir);
    ck_fmt(ck_rt.env_dir, sizeof ck_rt.env_dir, "CKPT_DIR=%s",
           ck_handoff.job_dir);
    ck_rt.generation = ck_handoff.generation;
    ck_fmt(ck_rt.env_tree, sizeof ck_rt.env_tree, "CKPT_TREE=%s:%u",
           ck_rt.tree, ck_handoff.generation);
    ck_fmt(ck_rt.env_stdio, sizeof ck_rt.env_stdio, "CKPT_STDIO=%s",
           ck_handoff.stdio);
    ck_snapshot_forget();
    ck_helper_forget();
    ck_rights_note();
    ck_threads.parked = ck_threads.gone = 0;
    ck_park_forget();
    ck_threads.restarted = 1;
}

/* On the leader's own slot stack: the restorer's memory can go. */
static int leader_main(void *arg)
{
    struct ck_slot *t = arg;

    sys2(SYS_munmap, ck_handoff.region_start, ck_handoff.region_len);
    if (!t)
        for (;;)
            sys1(SYS_exit, again.status);
    become(t);
    ck_park_restarted(t);
}

static _Noreturn void switch_stack(void *top, int (*fn)(void *), void *arg)
{
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "call *%1\n\t"
                     "ud2"
                     :
                     : "r"((uintptr_t)top & ~15ul), "r"(fn), "D"(arg)
                     : "memory");
    __builtin_unreachable();
}

/* The last thing: the kernel forgets it when the process closes a descriptor
 * of the queue, which is what the agent does to have a table of its own. */
static void ask_to_be_told(void)
{
    ck_notify_forget();
    for (uint32_t i = 0; i < ck_handoff.notify_count; i++) {
        const struct ck_handoff_notify *n = &ck_handoff.notify[i];
        struct sigevent ev;
        long r;

        memset(&ev, 0, sizeof ev);
        ev.sigev_value.sival_ptr = (void *)(uintptr_t)n->value;
        ev.sigev_signo = n->signo;
        ev.sigev_notify = n->how;
        r = ck_notify_again(n->fd, &ev);
        if (r)
            give_up((int)r, "mq_notify can't be asked for again");
    }
}

_Noreturn void ck_resume_entry(void)
{
    static uint8_t spare_stack[4096] __attribute__((aligned(16)));
    struct ck_slot *leader;
    char why[300] = "";
    uint64_t all = ~0ull;
    int32_t *fresh;
    int r;

    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
    if (ck_handoff.version != CK_HANDOFF_VERSION)
        give_up(-EPROTO, "restorer and runtime are of different versions");
    take_over();
    open_table();
    r = ck_task_restore(CK_STAGE_EARLY, why, sizeof why);
    if (r)
        give_up(r, why);
    fresh = new_tids(ck_threads.n);
    make_threads(fresh);
    wait_for_looks();
    ck_mend_locks(fresh);
    if (ck_former_note() < 0)
        give_up(-ENOMEM, "no memory");
    leader = number_threads(fresh);
    if (!leader) /* this thread is going to end, as that had */
        ck_signals_requeue_shared();
    sys2(SYS_munmap, fresh, ck_threads.n * sizeof(int32_t) + 1);
    sys2(SYS_munmap, again.table, again.table_len);
    r = ck_agent_start_restored(ck_handoff.coord_fd, ck_handoff.raw_bytes);
    if (r)
        give_up(r, "the agent can't be started");
    ask_to_be_told();
    ck_agent_let_report();
    sys1(SYS_close, ck_handoff.coord_fd);
    switch_stack(leader ? leader->stack + sizeof leader->stack
                        : spare_stack + sizeof spare_stack,
                 leader_main, leader);
}
