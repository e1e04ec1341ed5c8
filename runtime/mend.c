/*
 * mend.c - new thread numbers in glibc's locks: those that can't wait.
 *
 * Locks that know their owner by number are put right when somebody uses
 * them (interpose/lock.c). Here are the others, each of which is a lock for
 * certain; memory that only looks like one is data, and not ours to change:
 * - in the list of robust mutexes that the kernel has of a thread;
 * - what a thread waits for with its own number in its hands, in a register or
 *   in its frame: a robust or inheriting mutex, which it will make its own;
 * - in the data of libc and of the dynamic linker, which lock past us: the
 *   loader's lock is a recursive mutex, that of setlocale() a read/write one;
 * - inheriting mutexes in shared memory, whose word the kernel compares when
 *   another process asks for it. The restorer has found them, by five words
 *   that agree.
 * Kinds: 1 recursive, 2 error checking, 16 robust, 32 priority inheritance.
 */
#include <link.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/uio.h>

#include "lib/sys/syscall.h"
#include "runtime/resume.h"
#include "runtime/slots.h"
#include "runtime/thread.h"

#define FRAME 256 /* bytes of the waiter's stack that are looked through */
#define DATA_MAX 8
#define COUNT_MAX 100000 /* a lock that somebody has locked more often is none */

static struct {
    uint64_t start, end;
} data[DATA_MAX];
static unsigned ndata;

/* The writable segments of the libraries that lock past us. */
static int note_data(struct dl_phdr_info *info, size_t size, void *arg)
{
    const char *base = strrchr(info->dlpi_name, '/');

    (void)size;
    (void)arg;
    base = base ? base + 1 : info->dlpi_name;
    if (strncmp(base, "libc.so", 7) != 0 && strncmp(base, "ld-linux", 8) != 0)
        return 0;
    for (unsigned i = 0; i < info->dlpi_phnum && ndata < DATA_MAX; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
            continue;
        data[ndata].start = (info->dlpi_addr + p->p_vaddr + 7) & ~7ull;
        data[ndata++].end = info->dlpi_addr + p->p_vaddr + p->p_memsz;
    }
    return 0;
}

void ck_mend_find_data(void)
{
    dl_iterate_phdr(note_data, NULL);
}

static int32_t fresh_of(const int32_t *fresh, int32_t old)
{
    for (uint32_t i = 0; old && i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid == old)
            return fresh[i];
    return 0;
}

/* Through the kernel, since it may not be ours to write. */
static void poke(uint64_t at, uint32_t value)
{
    struct iovec local = {&value, sizeof value},
                 remote = {(void *)(uintptr_t)at, sizeof value};

    sys6(SYS_process_vm_writev, ck_getpid(), &local, 1, &remote, 1, 0);
}

/* struct __pthread_mutex_s: lock, count, owner, users, kind. A robust or
 * inheriting one has its owner in lock as well. */
static void mend_mutex(uint64_t at, const int32_t *fresh)
{
    uint32_t m[5];
    int32_t owner, holder;

    if (ck_peek(at, m, sizeof m))
        return;
    owner = fresh_of(fresh, (int32_t)m[2]);
    holder = (m[4] & (16 | 32))
                 ? fresh_of(fresh, (int32_t)(m[0] & FUTEX_TID_MASK))
                 : 0;
    if (owner)
        poke(at + 8, (uint32_t)owner);
    if (holder)
        poke(at, (m[0] & ~(uint32_t)FUTEX_TID_MASK) | (uint32_t)holder);
}

static void mend_robust(const struct ck_slot *t, const int32_t *fresh)
{
    struct {
        uint64_t next, offset, pending;
    } head;

    if (!t->robust || ck_peek(t->robust, &head, sizeof head))
        return;
    if (head.pending)
        mend_mutex((head.pending & ~1ull) + head.offset, fresh);
    /* As far as the kernel goes (ROBUST_LIST_LIMIT). */
    for (int i = 0; i < 2048; i++) {
        uint64_t entry = head.next & ~1ull;

        if (entry == t->robust || ck_peek(entry, &head.next, 8))
            return;
        mend_mutex(entry + head.offset, fresh);
    }
}

