/*
 * x86_64/xstate.h - a thread's state beyond the general registers (x87, SSE,
 * AVX, AVX-512, AMX tiles), as the kernel takes it from a signal frame.
 *
 * The kernel hands the state out in the processor's standard format: parts at
 * fixed places, and a header that says which of them are in use; one that is
 * not has its initial value, and stays marked so. A frame says how long it is
 * and ends with a word; one that is longer than the room that the kernel has
 * for the thread's state, or ends elsewhere, is taken for one of SSE only,
 * and nobody is told. A thread has room for a dynamic part (AMX tile data)
 * from its first use on, if its process has asked for the permission.
 *
 * What the processor has is a parameter, so that every kind can be tried on
 * every machine.
 */
#ifndef CKPT_LIB_ARCH_X86_64_XSTATE_H
#define CKPT_LIB_ARCH_X86_64_XSTATE_H

#include <stddef.h>
#include <stdint.h>

/* Room for the largest state, AMX tiles included. */
#define CK_XSTATE_MAX (12 * 1024)
#define CK_XPARTS 63

#define CK_X87_SSE 3ull
#define CK_XTILEDATA (1ull << 18)

struct ck_xstate {
    uint8_t bytes[CK_XSTATE_MAX];
} __attribute__((aligned(64)));

struct ck_xmachine {
    int32_t known; /* it was looked at */
    uint64_t features; /* parts that the system uses (XCR0); 0: no XSAVE */
    uint64_t dynamic;  /* those that the kernel makes room for when needed */
    struct {
        uint32_t offset, size;
    } part[CK_XPARTS];
};

void ck_xmachine_look(struct ck_xmachine *m);

/* Length of a frame with room for these parts. */
size_t ck_xstate_size(const struct ck_xmachine *m, uint64_t features);

/* The parts that are in use in x. */
uint64_t ck_xstate_used(const struct ck_xmachine *m,
                        const struct ck_xstate *x);

/*
 * Makes a frame of x, in which a thread's state stands as the kernel gave it,
 * len bytes. 0, -ENOTSUP: a part is in use that m has not, or -EOVERFLOW: one
 * is in use that is not in len bytes.
 */
int ck_xstate_frame(const struct ck_xmachine *m, struct ck_xstate *x,
                    size_t len);

/* Copies the state of a frame that the kernel has made. 0 or -EOVERFLOW. */
int ck_xstate_copy(const struct ck_xmachine *m, struct ck_xstate *x,
                   const void *frame);

/* Does a kernel that has room for these parts of the thread's state take the
 * frame for what it is? */
int ck_xstate_taken(const struct ck_xmachine *m, const struct ck_xstate *x,
                    uint64_t room);

/* Can state of machine `from` be loaded by machine `to`? The parts in use
 * that it lacks, or has elsewhere; 0: it can. */
uint64_t ck_xstate_lacks(const struct ck_xmachine *from,
                         const struct ck_xmachine *to,
                         const struct ck_xstate *x);

/* Uses an AMX tile for a moment: the kernel has room for the tiles of the
 * calling thread from then on. The process must have the permission. */
void ck_xstate_touch_tiles(void);

#endif
