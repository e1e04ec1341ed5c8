/*
 * peek.c - see peek.h.
 *
 * rt_sigprocmask copies the new mask from the program before it finds that it
 * is not told what to do with it. FUTEX_WAKE_OP adds 0 to a word atomically,
 * for which it must be writable, and wakes nobody.
 */
#include "runtime/interpose/peek.h"

#include <errno.h>
#include <linux/futex.h>

#include "lib/sys/syscall.h"

#define PAGE 4096ul
#define NO_SUCH_WAY (-1)

/* A mask at NULL is none, and no error. */
static int word_readable(uintptr_t p)
{
    return (p & ~7ul) &&
           sys4(SYS_rt_sigprocmask, NO_SUCH_WAY, p & ~7ul, NULL, 8) !=
               -EFAULT;
}

static int word_writable(uintptr_t p)
{
    uint32_t nobody = 0;

    return sys6(SYS_futex, &nobody, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0,
                p & ~3ul,
                FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0)) != -EFAULT;
}

static int each_page(const void *p, size_t n, int (*word)(uintptr_t p))
{
    uintptr_t at = (uintptr_t)p, end = at + n;

    if (end < at)
        return 0;
    for (; at < end; at = (at | (PAGE - 1)) + 1)
        if (!word(at))
            return 0;
    return 1;
}

int ck_readable(const void *p, size_t n)
{
    return each_page(p, n, word_readable);
}

int ck_writable(void *p, size_t n)
{
    return each_page(p, n, word_writable);
}

int ck_look(struct ck_look *l, const void *p, size_t n)
{
    const char *c = p;

    if (c >= l->from && c + n <= l->to && c + n >= c)
        return 1;
    if (!ck_readable(p, n))
        return 0;
    l->from = (const char *)((uintptr_t)c & ~(PAGE - 1));
    l->to = (const char *)(((uintptr_t)c + n + PAGE - 1) & ~(PAGE - 1));
    return 1;
}

long ck_look_string(struct ck_look *l, const char *s, size_t cap)
{
    size_t n = 0;

    for (; n < cap; n++) {
        if (!ck_look(l, s + n, 1))
            return -1;
        if (!s[n])
            break;
    }
    return (long)n;
}
