/*
 * slay.c - kills the next process of a given name as soon as it is there.
 *
 *   slay TEXT DIR [N]
 *
 * Looks through the caller's own processes, over and over, for one whose
 * name (comm) or command line contains TEXT and that belongs to DIR: its
 * command line names it, or its environment as CLAIM_DIR. Kills it with
 * SIGKILL, or stops it where SLAY_STOP is in the environment, and prints its
 * number; N times (1). A file `armed` says that it has begun to look.
 * Exit: 0 killed, 1 none came within 20 seconds.
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

static int matches(const char *pid, const char *text, const char *dir)
{
    static char buf[65536], want[4200];
    char comm[64];
    size_t n = slurp(pid, "cmdline", buf, sizeof buf);

    slurp(pid, "comm", comm, sizeof comm);
    if (n)
        n--;
    for (size_t i = 0; i < n; i++)
        if (!buf[i])
            buf[i] = ' ';
    if (!strstr(comm, text) && !strstr(buf, text))
        return 0;
    if (strstr(buf, dir))
        return 1;
    n = slurp(pid, "environ", buf, sizeof buf);
    snprintf(want, sizeof want, "CLAIM_DIR=%s", dir);
    return memmem(buf, n, want, strlen(want) + 1) != NULL;
}

static int look(const char *text, const char *dir, int sig)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    int hit = 0;

    while (d && !hit && (e = readdir(d))) {
        pid_t pid = atoi(e->d_name);

        if (!isdigit((unsigned char)e->d_name[0]) || pid == getpid())
            continue;
        if (matches(e->d_name, text, dir) && kill(pid, sig) == 0)
            hit = printf("%d\n", pid);
    }
    if (d)
        closedir(d);
    return hit;
}

int main(int argc, char **argv)
{
    int left = argc > 3 ? atoi(argv[3]) : 1;
    int sig = getenv("SLAY_STOP") ? SIGSTOP : SIGKILL;
    time_t end = time(NULL) + 20;

    if (argc < 3)
        return 2;
    unsetenv("CLAIM_DIR");
    close(open("armed", O_CREAT | O_WRONLY, 0644));
    while (left > 0 && time(NULL) < end)
        left -= look(argv[1], argv[2], sig) > 0;
    return left == 0 ? 0 : 1;
}
