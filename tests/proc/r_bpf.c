/* Claim: a checkpoint of a program with a BPF map is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*BPF object */
#include "claim.h"

#include <linux/bpf.h>
#include <sys/syscall.h>

int main(void)
{
    uint32_t key = 0, value = 7;
    union bpf_attr a = {.map_type = BPF_MAP_TYPE_ARRAY,
                        .key_size = 4,
                        .value_size = 4,
                        .max_entries = 1};
    int fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));

    if (fd < 0)
        claim_skip("no BPF for ordinary users here");
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)fd;
    a.key = (uintptr_t)&key;
    a.value = (uintptr_t)&value;
    CHECK_EQ(syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &a, sizeof(a)), 0);
    claim_pass();
}
