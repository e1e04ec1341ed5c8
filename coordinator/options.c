/* options.c - see options.h. */
#include "coordinator/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/policy.h"
#include "lib/base/config.h"
#include "lib/base/duration.h"
#include "lib/base/env.h"

static const char usage[] =
    "usage: ckpt coordinator [options]\n"
    "Leads the checkpoints of one computation.\n"
    "\n"
    "  --dir DIR            job directory ($CKPT_DIR, else ./ckpt.default)\n"
    "  -i, --interval TIME  a checkpoint every TIME (30, 10m, 0:30; 0: none;\n"
    "                       else $CKPT_INTERVAL)\n"
    "  --keep N             image sets kept (2)\n"
    "  --interactive        read commands from the terminal\n"
    "  --stay               do not end when the computation does\n"
    "  --foreground         do not go into the background\n"
    "  --name NAME          of the computation\n"
    "  --listen ADDR        numeric address to listen at (127.0.0.1)\n"
    "  --restore SET        expect the processes of this set, let them go\n"
    "                       when all are back\n"
    "  --parent-watch       end when the parent process does\n"
    "  --unkept             start no other coordinator when this one is killed\n"
    "  --slurm              ask Slurm for the job's end, and requeue it\n"
    "  --job ID             Slurm's job id ($SLURM_JOB_ID)\n"
    "  --lead TIME|auto     last checkpoint this long before the job's end\n"
    "  --on EVENTS          timeout,preempt,failure: when to requeue\n"
    "  --limit-stop S, --limit-drain S, --limit-snapshot S,\n"
    "  --limit-write S, --limit-restore S, --limit-quit S,\n"
    "  --limit-first S, --limit-linger S, --limit-remind S\n"
    "                       how long a phase may take\n";

enum { OPT_DIR = 256, OPT_KEEP, OPT_INTERACTIVE, OPT_STAY, OPT_FOREGROUND,
       OPT_NAME, OPT_LISTEN, OPT_RESTORE, OPT_PARENT, OPT_UNKEPT, OPT_SLURM,
       OPT_JOB, OPT_LEAD, OPT_ON, OPT_LIMIT };

