/*
 * slots.c - the slots of threads (thread.h), as both ways of stopping fill
 * them.
 */
#include <errno.h>
#include <gnu/lib-names.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/slots.h"
#include "runtime/virt/sysv.h"

#define FUTEX_WAITERS 0x80000000u
#define PID_LIMIT (1u << 22)
/* libc's own signals: to cancel a thread, and to change ids in all of them */
#define SIGCANCEL 32
#define SIGSETXID 33
#define SIGNAL_FRAME 1024 /* the kernel's, up to where siginfo begins */
#define FRAME 256 /* of its stack, where a compiler may keep a number */

int ck_threads_reserve(uint32_t n)
{
    struct ck_threads *all = &ck_threads;
    size_t size;
    long p;

    if (n <= all->cap)
        return 0;
    n += n / 4 + 8;
    size = n * sizeof *all->slot;
    p = sys6(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (sys_failed(p))
        return (int)p;
    if (all->slot) {
        memcpy((void *)p, all->slot, all->n * sizeof *all->slot);
        sys2(SYS_munmap, all->slot, all->cap * sizeof *all->slot);
    }
    all->slot = (struct ck_slot *)p;
    all->cap = n;
    return 0;
}

int32_t ck_threads_remembered(int32_t tid)
{
    for (uint32_t i = 0; i < ck_threads.cap; i++)
        if (ck_threads.slot[i].tid == tid)
            return ck_threads.slot[i].sys.nr;
    return -1;
}

const char *ck_threads_name(void)
{
    uint32_t i = 0;

    while (i < ck_threads.n && !ck_threads.slot[i].tid)
        i++;
    return i < ck_threads.n ? ck_threads.slot[i].name : "?";
}

int ck_peek(uint64_t from, void *to, size_t n)
{
    struct iovec local = {to, n}, remote = {(void *)(uintptr_t)from, n};

    return sys6(SYS_process_vm_readv, ck_getpid(), &local, 1, &remote, 1, 0)
                   == (long)n
               ? 0
               : -EFAULT;
}

int ck_thread_is_libc(uint64_t fs_base)
{
    uint64_t self[3] = {0, 0, 0}; /* tcbhead_t: tcb, dtv, self */

    return fs_base && !ck_peek(fs_base, self, sizeof self) &&
           self[0] == fs_base && self[2] == fs_base;
}

extern const char ck_vfork_returned[] CK_HIDDEN, ck_vfork_end[] CK_HIDDEN;

/* CK_ENTRY's, from the linker */
extern const char __start_ck_entry[] CK_HIDDEN, __stop_ck_entry[] CK_HIDDEN;

int ck_in_passing(uint64_t ip)
{
    return ip == (uintptr_t)ck_frame_leaving ||
           (ip >= (uintptr_t)__start_ck_entry &&
            ip < (uintptr_t)__stop_ck_entry) ||
           (ip >= (uintptr_t)ck_vfork_returned &&
            ip < (uintptr_t)ck_vfork_end);
}

static uint64_t libc_start, libc_end;

static int note_libc(struct dl_phdr_info *info, size_t size, void *arg)
{
    const char *base = strrchr(info->dlpi_name, '/');

    (void)size;
    (void)arg;
    if (strcmp(base ? base + 1 : info->dlpi_name, LIBC_SO) != 0)
        return 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        libc_start = info->dlpi_addr + p->p_vaddr;
        libc_end = libc_start + p->p_memsz;
    }
    return 1;
}

void ck_thread_find_libc(void)
{
    dl_iterate_phdr(note_libc, NULL);
}

int ck_thread_in_libc(uint64_t ip)
{
    return ip >= libc_start && ip < libc_end;
}

/* libc's own handlers believe a signal only if this process has sent it, and
 * look at that in what the kernel has put on the stack for them. */
static int looks_at_sender(int32_t pid, uint64_t info, uint64_t sp)
{
    int32_t head[5]; /* si_signo, si_errno, si_code, -, si_pid */

    return info > sp && info - sp < SIGNAL_FRAME &&
           !ck_peek(info, head, sizeof head) && head[4] == pid &&
           (head[0] == SIGCANCEL || head[0] == SIGSETXID) &&
           head[2] == SI_TKILL;
}

int ck_thread_carries(int32_t pid, int32_t tid, const void *regs, uint64_t ip,
                      uint64_t sp)
{
    uint64_t r[15];
    uint32_t frame[FRAME / 4];

    if (!ck_thread_in_libc(ip))
        return 0;
    memcpy(r, regs, sizeof r);
    for (unsigned i = 0; i < 15; i++) {
        uint64_t v = r[i] & ~(uint64_t)FUTEX_WAITERS;

        /* another thread of ours: nothing is sent by signal 0 */
        if (v > 1 && v < PID_LIMIT &&
            (v == (uint64_t)tid || !sys3(SYS_tgkill, pid, v, 0)))
            return 1;
        if (looks_at_sender(pid, r[i], sp))
            return 1;
    }
    if (ck_peek(sp, frame, sizeof frame))
        return 0;
    for (unsigned i = 0; i < FRAME / 4; i++)
        if ((frame[i] & ~FUTEX_WAITERS) == (uint32_t)tid)
            return 1;
    return 0;
}

uint64_t ck_thread_runs(int32_t tid)
{
    char path[64], text[128];
    const char *p;

    ck_fmt(path, sizeof path, "/proc/%d/schedstat", tid);
    if (ck_read_file(path, text, sizeof text) < 0 || !(p = strrchr(text, ' ')))
        return 0;
    p++;
    return ck_parse_u64(&p, 10);
}

void ck_thread_try(struct ck_slot *t, const struct user_regs_struct *r)
{
    uint64_t runs = ck_thread_runs(t->tid);

    if (!t->tries || memcmp(&t->moved, r, sizeof *r) != 0) {
        t->moved = *r;
        t->tries++;
        t->stood = 0;
    } else if (!runs || runs != t->runs) {
        t->stood++;
    }
    t->runs = runs;
}

void ck_thread_seen(struct ck_slot *t, struct user_regs_struct *regs)
{
    greg_t arg;

    t->fs_base = regs->fs_base;
    t->gs_base = regs->gs_base;
    t->tls = ck_thread_is_libc(regs->fs_base);
    ck_frame_rseq(regs, t->rseq);
    t->sys = ck_frame_rewind(regs, t->sys.nr);
    t->vpid_arg = 0;
    arg = t->sys.nr == SYS_waitid ? (greg_t)regs->rsi : (greg_t)regs->rdi;
    if (t->sys.nr == SYS_wait4 ||
        (t->sys.nr == SYS_waitid && (regs->rdi == P_PID ||
                                     regs->rdi == P_PGID)))
        t->vpid_arg = ck_virt_signed((int32_t)arg);
    t->sysv_kind = ck_sysv_waits(t->sys.nr);
    if (t->sysv_kind)
        t->sysv_arg = ck_sysv_out(t->sysv_kind, (int32_t)regs->rdi);
    t->vtid = ck_virt_of(t->tid);
}
