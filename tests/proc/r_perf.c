/* Claim: a checkpoint of a program with a perf event is refused by name, and
 * the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*perf event */
#include "claim.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>

int main(void)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
                                   .size = sizeof(attr),
                                   .config = PERF_COUNT_SW_TASK_CLOCK,
                                   .exclude_kernel = 1,
                                   .exclude_hv = 1};
    int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
    uint64_t n = 0;

    if (fd < 0)
        claim_skip("no perf events here");
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK(read(fd, &n, sizeof(n)) == sizeof(n) && n > 0);
    claim_pass();
}
