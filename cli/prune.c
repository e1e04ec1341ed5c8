/*
 * prune.c - `ckpt prune`: removes all but the newest image sets.
 *
 * Safe beside a running coordinator: it never touches a set newer than the
 * newest committed one.
 */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "lib/base/sets.h"

static const char usage[] =
    "usage: ckpt prune --keep N [--dir DIR | DIR | JOBID | NAME]\n\n"
    "Removes the completed image sets of a computation except the newest N\n"
    "(at least 1), and what interrupted checkpoints left behind.\n";

static void gone(void *arg, uint32_t number)
{
    unsigned *n = arg;

    ++*n;
    printf("removed set-%06u\n", number);
}

int ck_cmd_prune(int argc, char **argv)
{
    static const struct option options[] = {
        {"dir", required_argument, NULL, 'd'},
        {"keep", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *dir_option = NULL;
    uint32_t keep = 0;
    unsigned removed = 0;
    char dir[CK_PATH];
    struct ck_err e;
    int o, rc;

    while ((o = getopt_long(argc, argv, "hd:k:", options, NULL)) != -1) {
        switch (o) {
        case 'd':
            dir_option = optarg;
            break;
        case 'k':
            if (ck_cli_number(optarg, 1, 1000000, &keep))
                return ck_cli_usage("prune", "--keep wants a number of at "
                                             "least 1, not %s", optarg);
            break;
        case 'h':
            return ck_cli_help(usage);
        default:
            return 2;
        }
    }
    if (!keep)
        return ck_cli_usage("prune", "--keep N is missing");
    rc = ck_cli_target("prune", dir_option, argc, argv, optind, dir);
    if (rc)
        return rc;
    if (ck_sets_prune(dir, keep, ck_sets_finished(dir, NULL), gone, &removed, &e))
        return ck_cli_fail(&e);
    if (!removed)
        fprintf(stderr, "ckpt: nothing to remove in %s\n", dir);
    return ck_cli_done();
}
