/* Claim: a checkpoint of a program that has its system calls sent back to it
 * is refused by name, and it goes on so. */
/* refusal: has its system calls sent back to it */
#include "claim.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define SET_DISPATCH 59
#define ON 1

static volatile char selector; /* 0: allow, 1: send back */
static volatile int sent;

static void handler(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    selector = 0;
    sent = info->si_syscall;
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    struct utsname u;
    int major = 0, minor = 0;

    CHECK(uname(&u) == 0 && sscanf(u.release, "%d.%d", &major, &minor) == 2);
    if (major < 6 || (major == 6 && minor < 4) ||
        prctl(SET_DISPATCH, ON, 0, 0, &selector))
        claim_skip("the kernel does not tell, or has no such thing");
    CHECK(sigaction(SIGSYS, &sa, NULL) == 0);
    claim_ready();
    claim_wait();
    BREAK(CHECK(prctl(SET_DISPATCH, 0, 0, 0, 0) == 0));
    selector = 1;
    syscall(SYS_getuid);
    selector = 0;
    CHECK_EQ(sent, SYS_getuid);
    claim_pass();
}
