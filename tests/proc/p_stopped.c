/* Claim: a child that is stopped stays stopped, with all its threads, and
 * nobody hears of it again; SIGCONT makes it go on where it was. What its
 * parent had not been told yet it is told afterwards. */
#include "claim.h"

#include <pthread.h>
#include <sys/mman.h>

static volatile struct shared {
    int counts, up, through;
} *mem;
static volatile sig_atomic_t heard;

static void hear(int sig)
{
    (void)sig;
    heard++;
}

static void *count(void *arg)
{
    (void)arg;
    mem->up = 1;
    while (mem->up)
        mem->counts++;
    return NULL;
}

/* One thread computes, one waits in read. */
static void busy(int from)
{
    pthread_t t;
    char c;

    CHECK(pthread_create(&t, NULL, count, NULL) == 0);
    UNTIL(mem->up);
    raise(SIGSTOP);
    CHECK_EQ(read(from, &c, 1), 1);
    mem->through = 1;
    _exit(c == 'k' ? 3 : 4);
}

int main(void)
{
    struct sigaction sa = {.sa_handler = hear, .sa_flags = SA_RESTART};
    int tube[2], st, before;
    pid_t told, untold;
    siginfo_t si = {.si_pid = 0};

    mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
               -1, 0);
    CHECK(mem != MAP_FAILED && pipe(tube) == 0);
    CHECK((told = fork()) >= 0);
    if (told == 0)
        busy(tube[0]);
    CHECK(waitpid(told, &st, WUNTRACED) == told && WIFSTOPPED(st));
    CHECK((untold = fork()) >= 0);
    if (untold == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    CHECK(waitid(P_PID, (id_t)untold, &si, WSTOPPED | WNOWAIT) == 0);
    CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
    before = mem->counts;
    claim_ready();
    claim_wait();
    BREAK(kill(told, SIGCONT); UNTIL(mem->counts != before));
    CHECK_EQ(heard, 0);
    CHECK_EQ(waitpid(told, &st, WUNTRACED | WCONTINUED | WNOHANG), 0);
    CHECK_EQ(waitpid(untold, &st, WUNTRACED | WNOHANG), untold);
    CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
    CHECK_EQ(mem->counts, before);
    CHECK(kill(told, SIGCONT) == 0);
    CHECK(waitpid(told, &st, WCONTINUED) == told && WIFCONTINUED(st));
    UNTIL(mem->counts != before);
    CHECK_EQ(mem->through, 0);
    CHECK_EQ(write(tube[1], "k", 1), 1);
    CHECK(waitpid(told, &st, 0) == told);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 3);
    CHECK(kill(untold, SIGCONT) == 0);
    claim_reap(untold);
    claim_pass();
}
