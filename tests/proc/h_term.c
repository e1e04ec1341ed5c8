/*
 * h_term.c - every call that waits, and a SIGTERM of slurmstepd's.
 *
 * Without an argument it is the root of a computation, in a Slurm job and as
 * root of a user namespace. It stops the coordinator: what is sent then is
 * held back, and no call may notice it, whatever the program's own action
 * is. Then the coordinator goes on, and what is sent is the program's after a
 * moment: each call does what it does without us. That is what `bare` shows:
 * there the same table holds without a runtime.
 *
 * Each case is one call of one thread, the first one or another. A child
 * that is called slurmstepd waits until it is blocked, sends the signal, waits
 * until it was received and the call is blocked again or over, and then gives
 * the call what it waits for.
 */
#include "claim.h"
#include "waits.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static int bare, failures;

/* ---- the program's handlers ---- */

static void on_term(int sig)
{
    (void)sig;
    seen->terms++;
}

static void on_term_info(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    seen->info = *info;
    seen->terms++;
}

static void on_usr(int sig)
{
    (void)sig;
    seen->usrs++;
}

enum how { PLAIN, RESTARTS, DEFAULT };
static const char *const how_name[] = {"a handler", "SA_RESTART", "no handler"};

static void act(enum how how)
{
    struct sigaction a = {.sa_handler = SIG_DFL};

    if (how == PLAIN) {
        a.sa_flags = SA_SIGINFO;
        a.sa_sigaction = on_term_info;
    } else if (how == RESTARTS) {
        a.sa_flags = SA_RESTART;
        a.sa_handler = on_term;
    }
    CHECK(sigaction(SIGTERM, &a, NULL) == 0);
    a.sa_handler = on_usr;
    a.sa_flags = 0;
    CHECK(sigaction(SIGUSR1, &a, NULL) == 0);
}

/* ---- the child that sends ---- */

static int blocked(void)
{
    return waits_blocked(seen->pid, seen->tid) >= 0;
}

static void look_and_send(const struct waits_row *r, int passed)
{
    int before = seen->terms;

    CHECK(prctl(PR_SET_NAME, "slurmstepd") == 0);
    UNTIL((seen->calling && blocked()) || seen->done);
    if (seen->done)
        _exit(2);
    CHECK(kill(seen->pid, SIGTERM) == 0);
    if (passed)
        UNTIL(seen->terms > before || seen->done);
    UNTIL(waits_received(seen->pid));
    UNTIL(seen->done || blocked());
    if (!seen->done && r->release)
        r->release();
    _exit(0);
}

/* ---- one case ---- */

static const char *outcome(const struct waits_row *r, const struct waits_seen *s)
{
    static char text[64];

    if (s->ret == r->want && s->usrs == (r->flags & BY_SIGNAL ? 1 : 0))
        return "as if nothing had been";
    if (r->flags & PARTIAL && s->ret > 0 && s->ret < r->want)
        return "interrupted";
    if (r->flags & SLEEPS && s->ret > 0)
        return "interrupted";
    if (s->ret == -1 && s->error == EINTR)
        return "interrupted";
    snprintf(text, sizeof text, "%ld, errno %d", s->ret, s->error);
    return text;
}

static const char *expected(const struct waits_row *r, enum how how, int passed)
{
    if (!passed || r->flags & LOOPS ||
        (how == RESTARTS && r->flags & RESTARTED))
        return "as if nothing had been";
    return "interrupted";
}

static void one(const struct waits_row *r, enum how how, int passed)
{
    int before = seen->terms, st;
    const char *got, *want = expected(r, how, passed);
    pid_t child;

    act(how); if (getenv("TRACE")) dprintf(2, "%s %d %d\n", r->name, how, passed);
    if (r->setup)
        r->setup();
    seen->calling = seen->done = seen->usrs = 0;
    seen->pid = (int)syscall(SYS_getpid);
    seen->tid = (int)syscall(SYS_gettid);
    CHECK((child = fork()) >= 0);
    if (!child)
        look_and_send(r, passed);
    seen->calling = 1;
    errno = 0;
    seen->ret = r->call();
    seen->error = errno;
    seen->calling = 0;
    seen->done = 1;
    while (waitpid(child, &st, 0) < 0)
        CHECK(errno == EINTR);
    if (WIFEXITED(st) && WEXITSTATUS(st) == 2) {
        one(r, how, passed); /* it was over before anything was sent */
        return;
    }
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
    if (r->clean)
        r->clean();
    got = outcome(r, seen);
    if (strcmp(got, want) != 0 ||
        (seen->terms - before) != (passed ? 1 : 0)) {
        fprintf(stderr, "FAIL %s in %s thread, %s, %s: %s, not %s; %d TERM\n",
                r->name, seen->pid == seen->tid ? "the first" : "another",
                how_name[how], passed ? "passed on" : "held back", got, want,
                seen->terms - before);
        failures++;
    }
}

static void *table(void *arg)
{
    int passed = *(int *)arg;
    sigset_t none;

    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    waits_ms = passed ? 100000 : 200;
    for (enum how how = PLAIN; how <= (passed ? RESTARTS : DEFAULT); how++)
        for (const struct waits_row *r = waits_rows; r->name; r++)
            one(r, how, passed);
    return NULL;
}

static void by_another_thread(int passed)
{
    sigset_t all, before;
    pthread_t t;

    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    CHECK(pthread_create(&t, NULL, table, &passed) == 0);
    CHECK(pthread_join(t, NULL) == 0);
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

/* All that were held come as one, and tell who has sent the last. */
static void comes_late(void)
{
    int before;

    act(PLAIN);
    before = seen->terms;
    waits_coordinator(SIGCONT);
    UNTIL(seen->terms > before);
    CHECK_EQ(seen->terms, before + 1);
    CHECK_EQ(seen->info.si_code, SI_USER);
    CHECK_EQ(seen->info.si_uid, 0);
    CHECK(seen->info.si_pid != getpid());
}

int main(int argc, char **argv)
{
    int held = 0, passed = 1;

    bare = argc > 1 && !strcmp(argv[1], "bare");
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(seen != MAP_FAILED);
    for (int turn = 0; turn < 2; turn++) {
        if (!bare) {
            waits_coordinator(SIGSTOP);
            if (turn)
                by_another_thread(held);
            else
                table(&held);
            comes_late();
        }
        if (turn)
            by_another_thread(passed);
        else
            table(&passed);
    }
    if (failures)
        claim_fail(__FILE__, __LINE__, "%d cases", failures);
    claim_pass();
}
