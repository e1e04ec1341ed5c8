/*
 * intake.c - what a launcher (srun) has read for this task and the program has
 * not: it is on its way in the launcher, in a socket, in slurmstepd and in the
 * pipe that is the task's standard input.
 *
 * The launcher has sent a token as the last (input.c). While the task is
 * parked, one process of it takes in what comes through the pipe, which lets
 * the rest come, until the token is there, or the end. Then it puts all back
 * but the token, and what is on its way is in one place, whence it is saved.
 * What the pipe, made larger, has no room for goes to a file of the job
 * directory (lib/image/intake.h), and is put in while the program reads, by
 * whichever process of the task has the pipe and the file's lock: that is
 * given back when its process ends or executes another program. It is dropped
 * when nobody can read the pipe any more.
 *
 * The token must not reach the program: when a checkpoint fails it is waited
 * for. It does not come if the launcher has not read it, which takes it back
 * sooner than we give up.
 */
#include "runtime/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/image/intake.h"
#include "lib/image/stdio.h"
#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "runtime/thread.h"

#define TOKEN 16
#define SLICE_US 50000
#define END_US 6000000
#define PIPE_MAX (1 << 20) /* as much as anybody may have, by default */
#define CHUNK 16384
#define FEED_MS 10
#define WATCH_MS 100

static struct {
    uint32_t id; /* of the checkpoint; 0: none */
    int still;
    int from;      /* the pipe */
    long capacity; /* that it had */
    uint8_t token[TOKEN];
    uint8_t *p;
    size_t len, cap;
    uint64_t taken;
} in = {.from = -1};

/* What had no room: in the file; and in memory if that can't be written. */
static struct {
    int watched; /* there is such a file */
    int file;    /* opened and locked, -1: by somebody else */
    int to;      /* the pipe, where it is ours to put in: who has it open for
                  * that learns when nobody can read it any more */
    uint64_t done;
    uint8_t *mem;
    size_t len;
} rest = {.file = -1, .to = -1};

/* ---- the pipe ---- */

static int is_pipe_in(int32_t fd, void *arg)
{
    const char *ids = ck_rt.env_stdio;
    uint32_t number[8];
    char path[40];
    struct stat st;
    size_t n;

    while (*ids && *ids++ != '=')
        ;
    ck_fmt(path, sizeof path, "/proc/self/fd/%d", fd);
    if (sys4(SYS_newfstatat, AT_FDCWD, path, &st, 0) < 0 ||
        !S_ISFIFO(st.st_mode))
        return 0;
    n = ck_given_numbers(ids, &st, number, 8);
    for (size_t i = 0; i < n; i++)
        if (number[i] == 0)
            *(int32_t *)arg = fd;
    return *(int32_t *)arg >= 0;
}

/* The pipe that the launcher fills, opened anew, or -errno. */
static int open_pipe(int flags)
{
    int32_t fd = -1;
    char path[1300];

    if (ck_intake_path(path, sizeof path, ck_rt.job_dir, ck_rt.tree) < 0)
        return -EINVAL;
    ck_each_number("/proc/self/fd", is_pipe_in, &fd);
    if (fd < 0)
        return -ENOENT;
    ck_fmt(path, sizeof path, "/proc/self/fd/%d", fd);
    return (int)sys4(SYS_openat, AT_FDCWD, path,
                     flags | O_NONBLOCK | O_CLOEXEC, 0);
}

/* Where slurmstepd has closed the other end all has come. */
uint8_t ck_intake_look(void)
{
    struct pollfd p = {.fd = -1, .events = POLLIN};
    struct timespec none = {0, 0};

    if (rest.to >= 0) /* ours is one as well */
        sys1(SYS_close, rest.to);
    rest.to = -1;
    p.fd = open_pipe(O_RDONLY);
    if (p.fd < 0)
        return CK_INPUT_NONE;
    sys5(SYS_ppoll, &p, 1, &none, NULL, 8);
    sys1(SYS_close, p.fd);
    return p.revents & POLLHUP ? CK_INPUT_NONE : CK_INPUT_HAS;
}

