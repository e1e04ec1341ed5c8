/*
 * restart.c - `ckpt restart`: goes on from an image set.
 *
 * All or nothing: the set is verified first, then a coordinator is started
 * that expects every process of it, then each tree is rebuilt up to the
 * point where its processes wait for the coordinator's word. If one cannot
 * be, none runs, and the reason is told. In the foreground it then stands
 * for the computation as `ckpt launch` does.
 */
#include "cli/restart.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/members.h"
#include "cli/start.h"
#include "lib/base/config.h"
#include "lib/base/conn.h"
#include "lib/base/duration.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"

#define DYING_MS 10000 /* of those who were killed just now */

static const char usage[] =
    "usage: ckpt restart [OPTIONS] [DIR | JOBID | NAME]\n\n"
    "Goes on from the newest image set that verifies, in the foreground, and\n"
    "ends with the program's exit status (128+signal).\n\n"
    "  --set N          this image set and no other\n"
    "  --dir DIR        the job directory\n"
    "  --interval TIME  as for launch; without it, as it was\n"
    "  --keep N         as for launch; without it, as it was\n"
    "  --files=keep     leave files as they are; otherwise a file that was\n"
    "                   being written is put back to its length at the\n"
    "                   checkpoint (the rest is kept in DIR/rollback)\n"
    "  --force          although the coordinator's node cannot be reached;\n"
    "                   only when the computation is dead for sure\n"
    "  --detach         print the job directory and return once it runs\n\n"
    "For a task of a Slurm step (the plugin runs it):\n"
    "  --in-place --tree T [--set N | --set-dir DIR]\n"
    "                   become the root of tree T of a computation whose\n"
    "                   coordinator is restoring already\n";

enum { OPT_IN_PLACE = 256, OPT_TREE, OPT_SET_DIR, OPT_FILES,
       OPT_FORCE };

