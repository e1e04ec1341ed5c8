/*
 * h_append.c - appends to files in every way there is, closing them each
 * time, and never holds one open.
 *
 * steps: six steps, one directory step.N after each; goes on when go.N is
 * there. race N: five threads append 3 N lines each to files of their own and
 * to one that is common, while the first thread forks children that look for
 * descriptors that are not theirs. After N and 2 N lines they wait for go.N,
 * and make at.N.<thread> meanwhile.
 */
#include "claim.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void put(int fd, const char *text)
{
    CHECK(fd >= 0);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CHECK(close(fd) == 0);
}

static void put_file(FILE *f, const char *text)
{
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* As Fortran does with POSITION='APPEND'. */
static int at_end(const char *path, int flags)
{
    int fd = open(path, flags | O_CREAT, 0644);

    CHECK(fd >= 0 && lseek(fd, 0, SEEK_END) >= 0);
    return fd;
}

static FILE *reopened(const char *path)
{
    FILE *f = fopen("/dev/null", "r");

    return freopen(path, "a", f);
}

/* As csh opens what its commands write to. */
static void vforked(const char *text)
{
    int status = 0;
    pid_t pid = vfork();

    if (pid == 0) {
        int fd = open("vfork", O_WRONLY | O_APPEND | O_CREAT, 0644);

        _exit(write(fd, text, strlen(text)) < 0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

/* A file with a count of its records in front. */
static void database(unsigned step)
{
    unsigned record[128] = {step}, n = 0;
    int fd = open("database", O_RDWR | O_CREAT, 0644);
    ssize_t got = read(fd, &n, sizeof(n));

    CHECK(fd >= 0 && (got == 0 || got == sizeof(n)));
    n++;
    CHECK(pwrite(fd, &n, sizeof(n), 0) == sizeof(n));
    CHECK(pwrite(fd, record, sizeof(record), n * sizeof(record)) ==
          sizeof(record));
    CHECK(close(fd) == 0);
}

static void steps(void)
{
    char text[64], name[64];

    for (unsigned i = 1; i <= 6; i++) {
        FILE *f;

        snprintf(text, sizeof(text), "line %u\n", i);
        put_file(fopen("a", "a"), text);
        put_file(fopen("a+", "a+"), text);
        put_file(fopen64("a", "a"), text);
        put_file(reopened("freopen"), text);
        f = fopen("r+", i == 1 ? "w" : "r+");
        CHECK(f && fseek(f, 0, SEEK_END) == 0);
        put_file(f, text);
        put(at_end("rdwr", O_RDWR), text);
        put(at_end("wronly", O_WRONLY), text);
        put(openat(AT_FDCWD, "openat", O_WRONLY | O_APPEND | O_CREAT, 0644),
            text);
        put((int)syscall(SYS_openat, AT_FDCWD, "syscall",
                         O_WRONLY | O_APPEND | O_CREAT, 0644), text);
        vforked(text);
        snprintf(name, sizeof(name), "rdwr.%u", i / 3);
        put(at_end(name, O_RDWR), text);
        database(i);
        snprintf(name, sizeof(name), "journal.%u", i);
        put(open(name, O_RDWR | O_CREAT, 0644), "\001\002\003");
        snprintf(name, sizeof(name), "step.%u", i);
        CHECK(mkdir(name, 0755) == 0 || errno == EEXIST);
        snprintf(name, sizeof(name), "go.%u", i);
        while (access(name, F_OK) < 0)
            unlink("ping");
    }
}

static int lines;
static int done;

static void *appends(void *arg)
{
    char own[16], text[32];

    snprintf(own, sizeof(own), "own.%ld", (long)arg);
    for (int i = 0; i < 3 * lines; i++) {
        snprintf(text, sizeof(text), "go.%d", i);
        while (i && i % lines == 0 && access(text, F_OK) < 0) {
            char at[32];

            snprintf(at, sizeof(at), "at.%d.%ld", i, (long)arg);
            CHECK(mkdir(at, 0755) == 0 || errno == EEXIST);
            usleep(1000);
        }
        snprintf(text, sizeof(text), "%ld %d\n", (long)arg, i);
        put_file(fopen(own, "a"), text);
        snprintf(text, sizeof(text), "%s.%d", own, i / 10);
        put(open(text, O_WRONLY | O_APPEND | O_CREAT, 0644), "x\n");
        put(open("common", O_WRONLY | O_APPEND | O_CREAT, 0644), "y\n");
        usleep(500);
    }
    __atomic_add_fetch(&done, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* In a child: 0, or 1 if there is a descriptor of the runtime's. */
static int stranger(void)
{
    char link[64], path[300];

    for (int fd = 0; fd < 64; fd++) {
        ssize_t n;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, path, sizeof(path) - 1);
        path[n > 0 ? n : 0] = '\0';
        if (strstr(path, "/undo/")) {
            fprintf(stderr, "%d is %s\n", fd, path);
            return 1;
        }
    }
    return 0;
}

static void race(void)
{
    pthread_t t[5];

    for (long i = 0; i < 5; i++)
        CHECK(pthread_create(&t[i], NULL, appends, (void *)i) == 0);
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < 5) {
        pid_t pid = fork();
        int status = 0;

        CHECK(pid >= 0);
        if (pid == 0)
            _exit(stranger());
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        usleep(1000);
    }
    for (int i = 0; i < 5; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
}

int main(int argc, char **argv)
{
    lines = argc > 2 ? atoi(argv[2]) : 0;
    if (lines)
        race();
    else
        steps();
    return 0;
}
