/* m_terminal.c - a session on a pseudo-terminal of its own, as script and
 * tmux make them: a program that has it as its three descriptors, and runs
 * others that have, finds its terminal, its size and its name, in each life. */
#include "torture.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#define AGAIN 40 /* looks, then it executes itself */

/* In the session: one line for each look, its number or what is wrong. */
int terminal_look(unsigned n, unsigned rows)
{
    char a1[] = "--helper", a2[] = "terminal", num[12], row[12], name[64];
    char *argv[] = {self_path, a1, a2, num, row, NULL};
    struct winsize ws;
    struct timespec ts = {0, 2000000};

    for (unsigned end = n + AGAIN; n < end; n++) {
        const char *bad = NULL;

        if (ioctl(0, TIOCGWINSZ, &ws) < 0 || ws.ws_row != rows)
            bad = "size";
        else if (ttyname_r(1, name, sizeof name) != 0)
            bad = "name";
        else if (tcgetsid(0) != getsid(0) || tcgetpgrp(2) != getpgrp())
            bad = "session";
        else if (access("/dev/tty", R_OK) != 0)
            bad = "/dev/tty";
        if ((bad ? dprintf(1, "%s: %s\n", bad, strerror(errno))
                 : dprintf(1, "%u\n", n)) < 0)
            return 1; /* nobody is there any more */
        if (nanosleep(&ts, NULL) < 0)
            dprintf(1, "nanosleep: %s\n", strerror(errno));
    }
    snprintf(num, sizeof num, "%u", n);
    snprintf(row, sizeof row, "%u", rows);
    execv(self_path, argv);
    return 1;
}

static void line(struct inst *t, int fd, char *s, size_t cap)
{
    size_t n = 0;

    do {
        NEED(t, n < cap - 1);
        get(t, fd, s + n, 1);
    } while (s[n++] != '\n');
    s[n] = 0;
    s[strcspn(s, "\r\n")] = 0;
}

static void run(struct inst *t, int part)
{
    struct winsize ws = {.ws_row = (unsigned short)(10 + t->seed % 90), .ws_col = 80};
    char text[200], want[20];
    int master;
    pid_t pid = forkpty(&master, NULL, NULL, &ws);

    NEED(t, pid >= 0);
    if (pid == 0)
        _exit(terminal_look(0, ws.ws_row));
    for (unsigned n = 0;; n++) {
        line(t, master, text, sizeof text);
        if (damage(t, part))
            n++;
        snprintf(want, sizeof want, "%u", n);
        if (strcmp(text, want) != 0)
            fault(t, __FILE__, __LINE__, "the terminal said \"%s\", not \"%s\"", text, want);
        beat(t, part);
    }
}

const struct module module_terminal = {.name = "terminal", .parts = 1, .solo = 1, .run = run};
