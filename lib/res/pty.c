/*
 * pty.c - a pseudo-terminal whose master the tree has: both ends, settings,
 * size, packet and exclusive mode, the lock, stopped output, unread bytes in
 * both directions (pty_data.c), whose controlling terminal it is, and which
 * group is in its foreground.
 *
 * All but a slave's own flags is saved with the master, of which there is
 * one: opening /dev/ptmx makes a new pair. A restart asks for the old number
 * and takes another if that is not free; names kept by the program are not
 * right then. A slave whose master is closed for good comes back as that.
 * Opening the slave is something that the master's reader can see, once: so
 * one that was never opened is left alone.
 */
#include "lib/res/pty.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum part { MASTER, SLAVE, HUNG_UP };
enum opened { NEVER, NOW, BEFORE };

/* tty: a ck_tty record, empty of a slave. */
#define BODY_FIELDS(F)                                                      \
    F(U32, index) F(U8, part) F(U8, opened) F(BLOB, tty) F(U8, packet)      \
    F(U8, exclusive) F(U8, locked) F(U8, stopped) F(U32, session)           \
    F(U32, foreground) F(U32, in) F(U32, out)
CK_RECORD(pty_body, BODY_FIELDS)
CK_RES_BODY(pty_body, "a pseudo-terminal")

#define KEEP_FLAGS (O_ACCMODE | O_NONBLOCK | O_APPEND)
#define MOST_OPENED 512 /* masters, in search of a number */

static int is_master(const struct ck_res_ofd *o)
{
    return S_ISCHR(o->st.st_mode) && o->st.st_rdev == makedev(5, 2);
}

static int is_slave(const struct ck_res_ofd *o)
{
    unsigned maj = major(o->st.st_rdev);

    return S_ISCHR(o->st.st_mode) && maj >= 136 && maj <= 143;
}

static int pty_match(const struct ck_res_ofd *o)
{
    return is_master(o) || is_slave(o);
}

static int is_among(const struct ck_res_ofd *all, size_t n, int index)
{
    for (size_t i = 0; i < n; i++) {
        if (is_master(&all[i]) &&
            (int)ck_res_info(&all[i], "tty-index:", 10) == index)
            return 1;
    }
    return 0;
}

static int master_of(const struct ck_res_save *c, int index)
{
    return is_among(c->all, c->count, index);
}

int ck_res_pty_own(const struct ck_res_ofd *all, size_t n,
                   const struct ck_res_ofd *o)
{
    return is_slave(o) && is_among(all, n, (int)minor(o->st.st_rdev));
}

/* /dev/tty looks the same whatever it leads to; TIOCGDEV tells. */
int ck_pty_index(const struct ck_res_save *c, const struct ck_res_ofd *o)
{
    unsigned dev = 0;
    int fd = ck_res_take(o), rc = fd < 0 ? fd : ioctl(fd, TIOCGDEV, &dev);
    int index = (int)((dev & 0xff) | ((dev >> 12) & 0xfff00));

    if (fd >= 0)
        close(fd);
    if (rc < 0 || ((dev >> 8) & 0xfff) != 136 || !master_of(c, index))
        return -1;
    return index;
}

/* A slave of our own, whatever keeps others from opening it. The kernel keeps
 * an O_CLOEXEC that is asked for here with the description, and would show it
 * with every descriptor of it (lib/tree/fds.c). */
static int open_slave(int master, int flags)
{
    int lock = 0, fd;

    ioctl(master, TIOCGPTLCK, &lock);
    if (lock)
        ioctl(master, TIOCSPTLCK, &(int){0});
    fd = ioctl(master, TIOCGPTPEER, flags | O_NOCTTY);
    if (fd < 0)
        fd = -errno;
    else
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (lock)
        ioctl(master, TIOCSPTLCK, &lock);
    return fd;
}

/* A description that the program has, to ask it and to lift TIOCEXCL. */
static int take_slave(const struct ck_res_save *c, uint32_t index)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct ck_res_ofd *o = &c->all[i];
        struct termios2 t;
        int fd;

        if (!is_slave(o) || minor(o->st.st_rdev) != index)
            continue;
        fd = ck_res_take(o);
        if (fd >= 0 && ioctl(fd, TCGETS2, &t) == 0)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

