/* tty.c - settings and size of a terminal as a record; see pty.h. */
#include "lib/res/pty.h"

#include <string.h>

void ck_tty_record(struct ck_tty *r, const struct termios2 *t,
                   const struct winsize *ws)
{
    *r = (struct ck_tty){
        .iflag = t->c_iflag,
        .oflag = t->c_oflag,
        .cflag = t->c_cflag,
        .lflag = t->c_lflag,
        .line = t->c_line,
        .cc = {t->c_cc, sizeof(t->c_cc)},
        .ispeed = t->c_ispeed,
        .ospeed = t->c_ospeed,
        .rows = ws->ws_row,
        .cols = ws->ws_col,
        .xpixel = ws->ws_xpixel,
        .ypixel = ws->ws_ypixel,
    };
}

struct ck_blob ck_tty_encode(const struct ck_tty *r, uint8_t *buf, size_t cap)
{
    struct ck_wr w;

    ck_wr_init(&w, buf, cap);
    ck_tty_put(&w, r);
    return (struct ck_blob){buf, (uint32_t)w.len};
}

int ck_tty_decode(struct ck_blob b, struct termios2 *t, struct winsize *ws)
{
    struct ck_tty r;
    struct ck_rd rd;

    ck_rd_init(&rd, b.p, b.n);
    if (ck_tty_get(&rd, &r) || r.cc.n > sizeof(t->c_cc))
        return -EBADMSG;
    *t = (struct termios2){.c_iflag = r.iflag, .c_oflag = r.oflag,
                           .c_cflag = r.cflag, .c_lflag = r.lflag,
                           .c_line = r.line, .c_ispeed = r.ispeed,
                           .c_ospeed = r.ospeed};
    memcpy(t->c_cc, r.cc.p, r.cc.n);
    *ws = (struct winsize){r.rows, r.cols, r.xpixel, r.ypixel};
    return 0;
}
