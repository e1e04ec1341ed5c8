/* Claim: descriptors opened with O_PATH stay such: of a file, a directory, a
 * symbolic link itself, a named pipe. */
#include "claim.h"

#include <sys/stat.h>

int main(void)
{
    int file, dir, link, fifo, fd;
    char name[64], to[64];
    struct stat st;

    CHECK((fd = open(claim_path("f"), O_CREAT | O_WRONLY, 0644)) >= 0);
    CHECK_EQ(write(fd, "data", 4), 4);
    close(fd);
    CHECK(symlink("f", claim_path("l")) == 0);
    CHECK(mkfifo(claim_path("p"), 0600) == 0);
    CHECK((file = open(claim_path("f"), O_PATH)) >= 0);
    CHECK((dir = open(claim_path(""), O_PATH | O_DIRECTORY)) >= 0);
    CHECK((link = open(claim_path("l"), O_PATH | O_NOFOLLOW)) >= 0);
    CHECK((fifo = open(claim_path("p"), O_PATH)) >= 0);
    claim_ready();
    claim_wait();
    BREAK(dup2(open(claim_path("f"), O_RDONLY), file));
    CHECK(read(file, to, 1) < 0 && errno == EBADF);
    CHECK(fcntl(file, F_GETFL) & O_PATH);
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    CHECK((fd = open(name, O_RDONLY)) >= 0);
    CHECK(read(fd, to, 9) == 4 && !memcmp(to, "data", 4));
    CHECK((fd = openat(dir, "f", O_RDONLY)) >= 0);
    CHECK(fstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(readlinkat(link, "", to, sizeof to) == 1 && to[0] == 'f');
    CHECK(fstat(fifo, &st) == 0 && S_ISFIFO(st.st_mode));
    CHECK(fcntl(fifo, F_GETFL) & O_PATH);
    claim_pass();
}
