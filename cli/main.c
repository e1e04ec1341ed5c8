/*
 * main.c - `ckpt`: finds the sub-command in one table and calls it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/base/log.h"

static const struct command {
    const char *name;
    int (*run)(int, char **);
    const char *what; /* NULL: not for users */
} commands[] = {
    {"launch", ck_cmd_launch, "run a program under checkpoint control"},
    {"checkpoint", ck_cmd_checkpoint, "take an image set now"},
    {"restart", ck_cmd_restart, "go on from an image set"},
    {"status", ck_cmd_status, "what a computation is doing"},
    {"list", ck_cmd_list, "image sets on disk"},
    {"inspect", ck_cmd_inspect, "what is in an image set or an image"},
    {"verify", ck_cmd_verify, "is an image set whole, can it be restarted"},
    {"prune", ck_cmd_prune, "remove older image sets"},
    {"delete", ck_cmd_delete, "remove image sets or a whole job directory"},
    {"check", ck_cmd_check, "what works here; can a program be saved"},
    {"quit", ck_cmd_quit, "end a computation with SIGTERM"},
    {"kill", ck_cmd_kill, "end a computation with SIGKILL"},
    {"coordinator", ck_cmd_coordinator, "the coordinator itself"},
    {"capture", ck_cmd_capture, NULL},
    {"ended", ck_cmd_ended, NULL},
    {"works", ck_cmd_works, NULL},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int help(void)
{
    printf("usage: ckpt COMMAND [OPTIONS] [ARGUMENTS]\n\n"
           "Transparent checkpoint and restart.\n\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (commands[i].what)
            printf("  %-12s %s\n", commands[i].name, commands[i].what);
    printf("\n`ckpt COMMAND --help` tells more. First steps:\n"
           "  ckpt launch ./app      run it; an image set: ckpt checkpoint\n"
           "  ckpt restart           go on from the newest image set\n");
    return ck_cli_done();
}

static int unknown(const char *name)
{
    ck_log("there is no command \"%s\" (see `ckpt --help`)", name);
    return 2;
}

static int help_for(const char *name)
{
    const struct command *c = find(name);
    char arg0[16], arg1[] = "--help";
    char *argv[] = {arg0, arg1, NULL};

    if (!c)
        return unknown(name);
    snprintf(arg0, sizeof(arg0), "%s", c->name);
    return c->run(2, argv);
}

int main(int argc, char **argv)
{
    static char name[32];
    const struct command *c;

    ck_log_stderr("ckpt");
    if (argc < 2) {
        ck_log("a command is missing (see `ckpt --help`)");
        return 2;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        printf("ckpt %s\n", CKPT_VERSION);
        return ck_cli_done();
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return help();
    if (!strcmp(argv[1], "help"))
        return argc > 2 ? help_for(argv[2]) : help();
    c = find(argv[1]);
    if (!c)
        return unknown(argv[1]);
    /* getopt's messages begin with it */
    snprintf(name, sizeof(name), "ckpt: %s", c->name);
    argv[1] = name;
    return c->run(argc - 1, argv + 1);
}
