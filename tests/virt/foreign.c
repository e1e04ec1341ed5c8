/*
 * foreign.c - a library that has taken over every function of wrappers.def,
 * as profilers, tracers and communication libraries do.
 *
 * Built five times. EXPORTED: it defines the functions (to be preloaded in
 * front of ours or behind it); else it puts its own into the relocation
 * tables of all loaded libraries, ours too. BY_SYSCALL: they make the call by
 * syscall(), where it is one; BY_HANDLE: they go on to libc's, which they look
 * for by name in libc.so.6; else they go on to what they have replaced.
 * All are jumps with the arguments left alone, whatever these are.
 */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef EXPORTED
#define SYMBOL(name) #name
#define GLOBAL(name) ".globl " #name "\n"
#ifdef BY_HANDLE
static void *libc;
#define WHERE (libc ? libc : (libc = dlopen("libc.so.6", RTLD_NOW)))
#else
#define WHERE RTLD_NEXT
#endif
#else
#define SYMBOL(name) "foreign_" #name
#define GLOBAL(name)
#define WHERE RTLD_DEFAULT
#endif

/* `found_name` holds where to go on; the first call looks for it. Not taken
 * over are dlsym and dlvsym, by which it looks. */
#define CK_FN(ret, name, args, class) TAKE_##class(name)
#define TAKE_ID TAKE
#define TAKE_MAKE TAKE
#define TAKE_WAIT TAKE
#define TAKE_SIG TAKE
#define TAKE_EXEC TAKE
#define TAKE_TIME TAKE
#define TAKE_PATH TAKE
#define TAKE_IPC TAKE
#define TAKE_MISC TAKE
#define TAKE_NOTE TAKE
#define TAKE_CPU TAKE
#define TAKE_LOCK TAKE
#define TAKE_LOOK(name)
#define TAKE_END TAKE
#define TAKE_OPT TAKE
#define CK_AS(name, of) TAKE(name)
#define TAKE(name)                                                          \
    __asm__(".text\n" GLOBAL(name) ".type " SYMBOL(name) ", @function\n"    \
            SYMBOL(name) ":\n"                                              \
            "cmpq $0, found_" #name "(%rip)\n"                              \
            "jne 1f\n"                                                      \
            "push %rax\npush %rdi\npush %rsi\npush %rdx\npush %rcx\n"       \
            "push %r8\npush %r9\n"                                          \
            "lea text_" #name "(%rip), %rdi\n"                              \
            "lea found_" #name "(%rip), %rsi\n"                             \
            "call foreign_find\n"                                           \
            "pop %r9\npop %r8\npop %rcx\npop %rdx\npop %rsi\npop %rdi\n"    \
            "pop %rax\n"                                                    \
            "1: jmp *found_" #name "(%rip)\n"                               \
            ".section .rodata\ntext_" #name ": .asciz \"" #name "\"\n"      \
            ".data\n.balign 8\nfound_" #name ": .quad 0\n"                  \
            ".section foreign_table, \"aw\"\n"                              \
            ".quad text_" #name ", " SYMBOL(name) ", found_" #name "\n"     \
            ".text\n");
#define CK_USED(ret, name, args)
#include "runtime/interpose/wrappers.def"

struct entry {
    const char *name;
    void *function;
    void **found;
};
extern const struct entry __start_foreign_table[], __stop_foreign_table[];

