/* Claim: a checkpoint of a program with a fanotify group is refused by name,
 * and the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*fanotify */
#include "claim.h"

#include <sys/fanotify.h>

int main(void)
{
    int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY), file;
    char buf[1000];

    if (fd < 0)
        claim_skip("no fanotify here");
    file = open(claim_path("file"), O_CREAT | O_RDWR, 0644);
    if (fanotify_mark(fd, FAN_MARK_ADD, FAN_MODIFY, AT_FDCWD,
                      claim_path("file")))
        claim_skip("nothing can be marked here");
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK(write(file, "x", 1) == 1 && read(fd, buf, sizeof(buf)) > 0);
    claim_pass();
}
