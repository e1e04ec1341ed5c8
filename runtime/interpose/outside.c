/*
 * outside.c - looks at each program that is executed: into some nothing of
 * ours can be loaded, and no checkpoint is taken while one of them runs. The
 * user is to know when it begins (runtime/outside.c), not when the first
 * checkpoint fails. What can't be found or executed is not our business.
 *
 * Usable in a vfork child. The descriptor that is open for a moment is open
 * inside the window of wrap.h, where no checkpoint sees it.
 */
#include "runtime/interpose/outside.h"

#include <fcntl.h>
#include <string.h>

#include "lib/sys/fmt.h"
#include "lib/sys/program.h"
#include "runtime/interpose/peek.h"
#include "runtime/interpose/wrap.h"
#include "runtime/outside.h"

#define LONGEST 4096

/* By its whole name, as the kernel has it. Not in the frame of who calls: a
 * child may have a small stack. */
static __attribute__((noinline)) void say(pid_t pid,
                                          const struct ck_program *p)
{
    char link[64], name[LONGEST];
    long n, fd;

    ck_busy();
    fd = sys4(SYS_openat, AT_FDCWD, p->at, O_PATH | O_CLOEXEC, 0);
    ck_fmt(link, sizeof link, "/proc/self/fd/%ld", fd);
    n = sys4(SYS_readlinkat, AT_FDCWD, link, name, sizeof name - 1);
    if (fd >= 0)
        sys1(SYS_close, fd);
    ck_idle();
    if (n > 0)
        name[n] = '\0';
    ck_outside_tell(pid ? pid : (pid_t)sys0(SYS_getpid), n > 0 ? name : p->at,
                    p->why);
}

enum { MISSING, OUTSIDE, INSIDE };

static int look(pid_t pid, const char *path)
{
    struct ck_program p;
    long r;

    ck_busy();
    r = ck_program_look(path, &p);
    ck_idle();
    if (r && p.outside)
        say(pid, &p);
    return !r ? INSIDE : p.outside || p.why[0] ? OUTSIDE : MISSING;
}

/* As libc's execvp() does it: in the PATH of this process. */
static int search(pid_t pid, const char *file)
{
    const char *dirs = "/bin:/usr/bin";
    char path[LONGEST];
    int found;

    for (char **e = environ; e && *e; e++)
        if (!strncmp(*e, "PATH=", 5)) {
            dirs = *e + 5;
            break;
        }
    for (;; dirs++) {
        size_t n = strcspn(dirs, ":");

        if (n < sizeof path) {
            memcpy(path, dirs, n);
            path[n] = '\0';
            if (ck_fmt(path + n, sizeof path - n, "%s%s", n ? "/" : "./",
                       file) > 0 &&
                (found = look(pid, path)) != MISSING)
                return found;
        }
        dirs += n;
        if (!*dirs)
            return MISSING;
    }
}

static int watched(void)
{
    return ck_rt.enabled && !ck_rt.left && ck_rt.kind == CK_KIND_SAVED;
}

int ck_outside_look(pid_t pid, const char *path)
{
    return watched() && look(pid, path) == INSIDE;
}

int ck_outside_search(pid_t pid, const char *file)
{
    struct ck_look text = {NULL, NULL};
    long n;

    if (!watched() || (n = ck_look_string(&text, file, LONGEST)) <= 0 ||
        n == LONGEST)
        return 0;
    return (strchr(file, '/') ? look(pid, file) : search(pid, file)) == INSIDE;
}

int ck_outside_at(int dirfd, const char *path)
{
    struct ck_look text = {NULL, NULL};
    char full[LONGEST];
    long n;

    if (!watched() || (n = ck_look_string(&text, path, LONGEST)) < 0)
        return 0;
    if (*path == '/' || dirfd == AT_FDCWD)
        return look(0, path) == INSIDE;
    return ck_fmt(full, sizeof full, "/proc/self/fd/%d%s%s", dirfd,
                  n ? "/" : "", path) > 0 &&
           look(0, full) == INSIDE;
}
