/*
 * status.c - `ckpt status`: what a computation is doing, from its
 * coordinator, or from the last status document where that cannot be
 * reached (a login node), and then it says so.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/fate.h"
#include "lib/base/duration.h"
#include "lib/base/log.h"

static const char usage[] =
    "usage: ckpt status [OPTIONS] [DIR | JOBID | NAME]\n\n"
    "  --watch     again each second, until the computation has ended\n"
    "  --json      the status document as it is\n"
    "  --live      only from the coordinator; fails when it does not answer\n"
    "  --dir DIR   the job directory\n\n"
    "Where the coordinator does not answer, the last document that it left\n"
    "in the job directory is shown, and what has become of it. Exit status:\n"
    "0 it runs, 3 it has ended, 4 its coordinator has died or is out of\n"
    "reach, 5 Slurm will start it again, 1 nothing is known of it.\n";

static void cost(const struct ck_jval *last, FILE *out)
{
    char bytes[32], seconds[32], stall[32], when[32] = "";
    time_t t = (time_t)ck_jnum(last, "time", 0);
    struct tm tm;

    if (!last || last->kind != CK_JOBJ) {
        fprintf(out, "last set     none yet\n");
        return;
    }
    ck_bytes_text(bytes, sizeof(bytes), (uint64_t)ck_jnum(last, "bytes", 0));
    ck_duration_text(seconds, sizeof(seconds), ck_jnum(last, "seconds", 0));
    ck_duration_text(stall, sizeof(stall),
                     ck_jnum(last, "stall_seconds", 0));
    if (t > 0 && localtime_r(&t, &tm))
        strftime(when, sizeof(when), " at %H:%M:%S", &tm);
    fprintf(out, "last set     %.0f%s: %s in %s, stopped for %s\n",
            ck_jnum(last, "number", 0), when, bytes, seconds, stall);
}

/* While images are written or read. */
static void bar(const struct ck_jval *doc, FILE *out)
{
    const struct ck_jval *p = ck_jget(doc, "progress");
    double set = ck_jnum(doc, "set", 0);
    double done = ck_jnum(p, "done", 0), total = ck_jnum(p, "total", 0);
    int full = total > 0 ? (int)(done / total * 40 + 0.5) : 0;
    char a[32], b[32];

    if (set <= 0)
        return;
    if (full < 0 || full > 40)
        full = 40;
    ck_bytes_text(a, sizeof(a), done > 0 ? (uint64_t)done : 0);
    ck_bytes_text(b, sizeof(b), total > 0 ? (uint64_t)total : 0);
    fprintf(out, "%-12s set %.0f [%.*s%*s] %s of %s\n",
            strcmp(ck_jstr(doc, "state", ""), "restoring") ? "writing"
                                                           : "reading",
            set, full,
            "########################################", 40 - full, "", a, b);
}

static void clock_line(const struct ck_jval *doc, FILE *out)
{
    double interval = ck_jnum(doc, "interval", 0);
    double at = ck_jnum(doc, "next_checkpoint", 0);
    double next = at > 0 ? at - (double)time(NULL) : -1;
    char a[32], b[32];

    ck_duration_text(a, sizeof(a), interval);
    ck_duration_text(b, sizeof(b), next);
    if (interval > 0)
        fprintf(out, "interval     %s", a);
    else
        fprintf(out, "interval     none, on request");
    if (next >= 0)
        fprintf(out, ", next in %s", b);
    fprintf(out, "\n");
}

/* Commands are the user's; a control character in one must not reach the
 * terminal. */
static void plain(const char *s, FILE *out)
{
    for (int n = 0; *s && n < 60; s++, n++)
        fputc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, out);
}

