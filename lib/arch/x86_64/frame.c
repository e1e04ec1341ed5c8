/* frame.c - see frame.h. */
#if defined(CKPT_RUNTIME)

#include "lib/arch/x86_64/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "lib/sys/syscall.h"

/* Kernel-internal restart codes (include/linux/errno.h): a tracer sees them
 * in rax, a program never does. */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

/* struct ucontext's uc_flags */
#define UC_FP_XSTATE 1ul
#define UC_SIGCONTEXT_SS 2ul
#define UC_STRICT_RESTORE_SS 4ul

void ck_frame_build(ucontext_t *uc, const struct user_regs_struct *r,
                    uint64_t mask, struct ck_xstate *x)
{
    greg_t *g = uc->uc_mcontext.gregs;

    memset(uc, 0, sizeof *uc);
    uc->uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    g[REG_R8] = (greg_t)r->r8;
    g[REG_R9] = (greg_t)r->r9;
    g[REG_R10] = (greg_t)r->r10;
    g[REG_R11] = (greg_t)r->r11;
    g[REG_R12] = (greg_t)r->r12;
    g[REG_R13] = (greg_t)r->r13;
    g[REG_R14] = (greg_t)r->r14;
    g[REG_R15] = (greg_t)r->r15;
    g[REG_RDI] = (greg_t)r->rdi;
    g[REG_RSI] = (greg_t)r->rsi;
    g[REG_RBP] = (greg_t)r->rbp;
    g[REG_RBX] = (greg_t)r->rbx;
    g[REG_RDX] = (greg_t)r->rdx;
    g[REG_RAX] = (greg_t)r->rax;
    g[REG_RCX] = (greg_t)r->rcx;
    g[REG_RSP] = (greg_t)r->rsp;
    g[REG_RIP] = (greg_t)r->rip;
    g[REG_EFL] = (greg_t)r->eflags;
    g[REG_CSGSFS] = (greg_t)((r->cs & 0xffff) | (r->gs & 0xffff) << 16 |
                             (r->fs & 0xffff) << 32 | (r->ss & 0xffff) << 48);
    memcpy(&uc->uc_sigmask, &mask, sizeof mask);
    uc->uc_mcontext.fpregs = (fpregset_t)(void *)x->bytes;
}

void ck_frame_regs(struct user_regs_struct *r, const greg_t *g)
{
    memset(r, 0, sizeof *r);
    r->r8 = (unsigned long)g[REG_R8];
    r->r9 = (unsigned long)g[REG_R9];
    r->r10 = (unsigned long)g[REG_R10];
    r->r11 = (unsigned long)g[REG_R11];
    r->r12 = (unsigned long)g[REG_R12];
    r->r13 = (unsigned long)g[REG_R13];
    r->r14 = (unsigned long)g[REG_R14];
    r->r15 = (unsigned long)g[REG_R15];
    r->rdi = (unsigned long)g[REG_RDI];
    r->rsi = (unsigned long)g[REG_RSI];
    r->rbp = (unsigned long)g[REG_RBP];
    r->rbx = (unsigned long)g[REG_RBX];
    r->rdx = (unsigned long)g[REG_RDX];
    r->rax = (unsigned long)g[REG_RAX];
    r->rcx = (unsigned long)g[REG_RCX];
    r->rsp = (unsigned long)g[REG_RSP];
    r->rip = (unsigned long)g[REG_RIP];
    r->eflags = (unsigned long)g[REG_EFL];
}

/* Calls that return -EINTR, not a restart code, when a thread is stopped
 * (kernel-facts: found by trying 41 of them). */
static int plain_eintr(long nr)
{
    switch (nr) {
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
    case SYS_semop:
    case SYS_semtimedop:
    case SYS_rt_sigtimedwait:
    case SYS_io_uring_enter:
    case SYS_msgsnd:
    case SYS_msgrcv:
    case SYS_io_getevents:
    case SYS_io_pgetevents:
    /* of a socket with SO_RCVTIMEO or SO_SNDTIMEO */
    case SYS_read:
    case SYS_readv:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_write:
    case SYS_writev:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
        return 1;
    default:
        return 0;
    }
}

struct ck_sysret ck_frame_rewind(struct user_regs_struct *r,
                                 int32_t remembered)
{
    struct ck_sysret s = {-1, 0};
    long nr = (long)r->orig_rax, ret = (long)r->rax;

    if (nr < 0)
        return s;
    /* A call that was continued once stands in restart_syscall, which
     * forgets what it was; the arguments are still in place. */
    if (nr == SYS_restart_syscall && remembered >= 0)
        nr = remembered;
    switch (ret) {
    case -ERESTARTSYS:
    case -ERESTARTNOINTR:
    case -ERESTARTNOHAND:
    case -ERESTART_RESTARTBLOCK:
        break;
    case -EINTR:
        if (plain_eintr(nr))
            break;
        return s;
    default:
        return s;
    }
    s.nr = (int32_t)nr;
    s.how = (int32_t)-ret;
    r->rax = (unsigned long)nr;
    r->rip -= 2; /* the syscall instruction */
    return s;
}

void ck_frame_eintr(ucontext_t *uc)
{
    uc->uc_mcontext.gregs[REG_RAX] = -EINTR;
    uc->uc_mcontext.gregs[REG_RIP] += 2;
}

greg_t *ck_frame_arg(ucontext_t *uc, unsigned n)
{
    static const uint8_t order[6] = {REG_RDI, REG_RSI, REG_RDX,
                                     REG_R10, REG_R8,  REG_R9};

    return &uc->uc_mcontext.gregs[order[n < 6 ? n : 5]];
}

void ck_frame_rseq(struct user_regs_struct *r, uint64_t rseq)
{
    struct {
        uint32_t version, flags;
        uint64_t start, len, abort;
    } cs;
    uint64_t p;

    if (!rseq)
        return;
    memcpy(&p, (const char *)(uintptr_t)rseq + 8, sizeof p);
    if (!p)
        return;
    memcpy(&cs, (const void *)(uintptr_t)p, sizeof cs);
    if (r->rip - cs.start < cs.len)
        r->rip = cs.abort;
}

/* There once: it has a name in it. */
__attribute__((noipa)) _Noreturn void ck_frame_return(ucontext_t *uc, uint32_t *left)
{
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "mov %2, %%eax\n\t"
                     "lock incl (%1)\n\t"
                     ".globl ck_frame_leaving\n\t"
                     ".hidden ck_frame_leaving\n"
                     "ck_frame_leaving:\n\t"
                     "syscall\n\t"
                     "ud2"
                     :
                     : "D"(uc), "S"(left), "i"(SYS_rt_sigreturn)
                     : "rax", "memory");
    __builtin_unreachable();
}

void ck_frame_call(struct user_regs_struct *r, uint64_t fn, uint64_t arg,
                   uint64_t top)
{
    r->rip = fn;
    r->rdi = arg;
    r->rsp = (top & ~15ull) - 8; /* as after a call instruction */
    r->rbp = 0;
    r->eflags = 0x202;
    r->orig_rax = (unsigned long)-1;
}

#endif