/* ---- taking in ---- */

static int grow(void)
{
    size_t cap = in.cap ? in.cap * 2 : 2 * PIPE_MAX;
    long p = in.cap ? sys4(SYS_mremap, in.p, in.cap, cap, MREMAP_MAYMOVE)
                    : sys6(SYS_mmap, 0, cap, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (sys_failed(p))
        return (int)p;
    in.p = (uint8_t *)p;
    in.cap = cap;
    return 0;
}

/* Is the token among the last n bytes, or begins before them? It is taken out
 * then. */
static int find_token(size_t n)
{
    size_t back = n + TOKEN - 1, at = in.len > back ? in.len - back : 0;

    for (; at + TOKEN <= in.len; at++) {
        if (memcmp(in.p + at, in.token, TOKEN) != 0)
            continue;
        memmove(in.p + at, in.p + at + TOKEN, in.len - at - TOKEN);
        in.len -= TOKEN;
        return 1;
    }
    return 0;
}

/* 1: all is here. */
static int take(uint64_t until)
{
    while (ck_now_us() < until) {
        struct pollfd p = {.fd = in.from, .events = POLLIN};
        struct timespec ts = {0, 10000000};
        long n;

        if (in.cap - in.len < PIPE_MAX && grow() < 0)
            return 0;
        n = sys3(SYS_read, in.from, in.p + in.len, in.cap - in.len);
        if (n == 0)
            return 1;
        if (n == -EAGAIN) {
            sys5(SYS_ppoll, &p, 1, &ts, NULL, 8);
        } else if (n > 0) {
            in.len += (size_t)n;
            in.taken += (uint64_t)n;
            if (find_token((size_t)n))
                return 1;
        }
    }
    return 0;
}

/* ---- putting back ---- */

/* What did not fit, behind what is in the pipe. */
static void keep_rest(size_t from)
{
    uint64_t done = 0;
    int file = ck_intake_make(ck_rt.job_dir, ck_rt.tree);

    rest.watched = 1;
    rest.done = 0;
    rest.len = in.len - from;
    rest.file = file;
    if (file >= 0) {
        sys2(SYS_flock, file, LOCK_EX | LOCK_NB);
        if (ck_pwrite_all(file, &done, sizeof done, 0) == 0 &&
            ck_pwrite_all(file, in.p + from, rest.len, CK_INTAKE_HEAD) == 0)
            return;
    }
    memmove(in.p, in.p + from, rest.len);
    rest.mem = in.p;
    in.p = NULL;
}

static void put_back(void)
{
    int to = open_pipe(O_WRONLY);
    size_t done = 0;

    while (to >= 0 && done < in.len) {
        long n = sys3(SYS_write, to, in.p + done, in.len - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (to >= 0 && in.capacity > 0) /* if what is in it lets it */
        sys3(SYS_fcntl, to, F_SETPIPE_SZ, in.capacity);
    if (to >= 0 && done < in.len)
        keep_rest(done);
    if (to >= 0)
        sys1(SYS_close, to);
    if (in.p)
        sys2(SYS_munmap, in.p, in.cap);
    sys1(SYS_close, in.from);
    in.p = NULL;
    in.len = in.cap = 0;
    in.from = -1;
    in.still = 1;
}

uint8_t ck_intake_pull(const struct ck_msg_drain *m, uint64_t *bytes)
{
    if (in.id != m->id) {
        in.id = m->id;
        in.taken = 0;
        memcpy(in.token, m->token, TOKEN);
        in.from = open_pipe(O_RDONLY);
        in.still = in.from < 0; /* nobody would read it */
        in.capacity = sys2(SYS_fcntl, in.from, F_GETPIPE_SZ);
        sys3(SYS_fcntl, in.from, F_SETPIPE_SZ, PIPE_MAX);
    }
    if (!in.still && take(ck_now_us() + SLICE_US))
        put_back();
    *bytes = in.taken;
    return in.still ? CK_INPUT_STILL : CK_INPUT_HAS;
}

void ck_intake_end(void)
{
    if (in.from < 0)
        return;
    take(ck_now_us() + END_US);
    put_back();
}

/* ---- putting in what had no room ---- */

void ck_intake_going(void)
{
    char path[1300];
    long fd;

    if (rest.file >= 0 || rest.mem ||
        ck_intake_path(path, sizeof path, ck_rt.job_dir, ck_rt.tree) < 0)
        return;
    fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    rest.watched = fd >= 0;
    if (fd >= 0)
        sys1(SYS_close, fd);
}

/* The file and the pipe, if they are nobody else's matter. */
static int own(const char *path)
{
    struct stat st;

    if (rest.to < 0)
        rest.to = open_pipe(O_WRONLY);
    if (rest.to < 0 || rest.file >= 0 || rest.mem)
        return rest.to >= 0;
    rest.file = (int)sys4(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    rest.watched = rest.file >= 0;
    if (rest.file >= 0 && sys2(SYS_flock, rest.file, LOCK_EX | LOCK_NB) == 0 &&
        sys2(SYS_fstat, rest.file, &st) == 0 && st.st_nlink &&
        st.st_size >= CK_INTAKE_HEAD &&
        ck_pread_all(rest.file, &rest.done, sizeof rest.done, 0) == 0) {
        rest.len = (size_t)st.st_size - CK_INTAKE_HEAD;
        return 1;
    }
    if (rest.file >= 0)
        sys1(SYS_close, rest.file);
    sys1(SYS_close, rest.to);
    rest.file = rest.to = -1;
    return 0;
}

static void is_over(const char *path)
{
    sys1(SYS_unlink, path);
    if (rest.file >= 0)
        sys1(SYS_close, rest.file);
    if (rest.mem)
        sys2(SYS_munmap, rest.mem, rest.len);
    sys1(SYS_close, rest.to);
    rest.file = rest.to = -1;
    rest.mem = NULL;
    rest.watched = 0;
}

/* 1: there may be more room. */
static int put_some(void)
{
    static uint8_t buf[CHUNK];
    size_t left = rest.len - rest.done, n = left < CHUNK ? left : CHUNK;
    const uint8_t *p = rest.mem ? rest.mem + rest.done : buf;
    long k = rest.mem ? 0
                      : ck_pread_all(rest.file, buf, n,
                                     CK_INTAKE_HEAD + rest.done);

    k = k ? k : sys3(SYS_write, rest.to, p, n);
    if (k <= 0)
        return 0;
    rest.done += (uint64_t)k;
    if (!rest.mem)
        ck_pwrite_all(rest.file, &rest.done, sizeof rest.done, 0);
    return 1;
}

int ck_intake_feed(void)
{
    struct timespec none = {0, 0};
    struct pollfd p = {.events = POLLOUT};
    char path[1300];

    if (!rest.watched)
        return -1;
    ck_intake_path(path, sizeof path, ck_rt.job_dir, ck_rt.tree);
    if (!own(path))
        return rest.watched ? WATCH_MS : -1;
    p.fd = rest.to;
    sys5(SYS_ppoll, &p, 1, &none, NULL, 8);
    while (!(p.revents & POLLERR) && rest.done < rest.len && put_some())
        ;
    if (p.revents & POLLERR || rest.done == rest.len)
        is_over(path);
    return rest.watched ? FEED_MS : -1;
}

/* Descriptors are the agent's, which is another one now. */
void ck_intake_forget(void)
{
    in.from = rest.file = rest.to = -1;
    in.p = NULL;
    in.len = in.cap = 0;
    in.id = 0;
    rest.mem = NULL;
    rest.watched = 0;
}
