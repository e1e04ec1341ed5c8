/* Claim: a program that somebody has open for writing can't be executed, be it
 * by its name, out of a removed file, or while it is mapped for writing; when
 * that is closed it can. Nobody else holds it open. */
#include "claim.h"
#include <sys/mman.h>

extern char **environ;

static int run(int fd)
{
    char *argv[] = {"p_file_busy", "in", NULL};
    pid_t pid = fork();
    int st;

    CHECK(pid >= 0);
    if (pid == 0) {
        fexecve(fd, argv, environ);
        _exit(errno == ETXTBSY ? 26 : 9);
    }
    CHECK(waitpid(pid, &st, 0) == pid);
    return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

/* Open for writing, and in *ro for reading. */
static int copy(const char *name, int *ro)
{
    int from = open("/proc/self/exe", O_RDONLY);
    int to = open(claim_path(name), O_CREAT | O_TRUNC | O_RDWR, 0700);
    char buf[65536];
    ssize_t n;

    CHECK(from >= 0 && to >= 0);
    while ((n = read(from, buf, sizeof(buf))) > 0)
        CHECK(write(to, buf, (size_t)n) == n);
    CHECK(n == 0 && close(from) == 0);
    *ro = open(claim_path(name), O_RDONLY);
    CHECK(*ro >= 0);
    return to;
}

int main(int argc, char **argv)
{
    int named, removed, mapped, ro[3];
    char *p;

    (void)argv;
    if (argc > 1)
        return 0;
    named = copy("named", &ro[0]);
    removed = copy("removed", &ro[1]);
    CHECK(unlink(claim_path("removed")) == 0);
    mapped = copy("mapped", &ro[2]);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
    CHECK(p != MAP_FAILED && close(mapped) == 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(run(ro[i]), 26);
    claim_ready();
    claim_wait();
    for (int i = 0; i < 3; i++)
        CHECK_EQ(run(ro[i]), 26);
    BREAK(CHECK((removed = dup(removed)) >= 0));
    CHECK(close(named) == 0 && close(removed) == 0 && munmap(p, 4096) == 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(run(ro[i]), 0);
    claim_pass();
}
