/*
 * snapshot.c - the fork snapshot and its writer.
 *
 * While everything is parked: what belongs to the process is saved into the
 * runtime's own memory (runtime/task), what fork would not copy is written
 * (DONTFORK, WIPEONFORK), and the agent forks. The child has the whole
 * memory as of that instant and all the time it needs; it writes the image
 * and reports on the agent's connection, which it inherited, so that its
 * report arrives even if the program has ended or called exec. Memory that
 * is shared is not its business: `ckpt capture` saves that.
 * Where fork is refused (overcommit, limits) or memory is short the image is
 * written in place before anything runs on.
 *
 * The writer is a child with exit signal 0: no SIGCHLD, and no wait of the
 * program's finds it. It is named ckpt-writer. When its maker has ended nobody
 * will kill it any more: it ends by itself when the checkpoint is given up, or
 * nobody is there to hear of the image.
 */
#include "runtime/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/arch/x86_64/clone.h"
#include "lib/image/handoff.h"
#include "lib/image/mapped.h"
#include "lib/image/sum.h"
#include "lib/proto/client.h"
#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "runtime/mem/save.h"
#include "runtime/resume.h"
#include "runtime/task/task.h"
#include "runtime/thread.h"

#define PROGRESS_US 200000
#define ORPHANED SIGURG /* blocked, as all are */
#define WORK_MOST (16u << 20)
#define WORK_LEAST (3u << 20)

struct snapshot {
    int conn;
    uint32_t id;
    int file;
    char name[160];
    char path[1400];
    struct ck_work work;
    struct ck_mareas areas;
    struct ck_guards *guards;
    struct ck_imgw w;
    struct ck_imgw_stream pages;
    struct ck_progress *progress; /* shared with the writer */
    int32_t maker, writer;
};

static struct snapshot snap;

void ck_snapshot_forget(void)
{
    memset(&snap, 0, sizeof snap);
}

static unsigned writer_threads(void)
{
    unsigned long mask[16];
    long n = sys3(SYS_sched_getaffinity, 0, sizeof mask, mask);
    unsigned cpus = 0;

    for (long i = 0; n > 0 && i < n / (long)sizeof mask[0]; i++)
        cpus += (unsigned)__builtin_popcountl(mask[i]);
    return cpus < 1 ? 1 : cpus > 4 ? 4 : cpus;
}

static int put_process(struct snapshot *s)
{
    static char stat[2048];
    static uint8_t auxv[2048];
    static char exe[4096];
    struct ck_process p = {0};
    uint64_t mm[12], vdso = 0;
    long n = ck_read_file("/proc/self/stat", stat, sizeof stat);
    long auxn = ck_read_file("/proc/self/auxv", (char *)auxv, sizeof auxv);
    long len = sys4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", exe,
                    sizeof exe - 1);

    if (n < 0 || auxn < 0 || len < 0)
        return -EIO;
    exe[len] = '\0';
    /* struct prctl_mm_map: code, data, brk, stack, arg, env */
    mm[0] = ck_stat_field(stat, 26);
    mm[1] = ck_stat_field(stat, 27);
    mm[2] = ck_stat_field(stat, 45);
    mm[3] = ck_stat_field(stat, 46);
    mm[4] = ck_stat_field(stat, 47);
    mm[5] = (uint64_t)sys1(SYS_brk, 0);
    mm[6] = ck_stat_field(stat, 28);
    for (unsigned i = 0; i < 4; i++)
        mm[7 + i] = ck_stat_field(stat, 48 + i);
    mm[11] = 0;
    for (uint32_t i = 0; i < s->areas.n; i++)
        if (s->areas.a[i].kind == CK_AREA_VDSO)
            vdso = ck_sum64((const void *)s->areas.a[i].start,
                               s->areas.a[i].end - s->areas.a[i].start);
    p.vpid = (uint32_t)ck_resume_vpid();
    p.threads = ck_threads.n;
    p.entry = (uint64_t)(uintptr_t)ck_resume_entry;
    p.handoff = (uint64_t)(uintptr_t)&ck_handoff;
    p.mm = (struct ck_blob){mm, sizeof mm};
    p.auxv = (struct ck_blob){auxv, (uint32_t)auxn};
    p.vdso_sum = vdso;
    p.dirty_bytes = s->areas.resident;
    p.exe = exe;
    p.comm = ck_threads_name();
    p.runtime = ck_rt.runtime_path;
    p.codec_note = "lz4";
    return CK_IMGW_RECORD(&s->w, CK_TAG_PROCESS, ck_process, &p);
}

