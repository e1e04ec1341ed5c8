/*
 * pty_data.c - the unread bytes of a pseudo-terminal, in both directions.
 *
 * The kernel has no way to look at them: no MSG_PEEK, no tee, and of a line
 * that is still being edited not even the length. So they are read and put
 * back, by writing to the other end with all processing off. What makes that
 * fit to be done to somebody else's terminal:
 * - Everybody who has it is parked, and what has been read fits in again.
 * - Bytes, the ends of lines, ends of file, and the unfinished line come back
 *   as they were: a line is put back in canonical mode, its characters
 *   quoted (VLNEXT), closed by a newline or by VEOF as it was.
 * - Nothing is echoed, no signal is sent, packet mode is off meanwhile (a
 *   packet status that nobody has read yet would be lost, so the caller
 *   refuses that).
 * - It is done under guard (guard.c): every step that is done is noted in
 *   memory shared by the two who do it. What would lose or double something
 *   is a kill of both at once, or of one in the few instructions between a
 *   step and its note. The alternative was to refuse a terminal with anything
 *   in its queues, which is every terminal with a line half typed; and even
 *   that cannot be seen without leaving canonical mode.
 *
 * When output is stopped, it is not by the same means that it has to be
 * stopped again: what TCOOFF stopped VSTART does not start.
 *
 * Only here: settings are put back when bytes written to the master have
 * been processed, and that happens in a thread of the kernel. A stop and a
 * start character behind them tell when, by what poll says of the slave.
 */
#include "lib/res/pty.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 3000  /* everybody stands still */
#define BACK_MS 30000 /* at a restart nobody minds a node under load */
#define CHUNK 256
#define QUEUE 4095 /* what the line discipline holds */

enum { STOP = 0x13, START = 0x11, QUOTE = 0x16, END = 0x04 };

enum stage { LINES, REST, OUTPUT, RELEASE, PUT_IN, SETTLE, PUT_OUT, HOLD,
             SETTINGS, DONE };

struct ends {
    int master, slave;
    struct ck_pty_data *d;
};

struct ck_pty_data *ck_pty_data_new(void)
{
    return ck_res_guard_memory(sizeof(struct ck_pty_data));
}

void ck_pty_data_free(struct ck_pty_data *d)
{
    if (d)
        munmap(d, sizeof(*d));
}

static int ready(int fd, int event, int ms)
{
    struct pollfd p = {.fd = fd, .events = (short)event};

    return poll(&p, 1, ms) == 1 && (p.revents & event);
}

/* Until poll says `is` of the event. */
static int await(int fd, int event, int is)
{
    struct timespec nap = {.tv_nsec = 200000};

    for (int i = 0; i < WAIT_MS * 5; i++) {
        if (!!ready(fd, event, 0) == is)
            return 0;
        nanosleep(&nap, NULL);
    }
    return -ETIMEDOUT;
}

static int is_canonical(const struct ck_pty_data *d)
{
    return (d->termios.c_lflag & ICANON) != 0;
}

/* Nothing is echoed, translated or answered with a signal. Turning IXON off
 * would start stopped output, so it stays as it is; `flow`: it is needed. */
static int set_plain(const struct ends *e, int canonical, int flow)
{
    struct termios2 t = e->d->termios;
    tcflag_t ixon = flow ? IXON : t.c_iflag & IXON;

    t.c_iflag = ixon;
    t.c_oflag = 0;
    t.c_lflag = canonical ? ICANON | IEXTEN : 0;
    memset(t.c_cc, 0, sizeof(t.c_cc));
    if (canonical) {
        t.c_cc[VLNEXT] = QUOTE;
        t.c_cc[VEOF] = END;
    } else {
        t.c_cc[VMIN] = 1;
    }
    if (flow) {
        t.c_cc[VSTOP] = STOP;
        t.c_cc[VSTART] = START;
    }
    return ioctl(e->master, TCSETS2, &t) < 0 ? -errno : 0;
}

