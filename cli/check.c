/*
 * check.c - `ckpt check`: what works on this machine, and whether a program
 * can be checkpointed, said before a run and not after it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/probe.h"
#include "lib/base/json.h"
#include "lib/base/program.h"

static const char usage[] =
    "usage: ckpt check [--json] [-- PROG ARGS...]\n\n"
    "One line per thing that is needed: ok or no, what, what there is, and\n"
    "what to do about it. Things that only help are marked \"helps\". With\n"
    "PROG: whether it can be checkpointed. Exit status 1 if something that is\n"
    "required is missing, or PROG cannot be checkpointed.\n";

static void line(struct ck_json *j, const char *name, int ok, int required,
                 const char *found, const char *advice)
{
    if (!j) {
        printf("%-3s %-13s %s%s%s%s\n", ok ? "ok" : "no", name, found,
               ok ? "" : required ? " (" : " (helps: ",
               ok ? "" : advice, ok ? "" : ")");
        return;
    }
    ck_json_object(j, NULL);
    ck_json_str(j, "name", name);
    ck_json_bool(j, "ok", ok);
    ck_json_bool(j, "required", required);
    ck_json_str(j, "found", found);
    ck_json_str(j, "advice", ok ? "" : advice);
    ck_json_end_object(j);
}

static int probe_all(struct ck_json *j)
{
    int good = 1;

    for (size_t i = 0; i < ck_n_probes; i++) {
        char found[160] = "", advice[240] = "";
        int ok = ck_probes[i].run(found, advice);

        line(j, ck_probes[i].name, ok, ck_probes[i].required, found, advice);
        if (!ok && ck_probes[i].required)
            good = 0;
    }
    return good;
}

static int program(struct ck_json *j, const char *prog)
{
    char path[CK_PATH];
    struct ck_err e;
    int ok = ck_program_check(prog, path, &e) == 0;

    line(j, "program", ok, 1, ok ? path : prog, ok ? "" : e.text);
    return ok;
}

int ck_cmd_check(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct ck_json doc, *j = NULL;
    int o, good;
    char *text;

    while ((o = getopt_long(argc, argv, "+hj", options, NULL)) != -1) {
        if (o == 'h')
            return ck_cli_help(usage);
        if (o != 'j')
            return 2;
        j = &doc;
    }
    if (j) {
        ck_json_init(j, 1);
        ck_json_object(j, NULL);
        ck_json_array(j, "checks");
    }
    good = probe_all(j);
    if (optind < argc)
        good = program(j, argv[optind]) && good;
    if (j) {
        ck_json_end_array(j);
        ck_json_bool(j, "ok", good);
        ck_json_end_object(j);
        text = ck_json_take(j, NULL);
        if (text)
            fputs(text, stdout);
        free(text);
    }
    return ck_cli_done() ? 1 : !good;
}
