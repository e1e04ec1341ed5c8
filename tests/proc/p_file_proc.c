/* Claim: what a process has open in /proc goes on: its own maps, stat and fd
 * are those of the process it is now, under its new number; files of the
 * system are read on. */
#include "claim.h"

#include <dirent.h>
#include <sys/mman.h>

static char text[65536];

static char *slurp(int fd)
{
    ssize_t n, all = 0;

    while ((n = read(fd, text + all, sizeof text - 1 - (size_t)all)) > 0)
        all += n;
    CHECK_EQ(n, 0);
    text[all] = '\0';
    return text;
}

static int has_map(int maps, const void *p)
{
    char want[32];

    snprintf(want, sizeof want, "%lx-", (unsigned long)(uintptr_t)p);
    CHECK_EQ(lseek(maps, 0, SEEK_SET), 0);
    return strstr(slurp(maps), want) != NULL;
}

int main(void)
{
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), copy, i = 0;
    int comm = open("/proc/thread-self/comm", O_RDWR);
    int mem = open("/proc/meminfo", O_RDONLY);
    int cpus = open("/sys/devices/system/cpu/online", O_RDONLY);
    int dir = open("/proc/self", O_RDONLY | O_DIRECTORY), fd;
    int root = open("/proc/self/root", O_PATH);
    DIR *fds = opendir("/proc/self/fd");
    char line[8];
    void *p;

    CHECK(maps >= 0 && comm >= 0 && mem >= 0 && cpus >= 0 && dir >= 0);
    CHECK(fds && root >= 0 && (copy = dup(maps)) >= 0);
    CHECK_EQ(read(mem, line, 3), 3);
    CHECK(!memcmp(line, "Mem", 3));
    claim_ready();
    claim_wait();
    p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED && mprotect(p, 4096, PROT_READ) == 0);
    BREAK(munmap(p, 4096));
    CHECK(has_map(maps, p));
    CHECK(lseek(maps, 0, SEEK_SET) == 0 && lseek(copy, 0, SEEK_CUR) == 0);
    CHECK_EQ(fcntl(maps, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(copy, F_GETFD), 0);
    CHECK_EQ(write(comm, "renamed", 7), 7);
    CHECK((fd = openat(dir, "comm", O_RDONLY)) >= 0);
    CHECK(!strcmp(slurp(fd), "renamed\n"));
    while (readdir(fds))
        i++;
    CHECK(i >= 9);
    CHECK(!memcmp(slurp(mem), "Total:", 6));
    CHECK(strlen(slurp(cpus)) > 0);
    CHECK((fd = openat(root, "proc", O_PATH)) >= 0);
    claim_pass();
}
