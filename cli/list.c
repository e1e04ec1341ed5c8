/*
 * list.c - `ckpt list`: the image sets of a computation.
 *
 * The table checks what is cheap (manifest, sizes, indexes); the JSON
 * document, which scripts act on, checks every block unless it is told not
 * to. A set that cannot be read is a line like others, not a failure.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/setarg.h"
#include "lib/base/duration.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"

static const char usage[] =
    "usage: ckpt list [--json] [--verify | --quick] "
    "[--dir DIR | DIR | JOBID | NAME]\n\n"
    "Lists the image sets of a computation, oldest first.\n"
    "  --json     a document for programs; checks every byte\n"
    "  --verify   check every byte for the table, too\n"
    "  --quick    check sizes and indexes only, for --json, too\n";

struct row {
    const struct ck_set *set;
    struct ck_manifest *m; /* NULL when there is none, or a bad one */
    int err;
    struct ck_err why;
};

static void look(const char *dir, struct row *r, int quick)
{
    struct ck_set_report rep = {.progress = quick ? NULL : ck_set_progress,
                                .arg = (void *)(uintptr_t)r->set->name,
                                .quick = quick};

    r->m = NULL;
    r->err = -ENOENT;
    r->why.text[0] = '\0';
    if (r->set->committed)
        r->err = ck_set_verify(dir, r->set->number, &rep, &r->m, &r->why);
}

static void json_row(struct ck_json *j, const struct row *r, int quick,
                     uint32_t over)
{
    const struct ck_manifest *m = r->m;

    ck_json_object(j, NULL);
    ck_json_u64(j, "number", r->set->number);
    ck_json_str(j, "name", r->set->name);
    ck_json_bool(j, "committed", r->set->committed);
    ck_json_bool(j, "finished", r->set->number <= over);
    if (quick && !r->err)
        ck_json_null(j, "verified"); /* nobody has looked */
    else
        ck_json_bool(j, "verified", !r->err);
    if (r->err && r->set->committed)
        ck_json_str(j, "reason", r->why.text);
    ck_json_u64(j, "bytes", m ? ck_manifest_bytes(m) : 0);
    ck_json_u64(j, "raw_bytes", m ? ck_manifest_raw_bytes(m) : 0);
    ck_json_u64(j, "processes", m ? m->processes : 0);
    ck_json_real(j, "seconds", m ? m->seconds : 0);
    ck_json_real(j, "stall_seconds", m ? m->stall_seconds : 0);
    ck_json_u64(j, "time", m ? m->time : 0);
    ck_json_u64(j, "generation", m ? m->generation : 0);
    ck_json_end_object(j);
}

static void text_row(const struct row *r, int quick)
{
    const struct ck_manifest *m = r->m;
    char size[32], when[32], stall[32], ratio[16];
    uint64_t bytes;

    if (!r->set->committed) {
        printf("%-12s incomplete\n", r->set->name);
        return;
    }
    if (!m) {
        printf("%-12s unreadable: %s\n", r->set->name, r->why.text);
        return;
    }
    bytes = ck_manifest_bytes(m);
    ck_bytes_text(size, sizeof(size), bytes);
    ck_time_text(when, sizeof(when), m->time);
    ck_ratio_text(ratio, sizeof(ratio), ck_manifest_raw_bytes(m), bytes);
    snprintf(stall, sizeof(stall), "%.3f s", m->stall_seconds);
    printf("%-12s %-10s %-20s %10s %6s %6u %8.2f s %10s\n", r->set->name,
           r->err ? "DAMAGED" : quick ? "complete" : "verified", when, size,
           ratio, m->processes, m->seconds, stall);
    if (r->err)
        printf("%-12s %s\n", "", r->why.text);
}

static int list(const char *dir, int json, int quick)
{
    struct ck_json j;
    struct ck_sets s;
    struct ck_err e;
    int status = 0;
    uint32_t over = ck_sets_finished(dir, &status);
    char *text;

    if (ck_sets_scan(dir, &s, &e))
        return ck_cli_fail(&e);
    ck_json_init(&j, 1);
    ck_json_object(&j, NULL);
    ck_json_str(&j, "dir", dir);
    ck_json_array(&j, "sets");
    if (!json && s.n)
        printf("%-12s %-10s %-20s %10s %6s %6s %10s %10s\n", "SET", "STATE",
               "TIME", "SIZE", "RATIO", "PROCS", "TOOK", "STALL");
    for (size_t i = 0; i < s.n; i++) {
        struct row r = {.set = &s.v[i]};

        look(dir, &r, quick);
        if (r.err == -ESTALE)
            ; /* removed while we looked */
        else if (json)
            json_row(&j, &r, quick, over);
        else
            text_row(&r, quick);
        ck_manifest_destroy(r.m);
    }
    ck_json_end_array(&j);
    ck_json_end_object(&j);
    text = ck_json_take(&j, NULL);
    if (json && text)
        printf("%s\n", text);
    else if (!s.n)
        fprintf(stderr, "ckpt: no image sets in %s yet\n", dir);
    else if (!json && s.v[0].number <= over)
        ck_log("sets up to %u are of a run that has ended with status %d; "
               "nothing goes on from them by itself", over,
               ck_exit_code(status));
    ck_sets_free(&s);
    free(text);
    if (!text) {
        ck_err(&e, -ENOMEM, "out of memory");
        return ck_cli_fail(&e);
    }
    return ck_cli_done();
}

int ck_cmd_list(int argc, char **argv)
{
    static const struct option options[] = {
        {"dir", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"verify", no_argument, NULL, 'v'},
        {"quick", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *dir_option = NULL;
    int json = 0, verify = 0, quick = 0, o, rc;
    char dir[CK_PATH];

    while ((o = getopt_long(argc, argv, "hd:jvq", options, NULL)) != -1) {
        switch (o) {
        case 'd':
            dir_option = optarg;
            break;
        case 'j':
            json = 1;
            break;
        case 'v':
            verify = 1;
            break;
        case 'q':
            quick = 1;
            break;
        case 'h':
            return ck_cli_help(usage);
        default:
            return 2;
        }
    }
    if (verify && quick)
        return ck_cli_usage("list", "--verify and --quick contradict");
    rc = ck_cli_target("list", dir_option, argc, argv, optind, dir);
    return rc ? rc : list(dir, json, quick || (!json && !verify));
}
