/* Claim: a checkpoint of two processes that have one descriptor table (a raw
 * clone) is refused by name, and they go on sharing it. */
/* refusal: has one descriptor table \(CLONE_FILES\) with process [0-9]+ */
#include "shared.h"

int main(void)
{
    shared_claim(CLONE_FILES);
}
