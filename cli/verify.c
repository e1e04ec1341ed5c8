/*
 * verify.c - `ckpt verify`: are image sets whole, could they be restarted,
 * and what would a restart of the newest need here that it does not find?
 * One line per file and per thing; exit status 1 when there is any. Of one
 * image only the sums are checked.
 *
 * While the computation runs it has its ports and files itself: then nothing
 * of the outside is asked.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/restart.h"
#include "cli/setarg.h"
#include "lib/base/conn.h"
#include "lib/base/duration.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/sets.h"
#include "lib/proto/messages.h"
#include "restart/rehearse.h"

#define ANSWER_MS 5000

static const char usage[] =
    "usage: ckpt verify [--deep] [--quiet] [SET | IMAGE]\n"
    "       ckpt verify [--deep] [--quiet] [--set N]\n"
    "                   [--dir DIR | DIR | JOBID | NAME]\n\n"
    "Is an image set (SET: its directory) whole, are all sets of a\n"
    "computation, and could they be restarted? Prints a line for each file,\n"
    "and for each thing that a restart from the newest set (or the one that\n"
    "is named) would need here and does not find: files, programs, ports,\n"
    "names, keys. That is not asked while the computation runs. Exit status\n"
    "0 if all are whole and nothing is in the way, 1 if not, 2 for wrong\n"
    "usage.\n"
    "  --deep     read every byte, not only sizes and indexes\n"
    "  --quiet    only print what is wrong\n"
    "  --set N    this image set\n"
    "  --dir DIR  the job directory\n";

struct ask {
    const struct ck_setarg *a;
    struct ck_paths paths;
    struct ck_given given[CK_GIVEN_MAX]; /* what a restart here would have */
    size_t ngiven;
    int deep, quiet;
    int alive; /* it has what a restart would need */
};

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

static void blocked(void *arg, const char *why)
{
    const struct show *s = arg;

    printf("%s BLOCKED %s\n", s->name, why);
}

/* Could this tree be restarted, and (look) here and now? How many things are
 * in the way. Trees below a launcher are started by it, where it likes. */
static unsigned one_tree(const struct ask *k, struct show *s, const char *dir,
                         const char *tree, int look)
{
    struct ck_restart_opts o = {.job_dir = k->a->dir,
                                .set_dir = dir,
                                .tree = tree,
                                .node = ck_env_node(),
                                .runtime = k->paths.runtime,
                                .restorer = k->paths.restore};
    char why[900];
    int rc;

    rc = ck_rehearse(&o, why, sizeof(why));
    o.given = k->given;
    o.ngiven = k->ngiven;
    if (!rc && look && !CK_TREE_IS_TASK(tree))
        rc = ck_restart_look(&o, blocked, s, why, sizeof(why));
    if (rc >= 0)
        return (unsigned)rc;
    if (rc == -EMFILE) /* by our limit */
        blocked(s, why);
    else
        printf("%s BAD it could not be restarted: %s\n", s->name, why);
    return 1;
}

static unsigned trees(const struct ask *k, struct show *s,
                      const struct ck_manifest *m, uint32_t number, int look)
{
    char dir[CK_PATH];
    struct ck_err e;
    unsigned n = 0;

    if (ck_jobdir_set(dir, sizeof(dir), k->a->dir, number) < 0)
        return 0;
    if (look && ck_restart_left_alone(k->a->dir, &e) < 0) {
        blocked(s, e.text);
        n++;
    }
    for (size_t i = 0; i < m->ntrees; i++)
        n += one_tree(k, s, dir, m->tree[i].name, look);
    if (ck_restart_together(m, dir, &e) < 0) {
        printf("%s BAD it could not be restarted: %s\n", s->name, e.text);
        n++;
    }
    return n;
}

static void tell_of_restart(const struct ask *k, const char *set, unsigned n)
{
    if (k->alive)
        printf("%s: what a restart would need of the outside is not asked, "
               "as the computation runs\n", set);
    else if (n)
        printf("%s can't be restarted now: %u thing%s in the way\n", set, n,
               n == 1 ? " is" : "s are");
    else
        printf("%s can be restarted now\n", set);
}

/* Nonzero when the set is bad, or (look) can't be restarted now. */
static int one_set(const struct ask *k, const struct ck_set *set, int look)
{
    struct show s = {.name = set->name, .quiet = k->quiet};
    struct ck_set_report rep = {
        .file = file, .progress = progress, .arg = &s, .quick = !k->deep};
    int quiet = k->quiet;
    unsigned in_the_way = 0;
    struct ck_manifest *m;
    struct ck_err e;
    int rc = ck_set_verify(k->a->dir, set->number, &rep, &m, &e);

    if (rc == -ESTALE) {
        if (!quiet)
            printf("%s skipped: it was removed meanwhile\n", set->name);
        rc = 0;
    } else if (rc && !s.bad) {
        printf("%s BAD %s\n", set->name, e.text);
    } else {
        in_the_way = rc ? 0 : trees(k, &s, m, set->number, look && !k->alive);
        if (!quiet)
            printf("%s %s: %zu files, %u bad%s\n", set->name,
                   rc ? "is damaged" : "is whole", m->nimages, s.bad,
                   rc || k->deep ? "" : "; contents not read (--deep does)");
    }
    if (!rc && look && !quiet && m)
        tell_of_restart(k, set->name, in_the_way);
    ck_manifest_destroy(m);
    return rc || in_the_way;
}

static int all_sets(struct ask *k)
{
    const struct ck_setarg *a = k->a;
    int quiet = k->quiet;
    uint32_t newest = ck_sets_newest(a->dir);
    unsigned seen = 0, bad = 0;
    struct ck_sets s;
    struct ck_err e;

    if (ck_paths_self(&k->paths, &e) < 0 || ck_sets_scan(a->dir, &s, &e))
        return ck_cli_fail(&e);
    k->alive = ck_conn_alive(a->dir, ANSWER_MS, NULL) != 0;
    for (size_t i = 0; i < s.n; i++) {
        if (a->set && s.v[i].number != a->set)
            continue;
        if (!a->set && !s.v[i].committed) {
            if (!quiet)
                printf("%s skipped: it was never completed\n", s.v[i].name);
            continue;
        }
        seen++;
        bad += one_set(k, &s.v[i], a->set || s.v[i].number == newest) != 0;
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

static int one_image(const char *path, const struct ask *k)
{
    struct ck_err e;
    int rc = ck_image_verify(path, NULL, !k->deep, &e);

    if (rc)
        printf("%s BAD %s\n", path, e.text);
    else if (!k->quiet)
        printf("%s ok\n", path);
    return ck_cli_done() || rc ? 1 : 0;
}

int ck_cmd_verify(int argc, char **argv)
{
    static const struct option options[] = {
        {"dir", required_argument, NULL, 'd'},
        {"set", required_argument, NULL, 's'},
        {"deep", no_argument, NULL, 'D'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *what = NULL;
    struct ck_setarg a;
    struct ask k = {.a = &a};
    uint32_t set = 0;
    int o, rc;

    k.ngiven = ck_given_here(k.given, CK_GIVEN_MAX);
    while ((o = getopt_long(argc, argv, "hd:s:q", options, NULL)) != -1) {
        switch (o) {
        case 'd':
            what = optarg;
            break;
        case 's':
            if (ck_cli_number(optarg, 1, UINT32_MAX, &set))
                return ck_cli_usage("verify", "bad set number: %s", optarg);
            break;
        case 'D':
            k.deep = 1;
            break;
        case 'q':
            k.quiet = 1;
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
    return *a.image ? one_image(a.image, &k) : all_sets(&k);
}
