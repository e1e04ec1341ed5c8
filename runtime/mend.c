/*
 * mend.c - new thread numbers in glibc's mutexes.
 *
 * A mutex that is not a plain one knows its owner by number. Those that a
 * saved thread held were found by the restorer while it read the memory. A
 * thread that waits for a robust or priority inheritance mutex, or any that
 * waits with a time, has its own number in a register or in its frame, loaded
 * before the wait, and will make it the owner: it is changed there too. Kinds:
 * 1 recursive, 2 error checking, 16 robust, 32 priority inheritance.
 */
#include <string.h>

#include "lib/sys/syscall.h"
#include "runtime/resume.h"
#include "runtime/slots.h"
#include "runtime/thread.h"

#define FUTEX_TID_MASK 0x3fffffffu
#define FUTEX_CMD 0x7fu /* without the flags for private and clock */
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

/*
 * Does a wait for this futex word end with a number that was loaded before it?
 * It does for robust and inheriting mutexes, and in pthread_mutex_timedlock(),
 * whose waits have a time; pthread_mutex_lock() loads it again for the others.
 */
static int numbered(uint64_t word, uint64_t op)
{
    uint32_t m[5];

    if (ck_peek(word, m, sizeof m) || (m[4] & ~0x3b3u) != 0)
        return 0;
    return (m[4] & (16 | 32)) != 0 ||
           ((m[4] & (1 | 2)) != 0 && (op & FUTEX_CMD) != CK_FUTEX_WAIT);
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

static void mend_waiter(struct ck_slot *t, int32_t tid)
{
    static const int kept[] = {REG_RBX, REG_RBP, REG_R8,  REG_R9, REG_R12,
                               REG_R13, REG_R14, REG_R15};
    greg_t *g = t->frame->uc_mcontext.gregs;

    if (t->sys.nr != SYS_futex || !t->sys.how || t->tid == tid ||
        !numbered((uint64_t)g[REG_RDI], (uint64_t)g[REG_RSI]))
        return;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (g[kept[i]] == t->tid)
            g[kept[i]] = tid;
    mend_frames((uint64_t)g[REG_RSP], (uint32_t)t->tid, (uint32_t)tid);
}

void ck_mend_mutexes(const int32_t *fresh)
{
    mend_held(fresh);
    for (uint32_t i = 0; i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid)
            mend_waiter(&ck_threads.slot[i], fresh[i]);
}
