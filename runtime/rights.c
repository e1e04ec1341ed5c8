/*
 * rights.c - refuses threads that have installed a seccomp filter, or have
 * another user or other groups than their process was given.
 *
 * Both belong to a thread, are not told by anybody else, and can't be put
 * back: a filter can be inherited, but not be asked for, and who restarts a
 * program is one user. A filter must be seen before its thread is parked:
 * parking is system calls, and the filter may end the process for them. Those
 * of whoever started the program have been inherited: they were there when
 * it began, and are those of the surroundings after a restart. The hidden
 * thread, which libc does not know, keeps the ids that the process had.
 */
#include "runtime/rights.h"

#include <string.h>

#include "lib/sys/fmt.h"
#include "runtime/thread.h"

static struct {
    uint32_t filters; /* inherited ones */
    char ids[16384], now[16384];
} rights;

static uint32_t number(const char *status, const char *key)
{
    const char *at = strstr(status, key);

    if (!at)
        return ~0u;
    at += strlen(key);
    return (uint32_t)ck_parse_u64(&at, 10);
}

/* Linux 5.9 and later tell how many, older ones whether there are some. Mode 1
 * is the strict one, which has no filter. */
static uint32_t filters(const char *status)
{
    uint32_t mode = number(status, "\nSeccomp:\t");
    uint32_t n = number(status, "\nSeccomp_filters:\t");

    return mode == ~0u ? 0 : mode == 1 ? ~0u : n == ~0u ? mode : n;
}

/* Is what stands between two words the same in both? */
static int same(const char *a, const char *b, const char *from,
                const char *to)
{
    const char *fa = strstr(a, from), *fb = strstr(b, from);
    const char *ta = fa ? strstr(fa + 1, to) : NULL;
    const char *tb = fb ? strstr(fb + 1, to) : NULL;

    return !ta || !tb ||
           (ta - fa == tb - fb && !memcmp(fa, fb, (size_t)(ta - fa)));
}

static long read_status(int32_t pid, int32_t tid, char *to)
{
    char path[64];

    ck_fmt(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);
    return ck_read_file(path, to, sizeof rights.now);
}

void ck_rights_note(void)
{
    rights.filters = 0;
    if (read_status(ck_getpid(), ck_gettid(), rights.now) > 0)
        rights.filters = filters(rights.now);
}

void ck_rights_begin(int32_t pid)
{
    if (read_status(pid, ck_agent_tid, rights.ids) < 0)
        rights.ids[0] = '\0';
}

const char *ck_rights_refused(int32_t pid, int32_t tid)
{
    if (read_status(pid, tid, rights.now) < 0)
        return NULL;
    if (filters(rights.now) > rights.filters)
        return "has installed a seccomp filter, which can't be saved";
    if (!same(rights.ids, rights.now, "\nUid:\t", "\nFDSize:") ||
        !same(rights.ids, rights.now, "\nGroups:\t", "\nNStgid:"))
        return "has changed its user or groups, which can't be put back";
    return NULL;
}
