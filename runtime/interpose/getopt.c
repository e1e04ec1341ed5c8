/*
 * getopt.c - the options of a launcher (srun) that is executed again.
 *
 * The files that its tasks write to are at their length by then, and the
 * launcher, or slurmstepd for it (-o with %t), opens them again: what it was
 * told about emptying them was for the first time.
 */
#include "runtime/interpose/wrap.h"

#include <getopt.h>
#include <string.h>

#include "runtime/input.h"

int getopt_long(int argc, char *const argv[], const char *letters,
                const struct option *words, int *which)
{
    static char append[] = "append";
    int r = REAL(getopt_long)(argc, argv, letters, words, which);

    if (__builtin_expect(ck_rt.kind != CK_KIND_REEXEC, 1) || r <= '?' ||
        !ck_input_again())
        return r;
    for (const struct option *w = words; w && w->name; w++)
        if (w->val == r && strcmp(w->name, "open-mode") == 0)
            optarg = append;
    return r;
}