static int put_threads(struct snapshot *s)
{
    int r = 0;

    for (uint32_t i = 0; !r && i < ck_threads.n; i++) {
        const struct ck_slot *t = &ck_threads.slot[i];
        const greg_t *g = t->frame->uc_mcontext.gregs;
        struct ck_thread rec = {
            .tid = (uint32_t)t->tid,
            .vtid = (uint32_t)t->vtid,
            .rip = (uint64_t)g[REG_RIP],
            .rsp = (uint64_t)g[REG_RSP],
            .fs_base = t->fs_base,
            .syscall = t->sys.how ? t->sys.nr : -1,
            .name = t->name,
        };

        if (t->tid)
            r = CK_IMGW_RECORD(&s->w, CK_TAG_THREAD, ck_thread, &rec);
    }
    return r;
}

/* Is the file still the one that is mapped? Then the restart maps it too,
 * after comparing its size and beginning; else every page must be saved. */
static int identify_file(struct ck_marea *a)
{
    static uint8_t first[4096];
    struct stat st;
    long fd, n = -1;

    fd = sys4(SYS_openat, AT_FDCWD, a->path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    if (sys2(SYS_fstat, fd, &st) == 0 && st.st_ino == a->ino) {
        n = sys4(SYS_pread64, fd, first, sizeof first, 0);
        if (n >= 0) {
            a->file_size = (uint64_t)st.st_size;
            a->fingerprint = ck_sum64(first, (size_t)n);
        }
    }
    sys1(SYS_close, fd);
    return n >= 0;
}

static void identify_files(struct snapshot *s)
{
    for (uint32_t i = 0; i < s->areas.n; i++) {
        struct ck_marea *a = &s->areas.a[i];

        if ((a->kind == CK_AREA_FILE || a->kind == CK_AREA_DEV) &&
            !identify_file(a)) {
            a->whole = 1;
            a->kind = CK_AREA_ANON;
        }
    }
}

/* When all pages are saved, it is known which areas have any. One that has
 * none and was never writable is mapped with its rights, and not reserved
 * memory for. */
static int put_areas(struct snapshot *s)
{
    int r = 0;

    for (uint32_t i = 0; !r && i < s->areas.n; i++) {
        const struct ck_marea *a = &s->areas.a[i];
        struct ck_area rec = {
            .start = a->start, .end = a->end, .kind = a->kind,
            .prot = a->prot, .flags = a->flags & ~CK_AF_NEVER_SAVED,
            .pgoff = a->pgoff, .dev = a->dev, .ino = a->ino,
            .file_size = a->file_size, .fingerprint = a->fingerprint,
            .path = a->path, .policy = {a->policy, a->policy_len},
        };

        if (ck_area_saved(a->kind) && !a->data &&
            !(a->prot & PROT_WRITE) && !(a->flags & CK_AF_ACCOUNTED))
            rec.flags |= CK_AF_BARE;
        if (a->kind)
            r = CK_IMGW_RECORD(&s->w, CK_TAG_AREA, ck_area, &rec);
    }
    return r;
}

static void send(struct snapshot *s, const char *why)
{
    static uint8_t buf[4096];

    if (why) {
        struct ck_msg_failed m = {s->id, CK_PHASE_WRITE, 0, why};

        CK_CLIENT_SEND(s->conn, buf, sizeof buf, failed, FAILED, &m);
    } else {
        struct ck_msg_progress m = {s->id, s->progress->done,
                                    s->progress->total};

        CK_CLIENT_SEND(s->conn, buf, sizeof buf, progress, PROGRESS, &m);
    }
}

static void send_written(struct snapshot *s, const char *file, uint64_t bytes,
                         uint64_t raw, uint64_t sum)
{
    static uint8_t buf[1024];
    struct ck_msg_written m = {s->id, file, bytes, raw, sum};

    CK_CLIENT_SEND(s->conn, buf, sizeof buf, written, WRITTEN, &m);
}

static int coordinator_gone(const struct snapshot *s)
{
    struct pollfd p = {.fd = s->conn, .events = POLLRDHUP};
    struct timespec none = {0, 0};

    return sys5(SYS_ppoll, &p, 1, &none, NULL, 8) > 0;
}

/* Completes the image and reports. In the writer, or in place. */
static int write_image(struct snapshot *s)
{
    uint64_t bytes = 0, sum = 0;
    char why[300];
    int r;

    r = put_process(s);
    r = r ? r : put_threads(s);
    identify_files(s);
    if (!r)
        ck_save_pages(&s->w, &s->pages, &s->areas, 0, writer_threads(),
                      s->guards, s->progress);
    r = r ? r : put_areas(s);
    r = r ? r : ck_guard_put(s->guards, &s->w);
    r = r ? r : ck_imgw_finish(&s->w, &bytes, &sum);
    __atomic_store_n(&s->progress->status, r, __ATOMIC_RELEASE);
    if (r) {
        ck_fmt(why, sizeof why, "%s can't be written: %s (error %d)", s->path,
               ck_imgw_mem_full(&s->w) ? "the index is larger than expected"
               : r == -EOVERFLOW       ? "too many guard regions"
               : r == -ENOSPC          ? "no space left on the file system"
               : r == -EDQUOT          ? "the disk quota is used up"
                                       : "write error",
               -r);
        sys1(SYS_unlink, s->path);
        send(s, why);
    } else if (coordinator_gone(s)) { /* perhaps since the last look */
        sys1(SYS_unlink, s->path);
    } else {
        send_written(s, s->name, bytes, s->w.raw_bytes, sum);
    }
    return r;
}

/* Has the agent that made us ended, or its process executed a program? */
static int is_orphan(const struct snapshot *s)
{
    uint64_t set = 0;

    sys2(SYS_rt_sigpending, &set, sizeof set);
    return (set >> (ORPHANED - 1) & 1) || sys0(SYS_getppid) != s->maker;
}

/* Will nobody ever ask for the image? The agent hears what the coordinator
 * says; without it we are the only one. */
static int is_forsaken(const struct snapshot *s, struct ck_client_rx *rx)
{
    struct ck_frame f;
    long r = 0;

    if (coordinator_gone(s))
        return 1;
    if (!is_orphan(s))
        return 0;
    while (r >= 0 && (r = ck_client_recv(s->conn, rx, 0, &f)) > 0)
        if (f.type == CK_MSG_ABORT)
            return 1;
    return r < 0 && r != -EINTR;
}

/* Reports while the writer's threads work, and ends them all. */
static int progress_main(void *arg)
{
    static uint8_t buf[4096];
    struct snapshot *s = arg;
    struct ck_client_rx rx;

    ck_client_rx_init(&rx, buf, sizeof buf);
    for (;;) {
        ck_sleep_us(PROGRESS_US);
        if (__atomic_load_n(&s->progress->status, __ATOMIC_ACQUIRE) != 1)
            return 0;
        if (is_forsaken(s, &rx)) {
            sys1(SYS_unlink, s->path);
            sys1(SYS_exit_group, 1);
        }
        send(s, NULL);
    }
}

static int writer_main(struct snapshot *s)
{
    static uint8_t stack[8192] __attribute__((aligned(16)));

    ck_become_ours("ckpt-writer");
    sys2(SYS_prctl, PR_SET_DUMPABLE, 1);
    sys2(SYS_prctl, PR_SET_PDEATHSIG, ORPHANED);
    ck_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                 CLONE_THREAD | CLONE_SYSVSEM,
             stack + sizeof stack, NULL, NULL, progress_main, s);
    return write_image(s);
}

