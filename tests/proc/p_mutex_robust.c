/* Claim: a held robust mutex stays held by its owner; see mutex.h. */
#include "mutex.h"

int main(void)
{
    static const struct mutex_kind k = {PTHREAD_MUTEX_ERRORCHECK, 1, PTHREAD_PRIO_NONE,
                                        EDEADLK, 1};

    mutex_claim(&k);
}
