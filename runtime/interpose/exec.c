/*
 * exec.c - the exec family: the new program gets our environment entries
 * (environ.c), whatever its environment is. libc's own execv, execl and so
 * on call execve inside libc where no wrapper is seen, so each one is
 * wrapped. Of programs that these entries do nothing for the coordinator
 * hears (outside.c). Async-signal-safe, usable in a vfork child.
 */
#include "runtime/interpose/wrap.h"

#include <stdarg.h>

#include "runtime/interpose/environ.h"
#include "runtime/interpose/outside.h"
#include "runtime/interpose/term.h"

/* CALL, an expression that uses `env`, with envp made right, after LOOK at the
 * program: where the runtime will be in it, no SIGTERM comes before it is
 * there (term.c). Returns. */
#define EXEC_WITH(envp, LOOK, CALL)                                            \
    size_t need = ck_env_need(envp);                                        \
    void *mem = CK_ENV_MEM(need);                                           \
    char *const *env = ck_env_build(mem, need, envp);                       \
    int r, shut;                                                            \
                                                                            \
    if (need && !env)                                                       \
        return -1;                                                          \
    shut = (LOOK) && ck_term_on && ck_env_loads(env) && ck_term_shut();     \
    r = (CALL);                                                             \
    if (shut)                                                               \
        ck_term_open();                                                     \
    ck_env_done(mem, need);                                                 \
    return r

int execve(const char *path, char *const argv[], char *const envp[])
{
    EXEC_WITH(envp, ck_outside_look(0, path), REAL(execve)(path, argv, env));
}

int execv(const char *path, char *const argv[])
{
    EXEC_WITH(environ, ck_outside_look(0, path),
              REAL(execve)(path, argv, env));
}

int execvpe(const char *file, char *const argv[], char *const envp[])
{
    EXEC_WITH(envp, ck_outside_search(0, file),
              REAL(execvpe)(file, argv, env));
}

int execvp(const char *file, char *const argv[])
{
    EXEC_WITH(environ, ck_outside_search(0, file),
              REAL(execvpe)(file, argv, env));
}

int fexecve(int fd, char *const argv[], char *const envp[])
{
    EXEC_WITH(envp, ck_outside_at(fd, ""), REAL(fexecve)(fd, argv, env));
}

int execveat(int dirfd, const char *path, char *const argv[],
             char *const envp[], int flags)
{
    EXEC_WITH(envp, ck_outside_at(dirfd, path),
              REAL(execveat)(dirfd, path, argv, env, flags));
}

/* The arguments of execl and friends as a vector on the caller's stack. */
#define GATHER(argv, ap, arg)                                               \
    va_list ap, count_;                                                     \
    size_t n_ = 1;                                                          \
    const char **argv;                                                      \
                                                                            \
    va_start(ap, arg);                                                      \
    va_copy(count_, ap);                                                    \
    for (const char *a_ = arg; a_; a_ = va_arg(count_, const char *))       \
        n_++;                                                               \
    va_end(count_);                                                         \
    argv = __builtin_alloca(n_ * sizeof(*argv));                            \
    argv[0] = arg;                                                          \
    for (size_t i_ = 1; i_ < n_; i_++)                                      \
        argv[i_] = va_arg(ap, const char *)

int execl(const char *path, const char *arg, ...)
{
    GATHER(argv, ap, arg);
    va_end(ap);
    return execv(path, (char *const *)(uintptr_t)argv);
}

int execlp(const char *file, const char *arg, ...)
{
    GATHER(argv, ap, arg);
    va_end(ap);
    return execvp(file, (char *const *)(uintptr_t)argv);
}

int execle(const char *path, const char *arg, ...)
{
    char *const *envp;

    GATHER(argv, ap, arg);
    envp = va_arg(ap, char *const *);
    va_end(ap);
    return execve(path, (char *const *)(uintptr_t)argv, envp);
}
