/* m_pty.c - a pseudo-terminal of the program's own: bytes in both
 * directions, its size and its settings. */
#include "torture.h"

#include <sys/ioctl.h>
#include <termios.h>

static void setup(struct inst *t)
{
    struct winsize ws = {.ws_row = (unsigned short)(t->seed % 100),
                         .ws_col = (unsigned short)(t->seed % 77)};
    struct termios tio;
    char name[64];

    NEED(t, (t->fd[0] = posix_openpt(O_RDWR | O_NOCTTY)) >= 0);
    NEED(t, grantpt(t->fd[0]) == 0 && unlockpt(t->fd[0]) == 0);
    NEED(t, ptsname_r(t->fd[0], name, sizeof name) == 0);
    NEED(t, (t->fd[1] = open(name, O_RDWR | O_NOCTTY)) >= 0);
    NEED(t, tcgetattr(t->fd[1], &tio) == 0);
    cfmakeraw(&tio);
    NEED(t, tcsetattr(t->fd[1], TCSANOW, &tio) == 0);
    NEED(t, ioctl(t->fd[1], TIOCSWINSZ, &ws) == 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, 5), naps = rng_of(t, part);
    unsigned char buf[300];
    struct winsize ws;
    struct termios tio;

    for (size_t at = 0;;) {
        size_t n = 1 + rnd(&r, sizeof buf);

        for (int turn = 0; turn < 2; turn++, at += n) {
            if (turn == part) {
                paint(buf, n, t->seed, at);
                if (damage(t, part))
                    buf[n / 2] ^= 1;
                put(t, t->fd[part], buf, n);
            } else {
                get(t, t->fd[part], buf, n);
                NEED(t, painted(buf, n, t->seed, at));
            }
        }
        NEED(t, ioctl(t->fd[part], TIOCGWINSZ, &ws) == 0);
        NEED(t, ws.ws_row == t->seed % 100 && ws.ws_col == t->seed % 77);
        NEED(t, tcgetattr(t->fd[1], &tio) == 0);
        NEED(t, !(tio.c_lflag & (ECHO | ICANON)) && !(tio.c_oflag & OPOST));
        beat(t, part);
        nap(t, &naps);
    }
}

const struct module module_pty = {.name = "pty", .parts = 2, .setup = setup, .run = run};
