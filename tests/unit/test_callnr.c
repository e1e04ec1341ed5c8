/*
 * test_callnr.c - the number of a call, by what stands in front of it: as
 * compilers make it, as libc has it, and what is no number of this call.
 */
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/arch/x86_64/callnr.h"
#include "lib/sys/syscall.h"

static greg_t regs[NGREG];
static uint64_t at;
static int argument;

#define NR(...)                                                             \
    __extension__({                                                         \
        const uint8_t code_[] = {__VA_ARGS__, 0x0f, 0x05};                  \
        ck_callnr(code_, sizeof code_, regs, &at, &argument);                               \
    })

static void constants(void **state)
{
    (void)state;
    assert_int_equal(NR(0xb8, 0xe8, 0, 0, 0), SYS_epoll_wait);
    assert_int_equal(NR(0x48, 0xc7, 0xc0, 0x07, 0, 0, 0), SYS_poll);
    assert_int_equal(NR(0x31, 0xc0), SYS_read);
    assert_int_equal(NR(0x33, 0xc0), SYS_read);
    /* mov $45, %eax; mov 0x10(%rsp), %rdx; mov 0x8(%rsp), %rsi */
    assert_int_equal(NR(0xb8, 0x2d, 0, 0, 0, 0x48, 0x8b, 0x54, 0x24, 0x10,
                        0x48, 0x8b, 0x74, 0x24, 0x08),
                     SYS_recvfrom);
    /* mov $202, %eax; xor %r10d, %r10d; mov $-1, %edi; xor $0x81, %sil */
    assert_int_equal(NR(0xb8, 0xca, 0, 0, 0, 0x45, 0x31, 0xd2, 0xbf, 0xff,
                        0xff, 0xff, 0xff, 0x40, 0x80, 0xf6, 0x81),
                     SYS_futex);
}

static void registers(void **state)
{
    (void)state;
    regs[REG_RBX] = SYS_semop;
    regs[REG_R8] = SYS_pause;
    assert_int_equal(NR(0x48, 0x89, 0xd8), SYS_semop); /* mov %rbx, %rax */
    assert_int_equal(NR(0x44, 0x89, 0xc0), SYS_pause); /* mov %r8d, %eax */
    assert_int_equal(NR(0x8b, 0xc3), SYS_semop);       /* mov %ebx, %eax */
    /* which is another one since: mov %r8d, %eax; mov %rdx, %r8 */
    assert_int_equal(NR(0x44, 0x89, 0xc0, 0x49, 0x89, 0xd0), -1);
    /* what the call destroys: mov %rcx, %rax */
    regs[REG_RCX] = SYS_read;
    assert_int_equal(NR(0x48, 0x89, 0xc8), -1);
    regs[REG_RBX] = 1 << 20; /* no number */
    assert_int_equal(NR(0x48, 0x89, 0xd8), -1);
}

/* glibc 2.41 has it on the stack. */
static void memory(void **state)
{
    (void)state;
    regs[REG_RSP] = 0x7000;
    regs[REG_RBP] = 0x8000;
    regs[REG_R12] = 0x9000;
    assert_int_equal(NR(0x48, 0x8b, 0x44, 0x24, 0x10), -1); /* 0x10(%rsp) */
    assert_int_equal(at, 0x7010);
    assert_int_equal(NR(0x48, 0x8b, 0x45, 0xf8), -1); /* -8(%rbp) */
    assert_int_equal(at, 0x7ff8);
    assert_int_equal(NR(0x49, 0x8b, 0x84, 0x24, 0, 1, 0, 0), -1);
    assert_int_equal(at, 0x9100); /* 0x100(%r12) */
    assert_int_equal(NR(0x48, 0x8b, 0x44, 0xc4, 0x10), -1); /* indexed */
    assert_int_equal(at, 0);
    assert_int_equal(NR(0x48, 0x8b, 0x05, 0, 0, 0, 0), -1); /* (%rip) */
    assert_int_equal(at, 0);
    /* mov 8(%rsp), %rax; add $8, %rsp */
    assert_int_equal(NR(0x48, 0x8b, 0x44, 0x24, 8, 0x48, 0x83, 0xc4, 8), -1);
    assert_int_equal(at, 0);
}