/* What the master tells without a change to anything. */
static int ask_master(struct ck_res_save *c, int m, struct ck_pty_data *d,
                      struct pty_body *b)
{
    int packet = 0, locked = 0, sid = 0, ldisc = 0;

    if (ioctl(m, TCGETS2, &d->termios) < 0 ||
        ioctl(m, TIOCGWINSZ, &d->size) < 0 || ioctl(m, TIOCGPKT, &packet) < 0 ||
        ioctl(m, TIOCGPTLCK, &locked) < 0)
        return -errno;
    ioctl(m, TIOCGETD, &ldisc);
    if (ldisc || d->termios.c_line || d->termios.c_lflag & EXTPROC)
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "a pseudo-terminal with another line discipline or "
                          "with external processing: these can't be saved");
    b->packet = d->packet = packet != 0;
    b->locked = locked != 0;
    if (ioctl(m, TIOCGSID, &sid) < 0)
        return 0;
    b->session = sid > 0 ? c->virt(c, sid) : 0;
    if (!b->session)
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "a pseudo-terminal that a session outside of the "
                          "computation is at");
    b->foreground = c->foreground(c, sid);
    return 0;
}

static int copy_bytes(struct ck_res_save *c, const struct ck_res_ofd *o,
                      int m, int s, struct ck_pty_data *d, struct pty_body *b)
{
    int rc;

    if (b->packet && poll(&(struct pollfd){m, POLLPRI, 0}, 1, 0) == 1)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a pseudo-terminal in packet mode whose status was "
                          "not read yet");
    rc = ck_pty_copy(m, s, d);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc == -ETIMEDOUT ? -EAGAIN : rc,
                          "a pseudo-terminal that can't be looked into: %s",
                          strerror(-rc));
    b->stopped = d->stopped;
    b->in = d->in_n;
    b->out = d->out_n;
    if (b->in + b->out)
        rc = c->sink->open(c->sink, o->id, 2);
    if (!rc && b->in)
        rc = c->sink->write(c->sink, o->id, 0, d->in, d->in_n);
    if (!rc && b->out)
        rc = c->sink->write(c->sink, o->id, b->in, d->out, d->out_n);
    return rc;
}

static int save_slave_side(struct ck_res_save *c, const struct ck_res_ofd *o,
                           int m, struct ck_pty_data *d, struct pty_body *b)
{
    int theirs = take_slave(c, b->index), s, rc, excl = 0;

    b->opened = theirs >= 0 ? NOW
                : poll(&(struct pollfd){m, 0, 0}, 1, 0) == 1 ? BEFORE : NEVER;
    if (b->opened == NEVER)
        return 0;
    if (theirs >= 0)
        ioctl(theirs, TIOCGEXCL, &excl);
    if (excl)
        ioctl(theirs, TIOCNXCL);
    s = open_slave(m, O_RDWR | O_NONBLOCK);
    if (excl)
        ioctl(theirs, TIOCEXCL);
    if (theirs >= 0)
        close(theirs);
    if (s < 0)
        return ck_res_why(c->why, c->whycap, s,
                          "a pseudo-terminal that can't be looked at: %s",
                          strerror(-s));
    b->exclusive = excl != 0;
    rc = copy_bytes(c, o, m, s, d, b);
    close(s);
    return rc;
}

static int save_master(struct ck_res_save *c, const struct ck_res_ofd *o,
                       struct pty_body *b, struct ck_pty_data *d)
{
    int m = ck_res_take(o), rc;

    if (m < 0)
        return m;
    rc = ioctl(m, TIOCGPTN, &b->index) < 0 ? -errno : 0;
    if (!rc)
        rc = ask_master(c, m, d, b);
    if (!rc)
        rc = save_slave_side(c, o, m, d, b);
    close(m);
    return rc;
}

