/* Claim: a checkpoint of a program that watches a file which has another name
 * by now is refused by name, and the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*watch \(1, .*renamed */
#include "claim.h"

#include <sys/inotify.h>

int main(void)
{
    char buf[1000];
    int fd = inotify_init(), file;

    file = open(claim_path("victim"), O_CREAT | O_RDWR, 0644);
    CHECK(inotify_add_watch(fd, claim_path("victim"), IN_MODIFY) == 1);
    CHECK(!rename(claim_path("victim"), claim_path("moved")));
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK(write(file, "x", 1) == 1);
    CHECK(read(fd, buf, sizeof(buf)) > 0);
    claim_pass();
}