static int begin(struct snapshot *s, const char *set_dir, char *why,
                 size_t cap)
{
    uint32_t blocks;
    size_t len;
    void *index;
    int r;

    s->work.skip = (uint64_t)(uintptr_t)s->progress;
    r = ck_areas_read(&s->areas, &s->work, why, cap);
    if (r)
        return r;
    ck_attrs_lock(s->areas.lock);
    s->guards = ck_work_alloc(&s->work, sizeof *s->guards);
    blocks = ck_save_blocks(&s->areas);
    len = sizeof *s->guards + CK_IMGW_STREAM_MEM(blocks) + s->areas.path_bytes + 8192 + 4096 +
          (s->areas.n + ck_threads.n + 8) * CK_IMGW_RECORD_MEM;
    index = ck_work_alloc(&s->work, len);
    if (!index || !s->guards) {
        ck_fmt(why, cap, "no memory for an index of %zu bytes", len);
        return -ENOMEM;
    }
    ck_fmt(s->name, sizeof s->name, "proc.%s.%d.img", ck_rt.tree,
           ck_virt_of(ck_getpid()));
    ck_fmt(s->path, sizeof s->path, "%s/%s", set_dir, s->name);
    s->file = (int)sys4(SYS_openat, AT_FDCWD, s->path,
                        O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (s->file < 0) {
        ck_fmt(why, cap, "%s can't be created (error %d)", s->path, -s->file);
        return s->file;
    }
    sys2(SYS_fchmod, s->file, 0600); /* the umask is the program's */
    r = ck_imgw_begin(&s->w, s->file, CK_IMAGE_PROCESS, index, len);
    r = r ? r : ck_imgw_stream(&s->w, &s->pages, 0, blocks);
    for (uint32_t i = 0; !r && i < s->areas.n; i++) {
        if (s->areas.a[i].early) {
            ck_save_pages(&s->w, &s->pages, &s->areas, 1, 1, s->guards,
                          NULL);
            r = ck_imgw_err(&s->w);
            break;
        }
    }
    if (r)
        ck_fmt(why, cap, "%s can't be written (error %d)", s->path, -r);
    return r;
}

/* Working memory: the list of areas and strings, an index. Reserved, not
 * used: pages are touched as needed. */
static size_t work_size(void)
{
    char buf[256];
    const char *p = buf;
    uint64_t pages = 0;

    if (ck_read_file("/proc/self/statm", buf, sizeof buf) > 0)
        pages = ck_parse_u64(&p, 10);
    return WORK_MOST + pages / 2;
}

/* With MCL_FUTURE all of it is used and counts as locked: less may do. */
static int open_work(struct snapshot *s, char *why, size_t cap)
{
    int r = ck_work_open(&s->work, work_size());

    if (r == -EAGAIN)
        r = ck_work_open(&s->work, work_size() - WORK_MOST + WORK_LEAST);
    if (r == -EAGAIN)
        ck_fmt(why, cap, "it locks all memory that it gets (mlockall), and "
               "the limit for that leaves no room for a checkpoint; raise it "
               "(ulimit -l)");
    else if (r)
        ck_fmt(why, cap, "no memory (error %d)", -r);
    return r;
}

static int memory_short(uint64_t need)
{
    static char buf[8192];
    const char *p;

    if (ck_read_file("/proc/meminfo", buf, sizeof buf) < 0)
        return 0;
    p = strstr(buf, "MemAvailable:");
    if (!p)
        return 0;
    for (p += 13; *p == ' '; p++)
        ;
    return ck_parse_u64(&p, 10) * 1024 < need / 4;
}

static void let_writer_go(struct snapshot *s)
{
    ck_work_close(&s->work);
    if (s->file > 0)
        sys1(SYS_close, s->file);
    s->file = -1;
}

static void done(void)
{
    if (snap.progress)
        sys2(SYS_munmap, snap.progress, 4096);
    ck_snapshot_forget();
}

/* Named, so that who looks at the tree knows it from the program's memory. */
static struct ck_progress *make_progress(void)
{
    long fd = sys2(SYS_memfd_create, CK_MAPPED_OWN, MFD_CLOEXEC), p = -1;

    if (fd < 0)
        return NULL;
    if (sys2(SYS_ftruncate, fd, 4096) == 0)
        p = sys6(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                 0);
    sys1(SYS_close, fd);
    return sys_failed(p) ? NULL : (struct ck_progress *)p;
}

int ck_snapshot(int fd, uint32_t id, const char *set_dir, char *why,
                size_t cap)
{
    struct snapshot *s = &snap;
    long child;
    int r;

    memset(s, 0, sizeof *s);
    s->conn = fd;
    s->id = id;
    s->maker = ck_getpid();
    ck_resume_note(ck_virt_of(ck_getpid()));
    s->file = -1;
    r = ck_task_save(why, cap);
    if (r)
        return r;
    r = open_work(s, why, cap);
    if (r)
        return r;
    s->progress = make_progress();
    if (!s->progress)
        r = -ENOMEM;
    r = r ? r : begin(s, set_dir, why, cap);
    if (r) {
        let_writer_go(s);
        done();
        return r;
    }
    s->progress->status = 1;
    s->progress->total = s->areas.resident;
    child = memory_short(s->areas.resident)
                ? -ENOMEM
                : sys5(SYS_clone, 0, NULL, NULL, NULL, 0);
    if (child == 0) {
        r = writer_main(s);
        for (;;)
            sys1(SYS_exit_group, r ? 1 : 0);
    }
    /* The program's own children have no part in it. */
    sys3(SYS_madvise, s->progress, 4096, MADV_DONTFORK);
    if (child < 0)
        write_image(s); /* reports a failure itself */
    s->writer = child > 0 ? (int32_t)child : 0;
    let_writer_go(s);
    if (child < 0)
        done();
    return 0;
}

int ck_snapshot_running(void)
{
    return snap.writer != 0;
}

int ck_snapshot_lost(char *why, size_t cap)
{
    int status = 0, left;
    long r;

    if (!snap.writer)
        return 0;
    /* Who waits for all kinds of children takes ours, too. */
    r = sys4(SYS_wait4, snap.writer, &status, __WALL | WNOHANG, NULL);
    if (r != snap.writer && r != -ECHILD)
        return 0;
    left = __atomic_load_n(&snap.progress->status, __ATOMIC_ACQUIRE);
    if (left == 1)
        ck_fmt(why, cap, "the writer of %s was ended by signal %d",
               snap.name, status & 0x7f);
    done();
    return left == 1;
}

void ck_snapshot_cancel(void)
{
    if (snap.writer) {
        sys2(SYS_kill, snap.writer, SIGKILL);
        sys4(SYS_wait4, snap.writer, NULL, __WALL, NULL);
    }
    /* A file that is whole may be part of a committed set by now: its writer
     * only had not ended yet when the next thing happened. */
    if (snap.path[0] && snap.writer &&
        __atomic_load_n(&snap.progress->status, __ATOMIC_ACQUIRE))
        sys1(SYS_unlink, snap.path);
    done();
}
