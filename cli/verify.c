/*
 * verify.c - `ckpt verify`: reads image sets, or one image, and checks every
 * sum. One line per file; exit status 1 when anything is bad.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/setarg.h"
#include "lib/base/duration.h"
#include "lib/base/sets.h"

static const char usage[] =
    "usage: ckpt verify [--quiet] [SET | IMAGE]\n"
    "       ckpt verify [--quiet] [--set N] [--dir DIR | DIR | JOBID | NAME]"
    "\n\n"
    "Reads every byte of an image set (SET: its directory), of all sets of\n"
    "a computation, or of one image file, and checks it. Prints a line for\n"
    "each file. Exit status 1 if anything is damaged or missing.\n"
    "  --quiet    only print what is wrong\n";

struct show {
    const char *name; /* of the set; first: for ck_set_progress */
    int quiet;
    unsigned bad;
};

static void progress(void *arg, uint64_t done, uint64_t total)
{
    struct show *s = arg;

    ck_set_progress((void *)(uintptr_t)s->name, done, total);
}

static void file(void *arg, const struct ck_manifest_image *im, int err,
                 const char *why)
{
    struct show *s = arg;
    char size[32];

    ck_bytes_text(size, sizeof(size), im->bytes);
    if (err) {
        s->bad++;
        printf("%s/%s BAD %s\n", s->name, im->file, why);
    } else if (!s->quiet) {
        printf("%s/%s ok (%s)\n", s->name, im->file, size);
    }
}

/* Nonzero when the set is bad. */
static int one_set(const char *dir, const struct ck_set *set, int quiet)
{
    struct show s = {.name = set->name, .quiet = quiet};
    struct ck_set_report rep = {
        .file = file, .progress = progress, .arg = &s};
    struct ck_manifest *m;
    struct ck_err e;
    int rc = ck_set_verify(dir, set->number, &rep, &m, &e);

    if (rc == -ESTALE) {
        if (!quiet)
            printf("%s skipped: it was removed meanwhile\n", set->name);
        rc = 0;
    } else if (rc && !s.bad) {
        printf("%s BAD %s\n", set->name, e.text);
    } else if (!quiet) {
        printf("%s %s: %zu files, %u bad\n", set->name,
               rc ? "is damaged" : "is whole", m->nimages, s.bad);
    }
    ck_manifest_destroy(m);
    return rc;
}

static int all_sets(const struct ck_setarg *a, int quiet)
{
    unsigned seen = 0, bad = 0;
    struct ck_sets s;
    struct ck_err e;

    if (ck_sets_scan(a->dir, &s, &e))
        return ck_cli_fail(&e);
    for (size_t i = 0; i < s.n; i++) {
        if (a->set && s.v[i].number != a->set)
            continue;
        if (!a->set && !s.v[i].committed) {
            if (!quiet)
                printf("%s skipped: it was never completed\n", s.v[i].name);
            continue;
        }
        seen++;
        bad += one_set(a->dir, &s.v[i], quiet) != 0;
    }
    ck_sets_free(&s);
    if (!seen && a->set) {
        ck_err(&e, -ENOENT, "there is no set %u in %s", a->set, a->dir);
        return ck_cli_fail(&e);
    }
    if (!seen) {
        ck_err(&e, -ENOENT, "there is no completed image set in %s", a->dir);
        return ck_cli_fail(&e);
    }
    return ck_cli_done() || bad ? 1 : 0;
}

static int one_image(const char *path, int quiet)
{
    struct ck_err e;
    int rc = ck_image_verify(path, NULL, 0, &e);

    if (rc)
        printf("%s BAD %s\n", path, e.text);
    else if (!quiet)
        printf("%s ok\n", path);
    return ck_cli_done() || rc ? 1 : 0;
}

int ck_cmd_verify(int argc, char **argv)
{
    static const struct option options[] = {
        {"dir", required_argument, NULL, 'd'},
        {"set", required_argument, NULL, 's'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *what = NULL;
    struct ck_setarg a;
    uint32_t set = 0;
    int quiet = 0, o, rc;

    while ((o = getopt_long(argc, argv, "hd:s:q", options, NULL)) != -1) {
        switch (o) {
        case 'd':
            what = optarg;
            break;
        case 's':
            if (ck_cli_number(optarg, 1, UINT32_MAX, &set))
                return ck_cli_usage("verify", "bad set number: %s", optarg);
            break;
        case 'q':
            quiet = 1;
            break;
        case 'h':
            return ck_cli_help(usage);
        default:
            return 2;
        }
    }
    if (argc - optind > (what ? 0 : 1))
        return ck_cli_usage("verify", "more than one thing is named");
    rc = ck_setarg("verify", what ? what : argv[optind], set, &a);
    if (rc)
        return rc;
    return *a.image ? one_image(a.image, quiet) : all_sets(&a, quiet);
}