/* In the order of struct ck_limits. */
static const struct option longs[] = {
    {"dir", 1, NULL, OPT_DIR},
    {"interval", 1, NULL, 'i'},
    {"keep", 1, NULL, OPT_KEEP},
    {"interactive", 0, NULL, OPT_INTERACTIVE},
    {"stay", 0, NULL, OPT_STAY},
    {"foreground", 0, NULL, OPT_FOREGROUND},
    {"name", 1, NULL, OPT_NAME},
    {"listen", 1, NULL, OPT_LISTEN},
    {"restore", 1, NULL, OPT_RESTORE},
    {"parent-watch", 0, NULL, OPT_PARENT},
    {"unkept", 0, NULL, OPT_UNKEPT},
    {"slurm", 0, NULL, OPT_SLURM},
    {"job", 1, NULL, OPT_JOB},
    {"lead", 1, NULL, OPT_LEAD},
    {"on", 1, NULL, OPT_ON},
    {"limit-stop", 1, NULL, OPT_LIMIT},
    {"limit-drain", 1, NULL, OPT_LIMIT + 1},
    {"limit-snapshot", 1, NULL, OPT_LIMIT + 2},
    {"limit-write", 1, NULL, OPT_LIMIT + 3},
    {"limit-restore", 1, NULL, OPT_LIMIT + 4},
    {"limit-quit", 1, NULL, OPT_LIMIT + 5},
    {"limit-first", 1, NULL, OPT_LIMIT + 6},
    {"limit-linger", 1, NULL, OPT_LIMIT + 7},
    {"limit-remind", 1, NULL, OPT_LIMIT + 8},
    {"help", 0, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int number(const char *s, uint32_t *out)
{
    char *end;
    unsigned long v;

    errno = 0;
    v = strtoul(s, &end, 10);
    if (errno || end == s || *end || v > UINT32_MAX || *s == '-')
        return -EINVAL;
    *out = (uint32_t)v;
    return 0;
}

static int text(char *out, size_t cap, const char *s)
{
    return (size_t)snprintf(out, cap, "%s", s) < cap ? 0 : -ENAMETOOLONG;
}

/* Seconds, with a fraction. */
static int limit(struct ck_limits *l, int which, const char *s)
{
    int64_t *field[] = {&l->stop,    &l->drain, &l->snapshot, &l->write,
                        &l->restore, &l->quit,  &l->first,    &l->linger,
                        &l->remind};
    char *end;
    double v = strtod(s, &end);

    if (end == s || *end || !(v > 0) || v > 1e6)
        return -EINVAL;
    *field[which] = (int64_t)(v * 1000);
    return 0;
}

static int lead(struct ck_options *o, const char *s)
{
    uint32_t v;

    if (strcmp(s, "auto") == 0) {
        o->lead = CK_POLICY_AUTO;
        return 0;
    }
    if (ck_duration(s, &v))
        return -EINVAL;
    o->lead = (int64_t)v * 1000;
    return 0;
}

/* Accepts a number, or a set's directory. */
static int restore(struct ck_options *o, const char *s)
{
    const char *base = strrchr(s, '/');

    base = base ? base + 1 : s;
    if (strncmp(base, "set-", 4) == 0)
        base += 4;
    return number(base, &o->restore) || !o->restore ? -EINVAL : 0;
}

static int one(struct ck_options *o, int opt, const char *v)
{
    switch (opt) {
    case OPT_DIR:
        return text(o->dir, sizeof o->dir, v);
    case 'i':
        return ck_duration(v, &o->interval);
    case OPT_KEEP:
        return number(v, &o->keep) || !o->keep ? -EINVAL : 0;
    case OPT_INTERACTIVE:
        o->interactive = o->foreground = o->stay = 1;
        return 0;
    case OPT_STAY:
        o->stay = 1;
        return 0;
    case OPT_FOREGROUND:
        o->foreground = 1;
        return 0;
    case OPT_NAME:
        return text(o->name, sizeof o->name, v);
    case OPT_LISTEN:
        return text(o->listen, sizeof o->listen, v);
    case OPT_RESTORE:
        return restore(o, v);
    case OPT_PARENT:
        o->parent_watch = 1;
        return 0;
    case OPT_UNKEPT:
        o->unkept = 1;
        return 0;
    case OPT_SLURM:
        o->slurm = 1;
        return 0;
    case OPT_JOB:
        return number(v, &o->job);
    case OPT_LEAD:
        return lead(o, v);
    case OPT_ON:
        if (!*v) {
            o->on = 0;
            return 0;
        }
        return ck_config_events(v, &o->on);
    default:
        return limit(&o->limit, opt - OPT_LIMIT, v);
    }
}

static void defaults(struct ck_options *o)
{
    const char *job = ck_env(CK_ENV_SLURM_JOB_ID);
    const char *dir = ck_env(CK_ENV_DIR);
    const char *interval = ck_env(CK_ENV_INTERVAL);

    *o = (struct ck_options){
        .keep = 2,
        .lead = CK_POLICY_AUTO,
        .on = CK_ON_TIMEOUT | CK_ON_PREEMPT,
        .limit = {.stop = 10000,
                  .drain = 2000,
                  .snapshot = 120000,
                  .write = 600000,
                  .restore = 300000,
                  .quit = 10000,
                  .first = 60000,
                  .linger = 1000,
                  .remind = 3600000},
    };
    snprintf(o->dir, sizeof o->dir, "%s", dir ? dir : "ckpt.default");
    if (job && number(job, &o->job))
        o->job = 0;
    if (interval && ck_duration(interval, &o->interval))
        o->interval = 0;
}

int ck_options_parse(struct ck_options *o, int argc, char **argv,
                     struct ck_err *e)
{
    int opt, at = 0;

    defaults(o);
    optind = 1;
    opterr = 0;
    while ((opt = getopt_long(argc, argv, "+hi:", longs, &at)) != -1) {
        if (opt == 'h') {
            fputs(usage, stdout);
            return 1;
        }
        if (opt == '?')
            return ck_err(e, -EINVAL, "%s: not an option, or its value is "
                          "missing", argv[optind - 1]);
        if (one(o, opt, optarg) < 0)
            return ck_err(e, -EINVAL, "--%s: \"%s\" is not a value for it",
                          opt == 'i' ? "interval" : longs[at].name,
                          optarg ? optarg : "");
    }
    if (optind < argc)
        return ck_err(e, -EINVAL, "%s: arguments are not known here",
                      argv[optind]);
    if (o->slurm && !o->job)
        return ck_err(e, -EINVAL, "--slurm needs --job or SLURM_JOB_ID");
    return 0;
}
