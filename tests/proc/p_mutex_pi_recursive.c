/* Claim: a held recursive priority inheriting mutex stays held by its owner; see mutex.h. */
#include "mutex.h"

int main(void)
{
    static const struct mutex_kind k = {PTHREAD_MUTEX_RECURSIVE, 0,
                                        PTHREAD_PRIO_INHERIT, 0, 2};

    mutex_claim(&k);
}