static void processes(const struct ck_jval *doc, FILE *out)
{
    const struct ck_jval *list = ck_jget(doc, "processes"), *p;
    int n = 0;

    if (!list || list->kind != CK_JARR || !list->child)
        return;
    fprintf(out, "\n%7s %7s %-14s %-12s %-10s %s\n", "PID", "REAL", "NODE",
            "TREE", "STATE", "COMMAND");
    for (p = list->child; p; p = p->next) {
        fprintf(out, "%7.0f %7.0f %-14.30s %-12.40s %-10s ",
                ck_jnum(p, "pid", 0), ck_jnum(p, "real_pid", 0),
                ck_jstr(p, "node", "?"), ck_jstr(p, "tree", "?"),
                ck_jstr(p, "state", "?"));
        plain(ck_jstr(p, "command", "?"), out);
        fputc('\n', out);
        if (++n == 200 && p->next) {
            fprintf(out, "        ... (--json has all)\n");
            break;
        }
    }
}

/* Who looks once a day is to see it. */
static void unprotected(const struct ck_jval *doc, FILE *out)
{
    time_t t = (time_t)ck_jnum(doc, "failing_since", 0);
    char when[32], age[32];
    struct tm tm;

    if (t <= 0 || !localtime_r(&t, &tm))
        return;
    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
    ck_duration_text(age, sizeof(age), (double)(time(NULL) - t));
    fprintf(out, "unprotected  since %s, for %s: checkpoints fail\n", when,
            age);
}

static void warnings(const struct ck_jval *doc, FILE *out)
{
    const struct ck_jval *list = ck_jget(doc, "warnings"), *w;

    for (w = list ? list->child : NULL; w; w = w->next)
        if (w->kind == CK_JSTR)
            fprintf(out, "warning      %s\n", w->str);
}

static size_t count(const struct ck_jval *list)
{
    size_t n = 0;

    for (const struct ck_jval *v = list ? list->child : NULL; v; v = v->next)
        n++;
    return n;
}

/* One of whom nobody answers. */
static void fate_line(const struct ck_status *s, const struct ck_fate_of *f,
                      FILE *out)
{
    const struct ck_jval *c = ck_jget(s->doc, "coordinator");
    char age[32];

    ck_duration_text(age, sizeof(age), s->age);
    fprintf(out, "state        %s, run %.0f", f->state,
            ck_jnum(s->doc, "generation", 0));
    if (f->how)
        fprintf(out, ": %s", f->how);
    else if (f->fate == CK_FATE_ENDED && f->exit >= 0)
        fprintf(out, ", exit status %d", f->exit);
    else if (f->fate == CK_FATE_ENDED)
        fprintf(out, " %s ago", age);
    else if (strcmp(f->state, "gone") == 0)
        fprintf(out, "; it was %s, and its coordinator has died", f->was);
    else
        fprintf(out, "; it was %s %s ago, and its coordinator on %s does not "
                     "answer here", f->was, age, ck_jstr(c, "node", "?"));
    if (f->alone)
        fprintf(out, "; %u process%s still run%s here", f->alone,
                f->alone == 1 ? "" : "es", f->alone == 1 ? "s" : "");
    fprintf(out, "\n");
}

static void table(const char *dir, const struct ck_status *s,
                  const struct ck_fate_of *f, FILE *out)
{
    const struct ck_jval *c = ck_jget(s->doc, "coordinator");
    const char *error = ck_jstr(s->doc, "last_error", NULL);
    const char *name = ck_jstr(s->doc, "name", "");
    double job = ck_jnum(s->doc, "job", 0);
    size_t n = count(ck_jget(s->doc, "processes"));
    char jobid[32] = "";

    if (job > 0)
        snprintf(jobid, sizeof(jobid), "%sjob %.0f", *name ? ", " : "", job);
    fprintf(out, "directory    %s\n", dir);
    if (*name || job > 0)
        fprintf(out, "name         %s%s\n", name, jobid);
    if (s->live)
        fprintf(out, "state        %s, run %.0f, %zu process%s\n", f->state,
                ck_jnum(s->doc, "generation", 0), n, n == 1 ? "" : "es");
    else
        fate_line(s, f, out);
    fprintf(out, "coordinator  %s, %s, pid %.0f\n", ck_jstr(c, "node", "?"),
            ck_jstr(c, "address", "?"), ck_jnum(c, "pid", 0));
    clock_line(s->doc, out);
    cost(ck_jget(s->doc, "last_checkpoint"), out);
    bar(s->doc, out);
    if (error && *error)
        fprintf(out, "last error   %s\n", error);
    if (f->fate == CK_FATE_LIVE || f->fate == CK_FATE_GONE)
        unprotected(s->doc, out);
    warnings(s->doc, out);
    if (f->fate == CK_FATE_LIVE || f->fate == CK_FATE_GONE)
        processes(s->doc, out);
}

