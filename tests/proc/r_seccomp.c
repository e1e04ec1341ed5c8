/* Claim: a checkpoint of a program that has installed a seccomp filter is
 * refused by name, and the filter stays. */
/* refusal: r_seccomp .* has installed a seccomp filter */
#include "claim.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

int main(void)
{
    struct sock_filter f[] = { /* sync fails with ENOTUNIQ, all else goes */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sync, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTUNIQ),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog prog = {sizeof f / sizeof *f, f};
    char status[4096];
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t n = read(fd, status, sizeof status - 1);

    CHECK(n > 0);
    status[n] = '\0';
    if (!strstr(status, "Seccomp_filters:"))
        claim_skip("the kernel does not count filters");
    close(fd);
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0);
    claim_ready();
    claim_wait();
    errno = 0;
    BREAK(claim_fail(__FILE__, __LINE__, "a filter can't be taken away"));
    CHECK(syscall(SYS_sync) == -1 && errno == ENOTUNIQ);
    claim_pass();
}
