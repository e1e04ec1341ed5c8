/* Claim: the general registers of a computing thread, flags and the red zone
 * below its stack pointer are kept. */
#include "regs.h"

int main(void)
{
    static uint64_t in[16], out[16], red[16];
    pthread_t t = hold_start();

    claim_fill(in, sizeof in, 3);
    __asm__ volatile(
        "mov %%rsp, %%rcx\n" /* the red zone is real below a leaf's rsp */
        "sub $512, %%rsp\n"
        "push %%rbp\n push %%rcx\n push %%rsi\n push %%rdi\n"
        "mov 0(%%rdi), %%rbx\n mov 8(%%rdi), %%rcx\n mov 16(%%rdi), %%rbp\n"
        "mov 24(%%rdi), %%r8\n mov 32(%%rdi), %%r9\n mov 40(%%rdi), %%r10\n"
        "mov 48(%%rdi), %%r11\n mov 56(%%rdi), %%r12\n"
        "mov 64(%%rdi), %%r13\n mov 72(%%rdi), %%r14\n"
        "mov 80(%%rdi), %%r15\n"
        "mov %%rbx, -8(%%rsp)\n mov %%r15, -128(%%rsp)\n"
        "mov %%r9, -64(%%rsp)\n"
        "movl $1, (%%rdx)\n"
        "1: pause\n cmpl $0, (%%rax)\n je 1b\n"
        "mov %%rdi, 88(%%rsi)\n mov %%rax, 96(%%rsi)\n"
        "mov %%rbx, 0(%%rsi)\n mov %%rcx, 8(%%rsi)\n mov %%rbp, 16(%%rsi)\n"
        "mov %%r8, 24(%%rsi)\n mov %%r9, 32(%%rsi)\n mov %%r10, 40(%%rsi)\n"
        "mov %%r11, 48(%%rsi)\n mov %%r12, 56(%%rsi)\n"
        "mov %%r13, 64(%%rsi)\n mov %%r14, 72(%%rsi)\n"
        "mov %%r15, 80(%%rsi)\n"
        "mov -8(%%rsp), %%rax\n mov -128(%%rsp), %%rbx\n"
        "mov -64(%%rsp), %%rcx\n"
        "pop %%rdi\n pop %%rsi\n"
        "mov %%rax, 104(%%rsi)\n mov %%rbx, 112(%%rsi)\n"
        "mov %%rcx, 120(%%rsi)\n"
        "pop %%rcx\n pop %%rbp\n mov %%rcx, %%rsp\n"
        :
        : "D"(in), "S"(out), "a"(&hold_flag), "d"(&hold_entered)
        : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "memory", "cc");
    BREAK(out[4] ^= 4);
    CHECK(memcmp(in, out, 11 * 8) == 0);
    CHECK(out[11] == (uint64_t)in && out[12] == (uint64_t)&hold_flag);
    red[0] = in[0], red[1] = in[10], red[2] = in[4];
    CHECK(memcmp(red, out + 13, 24) == 0);
    pthread_join(t, NULL);
    claim_pass();
}
