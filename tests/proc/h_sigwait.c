/* Threads that wait for a signal which never comes, and others whose children
 * end all the time, of which nobody wants to hear. */
#include "claim.h"

#include <pthread.h>
#include <time.h>

#define WAITERS 16
#define PARENTS 2

static volatile int stop;

static void *waiter(void *arg)
{
    const struct timespec ts = {0, 300000000};
    sigset_t s;

    (void)arg;
    sigemptyset(&s);
    sigaddset(&s, SIGUSR2);
    while (!stop) {
        CHECK(sigtimedwait(&s, NULL, &ts) < 0);
        CHECK_EQ(errno, EAGAIN);
    }
    return NULL;
}

static void *parent(void *arg)
{
    (void)arg;
    while (!stop) {
        pid_t pid = vfork();

        if (pid == 0)
            _exit(0);
        CHECK(pid > 0 && waitpid(pid, NULL, 0) == pid);
    }
    return NULL;
}

int main(void)
{
    pthread_t t[WAITERS + PARENTS];
    sigset_t s;

    sigemptyset(&s);
    sigaddset(&s, SIGUSR2);
    CHECK(pthread_sigmask(SIG_BLOCK, &s, NULL) == 0);
    for (int i = 0; i < WAITERS + PARENTS; i++)
        CHECK(pthread_create(&t[i], NULL, i % 9 ? waiter : parent, NULL) == 0);
    claim_ready();
    while (!claim_go()) {
        unlink(claim_path("ping"));
        claim_nap();
    }
    stop = 1;
    for (int i = 0; i < WAITERS + PARENTS; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    claim_pass();
}