static const struct option option_table[] = {
    {"set", required_argument, NULL, 's'},
    {"dir", required_argument, NULL, 'd'},
    {"interval", required_argument, NULL, 'i'},
    {"keep", required_argument, NULL, 'k'},
    {"detach", no_argument, NULL, 'D'},
    {"files", required_argument, NULL, OPT_FILES},
    {"force", no_argument, NULL, OPT_FORCE},
    {"in-place", no_argument, NULL, OPT_IN_PLACE},
    {"tree", required_argument, NULL, OPT_TREE},
    {"set-dir", required_argument, NULL, OPT_SET_DIR},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* From "D/set-000003", a slash behind it or not. */
static uint32_t set_number(const char *path)
{
    char base[32];
    size_t n = strlen(path);
    const char *from;

    while (n > 0 && path[n - 1] == '/')
        n--;
    from = memrchr(path, '/', n);
    from = from ? from + 1 : path;
    snprintf(base, sizeof(base), "%.*s", (int)(path + n - from), from);
    return ck_jobdir_set_number(base);
}

static int one_option(struct ck_restart *r, int o)
{
    switch (o) {
    case 's':
        if (ck_cli_number(optarg, 1, UINT32_MAX, &r->set) < 0)
            return ck_cli_usage("restart", "bad --set: %s", optarg);
        return 0;
    case 'd':
        r->dir_option = optarg;
        return 0;
    case 'i':
        if (ck_duration(optarg, &r->interval) < 0)
            return ck_cli_usage("restart", "bad --interval: %s", optarg);
        r->has_interval = 1;
        return 0;
    case 'k':
        if (ck_cli_number(optarg, 1, 100000, &r->keep) < 0)
            return ck_cli_usage("restart", "bad --keep: %s", optarg);
        return 0;
    case 'D':
        r->detach = 1;
        return 0;
    case OPT_FILES:
        if (strcmp(optarg, "keep") && strcmp(optarg, "rollback"))
            return ck_cli_usage("restart", "--files is keep or rollback");
        r->keep_files = strcmp(optarg, "keep") == 0;
        return 0;
    case OPT_FORCE:
        r->force = 1;
        return 0;
    case OPT_IN_PLACE:
        r->in_place = 1;
        return 0;
    case OPT_TREE:
        if (!ck_name_ok(optarg))
            return ck_cli_usage("restart", "bad --tree: %s", optarg);
        r->tree = optarg;
        return 0;
    case OPT_SET_DIR:
        r->set = set_number(optarg);
        return r->set ? 0
                      : ck_cli_usage("restart", "not an image set: %s",
                                     optarg);
    default:
        return 2;
    }
}

/* Text on a terminal's last line, or nothing. */
static void progress(void *arg, uint64_t done, uint64_t total)
{
    int64_t *next = arg;

    if (!isatty(2) || ck_now_ms() < *next)
        return;
    *next = ck_now_ms() + 100;
    fprintf(stderr, "\r\033[Kreading images: %u %%",
            total ? (unsigned)(done * 100 / total) : 100);
    fflush(stderr);
}

static void passed_over(void *arg, uint32_t number, const char *why)
{
    (void)arg;
    if (isatty(2))
        fprintf(stderr, "\r\033[K");
    ck_log("image set %u is damaged (%s); going back to an older one", number,
           why);
}

/* The set to go on from, verified. */
static int choose(struct ck_restart *r, struct ck_err *e)
{
    int64_t next = ck_now_ms() + 500;
    struct ck_set_report rep = {.progress = progress, .arg = &next};
    struct ck_err why;
    int rc, status = 0;
    uint32_t over = ck_sets_finished(r->dir, &status);

    if (r->set)
        rc = ck_set_verify(r->dir, r->set, &rep, &r->manifest, &why);
    else
        rc = ck_sets_newest_good(r->dir, over, passed_over, NULL, &rep,
                                 &r->manifest, &why);
    /* Who says that it is to be restarted means it. */
    if (rc == -ENOENT && !r->set && over)
        rc = ck_sets_newest_good(r->dir, 0, passed_over, NULL, &rep,
                                 &r->manifest, &why);
    if (isatty(2))
        fprintf(stderr, "\r\033[K");
    if (rc == 0) {
        r->set = r->manifest->number;
        if (r->set <= over)
            ck_log("the computation of image set %u has ended with status "
                   "%d; it goes on from there once more", r->set,
                   ck_exit_code(status));
        return 0;
    }
    if (r->set)
        return ck_err(e, rc, "cannot restart from image set %u: %s", r->set,
                      why.text);
    return ck_err(e, rc, "cannot restart from %s: %s", r->dir, why.text);
}

/* A coordinator that listens on its own node only cannot be asked from
 * here; while its address stands in D it has not said that it has ended. */
static int out_of_reach(const char *dir, struct ck_err *e)
{
    struct ck_coord_addr a;

    if (ck_jobdir_addr_read(dir, &a, NULL) < 0 ||
        strcmp(a.node, ck_env_node()) == 0 ||
        (strncmp(a.host, "127.", 4) != 0 && strcmp(a.host, "::1") != 0))
        return 0;
    return ck_err(e, -EBUSY,
                  "the coordinator of %s was last seen on %s and can only be "
                  "asked there: restart there, or, when that node or the "
                  "computation is dead for sure, with --force",
                  dir, a.node);
}

/* The first who is not on his way out; who is gets his time. */
static unsigned left_alone(const char *dir, struct ck_member *who)
{
    int64_t until = ck_now_ms() + DYING_MS;
    struct ck_member m[64];

    for (;;) {
        unsigned n = ck_members(dir, m, 64), i = 0;

        while (i < n && i < 64 && m[i].dying)
            i++;
        if (n == 0 || i < n || ck_now_ms() >= until) {
            *who = m[i < n && i < 64 ? i : 0];
            return n;
        }
        ck_sleep_ms(20);
    }
}

int ck_restart_left_alone(const char *dir, struct ck_err *e)
{
    struct ck_member m;
    unsigned n = left_alone(dir, &m);

    if (n == 0)
        return 0;
    return ck_err(e, -EBUSY,
                  "%u process%s of %s still run%s here without a coordinator "
                  "(%s, pid %d); end %s first: `ckpt kill %s`",
                  n, n > 1 ? "es" : "", dir, n > 1 ? "" : "s", m.comm,
                  (int)m.pid, n > 1 ? "them" : "it", dir);
}

/* Nothing may be running: a computation restarted beside itself would write
 * into the same files twice. What has no program any more is ended. */
static int nobody_there(const struct ck_restart *r, struct ck_err *e)
{
    const char *dir = r->dir;
    struct ck_coord_addr a;
    struct ck_err why;
    int alive = 0;

    if (!r->force) {
        if (out_of_reach(dir, e) < 0)
            return -EBUSY;
        alive = ck_conn_alive(dir, 10000, &why);
        if (alive < 0)
            return ck_err(e, alive,
                          "%s; when the computation is dead for sure: "
                          "--force",
                          why.text);
    } else {
        alive = ck_conn_alive(dir, 10000, NULL) == 1;
    }
    if (alive == 0 || ck_coordinator_dismiss(dir, 3000)) {
        int rc = ck_restart_left_alone(dir, e);

        if (!rc && ck_members_end_helpers(dir))
            rc = ck_err(e, -EBUSY, "who was writing an image in %s when the "
                        "computation ended can't be ended; try again", dir);
        return rc;
    }
    if (ck_jobdir_addr_read(dir, &a, NULL) < 0)
        memset(&a, 0, sizeof(a));
    return ck_err(e, -EBUSY,
                  "the computation in %s is still running (coordinator on %s, "
                  "pid %d); end it first: `ckpt kill %s`",
                  dir, a.node, (int)a.pid, dir);
}

static int prepare(struct ck_restart *r, struct ck_err *e)
{
    int rc = ck_paths_check(&r->paths, e);

    if (rc == 0)
        rc = nobody_there(r, e);
    return rc < 0 ? rc : choose(r, e);
}

int ck_cmd_restart(int argc, char **argv)
{
    struct ck_restart r;
    struct ck_err e;
    int o, rc;

    memset(&r, 0, sizeof(r));
    r.ngiven = ck_given_here(r.given, CK_GIVEN_MAX);
    while ((o = getopt_long(argc, argv, "hs:d:i:k:", option_table, NULL)) !=
           -1) {
        if (o == 'h')
            return ck_cli_help(usage);
        rc = one_option(&r, o);
        if (rc)
            return rc;
    }
    if (r.in_place != (r.tree != NULL))
        return ck_cli_usage("restart", "--in-place and --tree go together");
    rc = ck_cli_target("restart", r.dir_option, argc, argv, optind, r.dir);
    if (rc)
        return rc;
    if (ck_paths_self(&r.paths, &e) < 0)
        return ck_cli_fail(&e);
    if (r.in_place)
        return ck_restart_in_place(&r);
    if (prepare(&r, &e) < 0)
        return ck_cli_fail(&e);
    rc = ck_restart_all(&r);
    ck_manifest_destroy(r.manifest);
    return rc;
}
