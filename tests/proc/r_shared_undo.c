/* Claim: a checkpoint of two processes that have one SEM_UNDO (a raw clone) is
 * refused by name, and they go on sharing it. */
/* refusal: has one list of what SEM_UNDO undoes \(CLONE_SYSVSEM\) with process [0-9]+ */
#include "shared.h"

int main(void)
{
    shared_claim(CLONE_SYSVSEM);
}
