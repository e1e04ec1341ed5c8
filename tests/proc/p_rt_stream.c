/* Claim: no queued signal is lost, and none comes twice, that others send all
 * the time, also while they and their receiver are being stopped. */
#include "claim.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { SENDERS = 6, AHEAD = 3, EACH = 100000000 };

static struct shared {
    volatile int sent[SENDERS], taken[SENDERS], stop;
} *s;
static pid_t receiver;
static int number;

static void sender(int k)
{
    while (!s->stop) {
        union sigval v = {.sival_int = k * EACH + s->sent[k]};

        if (s->sent[k] - s->taken[k] >= AHEAD) {
            usleep(100);
            continue;
        }
        CHECK(sigqueue(receiver, number, v) == 0);
        s->sent[k]++;
    }
    _exit(0);
}

static void *receive(void *arg)
{
    sigset_t *set = arg;
    siginfo_t si;

    for (;;) {
        int k, n;

        CHECK_EQ(sigwaitinfo(set, &si), number);
        n = si.si_value.sival_int;
        if (n < 0)
            return NULL;
        k = n / EACH;
        CHECK(k < SENDERS);
        CHECK_EQ(n % EACH, s->taken[k]);
        s->taken[k]++;
    }
}

int main(void)
{
    union sigval end = {.sival_int = -1};
    pid_t child[SENDERS];
    sigset_t set;
    pthread_t t;

    s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(s != MAP_FAILED);
    receiver = getpid();
    number = SIGRTMIN + 2;
    sigemptyset(&set);
    sigaddset(&set, number);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    for (int k = 0; k < SENDERS; k++) {
        CHECK((child[k] = fork()) >= 0);
        if (child[k] == 0)
            sender(k);
    }
    CHECK(pthread_create(&t, NULL, receive, &set) == 0);
    UNTIL(s->taken[0] > 10);
    claim_ready();
    claim_wait();
    BREAK(s->sent[1]++);
    s->stop = 1;
    for (int k = 0; k < SENDERS; k++)
        claim_reap(child[k]);
    CHECK(sigqueue(receiver, number, end) == 0);
    CHECK(pthread_join(t, NULL) == 0);
    for (int k = 0; k < SENDERS; k++)
        CHECK_EQ(s->taken[k], s->sent[k]);
    claim_pass();
}