static int pty_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                    struct ck_wr *w)
{
    struct pty_body b = {.part = MASTER};
    uint8_t buf[CK_TTY_MAX];
    struct ck_pty_data *d;
    struct termios2 t;
    struct ck_tty r;
    int fd, rc = 0;

    if (is_master(o)) {
        d = ck_pty_data_new();
        rc = d ? save_master(c, o, &b, d) : -ENOMEM;
        if (!rc) {
            ck_tty_record(&r, &d->termios, &d->size);
            b.tty = ck_tty_encode(&r, buf, sizeof(buf));
            pty_body_put(w, &b);
        }
        ck_pty_data_free(d);
        return rc;
    }
    fd = ck_res_take(o);
    if (fd < 0)
        return fd;
    b.index = minor(o->st.st_rdev);
    b.part = ioctl(fd, TCGETS2, &t) < 0 && errno == EIO ? HUNG_UP : SLAVE;
    close(fd);
    if (b.part == SLAVE && !master_of(c, (int)b.index))
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "the terminal %s, which is not the one the "
                          "computation was started on; its other end is "
                          "outside of the computation", o->link);
    pty_body_put(w, &b);
    return 0;
}

/* ---- restart ---- */

static int pty_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct termios2 t;
    struct winsize ws;
    struct pty_body b;
    int rc = pty_body_of(c, rec, &b);

    if (!rc && ((b.part == MASTER && ck_tty_decode(b.tty, &t, &ws)) ||
                b.in > CK_PTY_MAX || b.out > CK_PTY_MAX))
        rc = ck_res_why(c->why, c->whycap, -EBADMSG,
                        "damaged description of a pseudo-terminal");
    if (!rc && access("/dev/ptmx", R_OK | W_OK) < 0)
        rc = ck_res_why(c->why, c->whycap, -errno,
                        "no pseudo-terminals here: /dev/ptmx: %s",
                        strerror(errno));
    return rc;
}

static int new_master(uint32_t *index)
{
    int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0 && ioctl(fd, TIOCGPTN, index) == 0 &&
        ioctl(fd, TIOCSPTLCK, &(int){0}) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -errno;
}

/* The lowest free number is given each time: open until it comes. If it is
 * taken, another one has to do. */
static int numbered_master(uint32_t index)
{
    static int held[MOST_OPENED];
    uint32_t got = 0;
    int fd = -1, n = 0;

    while (n < MOST_OPENED) {
        int next = new_master(&got);

        if (next < 0 && n)
            break;
        if (fd >= 0)
            held[n++] = fd;
        fd = next;
        if (fd < 0 || got >= index)
            break;
    }
    while (n)
        close(held[--n]);
    return fd;
}

/* fd[0] is the master, fd[1] a slave if one is needed. */
static struct ck_res_shared *pair(struct ck_res_load *c, uint32_t index)
{
    struct ck_res_shared *s;
    int fresh;

    s = ck_res_share(c, makedev(5, 2), index, &fresh);
    if (s && s->fd[0] < 0)
        s->fd[0] = numbered_master(index);
    return s;
}

int ck_pty_hung_up(unsigned flags)
{
    uint32_t index;
    int m = new_master(&index), fd = m;

    if (m >= 0)
        fd = open_slave(m, (int)flags & KEEP_FLAGS);
    if (m >= 0)
        close(m);
    return fd;
}

static int pty_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct ck_res_shared *s;
    struct pty_body b;
    int fd, rc = pty_body_of(c, rec, &b);

    if (rc)
        return rc;
    if (b.part == HUNG_UP) {
        fd = ck_pty_hung_up(rec->flags);
    } else {
        s = pair(c, b.index);
        if (!s)
            return -ENOMEM;
        if (s->fd[0] < 0)
            fd = s->fd[0];
        else if (b.part == SLAVE)
            fd = open_slave(s->fd[0], (int)rec->flags & KEEP_FLAGS);
        else
            fd = fcntl(s->fd[0], F_DUPFD_CLOEXEC, 3);
    }
    if (fd >= 0)
        return fd;
    return ck_res_why(c->why, c->whycap, fd,
                      "can't make a pseudo-terminal: %s", strerror(-fd));
}

struct fill {
    struct ck_pty_data *d;
    uint32_t in, out;
};

static int take_bytes(void *arg, uint64_t off, const void *p, size_t n)
{
    struct fill *f = arg;
    int first = off < f->in;
    uint64_t base = first ? 0 : f->in, room = first ? f->in : f->out;

    if (off - base > room || n > room - (off - base))
        return -EBADMSG;
    memcpy((first ? f->d->in : f->d->out) + (off - base), p, n);
    return 0;
}

