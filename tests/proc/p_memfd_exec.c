/* Claim: a program in a memory file can be executed while the descriptor that
 * it was made by is open for writing, and while it is mapped. */
#include "claim.h"
#include <sys/mman.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif

extern char **environ;

static int run(int fd)
{
    char *argv[] = {"p_memfd_exec", "in", NULL};
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

static int copy(void)
{
    int from = open("/proc/self/exe", O_RDONLY);
    int to = memfd_create("program", MFD_EXEC);
    char buf[65536];
    ssize_t n;

    if (to < 0 && errno == EINVAL)
        to = memfd_create("program", 0);
    CHECK(from >= 0 && to >= 0);
    while ((n = read(from, buf, sizeof(buf))) > 0)
        CHECK(write(to, buf, (size_t)n) == n);
    CHECK(n == 0 && close(from) == 0);
    return to;
}

int main(int argc, char **argv)
{
    int plain, mapped, append;
    char *p;

    (void)argv;
    if (argc > 1)
        return 0;
    plain = copy();
    mapped = copy();
    append = copy();
    CHECK(fcntl(append, F_SETFL, O_APPEND) == 0);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
    CHECK(p != MAP_FAILED);
    CHECK_EQ(run(plain), 0);
    claim_ready();
    claim_wait();
    BREAK(p[0] = 0);
    CHECK_EQ(run(plain), 0);
    CHECK_EQ(run(mapped), 0);
    CHECK_EQ(run(append), 0);
    CHECK(fcntl(append, F_GETFL) & O_APPEND);
    CHECK(lseek(plain, 0, SEEK_CUR) == lseek(plain, 0, SEEK_END));
    claim_pass();
}
