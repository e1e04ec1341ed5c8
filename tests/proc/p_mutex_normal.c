/* Claim: a held normal mutex stays held by its owner; see mutex.h. */
#include "mutex.h"

int main(void)
{
    static const struct mutex_kind k = {PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_NONE, -1, 1};

    mutex_claim(&k);
}
