/* Claim: a directory that was read halfway goes on with the next entry, and
 * none comes twice. */
#include "claim.h"
#include <sys/stat.h>
#include <sys/syscall.h>

#define FILES 700

struct entry {
    uint64_t ino;
    int64_t off;
    uint16_t len;
    uint8_t type;
    char name[];
};

/* The next few entries of d; how many there were. */
static int more(int d, char *seen)
{
    char buf[512];
    long n = syscall(SYS_getdents64, d, buf, sizeof buf);
    int count = 0, i;

    CHECK(n >= 0);
    for (long at = 0; at < n; count++) {
        struct entry *e = (struct entry *)(void *)(buf + at);

        if (sscanf(e->name, "f%d", &i) == 1) {
            CHECK(i >= 0 && i < FILES && !seen[i]);
            seen[i] = 1;
        }
        at += e->len;
    }
    return count;
}

int main(void)
{
    static char seen[FILES];
    char name[32];
    int d, fd, n = 0;

    CHECK(mkdir(claim_path("d"), 0755) == 0);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "d/f%d", i);
        CHECK((fd = open(claim_path(name), O_CREAT | O_WRONLY, 0644)) >= 0);
        close(fd);
    }
    CHECK((d = open(claim_path("d"), O_RDONLY | O_DIRECTORY)) >= 0);
    while (n < FILES / 2)
        n += more(d, seen);
    claim_ready();
    claim_wait();
    BREAK(seen[0] = seen[FILES - 1] = 1);
    while (more(d, seen))
        ;
    for (int i = 0; i < FILES; i++)
        CHECK(seen[i]);
    claim_pass();
}
