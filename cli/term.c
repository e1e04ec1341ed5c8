/* term.c - see term.h. */
#include "cli/term.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lib/tree/capture.h"

void ck_term_note(struct ck_term *t)
{
    t->fd = -1;
    for (int fd = 0; fd < 3; fd++) {
        if (tcgetpgrp(fd) == getpgrp() && tcgetattr(fd, &t->was) == 0) {
            t->fd = fd;
            break;
        }
    }
}

#define LEAVE_MS 500

/* Has the group a member that lives? What is dead may stay for long where
 * nobody waits for orphans. */
static int is_alive(pid_t group)
{
    struct ck_proc_stat st;
    struct dirent *e;
    int found = 0;
    DIR *d;

    if (kill(-group, 0) < 0 && errno == ESRCH)
        return 0;
    d = opendir("/proc");
    while (d && !found && (e = readdir(d)))
        found = atoi(e->d_name) > 0 &&
                ck_proc_stat_read(atoi(e->d_name), &st) == 0 &&
                st.pgid == group && st.state != 'Z' && st.state != 'X';
    if (d)
        closedir(d);
    return found;
}

/* Ours to take: our group is in the foreground, or one without members. The
 * last of a computation that was killed, who write its image, may be about to
 * go. */
static int is_left(pid_t group)
{
    struct timespec nap = {.tv_nsec = 10000000};

    for (int i = 0; i < LEAVE_MS / 10; i++) {
        if (group == getpgrp() || !is_alive(group))
            return 1;
        nanosleep(&nap, NULL);
    }
    return 0;
}

void ck_term_back(const struct ck_term *t)
{
    sigset_t ttou, old;
    pid_t group = t->fd < 0 ? -1 : tcgetpgrp(t->fd);

    if (group < 0 || !is_left(group))
        return;
    /* nobody in the foreground to be asked: not to be stopped for it */
    sigemptyset(&ttou);
    sigaddset(&ttou, SIGTTOU);
    sigprocmask(SIG_BLOCK, &ttou, &old);
    tcsetpgrp(t->fd, getpgrp());
    tcsetattr(t->fd, TCSANOW, &t->was);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

void ck_term_resized(const struct ck_term *t)
{
    pid_t group = t->fd < 0 ? -1 : tcgetpgrp(t->fd);

    if (group > 1)
        kill(-group, SIGWINCH);
}
