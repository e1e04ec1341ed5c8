/*
 * undo.c - notes how long a file was that is opened for writing, once for
 * each file after each checkpoint (lib/image/undo.h says where and why).
 *
 * It runs on the program's own thread between the system call and the
 * program: raw system calls, errno and the stack of the program left alone
 * (the scratch memory is mapped). All signals are blocked meanwhile, so that
 * no handler finds the log's descriptor or leaves by siglongjmp(), and the
 * window of wrap.h is open, so that no checkpoint comes between the length
 * and the note. A child that another thread forks in that moment closes its
 * copy of the descriptor.
 *
 * There is no log before the first checkpoint: then, and when the job
 * directory is full or gone, nothing is noted. What this process has noted
 * stands in a small table; what others have, near the end of the log.
 *
 * A note is synced, as the node may die and the file's new contents be on
 * the disk; but only while the log is short, that is for the first hundred
 * files or so of an interval: a tree that opens more would notice. Nor does a
 * log become longer than LOG_MAX.
 */
#include "runtime/interpose/wrap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/image/sum.h"
#include "lib/image/undo.h"
#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "runtime/interpose/undo.h"
#include "runtime/thread.h"

#define KNOWN 16384 /* in rows of */
#define ROW 8
#define SYNCED (16 << 10) /* of the log */
#define LOOKED (1 << 20)  /* of its end is looked through, in pieces of */
#define TAIL (32 << 10)
#define LOG_MAX (64 << 20)
#define DELETED " (deleted)"

struct scratch {
    char file[4200];
    uint64_t note[CK_UNDO_NOTE_MAX / 8];
    union {
        uint8_t tail[TAIL];
        uint8_t data[CK_UNDO_BUF];
    } u;
};

/* Files by a sum of their identity and the interval. */
static uint64_t known[KNOWN];
static uint32_t without_log; /* in which interval */
static uint32_t begun, ended; /* times that the log was open */
static __thread uint32_t ended_before; /* this thread began to fork */

/* It changes at every checkpoint that this process is parked for. */
static uint32_t interval(void)
{
    return __atomic_load_n(&ck_threads.go, __ATOMIC_ACQUIRE) + 1;
}

static int is_in(const char *path, const char *dir)
{
    size_t n = ck_strlen(dir);

    return ck_starts(path, dir) && path[n] == '/';
}

/* The file's name, unless it is none that a restart could put back: made by
 * the kernel, removed, or ours. */
static int find_path(int fd, char *path, size_t cap)
{
    const size_t tail = sizeof(DELETED) - 1;
    char link[40];
    long n;

    ck_fmt(link, sizeof link, "/proc/self/fd/%d", fd);
    n = sys4(SYS_readlinkat, AT_FDCWD, link, path, cap - 1);
    if (n <= 0 || path[0] != '/')
        return -ENOENT;
    path[n] = '\0';
    if ((size_t)n > tail && ck_streq(path + n - tail, DELETED))
        return -ENOENT;
    return is_in(path, "/proc") || is_in(path, "/sys") ||
                   is_in(path, ck_rt.job_dir)
               ? -ENOENT
               : 0;
}

/* Only a description that can be read: to open the file once more, and close
 * that, would drop the process's record locks on it. */
static void sum_up(int fd, int flags, struct ck_undo_note *n,
                   struct scratch *s)
{
    if (flags & O_APPEND)
        n->flags |= CK_UNDO_APPEND;
    else if ((flags & O_ACCMODE) == O_RDWR &&
             !ck_undo_data(fd, n->size, s->u.data, &n->data))
        n->flags |= CK_UNDO_DATA;
}

/* Who makes a file is the first, or does no harm by noting it again. */
static int has_it(int log, long end, const struct ck_undo_note *n,
                  struct scratch *s)
{
    const long step = TAIL - 64; /* a note that begins before a piece */

    if (!n->size)
        return 0;
    for (long to = end & ~7l; to > 0 && end - to < LOOKED; to -= step) {
        long from = to > TAIL ? to - TAIL : 0;
        long got = sys4(SYS_pread64, log, s->u.tail, to - from, from);

        if (got > 0 && ck_undo_has(s->u.tail, (size_t)got, n))
            return 1;
    }
    return 0;
}

