/*
 * dlsym.S - dlsym() and dlvsym().
 *
 * What RTLD_DEFAULT and RTLD_NEXT find depends on who calls, which the loader
 * tells by the return address: there the real function is jumped to, with
 * stack and arguments as they came. Ours stands before libc's for both; only a
 * library behind us that asks for the next one gets libc's own, and has to:
 * we may be what has called it. Where a handle is given, look.c goes on.
 */
    .text

/* LOOK name: the function of that name. RTLD_DEFAULT is 0, RTLD_NEXT -1. */
    .macro LOOK name
    .globl \name
    .type \name, @function
    .p2align 4
\name:
    .cfi_startproc
    endbr64
    leaq    1(%rdi), %rax
    cmpq    $2, %rax
    jnc     ck_look_\name
    pushq   %rdi
    .cfi_adjust_cfa_offset 8
    pushq   %rsi
    .cfi_adjust_cfa_offset 8
    pushq   %rdx
    .cfi_adjust_cfa_offset 8
    call    ck_look_real_\name
    popq    %rdx
    .cfi_adjust_cfa_offset -8
    popq    %rsi
    .cfi_adjust_cfa_offset -8
    popq    %rdi
    .cfi_adjust_cfa_offset -8
    jmp     *%rax
    .cfi_endproc
    .size \name, . - \name
    .endm

    LOOK dlsym
    LOOK dlvsym
    .section .note.GNU-stack, "", @progbits
