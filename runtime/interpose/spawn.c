/*
 * spawn.c - posix_spawn, and what POSIX builds on it: system and popen.
 *
 * libc's system() and popen() run a shell with whatever `environ` is, and
 * keep its real number where nobody can translate it; so both are made here
 * from posix_spawn() and waitpid(), following POSIX and glibc. A stream that
 * libc's popen() made (before the runtime was on) is left to libc's pclose().
 * One difference: fclose() on a stream of popen() does not wait for the
 * child, only pclose() does.
 */
#include "runtime/interpose/wrap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/interpose/environ.h"
#include "runtime/interpose/outside.h"

typedef int spawner(pid_t *, const char *, const posix_spawn_file_actions_t *,
                    const posix_spawnattr_t *, char *const[], char *const[]);

/* *child: the number that the kernel has for it. */
static int spawn(spawner *real, pid_t *pid, const char *file,
                 const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attr, char *const argv[],
                 char *const envp[], pid_t *child)
{
    size_t need = ck_env_need(envp);
    void *mem = CK_ENV_MEM(need);
    char *const *env = ck_env_build(mem, need, envp);
    posix_spawnattr_t copy;
    short flags = 0;
    pid_t group;
    int r;

    if (need && !env)
        return ENOMEM;
    ck_busy();
    if (ck_virt_active && attr &&
        !LIBC(posix_spawnattr_getflags)(attr, &flags) &&
        (flags & POSIX_SPAWN_SETPGROUP) &&
        !LIBC(posix_spawnattr_getpgroup)(attr, &group)) {
        copy = *attr;
        LIBC(posix_spawnattr_setpgroup)(&copy, ck_in(group));
        attr = &copy;
    }
    r = real(child, file, actions, attr, argv, env);
    if (r == 0 && pid)
        *pid = ck_out(*child);
    ck_note_maker();
    ck_idle();
    ck_env_done(mem, need);
    return r;
}

int posix_spawn(pid_t *pid, const char *path,
                const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attr, char *const argv[],
                char *const envp[])
{
    pid_t child;
    int r = spawn(REAL(posix_spawn), pid, path, actions, attr, argv, envp,
                  &child);

    if (r == 0)
        ck_outside_look(child, path);
    return r;
}

int posix_spawnp(pid_t *pid, const char *file,
                 const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attr, char *const argv[],
                 char *const envp[])
{
    pid_t child;
    int r = spawn(REAL(posix_spawnp), pid, file, actions, attr, argv, envp,
                  &child);

    if (r == 0)
        ck_outside_search(child, file);
    return r;
}

static int spawn_shell(pid_t *pid, const char *command,
                       const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attr)
{
    const char *argv[] = {"sh", "-c", command, NULL};

    return posix_spawn(pid, "/bin/sh", actions, attr,
                       (char *const *)(uintptr_t)argv, environ);
}

/* ---- system ---- */

/* SIGINT and SIGQUIT are ignored while any thread is in system(). */
static struct {
    pthread_mutex_t lock;
    int users;
    struct sigaction intr, quit;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

#define BIT(sig) (1ul << ((sig)-1))

struct shell {
    pid_t pid;
    sigset_t mask;
};

static void shell_enter(struct shell *s)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    const sigset_t child = {{BIT(SIGCHLD)}};

    LIBC(pthread_mutex_lock)(&shared.lock);
    if (shared.users++ == 0) {
        sigaction(SIGINT, &ignore, &shared.intr);
        sigaction(SIGQUIT, &ignore, &shared.quit);
    }
    LIBC(pthread_mutex_unlock)(&shared.lock);
    LIBC(pthread_sigmask)(SIG_BLOCK, &child, &s->mask);
}

static void shell_leave(const struct shell *s)
{
    int saved = errno;

    LIBC(pthread_mutex_lock)(&shared.lock);
    if (--shared.users == 0) {
        sigaction(SIGINT, &shared.intr, NULL);
        sigaction(SIGQUIT, &shared.quit, NULL);
    }
    LIBC(pthread_mutex_unlock)(&shared.lock);
    LIBC(pthread_sigmask)(SIG_SETMASK, &s->mask, NULL);
    errno = saved;
}

/* A thread cancelled in system() takes the shell with it, as in glibc. */
static void shell_cancelled(void *arg)
{
    struct shell *s = arg;
    int status;

    kill(s->pid, SIGKILL);
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
        ;
    shell_leave(s);
}

