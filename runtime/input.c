/*
 * input.c - what a launcher (srun) reads for its tasks, and when it may not.
 *
 * What it has read lies in its memory, in sockets and in slurmstepd until it
 * reaches the tasks. For a checkpoint all of it has to arrive, and nothing
 * more may follow: in the place of its input the launcher gets a pipe that
 * holds nothing but a token, which it sends as the last. When it is parked its
 * input is back in its place, at the offset where the tasks' input ends.
 * The pipe stays, empty,
 * - as long as a task's runtime keeps input that had no room (lib/image/
 *   intake.h): what is read now would overtake it;
 * - after a restart, until the tasks have got back what they had not read.
 *
 * Which descriptor it reads: 0, and what it has opened for reading and marked
 * close-on-exec afterwards, as srun does with the file of --input. One that is
 * something else is put back as it was.
 *
 * A launcher that is executed again opens that file once more. It gets the
 * description that the restart has put at the saved offset for it. What it has
 * to say until its tasks are there it has said when it was started first, or
 * a run without interruption would not say it ("step creation temporarily
 * disabled"): it goes to D/log.
 */
#include "runtime/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "lib/image/intake.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/thread.h"

#define STOP_MS 10000
#define TAKEN_MS 3000 /* srun reads at once what it gets, if it reads at all */

enum held { NOT, FOR_START, FOR_DRAIN, FOR_TASKS };

/* One that is held: its number, where the input is meanwhile, the other end
 * of the pipe that is in its place, and that pipe. Standard error has the log
 * in its place. */
struct place {
    int32_t fd, input, end;
    struct stat pipe;
};

int32_t ck_inputs[CK_INPUTS_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};
static struct stat opened[CK_INPUTS_MAX]; /* what these were */

static struct {
    enum held held;
    uint32_t id; /* of the checkpoint that it was held for last */
    int error;
    const uint8_t *token;
    struct place place[CK_INPUTS_MAX + 1], errors;
    size_t n;
    int again; /* it is executed again */
    int32_t kept[CK_INPUTS_MAX];
    size_t nkept;
} in;

static int is(int fd, const struct stat *st)
{
    struct stat now;

    return sys2(SYS_fstat, fd, &now) == 0 && now.st_dev == st->st_dev &&
           now.st_ino == st->st_ino;
}

static int exec_flag(int fd)
{
    return sys2(SYS_fcntl, fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0;
}

static int hold_one(int fd, const uint8_t *token)
{
    struct place *p = &in.place[in.n];
    int ends[2];
    long input = sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3), r;

    if (sys_failed(input))
        return (int)input;
    r = sys2(SYS_pipe2, ends, O_CLOEXEC);
    if (r < 0) {
        sys1(SYS_close, input);
        return (int)r;
    }
    if (token)
        sys3(SYS_write, ends[1], token, 16);
    *p = (struct place){fd, (int32_t)input, ends[1], {0}};
    sys2(SYS_fstat, ends[0], &p->pipe);
    sys3(SYS_dup3, ends[0], fd, exec_flag(fd));
    sys1(SYS_close, ends[0]);
    in.n++;
    return 0;
}

static void put_back(const struct place *p)
{
    /* srun may have closed it */
    if (is(p->fd, &p->pipe))
        sys3(SYS_dup3, p->input, p->fd, exec_flag(p->fd));
    sys1(SYS_close, p->input);
    if (p->end >= 0)
        sys1(SYS_close, p->end);
}

static void back_all(void)
{
    for (size_t i = 0; i < in.n; i++)
        put_back(&in.place[i]);
    in.n = 0;
}

static void back_errors(void)
{
    if (in.errors.fd)
        put_back(&in.errors);
    in.errors.fd = 0;
}

