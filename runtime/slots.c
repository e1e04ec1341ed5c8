/*
 * slots.c - the slots of threads (thread.h), as both ways of stopping fill
 * them.
 */
#include <errno.h>
#include <gnu/lib-names.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "lib/sys/syscall.h"
#include "runtime/slots.h"
#include "runtime/virt/sysv.h"

#define FUTEX_WAITERS 0x80000000u
#define PID_LIMIT (1u << 22)
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

int ck_in_passing(uint64_t ip)
{
    return ip == (uintptr_t)ck_frame_leaving ||
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
    }
    if (ck_peek(sp, frame, sizeof frame))
        return 0;
    for (unsigned i = 0; i < FRAME / 4; i++)
        if ((frame[i] & ~FUTEX_WAITERS) == (uint32_t)tid)
            return 1;
    return 0;
}

void ck_thread_try(struct ck_slot *t, const struct user_regs_struct *r)
{
    if (t->tries && !memcmp(&t->moved, r, sizeof *r))
        return;
    t->moved = *r;
    t->moved_at = ck_now_us();
    t->tries++;
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
