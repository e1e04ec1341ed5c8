/* Claim: two processes that talk all the time over TCP hear each other's
 * every word once, whenever they are stopped. */
#include "inet.h"

#define LENGTH(seed) (1 + (seed) % 997 * 40)

/* Answers until it is told that this was the last. */
static void answer(const int pair[2])
{
    int s = pair[1];
    char last = 0;

    close(pair[0]);
    for (unsigned seed = 0; !last; seed++) {
        CHECK(recv(s, &last, 1, 0) == 1);
        inet_expect(s, LENGTH(seed), seed);
        inet_send(s, LENGTH(seed), seed + 1);
    }
    _exit(0);
}

int main(void)
{
    char last = 0;
    pid_t child;
    int s[2];

    inet_pair(AF_INET, s);
    child = fork();
    if (child == 0)
        answer(s);
    close(s[1]);
    claim_ready();
    for (unsigned seed = 0; !last; seed++) {
        last = (char)claim_go();
        CHECK(send(s[0], &last, 1, MSG_NOSIGNAL) == 1);
        inet_send(s[0], LENGTH(seed), seed);
        BREAK(CHECK(recv(s[0], &child, 1, 0) == 1));
        inet_expect(s[0], LENGTH(seed), seed + 1);
    }
    claim_reap(child);
    claim_pass();
}