static void mend_data(const int32_t *fresh)
{
    for (unsigned i = 0; i < ndata; i++) {
        for (uint64_t at = data[i].start; at + 32 <= data[i].end; at += 8) {
            const uint32_t *m = (const uint32_t *)at;

            /* held recursive mutex */
            if (m[2] && m[0] - 1 < 2 && m[1] - 1 < COUNT_MAX && m[3] == 1 &&
                m[4] == 1 && fresh_of(fresh, (int32_t)m[2]))
                mend_mutex(at, fresh);
            /* struct __pthread_rwlock_arch_t, held by a writer: readers,
             * writers, two futex words, two unused, writer, shared */
            if (m[6] && (m[0] & 3) == 3 && m[0] < 1u << 20 &&
                m[1] < 1u << 20 && m[2] <= 3 && m[3] <= 3 && !m[4] && !m[5] &&
                !m[7] && fresh_of(fresh, (int32_t)m[6]))
                poke(at + 24, (uint32_t)fresh_of(fresh, (int32_t)m[6]));
        }
    }
}

/* Does the futex word belong to a robust or inheriting mutex? What lies behind
 * the word may not be mapped, so it is read from outside. */
static int numbered(uint64_t word)
{
    uint32_t m[5];

    return !ck_peek(word, m, sizeof m) && (m[4] & ~0x3b3u) == 0 &&
           (m[4] & (16 | 32)) != 0;
}

/* Is the word a return address of the program's: a place outside of libc
 * behind a call? By 0xe8, or by 0xff with a 2 in the byte that follows. */
static int returns_to_program(uint64_t word)
{
    uint8_t code[7];

    if (word < sizeof code || ck_thread_in_libc(word) ||
        ck_peek(word - sizeof code, code, sizeof code))
        return 0;
    for (unsigned i = 0; i < 6; i++)
        if (code[i] == 0xff && (code[i + 1] & 0x38) == 0x10)
            return 1;
    return code[2] == 0xe8;
}

/* In libc's own frames: what lies above them is the program's, which may have
 * noted the same number for itself, and knows no other. */
static void mend_frames(uint64_t sp, uint32_t was, uint32_t is)
{
    for (uint64_t at = sp & ~7ul; at < sp + FRAME; at += 8) {
        uint32_t *half = (uint32_t *)(uintptr_t)at;

        if (returns_to_program(*(const uint64_t *)(const void *)half))
            return;
        for (unsigned i = 0; i < 2; i++)
            if (half[i] == was)
                half[i] = is;
    }
}

static void mend_waiter(struct ck_slot *t, const int32_t *fresh, int32_t tid)
{
    static const int kept[] = {REG_RBX, REG_RBP, REG_R8,  REG_R9, REG_R12,
                               REG_R13, REG_R14, REG_R15};
    greg_t *g = t->frame->uc_mcontext.gregs;
    int op = (int)g[REG_RSI] & FUTEX_CMD_MASK;

    if (t->sys.nr != SYS_futex || !t->sys.how || t->tid == tid ||
        !numbered((uint64_t)g[REG_RDI]))
        return;
    if (op == FUTEX_LOCK_PI || op == FUTEX_LOCK_PI2)
        mend_mutex((uint64_t)g[REG_RDI], fresh);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (g[kept[i]] == t->tid)
            g[kept[i]] = tid;
    mend_frames((uint64_t)g[REG_RSP], (uint32_t)t->tid, (uint32_t)tid);
}

void ck_mend_locks(const int32_t *fresh)
{
    mend_data(fresh);
    for (uint32_t i = 0; i < ck_handoff.mutex_count; i++)
        mend_mutex(ck_handoff.mutex[i], fresh);
    for (uint32_t i = 0; i < ck_threads.n; i++) {
        if (!ck_threads.slot[i].tid)
            continue;
        mend_robust(&ck_threads.slot[i], fresh);
        mend_waiter(&ck_threads.slot[i], fresh, fresh[i]);
    }
}
