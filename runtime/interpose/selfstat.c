/*
 * selfstat.c - /proc/self/stat as it would be without us, for fopen().
 *
 * Python from 3.12 on asks there before each fork() how many threads the
 * process has, and warns on standard error when there are two: ours is one of
 * them. So the stream reads a copy of the file, in memory, in which it is not
 * counted and the numbers of processes are the program's.
 */
#include "runtime/interpose/selfstat.h"
#include "runtime/interpose/wrap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/sys/fmt.h"

#define TEXT 2048

/* Fields by their numbers in proc(5). */
enum { PID = 1, STATE = 3, PPID = 4, PGRP = 5, SESSION = 6, TPGID = 8,
       THREADS = 20 };

struct out {
    char text[TEXT];
    size_t n;
};

static void put(struct out *o, const char *p, size_t n)
{
    if (n <= sizeof(o->text) - o->n) {
        memcpy(o->text + o->n, p, n);
        o->n += n;
    }
}

/* A field, and what follows it until the next one begins. */
static void put_field(struct out *o, int field, const char *p, size_t n)
{
    const char *end = p;
    uint64_t v = ck_parse_u64(&end, 10);
    char text[24];

    if (field == THREADS && v > 1)
        v--;
    else if (v && (field == PID || field == PPID || field == PGRP ||
                   field == SESSION || field == TPGID))
        v = (uint64_t)ck_virt_of((pid_t)v);
    else
        end = p; /* as it is */
    if (end > p)
        put(o, text, (size_t)ck_fmt(text, sizeof(text), "%lu", v));
    put(o, end, n - (size_t)(end - p));
}

/* "1234 (any name) S 1 ..." */
static void change(const char *p, struct out *o)
{
    const char *name = strchr(p, ' '), *next = strrchr(p, ')');

    if (!name || !next || !next[1])
        return;
    put_field(o, PID, p, (size_t)(name - p));
    put(o, name, (size_t)(next + 2 - name));
    next += 2;
    for (int field = STATE; *next; field++) {
        size_t n = strcspn(next, " \n");

        n += next[n] != '\0';
        put_field(o, field, next, n);
        next += n;
    }
}

/* The descriptor stays what it is, the file behind it becomes the copy. */
void ck_selfstat(int fd)
{
    struct out o = {.n = 0};
    char text[TEXT];
    long n, copy, flags;

    n = sys4(SYS_pread64, fd, text, sizeof(text) - 1, 0);
    if (n <= 0)
        return;
    text[n] = '\0';
    change(text, &o);
    copy = o.n ? sys2(SYS_memfd_create, "stat", MFD_CLOEXEC) : -1;
    if (copy < 0)
        return;
    flags = sys2(SYS_fcntl, fd, F_GETFD);
    if (sys3(SYS_write, copy, o.text, o.n) == (long)o.n &&
        !sys3(SYS_lseek, copy, 0, SEEK_SET))
        sys3(SYS_dup3, copy, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
    sys1(SYS_close, copy);
}
