/* Claim: an open directory can be read on, and opened from (openat). */
#include "claim.h"
#include <dirent.h>
#include <sys/stat.h>

int main(void)
{
    char name[32];
    int dfd, n = 0, fd;
    DIR *d;
    struct dirent *e;

    CHECK(mkdir(claim_path("d"), 0755) == 0);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "d/f%d", i);
        CHECK((fd = open(claim_path(name), O_CREAT | O_WRONLY, 0644)) >= 0);
        close(fd);
    }
    CHECK((dfd = open(claim_path("d"), O_RDONLY | O_DIRECTORY)) >= 0);
    CHECK((d = opendir(claim_path("d"))) != NULL);
    for (int i = 0; i < 5; i++)
        CHECK((e = readdir(d)) != NULL);
    claim_ready();
    claim_wait();
    BREAK(close(dfd));
    while ((e = readdir(d)) != NULL)
        n++;
    CHECK_EQ(n, 17); /* 20, and . and .., without the first five */
    CHECK((fd = openat(dfd, "f7", O_RDONLY)) >= 0);
    rewinddir(d);
    for (n = 0; readdir(d); n++)
        ;
    CHECK_EQ(n, 22);
    claim_pass();
}
