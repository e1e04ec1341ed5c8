/* Claim: a file stays open, and mapped, for what its mode has never allowed,
 * or does not allow any more; the mode stays, too. */
#include "claim.h"

#include <sys/mman.h>
#include <sys/stat.h>

static int has(int fd, const char *text)
{
    char buf[64] = "";
    ssize_t n = pread(fd, buf, sizeof buf - 1, 0);

    return n == (ssize_t)strlen(text) && memcmp(buf, text, (size_t)n) == 0;
}

static unsigned mode_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) ? 0xffff : st.st_mode & 07777;
}

int main(void)
{
    int made, shut, gone, lock, mem, only;
    char *p, p2[8];

    umask(0);
    /* as git makes its objects */
    made = open(claim_path("made"), O_CREAT | O_EXCL | O_RDWR, 0444);
    CHECK(made >= 0 && write(made, "object", 6) == 6);
    only = open(claim_path("only"), O_CREAT | O_EXCL | O_WRONLY, 0);
    CHECK(only >= 0 && write(only, "12345", 5) == 5);
    shut = open(claim_path("shut"), O_CREAT | O_EXCL | O_RDWR, 0600);
    CHECK(shut >= 0 && write(shut, "letter", 6) == 6);
    CHECK(fchmod(shut, 02040) == 0);
    gone = open(claim_path("gone"), O_CREAT | O_EXCL | O_RDWR, 0200);
    CHECK(gone >= 0 && write(gone, "hidden", 6) == 6);
    CHECK(unlink(claim_path("gone")) == 0);
    lock = open(claim_path("lock"), O_CREAT | O_EXCL | O_RDWR, 0);
    CHECK(lock >= 0 && lockf(lock, F_LOCK, 4) == 0);
    mem = open(claim_path("mem"), O_CREAT | O_EXCL | O_RDWR, 0400);
    CHECK(mem >= 0 && ftruncate(mem, 4096) == 0);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
    CHECK(p != MAP_FAILED);
    strcpy(p, "mapped");
    CHECK(close(mem) == 0);
    claim_ready();
    claim_wait();
    BREAK(write(made, "!", 1));
    CHECK(has(made, "object") && has(shut, "letter") && has(gone, "hidden"));
    CHECK(write(made, "s", 1) == 1 && has(made, "objects"));
    CHECK_EQ(write(only, "6", 1), 1);
    CHECK_EQ(lseek(only, 0, SEEK_CUR), 6);
    CHECK_EQ(lockf(lock, F_TEST, 4), 0);
    CHECK(strcmp(p, "mapped") == 0);
    strcpy(p, "changed");
    CHECK_EQ(mode_of(made), 0444);
    CHECK_EQ(mode_of(only), 0);
    CHECK_EQ(mode_of(shut), 02040);
    CHECK_EQ(mode_of(lock), 0);
    mem = open(claim_path("mem"), O_RDONLY);
    CHECK(mem >= 0 && pread(mem, p2, 8, 0) == 8 && !strcmp(p2, "changed"));
    CHECK_EQ(mode_of(mem), 0400);
    claim_pass();
}
