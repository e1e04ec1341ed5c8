/*
 * works.c - `ckpt works RELEASE`: is the runtime that was preloaded into this
 * process of the same release as this command, and as who asks?
 *
 * Started by the plugin, on each node and before a job's first task there;
 * nobody types it. Says nothing if all is well, else why not, on stderr.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/proto/release.h"

int ck_cmd_works(int argc, char **argv)
{
    const char *const *runtime = dlsym(RTLD_DEFAULT, "ckpt_rt_release");
    const char *other = argc == 2 ? argv[1] : "";

    if (!runtime)
        fprintf(stderr, "it is of another release than ckpt (%s)\n",
                CK_RELEASE);
    else if (strcmp(*runtime, CK_RELEASE) != 0)
        fprintf(stderr, "it is of release %s, and ckpt of %s\n", *runtime,
                CK_RELEASE);
    else if (strcmp(other, CK_RELEASE) != 0)
        fprintf(stderr, "it is of release %s, and the plugin of %s\n",
                CK_RELEASE, other);
    else
        return 0;
    return 1;
}
