/*
 * prompt.c - the coordinator's terminal: c s l q k ? i N, each with Enter.
 *
 * It reads lines when they are there and never waits for one. At the end of
 * its input the coordinator goes on without a prompt.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "lib/base/duration.h"

static const char help[] =
    "c    take a checkpoint        s    status\n"
    "l    list the processes       i N  a checkpoint every N (0: none)\n"
    "k    kill the computation     q    kill it and end\n"
    "?    this text\n";

static void show_status(struct ck_coord *c)
{
    char size[32];

    printf("%s: %s, %u processes, generation %u, coordinator %s port %u\n",
           c->opt.dir, ck_state_name(c->session.state), c->peers.nprocesses,
           c->history.generation, c->addresses, c->port);
    if (c->last.number) {
        ck_bytes_text(size, sizeof size, c->last.bytes);
        printf("last checkpoint: set %u, %s, %.2f s, stopped for %.3f s\n",
               c->last.number, size, c->last.seconds, c->last.stall_seconds);
    } else {
        printf("no checkpoint yet\n");
    }
    if (c->opt.interval)
        printf("a checkpoint every %u s\n", c->opt.interval);
    if (c->last_error[0])
        printf("last error: %s\n", c->last_error);
}

static void list(struct ck_coord *c)
{
    const struct ck_peer *x;

    printf("%8s %8s %-12s %-10s %-12s %s\n", "PID", "NOW", "NODE", "STATE",
           "TREE", "COMMAND");
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        printf("%8u %8u %-12s %-10s %-12s %s\n", x->vpid, x->pid, x->node,
               ck_pstate_name(x->state), x->tree, x->command);
}

static void interval(struct ck_coord *c, const char *arg)
{
    uint32_t v;

    while (*arg == ' ')
        arg++;
    if (ck_duration(arg, &v)) {
        printf("i needs a time: i 60, i 10m, i 0\n");
        return;
    }
    c->opt.interval = v;
    c->policy.interval = (int64_t)v * 1000;
    ck_status_changed(c);
}

static void quit(struct ck_coord *c, int leave)
{
    c->leave = leave;
    if (!c->peers.nprocesses) {
        if (leave)
            ck_coord_end(c, "q");
        else
            printf("no process is running\n");
        return;
    }
    c->quit_signal = SIGKILL;
    ck_coord_fire(c, CK_EV_QUIT, leave ? "q" : "k");
}

static void command(struct ck_coord *c, const char *line)
{
    switch (line[0]) {
    case 'c':
        if (c->session.state == CK_ST_IDLE)
            printf("no process is running\n");
        else
            c->requested = 1;
        break;
    case 's':
        show_status(c);
        break;
    case 'l':
        list(c);
        break;
    case 'i':
        interval(c, line + 1);
        break;
    case 'k':
        quit(c, 0);
        break;
    case 'q':
        quit(c, 1);
        break;
    case '\0':
        break;
    case '?':
    case 'h':
        fputs(help, stdout);
        break;
    default:
        printf("%s: not a command; ? lists them\n", line);
    }
}

void ck_prompt_show(struct ck_coord *c)
{
    if (c->opt.interactive && c->session.state != CK_ST_ENDED)
        fputs("ckpt> ", stdout);
    fflush(stdout);
}

void ck_prompt_tell(struct ck_coord *c, const char *text)
{
    if (!c->opt.interactive || c->session.state == CK_ST_ENDED)
        return;
    printf("\n%s\n", text);
    ck_prompt_show(c);
}

static void on_input(void *arg, uint32_t events)
{
    struct ck_coord *c = arg;
    char *p = c->prompt, *nl;
    ssize_t n = read(c->stdin_watch.fd, p + c->prompt_len,
                     sizeof c->prompt - 1 - c->prompt_len);

    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        ck_loop_remove(&c->loop, &c->stdin_watch);
        c->stdin_watch.fd = -1;
        return;
    }
    c->prompt_len += (size_t)n;
    p[c->prompt_len] = '\0';
    while ((nl = strchr(p, '\n'))) {
        *nl = '\0';
        command(c, p);
        p = nl + 1;
    }
    c->prompt_len = strlen(p);
    memmove(c->prompt, p, c->prompt_len);
    if (c->prompt_len == sizeof c->prompt - 1)
        c->prompt_len = 0; /* no command is that long */
    ck_prompt_show(c);
}

int ck_prompt_open(struct ck_coord *c)
{
    int r;

    c->stdin_watch = (struct ck_watch){
        .fd = STDIN_FILENO, .fn = on_input, .arg = c};
    r = ck_loop_add(&c->loop, &c->stdin_watch, EPOLLIN);
    if (r < 0) {
        /* A regular file cannot be waited for: it is read at once. */
        if (r != -EPERM)
            return r;
        while (c->stdin_watch.fd >= 0 && c->session.state != CK_ST_ENDED)
            on_input(c, EPOLLIN);
        return 0;
    }
    printf("coordinator of %s: ? lists the commands\n", c->opt.dir);
    ck_prompt_show(c);
    return 0;
}
