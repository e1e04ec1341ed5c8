/* Claim: a checkpoint of a program that has not read all inotify events is
 * refused by name, and the program still finds them. */
/* refusal: descriptor [0-9]+.*events that the program has not read */
#include "claim.h"

#include <sys/inotify.h>

int main(void)
{
    struct inotify_event e;
    int fd = inotify_init(), file;

    file = open(claim_path("file"), O_CREAT | O_RDWR, 0644);
    CHECK(inotify_add_watch(fd, claim_path("file"), IN_MODIFY) == 1);
    CHECK(write(file, "x", 1) == 1);
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK(read(fd, &e, sizeof(e)) == sizeof(e) && e.mask == IN_MODIFY);
    claim_pass();
}
