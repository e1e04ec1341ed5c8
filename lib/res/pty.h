/*
 * pty.h - what the kinds that are terminals have in common: pty.c with
 * pty_data.c (the bytes in it), stdio.c, and dev.c, whose /dev/tty may be one
 * of the tree's own. tty.c: settings and size. Nobody else includes it.
 */
#ifndef CKPT_LIB_RES_PTY_H
#define CKPT_LIB_RES_PTY_H

/* Not termios.h: its struct has no arbitrary speeds. */
#include <asm/termbits.h>
#include <sys/ioctl.h>

#include "lib/res/kind.h"

#define CK_TTY_FIELDS(F)                                                    \
    F(U32, iflag) F(U32, oflag) F(U32, cflag) F(U32, lflag) F(U8, line)     \
    F(BLOB, cc) F(U32, ispeed) F(U32, ospeed) F(U16, rows) F(U16, cols)     \
    F(U16, xpixel) F(U16, ypixel)
CK_RECORD(ck_tty, CK_TTY_FIELDS)
#define CK_TTY_MAX 80 /* bytes, encoded */

/* r points into t afterwards, and the blob into buf. */
void ck_tty_record(struct ck_tty *r, const struct termios2 *t,
                   const struct winsize *ws);
struct ck_blob ck_tty_encode(const struct ck_tty *r, uint8_t *buf, size_t cap);
int ck_tty_decode(struct ck_blob b, struct termios2 *t, struct winsize *ws);

/* How output was stopped: not, by TCOOFF, by the stop character. */
enum ck_pty_stop { CK_PTY_RUNS, CK_PTY_TCOOFF, CK_PTY_STOPCHAR };

/* Room for all that two queues can hold, and quoted at that. */
#define CK_PTY_MAX (1u << 20)

/* Shared memory of the one who empties the queues and the one who watches.
 * in: what the master has to be given for the slave to have again what it
 * had, under the settings of ck_pty_fill; out: what the slave has to be
 * given. */
struct ck_pty_data {
    struct termios2 termios;
    struct winsize size;
    uint8_t stopped; /* enum ck_pty_stop */
    uint8_t packet;
    int error;
    int stage;
    int had; /* bytes there were before the read in progress; 0: none is */
    uint8_t raw[8192];
    uint32_t in_n, out_n;
    uint8_t in[CK_PTY_MAX], out[CK_PTY_MAX];
};

struct ck_pty_data *ck_pty_data_new(void);
void ck_pty_data_free(struct ck_pty_data *d);

/* Reads both queues into d and puts everything back. slave is a description
 * of the caller's own, not blocking. d->termios and d->packet are filled in
 * already. 0 or -errno. */
int ck_pty_copy(int master, int slave, struct ck_pty_data *d);

/* Puts d's bytes and settings on a pseudo-terminal whose queues are empty. */
int ck_pty_fill(int master, int slave, struct ck_pty_data *d);

/* Number of the terminal behind a description that leads to one of the slaves
 * whose master is among c->all, -1: it is none. */
int ck_pty_index(const struct ck_res_save *c, const struct ck_res_ofd *o);

/* A terminal whose other end is gone. */
int ck_pty_hung_up(unsigned flags);

/* Opens /dev/tty for the restored terminal `index`. */
int ck_pty_open_tty(struct ck_res_load *c, uint32_t index, unsigned flags);

#endif
