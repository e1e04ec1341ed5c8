/* Claim: a shared mapping of a file that is only read, but may be made
 * writable, can be made writable afterwards; one that may not can not. */
#include "claim.h"
#include <sys/mman.h>

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_RDWR | O_TRUNC, 0644), ro;
    char text[] = "written before", *p, *q, *r, c;

    CHECK(fd >= 0 && write(fd, text, sizeof text) == sizeof text);
    CHECK((ro = open(claim_path("data"), O_RDONLY)) >= 0);
    /* On both sides of the other one. */
    r = mmap(NULL, 4096, PROT_READ, MAP_SHARED, ro, 0);
    p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    q = mmap(NULL, 4096, PROT_READ, MAP_SHARED, ro, 0);
    CHECK(p != MAP_FAILED && q != MAP_FAILED && r != MAP_FAILED);
    claim_ready();
    claim_wait();
    BREAK(text[0]++);
    CHECK(strcmp(p, text) == 0 && strcmp(q, text) == 0);
    CHECK(mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0);
    CHECK(mprotect(q, 4096, PROT_READ | PROT_WRITE) < 0 && errno == EACCES);
    CHECK(mprotect(r, 4096, PROT_READ | PROT_WRITE) < 0 && errno == EACCES);
    p[0] = 'W';
    CHECK(q[0] == 'W' && pread(fd, &c, 1, 0) == 1 && c == 'W');
    claim_pass();
}