/* Its function that may be cancelled, with several threads, and who calls it. */
static void given(void **state)
{
    /* mov 0x20(%rsp), %rsi; mov %rdx, %r8; mov %r11, %rdi; call */
    static const uint8_t caller[] = {0x48, 0x8b, 0x74, 0x24, 0x20, 0x49, 0x89,
                                     0xd0, 0x4c, 0x89, 0xdf, 0xe8, 0, 0, 0, 0};
    /* mov %r13, %rsi; mov $1, %edi; call: and mov %r13, %rdi */
    static const uint8_t other[] = {0x4c, 0x89, 0xee, 0xbf, 1, 0, 0, 0,
                                    0xe8, 0, 0, 0, 0};

    (void)state;
    /* mov %rsi, %rax; mov %rdx, %rdi; mov %rcx, %rsi */
    assert_int_equal(NR(0x48, 0x89, 0xf0, 0x48, 0x89, 0xd7, 0x48, 0x89, 0xce),
                     -1);
    assert_int_equal(argument, 6);
    regs[REG_RSP] = 0x7000;
    assert_int_equal(ck_callnr_given(caller, sizeof caller, regs, 6, &at), -1);
    assert_int_equal(at, 0x7020);
    regs[REG_R13] = SYS_pause;
    assert_int_equal(ck_callnr_given(other, sizeof other, regs, 6, &at),
                     SYS_pause);
    assert_int_equal(ck_callnr_given(other, sizeof other, regs, 7, &at), 1);
    assert_int_equal(ck_callnr_given(other, sizeof other, regs, 8, &at), -1);
    assert_int_equal(ck_callnr_given(other, 8, regs, 6, &at), -1);
}

static void others(void **state)
{
    (void)state;
    assert_int_equal(NR(0x41, 0xb8, 0x07, 0, 0, 0), -1); /* mov $7, %r8d */
    assert_int_equal(NR(0x45, 0x31, 0xc0), -1);    /* xor %r8d, %r8d */
    assert_int_equal(NR(0x31, 0xc8), -1);          /* xor %ecx, %eax */
    /* behind a call of a function rax is what that has returned */
    assert_int_equal(NR(0xb8, 0x07, 0, 0, 0, 0xe8, 0, 0, 0, 0), -1);
    assert_int_equal(NR(0xb8, 0xff, 0xff, 0, 0), -1);
    assert_int_equal(ck_callnr((const uint8_t *)"\xb8\x07\0\0\0", 5, regs, &at, &argument), -1);
    assert_int_equal(ck_callnr((const uint8_t *)"\x0f\x05", 2, regs, &at, &argument), -1);
    assert_int_equal(ck_callnr(NULL, 0, regs, &at, &argument), -1);
}

/* The first call in a function. */
static int first_in(const void *function)
{
    const uint8_t *p = function;

    for (size_t i = 0; i < 256; i++)
        if (p[i] == 0x0f && p[i + 1] == 0x05)
            return ck_callnr(p + i + 2 - CK_CALLNR_BYTES, CK_CALLNR_BYTES,
                             regs, &at, &argument);
    return -2;
}

static void of_libc(void **state)
{
    static const struct {
        const char *name;
        int nr;
    } of[] = {{"read", SYS_read},         {"write", SYS_write},
              {"poll", SYS_poll},         {"epoll_wait", SYS_epoll_wait},
              {"pause", SYS_pause},       {"recvfrom", SYS_recvfrom},
              {"connect", SYS_connect},   {"semtimedop", SYS_semtimedop},
              {"msgrcv", SYS_msgrcv},     {"ppoll", SYS_ppoll},
              {"accept", SYS_accept},     {"flock", SYS_flock},
              {"sigsuspend", SYS_rt_sigsuspend}};
    /* a sanitizer has taken over some of the names */
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);

    (void)state;
    assert_non_null(libc);
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        assert_int_equal(first_in(dlsym(libc, of[i].name)), of[i].nr);
    dlclose(libc);
}

static __attribute__((noipa)) long by_number(long nr, long a)
{
    return ck_syscall6(nr, a, 0, 0, 0, 0, 0);
}

static __attribute__((noipa)) long by_name(long a)
{
    return ck_syscall6(SYS_close, a, 0, 0, 0, 0, 0);
}

/* lib/arch/x86_64/syscall.h */
static void of_ours(void **state)
{
    (void)state;
    assert_int_equal(by_number(SYS_close, -1), -9);
    assert_int_equal(by_name(-1), -9);
    assert_int_equal(first_in((const void *)by_name), SYS_close);
    for (int i = 0; i < NGREG; i++)
        regs[i] = SYS_semop;
    assert_int_equal(first_in((const void *)by_number), SYS_semop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants), cmocka_unit_test(registers),
        cmocka_unit_test(memory),    cmocka_unit_test(given),
        cmocka_unit_test(others),    cmocka_unit_test(of_libc),
        cmocka_unit_test(of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