/* One read, of which is noted before how much there is to be had: if nobody
 * came to note what it gave, that is what is missing now. -EAGAIN: nothing
 * is left. */
static ssize_t take(struct ck_pty_data *d, int fd)
{
    int now = 0;
    ssize_t n;

    if (ioctl(fd, FIONREAD, &now) < 0)
        return -errno;
    if (d->had > now)
        return d->had - now;
    if (!ready(fd, POLLIN, 0))
        return -EAGAIN;
    d->had = now;
    do
        n = read(fd, d->raw, sizeof(d->raw));
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* What has to be typed for the slave to have raw[0..n) as one line; whole:
 * it is not being edited any more. */
static void put_line(struct ck_pty_data *d, size_t n, int whole)
{
    static const uint8_t special[] = {STOP, START, QUOTE, END, '\n'};
    int newline = whole && n && d->raw[n - 1] == '\n';
    uint32_t k = d->in_n;

    for (size_t i = 0; i < n - (size_t)newline; i++) {
        if (memchr(special, d->raw[i], sizeof(special)))
            d->in[k++] = QUOTE;
        d->in[k++] = d->raw[i];
    }
    if (whole)
        d->in[k++] = newline ? '\n' : END;
    d->in_n = k;
    d->had = 0;
}

static void put_raw(struct ck_pty_data *d, uint8_t *to, uint32_t *count,
                    size_t n)
{
    memcpy(to + *count, d->raw, n);
    *count += (uint32_t)n;
    d->had = 0;
}

/* There is no reader but us: in canonical mode each read gives one line, or
 * nothing for an end of file; else all there is. A closed slave's master
 * gives an error at the end. */
static int take_input(const struct ends *e, int lines)
{
    struct ck_pty_data *d = e->d;
    ssize_t n = 0;

    while (n >= 0 && d->in_n < CK_PTY_MAX - 2 * sizeof(d->raw)) {
        n = take(d, e->slave);
        if (n >= 0 && is_canonical(d))
            put_line(d, (size_t)n, lines);
        else if (n >= 0)
            put_raw(d, d->in, &d->in_n, (size_t)n);
    }
    return n >= 0 ? -ENOSPC : n == -EAGAIN || n == -EIO ? 0 : (int)n;
}

static int take_output(const struct ends *e)
{
    struct ck_pty_data *d = e->d;
    ssize_t n = 0;

    while (n >= 0 && d->out_n < CK_PTY_MAX - sizeof(d->raw)) {
        n = take(d, e->master);
        if (n >= 0)
            put_raw(d, d->out, &d->out_n, (size_t)n);
    }
    return n >= 0 ? -ENOSPC : n == -EAGAIN || n == -EIO ? 0 : (int)n;
}

static int type(const struct ends *e, uint8_t c)
{
    return write(e->master, &c, 1) == 1 ? 0 : -errno;
}

/* Nothing is in the way of output now: if the slave can't be written to, it
 * is stopped. */
static int release(const struct ends *e)
{
    struct ck_pty_data *d = e->d;

    if (ready(e->slave, POLLOUT, 0))
        return 0;
    if (!d->stopped && ioctl(e->slave, TCXONC, TCOON) == 0 &&
        ready(e->slave, POLLOUT, 0)) {
        d->stopped = CK_PTY_TCOOFF;
        return 0;
    }
    if (!d->stopped)
        d->stopped = CK_PTY_STOPCHAR;
    if (d->stopped == CK_PTY_TCOOFF)
        ioctl(e->slave, TCXONC, TCOON);
    return set_plain(e, is_canonical(d), 1) ?: type(e, START)
               ?: await(e->slave, POLLOUT, 1);
}

/* From the start, however far somebody came before: what he wrote is thrown
 * away, on its way and where it arrived. */
static int put_back(int from, int to, const uint8_t *p, uint32_t n)
{
    uint32_t done = 0;

    if (!n)
        return 0;
    if (ioctl(from, TCFLSH, TCOFLUSH) < 0 || ioctl(to, TCFLSH, TCIFLUSH) < 0)
        return -errno;
    while (done < n) {
        ssize_t r;

        if (!ready(from, POLLOUT, BACK_MS))
            return -ETIMEDOUT;
        r = write(from, p + done, n - done < CHUNK ? n - done : CHUNK);
        if (r < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        done += r > 0 ? (uint32_t)r : 0;
    }
    return 0;
}

/* Without canonical mode the bytes can be counted where they arrive; what
 * is beyond the queue waits before it, as it did. */
static int count_raw(const struct ends *e)
{
    struct timespec nap = {.tv_nsec = 200000};
    uint32_t want = e->d->in_n < QUEUE ? e->d->in_n : QUEUE;

    for (int i = 0, n = 0; i < BACK_MS * 5; i++) {
        if (ioctl(e->slave, FIONREAD, &n) < 0)
            return -errno;
        if ((uint32_t)n >= want)
            return 0;
        nanosleep(&nap, NULL);
    }
    return -ETIMEDOUT;
}

static int settle(const struct ends *e)
{
    if (!is_canonical(e->d))
        return count_raw(e);
    return set_plain(e, 1, 1) ?: type(e, STOP) ?: await(e->slave, POLLOUT, 0)
               ?: type(e, START) ?: await(e->slave, POLLOUT, 1);
}

static int hold(const struct ends *e)
{
    int canonical = is_canonical(e->d);

    if (e->d->stopped == CK_PTY_TCOOFF)
        return ioctl(e->slave, TCXONC, TCOOFF) < 0 ? -errno : 0;
    if (e->d->stopped == CK_PTY_STOPCHAR)
        return set_plain(e, canonical, 1) ?: type(e, STOP)
                   ?: await(e->slave, POLLOUT, 0);
    return 0;
}

static int settings(const struct ends *e)
{
    int on = e->d->packet;

    if (ioctl(e->master, TCSETS2, &e->d->termios) < 0)
        return -errno;
    return on && ioctl(e->master, TIOCPKT, &on) < 0 ? -errno : 0;
}

static int step(const struct ends *e, int stage)
{
    struct ck_pty_data *d = e->d;
    int canonical = is_canonical(d), off = 0;

    switch (stage) {
    case LINES:
        if (ioctl(e->master, TIOCPKT, &off) < 0)
            return -errno;
        return canonical ? take_input(e, 1) : 0;
    case REST:
        return set_plain(e, 0, 0) ?: take_input(e, 0);
    case OUTPUT:
        return take_output(e);
    case RELEASE:
        return release(e);
    case PUT_IN:
        return set_plain(e, canonical, 0)
                   ?: put_back(e->master, e->slave, d->in, d->in_n);
    case SETTLE:
        return d->in_n ? settle(e) : 0;
    case PUT_OUT:
        return put_back(e->slave, e->master, d->out, d->out_n);
    case HOLD:
        return hold(e);
    default:
        return settings(e);
    }
}

/* Goes on where d->stage says. What fails does not keep the rest from being
 * put back; the first error is told. */
static void work(void *arg)
{
    const struct ends *e = arg;
    struct ck_pty_data *d = e->d;
    void (*old)(int) = signal(SIGTTOU, SIG_IGN);

    while (d->stage != DONE) {
        int rc = step(e, d->stage);

        if (rc && !d->error)
            d->error = rc;
        d->had = 0;
        d->stage++;
    }
    signal(SIGTTOU, old);
}

int ck_pty_copy(int master, int slave, struct ck_pty_data *d)
{
    struct ends e = {master, slave, d};
    int rc;

    d->stage = LINES;
    rc = ck_res_guarded(work, &e);
    return rc ? rc : d->error;
}

int ck_pty_fill(int master, int slave, struct ck_pty_data *d)
{
    struct ends e = {master, slave, d};

    d->stage = PUT_IN;
    work(&e);
    return d->error;
}
