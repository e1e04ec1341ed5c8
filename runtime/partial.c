/*
 * partial.c - a blocking write that was stopped halfway.
 *
 * A write that has transferred some bytes when its thread is stopped returns
 * their number, which the program would see as a short write that never
 * happens otherwise. So the thread is sent to ck_write_rest first: it writes
 * the rest and returns the sum to where the program waits for it. What the
 * detour needs lies below the red zone of the thread's own stack, so that it
 * survives a checkpoint in its midst; being stopped again there nests. A
 * non-blocking or failing rest gives back the number that there was.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "lib/sys/syscall.h"
#include "runtime/thread.h"

#define RED_ZONE 128
#define IOV_MAX_HERE 64

struct rest {
    uint64_t rip, rsi, rdx, rsp, done;
    struct iovec iov[IOV_MAX_HERE];
};

/* rax is set by the syscall, rcx and r11 are its to destroy. */
__asm__(".text\n"
        ".type ck_write_rest, @function\n"
        "ck_write_rest:\n"
        "syscall\n"
        "test %rax, %rax\n"
        "jns 1f\n"
        "xor %eax, %eax\n"
        "1: add 32(%rsp), %rax\n"
        "mov 8(%rsp), %rsi\n"
        "mov 16(%rsp), %rdx\n"
        "mov (%rsp), %rcx\n"
        "mov 24(%rsp), %rsp\n"
        "jmp *%rcx\n"
        ".size ck_write_rest, .-ck_write_rest\n");
void ck_write_rest(void) CK_HIDDEN;

/* The vectors behind the first `done` bytes; 0 when it can't be told. */
static uint64_t iov_rest(struct iovec *out, const struct iovec *in,
                         uint64_t n, uint64_t done)
{
    uint64_t total = 0, count = 0;

    if (n > IOV_MAX_HERE)
        return 0;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t skip = done < in[i].iov_len ? done : in[i].iov_len;

        done -= skip;
        total += in[i].iov_len - skip;
        if (in[i].iov_len == skip)
            continue;
        out[count].iov_base = (char *)in[i].iov_base + skip;
        out[count++].iov_len = in[i].iov_len - skip;
    }
    return total ? count : 0;
}

void ck_partial_finish(struct user_regs_struct *r, long nr)
{
    long done = (long)r->rax;
    struct rest *k;

    if ((nr != SYS_write && nr != SYS_writev && nr != SYS_sendto) ||
        done <= 0 || (nr != SYS_writev && (uint64_t)done >= r->rdx))
        return;
    k = (struct rest *)((r->rsp - RED_ZONE - sizeof *k) & ~15ull);
    if (nr == SYS_writev) {
        uint64_t n = iov_rest(k->iov, (const struct iovec *)r->rsi, r->rdx,
                              (uint64_t)done);

        if (!n)
            return;
        k->rsi = r->rsi;
        k->rdx = r->rdx;
        r->rsi = (uint64_t)k->iov;
        r->rdx = n;
    } else {
        k->rsi = r->rsi;
        k->rdx = r->rdx;
        r->rsi += (uint64_t)done;
        r->rdx -= (uint64_t)done;
    }
    k->rip = r->rip;
    k->rsp = r->rsp;
    k->done = (uint64_t)done;
    r->rsp = (uint64_t)k;
    r->rip = (uint64_t)(uintptr_t)ck_write_rest;
    r->rax = (unsigned long)nr;
}