#ifdef BY_SYSCALL
/* Those whose arguments and result are the system call's. */
#define CALLS(X)                                                            \
    X(getpid) X(getppid) X(gettid) X(getpgrp) X(getpgid) X(getsid)          \
    X(setpgid) X(setsid) X(pidfd_open) X(wait4) X(kill) X(tgkill)           \
    X(sched_setparam) X(sched_getparam) X(sched_setscheduler)               \
    X(sched_getscheduler) X(sched_rr_get_interval) X(sched_setaffinity)     \
    X(setpriority) X(unshare) X(setns) X(execve) X(execveat)                \
    X(clock_gettime) X(getrusage) X(times) X(nanosleep) X(select)           \
    X(epoll_wait) X(semtimedop) X(shmget) X(shmat) X(shmctl) X(semget)      \
    X(semctl) X(semop) X(msgget) X(msgsnd) X(msgrcv) X(msgctl) X(open)      \
    X(openat) X(stat) X(lstat) X(statx) X(readlink) X(readlinkat)           \
    X(access) X(faccessat) X(inotify_add_watch) X(mq_notify) X(fcntl)       \
    X(ioctl) X(getsockopt) X(process_vm_readv) X(process_vm_writev)         \
    X(prctl) X(sendmsg) X(sendmmsg) X(recvmsg) X(recvmmsg)

#define BY_CALL(name)                                                       \
    static long call_##name(long a, long b, long c, long d, long e, long f) \
    {                                                                       \
        return syscall(SYS_##name, a, b, c, d, e, f);                       \
    }
CALLS(BY_CALL)

#define ROW(name) {#name, (void *)call_##name},
static const struct {
    const char *name;
    void *function;
} calls[] = {CALLS(ROW)};
#endif

__attribute__((used)) static void foreign_find(const char *name, void **found)
{
#ifdef BY_SYSCALL
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (!strcmp(calls[i].name, name)) {
            *found = calls[i].function;
            return;
        }
#endif
    *found = dlsym(WHERE, name);
}

#ifndef EXPORTED
static const struct entry *entry_of(const char *name)
{
    for (const struct entry *e = __start_foreign_table;
         e < __stop_foreign_table; e++)
        if (!strcmp(e->name, name))
            return e;
    return NULL;
}

static void patch(uintptr_t base, const Elf64_Rela *rela, size_t bytes,
                  const Elf64_Sym *syms, const char *names)
{
    for (size_t i = 0; i < bytes / sizeof *rela; i++) {
        uint64_t type = ELF64_R_TYPE(rela[i].r_info);
        void **at = (void **)(base + rela[i].r_offset);
        void *page = (void *)((uintptr_t)at & ~4095ul); /* at is aligned */
        const struct entry *e;

        if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT)
            continue;
        e = entry_of(names + syms[ELF64_R_SYM(rela[i].r_info)].st_name);
        if (!e || mprotect(page, 8, PROT_READ | PROT_WRITE))
            continue;
        *at = e->function;
    }
}

static int each(struct dl_phdr_info *info, size_t size, void *arg)
{
    const Elf64_Rela *rela = NULL, *plt = NULL;
    const Elf64_Sym *syms = NULL;
    const char *names = NULL;
    size_t n = 0, nplt = 0;
    Dl_info self;

    (void)size;
    (void)arg;
    if (!dladdr((void *)each, &self) || !*self.dli_fname ||
        !strcmp(self.dli_fname, info->dlpi_name) ||
        strstr(info->dlpi_name, "ld-linux") ||
        !strcmp(info->dlpi_name, "linux-vdso.so.1"))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
            continue;
        for (const Elf64_Dyn *d = (const Elf64_Dyn *)(info->dlpi_addr +
                                      info->dlpi_phdr[i].p_vaddr);
             d->d_tag != DT_NULL; d++) {
            void *p = (void *)d->d_un.d_ptr;

            if (d->d_tag == DT_RELA)
                rela = p;
            else if (d->d_tag == DT_RELASZ)
                n = d->d_un.d_val;
            else if (d->d_tag == DT_JMPREL)
                plt = p;
            else if (d->d_tag == DT_PLTRELSZ)
                nplt = d->d_un.d_val;
            else if (d->d_tag == DT_SYMTAB)
                syms = p;
            else if (d->d_tag == DT_STRTAB)
                names = p;
        }
    }
    if (syms && names && rela)
        patch(info->dlpi_addr, rela, n, syms, names);
    if (syms && names && plt)
        patch(info->dlpi_addr, plt, nplt, syms, names);
    return 0;
}

__attribute__((constructor)) static void patch_all(void)
{
    dl_iterate_phdr(each, NULL);
}
#endif
