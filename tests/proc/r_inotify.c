/* Claim: a checkpoint of a program with an inotify descriptor is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*inotify */
#include "claim.h"
#include <sys/inotify.h>

int main(void)
{
    char buf[1000];
    int fd = inotify_init();

    CHECK(fd >= 0 && inotify_add_watch(fd, claim_path("."), IN_DELETE) > 0);
    CHECK(open(claim_path("victim"), O_CREAT | O_RDONLY, 0644) >= 0);
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK(unlink(claim_path("victim")) == 0);
    CHECK(read(fd, buf, sizeof buf) > 0);
    claim_pass();
}