static int set_all(struct ck_res_load *c, const struct ck_ofd *rec,
                   const struct pty_body *b, struct ck_res_shared *s)
{
    struct ck_pty_data *d = ck_pty_data_new();
    struct fill f = {d, b->in, b->out};
    int rc = d ? ck_tty_decode(b->tty, &d->termios, &d->size) : -ENOMEM;

    if (!rc && b->in + b->out)
        rc = c->source->read(c->source, rec->id, take_bytes, &f);
    if (!rc) {
        d->in_n = b->in;
        d->out_n = b->out;
        d->stopped = b->stopped;
        d->packet = b->packet;
        rc = ck_pty_fill(s->fd[0], s->fd[1], d);
    }
    if (!rc && ioctl(s->fd[0], TIOCSWINSZ, &d->size) < 0)
        rc = -errno;
    if (!rc && b->exclusive && ioctl(s->fd[1], TIOCEXCL) < 0)
        rc = -errno;
    if (!rc && b->locked && ioctl(s->fd[0], TIOCSPTLCK, &(int){1}) < 0)
        rc = -errno;
    ck_pty_data_free(d);
    return rc;
}

static int pty_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct ck_res_shared *s;
    struct pty_body b;
    int rc = pty_body_of(c, rec, &b);

    if (rc || b.part != MASTER)
        return rc;
    s = pair(c, b.index);
    if (!s)
        return -ENOMEM;
    if (b.opened != NEVER) {
        s->fd[1] = open_slave(s->fd[0], O_RDWR | O_NONBLOCK);
        rc = s->fd[1] < 0 ? s->fd[1] : 0;
    }
    if (!rc)
        rc = set_all(c, rec, &b, s);
    if (!rc && fcntl(fd, F_SETFL, rec->flags & KEEP_FLAGS) < 0)
        rc = -errno;
    return rc ? ck_res_why(c->why, c->whycap, rc,
                           "can't set up a pseudo-terminal: %s",
                           strerror(-rc))
              : 0;
}

struct at_tty {
    int slave, flags, fd;
};

/* Somebody has to be at the terminal to open it by that name: a process
 * which shares our descriptors, and is gone at once. */
static int open_at(struct at_tty *a)
{
    if (setsid() < 0 || ioctl(a->slave, TIOCSCTTY, 0) < 0)
        return -errno;
    a->fd = open("/dev/tty", a->flags | O_CLOEXEC);
    return a->fd < 0 ? -errno : 0;
}

int ck_pty_open_tty(struct ck_res_load *c, uint32_t index, unsigned flags)
{
    struct ck_res_shared *s = pair(c, index);
    struct at_tty *a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    long pid;
    int fd;

    if (!s || a == MAP_FAILED)
        return -ENOMEM;
    if (s->fd[0] < 0)
        return s->fd[0];
    a->slave = open_slave(s->fd[0], O_RDWR);
    a->flags = (int)flags & KEEP_FLAGS;
    a->fd = -EIO;
    pid = a->slave < 0 ? -1
                       : syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(open_at(a) != 0);
    while (pid > 0 && waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
        ;
    fd = a->fd;
    if (a->slave >= 0)
        close(a->slave);
    munmap(a, sizeof(*a));
    return fd;
}

uint32_t ck_res_pty_session(const struct ck_ofd *rec, uint32_t *foreground)
{
    struct pty_body b;

    if (strcmp(rec->kind, "pty") || pty_body_of(NULL, rec, &b) ||
        b.part != MASTER)
        return 0;
    *foreground = b.foreground;
    return b.session;
}

static void pty_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct pty_body b;
    size_t n;

    if (pty_body_of(NULL, rec, &b)) {
        snprintf(buf, cap, "?");
        return;
    }
    n = (size_t)snprintf(buf, cap, "pseudo-terminal %u, %s", b.index,
                         b.part == MASTER  ? "master"
                         : b.part == SLAVE ? "slave"
                                           : "hung up");
    if (b.session && n < cap)
        n += (size_t)snprintf(buf + n, cap - n, ", of session %u", b.session);
    if (b.in + b.out && n < cap)
        snprintf(buf + n, cap - n, ", %u bytes to read, %u written", b.in,
                 b.out);
}

const struct ck_res ck_res_pty = {
    .name = "pty",
    .match = pty_match,
    .save = pty_save,
    .check = pty_check,
    .load = pty_load,
    .link = pty_link,
    .describe = pty_describe,
};