/* One frame of --watch: composed first, then written at once, so that the
 * screen does not flicker. */
static int watch(const char *dir)
{
    int tty = isatty(1);

    for (;;) {
        struct ck_fate_of fate;
        struct ck_status s;
        struct ck_err e;
        char *text = NULL;
        size_t n = 0;
        FILE *f;

        if (ck_status_ask(dir, 5000, &s, &e) < 0)
            return ck_cli_fail(&e);
        f = open_memstream(&text, &n);
        if (!f) {
            ck_status_free(&s);
            ck_log("out of memory");
            return 1;
        }
        ck_fate(dir, &s, &fate);
        table(dir, &s, &fate, f);
        fclose(f);
        printf("%s%s%s", tty ? "\033[H\033[J" : "", text, tty ? "" : "\n");
        free(text);
        ck_status_free(&s);
        if (ck_cli_done())
            return 1;
        if (fate.fate != CK_FATE_LIVE && fate.fate != CK_FATE_WAITS)
            return fate.fate == CK_FATE_ENDED ? 0 : (int)fate.fate;
        ck_sleep_ms(1000);
    }
}

static int show(const char *dir, const struct ck_status *s, int json)
{
    struct ck_fate_of f;
    char *text;

    ck_fate(dir, s, &f);
    if (!json) {
        table(dir, s, &f, stdout);
    } else if (s->live) {
        printf("%s%s", s->text,
               s->text[strlen(s->text) - 1] == '\n' ? "" : "\n");
    } else {
        text = ck_fate_json(s, &f);
        if (!text) {
            ck_log("out of memory");
            return 1;
        }
        printf("%s\n", text);
        free(text);
    }
    return ck_cli_done() ? 1 : (int)f.fate;
}

int ck_cmd_status(int argc, char **argv)
{
    static const struct option options[] = {
        {"watch", no_argument, NULL, 'w'},
        {"json", no_argument, NULL, 'j'},
        {"live", no_argument, NULL, 'l'},
        {"dir", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *dir_option = NULL;
    int o, r, json = 0, again = 0, live = 0;
    struct ck_status s;
    char dir[CK_PATH];
    struct ck_err e;

    while ((o = getopt_long(argc, argv, "hwjld:", options, NULL)) != -1) {
        switch (o) {
        case 'w':
            again = 1;
            break;
        case 'j':
            json = 1;
            break;
        case 'l':
            live = 1;
            break;
        case 'd':
            dir_option = optarg;
            break;
        case 'h':
            return ck_cli_help(usage);
        default:
            return 2;
        }
    }
    if (json && again)
        return ck_cli_usage("status", "--json and --watch exclude each other");
    r = ck_cli_target("status", dir_option, argc, argv, optind, dir);
    if (r)
        return r;
    if (again)
        return watch(dir);
    r = live ? ck_status_live(dir, 10000, &s, &e)
             : ck_status_ask(dir, 10000, &s, &e);
    if (r < 0)
        return ck_cli_fail(&e);
    r = show(dir, &s, json);
    ck_status_free(&s);
    return r;
}
