/*
 * x86_64/emulated.h - is the program run by Valgrind?
 *
 * The request is Valgrind's own (its manual, "The Client Request mechanism";
 * RUNNING_ON_VALGRIND in valgrind.h): four rotations that together leave
 * rdi as it was and an exchange of rbx with itself, which no compiler writes.
 * A processor is asked for nothing by them; Valgrind answers in rdx.
 */
#ifndef CKPT_LIB_ARCH_X86_64_EMULATED_H
#define CKPT_LIB_ARCH_X86_64_EMULATED_H

#include <stdint.h>

static inline int ck_emulated(void)
{
    uint64_t request[6] = {0x1001, 0, 0, 0, 0, 0}, answer = 0;

    __asm__ volatile("rolq $3, %%rdi\n\t"
                     "rolq $13, %%rdi\n\t"
                     "rolq $61, %%rdi\n\t"
                     "rolq $51, %%rdi\n\t"
                     "xchgq %%rbx, %%rbx"
                     : "+d"(answer)
                     : "a"(request)
                     : "cc", "memory");
    return answer != 0;
}

#endif
