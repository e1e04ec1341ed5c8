/* Claim: pending signals, of the process and of a thread, stay pending with
 * their siginfo, queued realtime ones each with its value and in order. */
#include "claim.h"
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

static volatile int up, go_on;
static sigset_t all;

static int take(siginfo_t *si)
{
    struct timespec none = {0, 0};

    /* the C library's function would hide SI_TKILL */
    return (int)syscall(SYS_rt_sigtimedwait, &all, si, &none, 8);
}

static void *work(void *arg)
{
    siginfo_t si;

    (void)arg;
    up = 1;
    UNTIL(go_on);
    /* one's own comes before the process's */
    CHECK_EQ(take(&si), SIGUSR2);
    CHECK_EQ(si.si_code, SI_TKILL);
    CHECK_EQ(si.si_pid, getpid());
    CHECK_EQ(take(&si), SIGRTMIN + 5);
    CHECK_EQ(si.si_value.sival_int, 4711);
    return NULL;
}

int main(void)
{
    union sigval v;
    siginfo_t si;
    pthread_t t;

    sigemptyset(&all);
    sigaddset(&all, SIGUSR1);
    sigaddset(&all, SIGUSR2);
    sigaddset(&all, SIGCHLD);
    for (int s = SIGRTMIN; s <= SIGRTMAX; s++)
        sigaddset(&all, s);
    CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
    CHECK(pthread_create(&t, NULL, work, NULL) == 0);
    UNTIL(up);
    CHECK(pthread_kill(t, SIGUSR2) == 0);
    v.sival_int = 4711;
    CHECK(pthread_sigqueue(t, SIGRTMIN + 5, v) == 0);
    CHECK(kill(getpid(), SIGUSR1) == 0);
    for (int i = 0; i < 20; i++) {
        v.sival_ptr = (void *)(0x100000000l * i + i);
        CHECK(sigqueue(getpid(), SIGRTMIN + 7, v) == 0);
    }
    claim_ready();
    claim_wait();
    go_on = 1;
    CHECK(pthread_join(t, NULL) == 0);
    BREAK(take(&si));
    CHECK_EQ(take(&si), SIGUSR1);
    CHECK_EQ(si.si_code, SI_USER);
    CHECK_EQ(si.si_pid, getpid());
    CHECK_EQ(si.si_uid, getuid());
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(take(&si), SIGRTMIN + 7);
        CHECK_EQ(si.si_code, SI_QUEUE);
        CHECK_EQ(si.si_pid, getpid());
        CHECK(si.si_value.sival_ptr == (void *)(0x100000000l * i + i));
    }
    CHECK_EQ(take(&si), -1);
    claim_pass();
}