static int shell_start(struct shell *s, const char *command)
{
    posix_spawnattr_t attr;
    sigset_t reset = {{0}};
    int r;

    if (shared.intr.sa_handler != SIG_IGN)
        reset.__val[0] |= BIT(SIGINT);
    if (shared.quit.sa_handler != SIG_IGN)
        reset.__val[0] |= BIT(SIGQUIT);
    LIBC(posix_spawnattr_init)(&attr);
    LIBC(posix_spawnattr_setsigmask)(&attr, &s->mask);
    LIBC(posix_spawnattr_setsigdefault)(&attr, &reset);
    LIBC(posix_spawnattr_setflags)(&attr, POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    r = spawn_shell(&s->pid, command, NULL, &attr);
    LIBC(posix_spawnattr_destroy)(&attr);
    return r;
}

static int run_shell(const char *command)
{
    struct shell s;
    int status = -1, r;

    shell_enter(&s);
    r = shell_start(&s, command);
    if (r == 0) {
        pid_t got;

        pthread_cleanup_push(shell_cancelled, &s);
        do
            got = waitpid(s.pid, &status, 0);
        while (got < 0 && errno == EINTR);
        if (got != s.pid)
            status = -1;
        pthread_cleanup_pop(0);
    } else {
        errno = r;
        status = W_EXITCODE(127, 0);
    }
    shell_leave(&s);
    return status;
}

int system(const char *command)
{
    if (!ck_rt.enabled)
        return REAL(system)(command);
    if (!command)
        return run_shell("exit 0") == 0;
    return run_shell(command);
}

/* ---- popen ---- */

struct stream {
    struct stream *next;
    FILE *file;
    int fd;
    pid_t pid;
    int cloexec;
};

static struct stream *streams;
static pthread_mutex_t streams_lock = PTHREAD_MUTEX_INITIALIZER;

struct mode {
    int write, cloexec;
};

static int parse_mode(const char *text, struct mode *m)
{
    int read = 0;

    *m = (struct mode){0, 0};
    for (; *text; text++) {
        if (*text == 'r')
            read = 1;
        else if (*text == 'w')
            m->write = 1;
        else if (*text == 'e')
            m->cloexec = 1;
        else
            return -EINVAL;
    }
    return read != m->write ? 0 : -EINVAL;
}

/* POSIX: the child closes the streams of earlier popen() calls. Those with
 * FD_CLOEXEC are closed by exec. */
static int stream_spawn(struct stream *s, const char *command, int child_end,
                        const struct mode *m)
{
    posix_spawn_file_actions_t actions;
    int target = m->write ? 0 : 1, r;

    LIBC(posix_spawn_file_actions_init)(&actions);
    r = LIBC(posix_spawn_file_actions_adddup2)(&actions, child_end, target);
    LIBC(pthread_mutex_lock)(&streams_lock);
    for (struct stream *o = streams; o && !r; o = o->next)
        if (!o->cloexec && o->fd != target)
            r = LIBC(posix_spawn_file_actions_addclose)(&actions, o->fd);
    LIBC(pthread_mutex_unlock)(&streams_lock);
    if (!r)
        r = spawn_shell(&s->pid, command, &actions, NULL);
    LIBC(posix_spawn_file_actions_destroy)(&actions);
    return r;
}

FILE *popen(const char *command, const char *mode)
{
    struct stream *s;
    struct mode m;
    int ends[2], r;

    if (!ck_rt.enabled)
        return REAL(popen)(command, mode);
    if (parse_mode(mode, &m) < 0) {
        errno = EINVAL;
        return NULL;
    }
    s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    if (ck_ret(sys2(SYS_pipe2, ends, O_CLOEXEC)) < 0) {
        free(s);
        return NULL;
    }
    s->fd = ends[m.write];
    s->cloexec = m.cloexec;
    s->file = LIBC(fdopen)(s->fd, m.write ? "w" : "r");
    r = s->file ? stream_spawn(s, command, ends[!m.write], &m) : errno;
    sys1(SYS_close, ends[!m.write]);
    if (r) {
        if (s->file)
            LIBC(fclose)(s->file);
        else
            sys1(SYS_close, s->fd);
        free(s);
        errno = r;
        return NULL;
    }
    LIBC(pthread_mutex_lock)(&streams_lock);
    s->next = streams;
    streams = s;
    LIBC(pthread_mutex_unlock)(&streams_lock);
    if (!m.cloexec)
        sys3(SYS_fcntl, s->fd, F_SETFD, 0);
    return s->file;
}

int pclose(FILE *stream)
{
    struct stream **at, *s;
    int status, cancel;
    pid_t got;

    LIBC(pthread_mutex_lock)(&streams_lock);
    for (at = &streams; *at && (*at)->file != stream; at = &(*at)->next)
        ;
    s = *at;
    if (s)
        *at = s->next;
    LIBC(pthread_mutex_unlock)(&streams_lock);
    if (!s)
        return REAL(pclose)(stream);
    LIBC(fclose)(stream);
    LIBC(pthread_setcancelstate)(PTHREAD_CANCEL_DISABLE, &cancel);
    do
        got = waitpid(s->pid, &status, 0);
    while (got < 0 && errno == EINTR);
    LIBC(pthread_setcancelstate)(cancel, NULL);
    free(s);
    return got < 0 ? -1 : status;
}
