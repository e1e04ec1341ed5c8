/* Claim: a checkpoint of two processes that have one working directory (a raw
 * clone) is refused by name, and they go on sharing it. */
/* refusal: has one working directory and umask \(CLONE_FS\) with process [0-9]+ */
#include "shared.h"

int main(void)
{
    shared_claim(CLONE_FS);
}