/* 1: it is in the log, or need not be. */
static int write_down(int log, int fd, int flags, struct scratch *s)
{
    long end = sys3(SYS_lseek, log, 0, SEEK_END);
    struct ck_undo_note n;
    struct statx st;
    size_t len;

    /* Once more: the length must be read after the log was opened. What is
     * noted in a log that is set aside by then counts as older. */
    if (sys5(SYS_statx, fd, "", AT_EMPTY_PATH,
             STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
        return 0;
    n = (struct ck_undo_note){
        .dev = (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor,
        .ino = st.stx_ino,
        .born = ck_undo_born(&st),
        .size = st.stx_size,
        .path = s->file,
    };
    if (end > LOG_MAX || has_it(log, end, &n, s) ||
        find_path(fd, s->file, sizeof s->file) < 0)
        return 1;
    sum_up(fd, flags, &n, s);
    len = ck_undo_put(s->note, sizeof s->note, &n);
    if (!len)
        return 1;
    if (sys3(SYS_write, log, s->note, len) != (long)len)
        return 0;
    if (end < SYNCED)
        sys1(SYS_fdatasync, log);
    return 1;
}

static void log_path(char *buf, size_t cap)
{
    ck_fmt(buf, cap, "%s/" CK_UNDO_DIR "/" CK_UNDO_NOW "%s", ck_rt.job_dir,
           ck_rt.tree);
}

static uint64_t *row_of(uint64_t sum)
{
    return &known[sum / 2 % (KNOWN / ROW) * ROW];
}

static int is_known(uint64_t sum)
{
    const uint64_t *row = row_of(sum);

    for (unsigned i = 0; i < ROW; i++)
        if (__atomic_load_n(&row[i], __ATOMIC_RELAXED) == sum)
            return 1;
    return 0;
}

static void remember(uint64_t sum, uint32_t now)
{
    static uint32_t of, next; /* of: the interval that the table is of */
    uint32_t before = __atomic_exchange_n(&of, now, __ATOMIC_RELAXED);
    uint64_t *row = row_of(sum);
    unsigned i = 0;

    if (before && before != now)
        memset(known, 0, sizeof known);
    while (i < ROW && __atomic_load_n(&row[i], __ATOMIC_RELAXED))
        i++;
    if (i == ROW)
        i = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % ROW;
    __atomic_store_n(&row[i], sum, __ATOMIC_RELAXED);
}

static int with_scratch(int log, int fd, int flags)
{
    long p = sys6(SYS_mmap, NULL, sizeof(struct scratch),
                  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int done;

    if (sys_failed(p))
        return 0;
    done = write_down(log, fd, flags, (struct scratch *)p);
    sys2(SYS_munmap, p, sizeof(struct scratch));
    return done;
}

static int in_log(int fd, int flags, uint32_t now)
{
    char path[1200];
    int done = 0;
    long log;

    log_path(path, sizeof path);
    __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
    log = sys4(SYS_openat, AT_FDCWD, path,
               O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
    if (log == -ENOENT || log == -EACCES)
        __atomic_store_n(&without_log, now, __ATOMIC_RELAXED);
    if (log >= 0) {
        done = with_scratch((int)log, fd, flags);
        sys1(SYS_close, log);
    }
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
    return done;
}

void ck_undo_note(int fd, int flags)
{
    uint64_t all = ~0ull, before = 0, id[4], sum;
    uint32_t now = interval();
    struct statx st;
    int done;

    if (ck_rt.kind != CK_KIND_SAVED ||
        __atomic_load_n(&without_log, __ATOMIC_RELAXED) == now ||
        sys5(SYS_statx, fd, "", AT_EMPTY_PATH,
             STATX_BASIC_STATS | STATX_BTIME, &st) < 0 ||
        !S_ISREG(st.stx_mode) || !st.stx_nlink)
        return;
    id[0] = (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
    id[1] = st.stx_ino;
    id[2] = ck_undo_born(&st);
    id[3] = now;
    sum = ck_sum64(id, sizeof id) | 1;
    if (is_known(sum))
        return;
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
    ck_busy();
    done = in_log(fd, flags, now);
    ck_idle();
    if (done)
        remember(sum, now);
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
}

static int close_log(int32_t fd, void *arg)
{
    char link[40], path[1200], is[1200];
    long n;

    (void)arg;
    ck_fmt(link, sizeof link, "/proc/self/fd/%d", fd);
    log_path(path, sizeof path);
    n = sys4(SYS_readlinkat, AT_FDCWD, link, is, sizeof is - 1);
    if (n <= 0)
        return 0;
    is[n] = '\0';
    if (ck_streq(is, path))
        sys1(SYS_close, fd);
    return 0;
}

void ck_undo_before_fork(void)
{
    ended_before = __atomic_load_n(&ended, __ATOMIC_SEQ_CST);
}

/* Descriptors are copied before memory is: what was noted in between is not
 * seen in `ended`. */
void ck_undo_after_fork(void)
{
    if (begun != ended_before)
        ck_each_number("/proc/self/fd", close_log, NULL);
    ended = ended_before = begun;
}

void ck_undo_begin(uint32_t after)
{
    struct ck_undo_head h;
    char path[1200], aside[1200];
    long fd;

    log_path(path, sizeof path);
    fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW,
              0);
    if (fd >= 0) { /* of an earlier tree of this name */
        long n = sys3(SYS_read, fd, &h, sizeof h);

        sys1(SYS_close, fd);
        if (n == (long)sizeof h && ck_undo_head_ok(&h, sizeof h)) {
            if (h.after == after)
                return;
            ck_fmt(aside, sizeof aside, "%s/" CK_UNDO_DIR "/%u.%s",
                   ck_rt.job_dir, h.after, ck_rt.tree);
            if (sys2(SYS_link, path, aside) < 0)
                return;
        }
        sys1(SYS_unlink, path);
    }
    ck_undo_head_make(&h, ck_rt.tree, after);
    fd = sys4(SYS_openat, AT_FDCWD, path,
              O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    sys2(SYS_fchmod, fd, 0600); /* the umask is the program's */
    sys3(SYS_write, fd, &h, sizeof h);
    sys1(SYS_close, fd);
}
