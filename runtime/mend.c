/*
 * mend.c - new thread numbers in glibc's mutexes.
 *
 * A mutex that is not a plain one knows its owner by number. Those that a
 * saved thread held were found by the restorer while it read the memory. A
 * thread that waits for a robust or priority inheritance mutex has its own
 * number in a register or in its frame, loaded before the wait, and will
 * make it the owner: it is changed there too. Kinds: 1 recursive, 2 error
 * checking, 16 robust, 32 priority inheritance.
 */
#include <string.h>
#include <sys/uio.h>

#include "lib/sys/syscall.h"
#include "runtime/resume.h"
#include "runtime/thread.h"

#define FUTEX_TID_MASK 0x3fffffffu
#define FRAME 256 /* bytes of the waiter's stack that are looked through */

static int32_t fresh_of(const int32_t *fresh, int32_t old)
{
    for (uint32_t i = 0; i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid == old)
            return fresh[i];
    return 0;
}

/* struct __pthread_mutex_s: lock, count, owner, ... A robust or priority
 * inheritance mutex has its owner in lock as well. A read/write lock has its
 * writer as the seventh word. */
static void mend_held(const int32_t *fresh)
{
    for (uint32_t i = 0; i < ck_handoff.mutex_count; i++) {
        uint64_t entry = ck_handoff.mutex[i];
        uint32_t *m = (uint32_t *)(uintptr_t)(entry & ~7ull);
        uint32_t *owner = entry & CK_HANDOFF_RWLOCK ? &m[6] : &m[2];
        int32_t tid = fresh_of(fresh, (int32_t)*owner);

        if (!tid)
            continue;
        if (entry & CK_HANDOFF_RWLOCK) {
            *owner = (uint32_t)tid;
            continue;
        }
        if ((m[0] & FUTEX_TID_MASK) == m[2])
            m[0] = (m[0] & ~FUTEX_TID_MASK) | (uint32_t)tid;
        m[2] = (uint32_t)tid;
    }
}

/* Does the futex word belong to a mutex that has its owner's number? What
 * lies behind the word may not be mapped, so it is read from outside. */
static int numbered(uint64_t word)
{
    uint32_t m[5];
    struct iovec local = {m, sizeof m},
                 remote = {(void *)(uintptr_t)word, sizeof m};

    if (sys6(SYS_process_vm_readv, ck_getpid(), &local, 1, &remote, 1, 0) !=
        (long)sizeof m)
        return 0;
    return (m[4] & ~0x3b3u) == 0 && (m[4] & (1 | 2 | 16 | 32)) != 0;
}

static void mend_waiter(struct ck_slot *t, int32_t tid)
{
    static const int kept[] = {REG_RBX, REG_RBP, REG_R8,  REG_R9, REG_R12,
                               REG_R13, REG_R14, REG_R15};
    greg_t *g = t->frame->uc_mcontext.gregs;
    uint32_t *frame;

    if (t->sys.nr != SYS_futex || !t->sys.how || t->tid == tid ||
        !numbered((uint64_t)g[REG_RDI]))
        return;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (g[kept[i]] == t->tid)
            g[kept[i]] = tid;
    frame = (uint32_t *)((uintptr_t)g[REG_RSP] & ~3ul);
    for (unsigned i = 0; i < FRAME / sizeof *frame; i++)
        if (frame[i] == (uint32_t)t->tid)
            frame[i] = (uint32_t)tid;
}

void ck_mend_mutexes(const int32_t *fresh)
{
    mend_held(fresh);
    for (uint32_t i = 0; i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid)
            mend_waiter(&ck_threads.slot[i], fresh[i]);
}
