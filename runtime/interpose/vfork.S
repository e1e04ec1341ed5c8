/*
 * vfork.S - vfork() with the child's number translated for the parent.
 *
 * The child returns to our caller and goes on using the stack that parent
 * and child share, so nothing of ours may be on it: the return address is
 * kept in a register, which the kernel preserves for each of the two, as is
 * the parent's ck_virt_busy. Nothing is called before the system call.
 *
 * The parent can't be stopped in the call, so when a checkpoint comes
 * meanwhile it is stopped right behind it, with a number that is not
 * translated yet: from ck_vfork_returned on it is let run, until the flag of
 * wrap.h says the same.
 */
    .text
    .globl vfork
    .type vfork, @function
    .globl __vfork
    .set __vfork, vfork
    .globl ck_vfork_returned
    .hidden ck_vfork_returned
    .globl ck_vfork_end
    .hidden ck_vfork_end
    .p2align 4
vfork:
    .cfi_startproc
    endbr64
    movq    ck_virt_busy@gottpoff(%rip), %rax
    movl    %fs:(%rax), %esi
    popq    %rdi
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rdi
    movl    $58, %eax
    syscall
ck_vfork_returned:
    pushq   %rdi
    .cfi_adjust_cfa_offset 8
    .cfi_offset %rip, -8
    testq   %rax, %rax
    jz      1f
    movq    ck_virt_busy@gottpoff(%rip), %rdx
    movl    $1, %fs:(%rdx)
    movq    %rax, %rdi
    jmp     ck_vfork_parent
ck_vfork_end:
1:  ret
    .cfi_endproc
    .size vfork, . - vfork
    .section .note.GNU-stack, "", @progbits