static void hold_errors(void)
{
    long to, log, kept = sys3(SYS_fcntl, 2, F_DUPFD_CLOEXEC, 3);
    char path[1200];

    ck_fmt(path, sizeof path, "%s/log", ck_rt.job_dir);
    log = sys4(SYS_openat, AT_FDCWD, path,
               O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    to = log < 0 || kept < 0 ? -1 : sys3(SYS_dup3, log, 2, exec_flag(2));
    in.errors = (struct place){to < 0 ? 0 : 2, (int32_t)kept, -1, {0}};
    sys2(SYS_fstat, log, &in.errors.pipe);
    if (to < 0 && kept >= 0)
        sys1(SYS_close, kept);
    if (log >= 0)
        sys1(SYS_close, log);
}

static int is_open(int fd)
{
    return !sys_failed(sys2(SYS_fcntl, fd, F_GETFD));
}

static void hold_all(void)
{
    in.error = is_open(0) ? hold_one(0, in.token) : 0;
    for (size_t i = 0; !in.error && i < CK_INPUTS_MAX; i++)
        if (ck_inputs[i] > 2 && is(ck_inputs[i], &opened[i]) &&
            exec_flag(ck_inputs[i]))
            in.error = hold_one(ck_inputs[i], in.token);
    if (in.error)
        back_all();
}

/* ---- on the launcher's own thread ---- */

void ck_input_begin(const char *kept)
{
    struct stat st;

    in.again = kept != NULL;
    while (kept && *kept && in.nkept < CK_INPUTS_MAX) {
        int fd = (int)ck_parse_u64(&kept, 10);

        if (fd > 2 && is_open(fd)) {
            sys3(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
            in.kept[in.nkept++] = fd;
        }
        kept += *kept != '\0';
    }
    /* of an earlier one of this number, or of the run before */
    ck_intake_clear(ck_rt.job_dir, (uint32_t)ck_virt_of(ck_getpid()));
    if (!in.again)
        return;
    hold_errors();
    in.held = FOR_START;
    /* Terminals have to be what they are. */
    if (sys2(SYS_fstat, 0, &st) == 0 && !S_ISCHR(st.st_mode))
        hold_one(0, NULL);
}

int ck_input_again(void)
{
    return in.again;
}

/* It may be the one that was open at the checkpoint. */
static void take_kept(int fd)
{
    struct stat st;

    if (sys2(SYS_fstat, fd, &st) < 0)
        return;
    for (size_t i = 0; i < in.nkept; i++) {
        if (in.kept[i] < 0 || !is(in.kept[i], &st))
            continue;
        sys3(SYS_dup3, in.kept[i], fd, 0);
        sys1(SYS_close, in.kept[i]);
        in.kept[i] = -1;
        if (in.held == FOR_START && in.n <= CK_INPUTS_MAX)
            hold_one(fd, NULL);
        return;
    }
}

/* A number that is used again is another one now. */
static size_t slot_for(int fd)
{
    size_t at = CK_INPUTS_MAX;

    for (size_t i = 0; i < CK_INPUTS_MAX; i++) {
        if (ck_inputs[i] == fd)
            return i;
        if (at == CK_INPUTS_MAX &&
            (ck_inputs[i] < 0 || !is(ck_inputs[i], &opened[i])))
            at = i;
    }
    return at;
}

void ck_input_opened(int fd, int flags)
{
    size_t at;

    if ((flags & O_ACCMODE) != O_RDONLY || fd <= 2 ||
        flags & (O_CLOEXEC | O_DIRECTORY | O_PATH))
        return;
    at = slot_for(fd);
    if (at < CK_INPUTS_MAX && sys2(SYS_fstat, fd, &opened[at]) == 0)
        ck_inputs[at] = fd;
    if (in.nkept)
        take_kept(fd);
}

/* ---- on the agent ---- */

/* Its threads stand for a moment, in which one of them does fn. */
static int while_parked(void (*fn)(void), char *why, size_t cap)
{
    int r = ck_park_await_left(STOP_MS);

    if (r)
        ck_fmt(why, cap, "a thread has not left its place of rest");
    else
        r = ck_stop_all(STOP_MS, why, cap);
    if (r)
        return r;
    ck_park_errand(fn);
    ck_park_release();
    return 0;
}

/* It is held already, for the tasks: the token into the pipe in its place. */
static void send_token(void)
{
    for (size_t i = 0; i < in.n; i++)
        sys3(SYS_write, in.place[i].end, in.token, 16);
}

int ck_input_hold(uint32_t id, const uint8_t token[16], char *why, size_t cap)
{
    int r;

    if (in.held == FOR_DRAIN && in.id == id)
        return CK_INPUT_STILL;
    in.token = token;
    in.id = id;
    in.error = in.held == FOR_START ? -EAGAIN : 0;
    r = in.error ? 0
                 : while_parked(in.held == NOT ? hold_all : send_token, why,
                                cap);
    if (!r && in.error) {
        r = in.error;
        ck_fmt(why, cap, "its input can't be held back (error %d)", -r);
    }
    if (r)
        return r;
    in.held = FOR_DRAIN;
    return CK_INPUT_STILL;
}

void ck_input_parked(void)
{
    if (in.held == NOT || in.held == FOR_START)
        return;
    if (in.n)
        ck_park_errand(back_all);
    in.held = NOT;
}

static int tasks_keep(void)
{
    return ck_intake_any(ck_rt.job_dir, (uint32_t)ck_virt_of(ck_getpid()));
}

void ck_input_going(void)
{
    if (ck_rt.kind != CK_KIND_REEXEC || in.held != NOT || !tasks_keep())
        return;
    in.token = NULL;
    ck_park_errand(hold_all);
    in.held = FOR_TASKS;
}

static int is_taken(const struct place *p)
{
    char path[40];
    int n = 0;
    long fd;

    ck_fmt(path, sizeof path, "/proc/self/fd/%d", p->end);
    fd = sys4(SYS_openat, AT_FDCWD, path, O_WRONLY | O_NONBLOCK | O_CLOEXEC,
              0);
    if (fd < 0)
        return 1;
    sys3(SYS_ioctl, fd, FIONREAD, &n);
    sys1(SYS_close, fd);
    return n == 0;
}

/* A token that is on its way is waited for by the tasks: it must not stay
 * here now and be sent later. */
static void await_taken(void)
{
    uint64_t end = ck_now_us() + TAKEN_MS * 1000u;

    for (size_t i = 0; i < in.n; i++)
        while (!is_taken(&in.place[i]) && ck_now_us() < end)
            ck_sleep_us(2000);
}

static void let(void)
{
    char why[256];

    if (in.n && while_parked(back_all, why, sizeof why))
        return; /* it is tried again */
    in.held = NOT;
}

void ck_input_let(void)
{
    if (in.held != FOR_DRAIN)
        return;
    await_taken();
    in.held = FOR_TASKS;
    ck_input_look();
}

int ck_input_go(void)
{
    char why[256];

    if (in.held != FOR_START)
        return 0;
    if (in.errors.fd)
        while_parked(back_errors, why, sizeof why);
    in.held = FOR_TASKS;
    ck_input_look();
    return 1;
}

int ck_input_waits(void)
{
    return in.held == FOR_TASKS;
}

void ck_input_look(void)
{
    if (in.held == FOR_TASKS && !tasks_keep())
        let();
}
