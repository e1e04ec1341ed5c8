/*
 * settings.c - what prctl sets for one thread alone, told and put back by the
 * thread itself: whether it may read the time stamp counter, what the
 * processor may guess for it, how it hears of broken memory.
 *
 * A kernel or processor that has no such thing says so, and nothing is done;
 * what was not changed is not set.
 */
#include <stddef.h>
#include <sys/prctl.h>

#include "lib/sys/syscall.h"
#include "runtime/task/settings.h"

/* The kinds of guesses: store bypass, indirect branches, L1D flush. */
static long guess(unsigned kind)
{
    return sys5(SYS_prctl, PR_GET_SPECULATION_CTRL, kind, 0, 0, 0);
}

void ck_settings_tell(struct ck_settings *s)
{
    int tsc = PR_TSC_ENABLE;

    s->no_tsc = sys2(SYS_prctl, PR_GET_TSC, &tsc) == 0 &&
                tsc == PR_TSC_SIGSEGV;
    s->mce = (int32_t)sys5(SYS_prctl, PR_MCE_KILL_GET, 0, 0, 0, 0);
    for (unsigned i = 0; i < CK_GUESSES; i++)
        s->guess[i] = (int32_t)guess(i);
}

void ck_settings_become(const struct ck_settings *s)
{
    for (unsigned i = 0; i < CK_GUESSES; i++) {
        long way = s->guess[i] & ~PR_SPEC_PRCTL;

        if (s->guess[i] > 0 && (s->guess[i] & PR_SPEC_PRCTL) &&
            s->guess[i] != guess(i))
            sys5(SYS_prctl, PR_SET_SPECULATION_CTRL, i, way, 0, 0);
    }
    if (s->mce == PR_MCE_KILL_LATE || s->mce == PR_MCE_KILL_EARLY)
        sys5(SYS_prctl, PR_MCE_KILL, PR_MCE_KILL_SET, s->mce, 0, 0);
    if (s->no_tsc) /* the last: our own code may not read it either */
        sys2(SYS_prctl, PR_SET_TSC, PR_TSC_SIGSEGV);
}
