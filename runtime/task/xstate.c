/*
 * xstate.c - state of the processor beyond SSE: the threads' frames, and the
 * permission for AMX tiles (ARCH_REQ_XCOMP_PERM), which is the process's.
 *
 * Only a process that had the permission asks for it again, since frames are
 * larger where it was given. The kernel then has room for the tiles of a
 * thread from its first use of one, and that a thread had used them can't be
 * seen from outside while none is in use: a handler that is running may have
 * a large frame of the kernel's below it, and would return by it. So every
 * thread of such a process uses a tile once before it goes on.
 *
 * What can't be saved as a whole is refused, and so is a restart where the
 * kernel would not take a frame for what it is, or the processor lacks a part
 * that is in use: registers would be lost, and nobody would be told.
 */
#include "runtime/task/xstate.h"

#include <errno.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/task/task.h"
#include "runtime/thread.h"

#define ARCH_GET_XCOMP_PERM 0x1022
#define ARCH_REQ_XCOMP_PERM 0x1023

struct ck_xmachine ck_xmachine;
static uint64_t permitted; /* dynamic parts */

/* Kernels before 5.16 know neither the call nor dynamic parts. */
static uint64_t permission(const struct ck_xmachine *m)
{
    uint64_t perm = 0;

    if (sys2(SYS_arch_prctl, ARCH_GET_XCOMP_PERM, &perm) < 0)
        return 0;
    return perm & m->dynamic;
}

void ck_xstate_look(void)
{
    if (!ck_xmachine.known)
        ck_xmachine_look(&ck_xmachine);
}

void ck_xstate_become(void)
{
    if (permitted & CK_XTILEDATA)
        ck_xstate_touch_tiles();
}

static const struct ck_xstate *frame_of(const struct ck_slot *t)
{
    return t->tid ? (const void *)t->frame->uc_mcontext.fpregs : NULL;
}

int ck_xstate_save(char *why, size_t cap)
{
    const struct ck_xmachine *m = &ck_xmachine;

    permitted = permission(m);
    for (uint32_t i = 0; i < ck_threads.n; i++) {
        const struct ck_slot *t = &ck_threads.slot[i];
        const struct ck_xstate *x = frame_of(t);
        uint64_t room = m->features & ~m->dynamic;

        if (!x || (x == &t->xstate &&
                   ck_xstate_taken(m, x, room | ck_xstate_used(m, x))))
            continue;
        ck_fmt(why, cap, "thread %d has more registers than can be kept "
               "(features 0x%lx, %zu bytes): run it on another processor",
               t->vtid, m->features, ck_xstate_size(m, m->features));
        return -EOPNOTSUPP;
    }
    return 0;
}

static int ask(const struct ck_xmachine *m, char *why, size_t cap)
{
    uint64_t more = permitted & ~permission(m);

    for (int i = 0; i < CK_XPARTS; i++)
        if (more >> i & 1)
            sys2(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, i);
    if (!(permitted & ~permission(m)))
        return 0;
    ck_fmt(why, cap, "AMX (features 0x%lx), which the program has asked for, "
           "is not to be had here: restart it on a machine like the first",
           permitted);
    return -EOPNOTSUPP;
}

int ck_xstate_restore(enum ck_stage stage, char *why, size_t cap)
{
    struct ck_xmachine was = ck_xmachine, *m = &ck_xmachine;
    uint64_t room, lacks;
    int r;

    if (stage != CK_STAGE_EARLY)
        return 0;
    ck_xmachine_look(m);
    r = ask(m, why, cap);
    room = (m->features & ~m->dynamic) | (permitted & CK_XTILEDATA);
    for (uint32_t i = 0; !r && i < ck_threads.n; i++) {
        struct ck_slot *t = &ck_threads.slot[i];

        if (!t->tid)
            continue;
        lacks = ck_xstate_lacks(&was, m, &t->xstate);
        if (!lacks &&
            !ck_xstate_frame(m, &t->xstate, sizeof t->xstate.bytes) &&
            ck_xstate_taken(m, &t->xstate, room))
            continue;
        ck_fmt(why, cap, "thread %d was using registers that this processor "
               "does not have (features 0x%lx of 0x%lx): restart it on a "
               "machine like the first",
               t->vtid, lacks, m->features);
        r = -EOPNOTSUPP;
    }
    return r;
}
