/* Claim: what stdio holds in its buffers, read ahead or not yet written, is
 * neither lost nor doubled. */
#include "claim.h"

int main(void)
{
    FILE *w = fopen(claim_path("data"), "w"), *r;
    char line[64];
    int n = 0;

    CHECK((r = fopen(claim_path("in"), "w+")) != NULL && w);
    for (int i = 0; i < 3000; i++)
        fprintf(r, "in %d\n", i);
    rewind(r);
    for (; n < 10; n++)
        CHECK(fgets(line, sizeof line, r));
    for (int i = 0; i < 1000; i++)
        fprintf(w, "out %d\n", i);
    claim_ready();
    claim_wait();
    BREAK(fputc('x', w));
    for (; fgets(line, sizeof line, r); n++)
        CHECK_EQ(atoi(line + 3), n);
    CHECK_EQ(n, 3000);
    for (int i = 1000; i < 2000; i++)
        fprintf(w, "out %d\n", i);
    CHECK(fclose(w) == 0 && (w = fopen(claim_path("data"), "r")) != NULL);
    for (n = 0; fgets(line, sizeof line, w); n++)
        CHECK(atoi(line + 4) == n && line[0] == 'o');
    CHECK_EQ(n, 2000);
    claim_pass();
}
