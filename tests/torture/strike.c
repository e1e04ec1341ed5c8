/*
 * strike.c - kills processes of a test, by what they are.
 *
 *   strike DIR stop         stops every one; waits until all stand
 *   strike DIR all          kills every one; waits until none is left
 *   strike DIR KIND NUMBER  one of them, the NUMBERth modulo how many there
 *                           are; KIND: program, writer, capture, coordinator,
 *                           front
 *   strike DIR list         shows them
 *
 * A test's processes carry CLAIM_DIR=DIR in their environment; `ckpt capture`,
 * and a program that is being restored, have another, and name DIR or what
 * lies below it in their arguments. Prints what it
 * killed, or what is left. Exit: 0 done, 1 there was none (stop, all: some run on
 * after 90 seconds), 2 wrong usage.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST 4000
#define LONG 90 /* seconds; one that syncs to a busy disk dies late */
/* the fields of /proc/PID/stat between the state, the number of threads and
 * when it was made */
#define DULL " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
#define DULL_TOO " %*s"

struct one {
    pid_t pid;
    unsigned long long start;
    char kind; /* KIND's first letter; m: of the capture, h: another helper */
    char comm[32];
    char state;
};

static struct one found[MOST], before[MOST];
static int n_found, n_before;

static size_t slurp(const char *pid, const char *name, char *buf, size_t cap)
{
    char path[300];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    fd = open(path, O_RDONLY);
    if (fd < 0)
        return 0;
    n = read(fd, buf, cap - 1);
    close(fd);
    if (n < 0)
        n = 0;
    buf[n] = 0;
    return (size_t)n;
}

static char kind_of(const char *comm, const char *arg)
{
    if (strncmp(comm, "ckpt-writer", 11) == 0)
        return 'w';
    if (strncmp(comm, "ckpt-capture", 12) == 0 || strcmp(arg, "capture") == 0)
        return 'm';
    if (strncmp(comm, "ckpt-", 5) == 0)
        return 'h';
    if (strcmp(comm, "ckpt") != 0)
        return 'p';
    return strcmp(arg, "coordinator") == 0 ? 'c' : 'f';
}

/* Who ends has no environment for a while, and still has his files. */
static int is_known(const struct one *o)
{
    for (int i = 0; i < n_before; i++)
        if (before[i].pid == o->pid && before[i].start == o->start)
            return 1;
    return 0;
}

static int is_ours(const char *pid, const char *want, size_t len)
{
    static char buf[1 << 17];
    size_t n = slurp(pid, "environ", buf, sizeof buf), at;
    const char *dir = strchr(want, '=') + 1;
    int restoring;

    /* at the beginning, or behind the end of another */
    if (memmem(buf, n, want, len + 1) || strncmp(buf, want, len + 1) == 0)
        return 1;
    restoring = memmem(buf, n, "CKPT_PLAN=", 10) != NULL;
    n = slurp(pid, "cmdline", buf, sizeof buf);
    at = strlen(buf) + 1;
    return memmem(buf, n, dir, strlen(dir)) &&
           (restoring || (at < n && strcmp(buf + at, "capture") == 0));
}

static void look_at(const char *pid, const char *want, size_t len)
{
    static char buf[1 << 17];
    struct one *o = &found[n_found];
    const char *arg = "";
    int threads;
    size_t n;

    o->pid = atoi(pid);
    n = slurp(pid, "stat", buf, sizeof buf);
    if (!n || !strrchr(buf, ')') ||
        sscanf(strrchr(buf, ')'), ") %c" DULL "%d" DULL_TOO "%llu", &o->state,
               &threads, &o->start) != 3)
        return;
    /* the first thread may be dead and others still close what they have */
    if (o->state == 'X' || (o->state == 'Z' && threads < 2))
        return;
    if (!is_known(o) && !is_ours(pid, want, len))
        return;
    n = slurp(pid, "comm", o->comm, sizeof o->comm);
    if (n)
        o->comm[strcspn(o->comm, "\n")] = 0;
    n = slurp(pid, "cmdline", buf, sizeof buf);
    if (n && strlen(buf) + 1 < n)
        arg = buf + strlen(buf) + 1;
    o->kind = kind_of(o->comm, arg);
    n_found++;
}

static void look(const char *dir)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    char want[4200];

    memcpy(before, found, sizeof found);
    n_before = n_found;
    n_found = 0;
    snprintf(want, sizeof want, "CLAIM_DIR=%s", dir);
    while (d && n_found < MOST && (e = readdir(d)))
        if (isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) != getpid())
            look_at(e->d_name, want, strlen(want));
    if (d)
        closedir(d);
}

static void each(int sig)
{
    for (int i = 0; i < n_found; i++)
        kill(found[i].pid, sig);
}

static int standing(void)
{
    for (int i = 0; i < n_found; i++)
        if (!strchr("TtD", found[i].state))
            return 0;
    return 1;
}

/* Nobody is to see another's end and act on it, as on a node that dies. What
 * a restart has not finished yet goes by names of ours as well. */
static int stop(const char *dir)
{
    time_t end = time(NULL) + LONG;
    struct timespec ts = {0, 1000000};
    int last = -1;

    for (look(dir); (!standing() || last != n_found) && time(NULL) < end;
         look(dir)) {
        last = n_found;
        each(SIGSTOP);
        nanosleep(&ts, NULL);
    }
    return !standing();
}

static int all(const char *dir)
{
    time_t end = time(NULL) + LONG;
    struct timespec ts = {0, 2000000};

    for (look(dir); n_found && time(NULL) < end; look(dir)) {
        each(SIGKILL);
        nanosleep(&ts, NULL);
    }
    for (int i = 0; i < n_found; i++)
        printf("%d %c %s\n", (int)found[i].pid, found[i].kind, found[i].comm);
    return n_found != 0;
}

static int one(char kind, unsigned number)
{
    int have = 0;

    for (int i = 0; i < n_found; i++)
        have += found[i].kind == kind;
    if (!have)
        return 1;
    number %= (unsigned)have;
    for (int i = 0; i < n_found; i++)
        if (found[i].kind == kind && number-- == 0) {
            printf("%d %s\n", (int)found[i].pid, found[i].comm);
            return kill(found[i].pid, SIGKILL) != 0;
        }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    if (strcmp(argv[2], "stop") == 0)
        return stop(argv[1]);
    if (strcmp(argv[2], "all") == 0)
        return all(argv[1]);
    look(argv[1]);
    if (strcmp(argv[2], "list") == 0) {
        for (int i = 0; i < n_found; i++)
            printf("%d %c %s\n", (int)found[i].pid, found[i].kind, found[i].comm);
        return !n_found;
    }
    if (argc < 4)
        return 2;
    return one(strcmp(argv[2], "capture") == 0 ? 'm' : argv[2][0],
               (unsigned)strtoul(argv[3], NULL, 10));
}
