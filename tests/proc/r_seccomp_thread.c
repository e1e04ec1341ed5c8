/* Claim: a checkpoint of a program one of whose threads, not the first, has
 * installed a seccomp filter is refused by name; although the filter would
 * end the process if that thread made any call but a few. */
/* refusal: has installed a seccomp filter */
#include "claim.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define ALLOW(nr)                                                           \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),                          \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static volatile int go;
static int fd[2];

static void *confined(void *arg)
{
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_write),
        ALLOW(SYS_read),
        ALLOW(SYS_restart_syscall),
        ALLOW(SYS_rt_sigreturn),
        ALLOW(SYS_exit),
        ALLOW(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog prog = {sizeof f / sizeof *f, f};

    (void)arg;
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0);
    CHECK(write(fd[1], "", 1) == 1);
    while (!go)
        ;
    CHECK(write(fd[1], "", 1) == 1);
    syscall(SYS_exit, 0);
    return NULL;
}

int main(void)
{
    char status[4096];
    pthread_t t;
    int st = open("/proc/self/status", O_RDONLY);
    ssize_t n = read(st, status, sizeof status - 1);

    CHECK(n > 0);
    status[n] = '\0';
    if (!strstr(status, "Seccomp_filters:"))
        claim_skip("the kernel does not count filters");
    CHECK(pipe(fd) == 0);
    CHECK(pthread_create(&t, NULL, confined, NULL) == 0);
    claim_hear(fd[0]);
    claim_ready();
    claim_wait();
    go = 1;
    claim_hear(fd[0]);
    BREAK(claim_fail(__FILE__, __LINE__, "a filter can't be taken away"));
    CHECK(pthread_join(t, NULL) == 0);
    claim_pass();
}
