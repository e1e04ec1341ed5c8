/*
 * helper.c - what the torture program is when it executes itself:
 *   torture --helper exit N              ends with N
 *   torture --helper again N FD SEED     the module exec; see m_exec.c
 *   torture --helper terminal N ROWS     the module terminal
 *   torture --helper echo                says what it is told; the module refused
 */
#include "torture.h"

static int echo(void)
{
    char c;

    while (read(0, &c, 1) == 1)
        if (write(1, &c, 1) != 1)
            return 1;
    return 0;
}

int helper_main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[2], "exit") == 0)
        return atoi(argv[3]);
    if (argc == 6 && strcmp(argv[2], "again") == 0)
        return exec_again((unsigned)atoi(argv[3]), atoi(argv[4]),
                          (unsigned)atoi(argv[5]));
    if (argc == 5 && strcmp(argv[2], "terminal") == 0)
        return terminal_look((unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
    if (argc == 3 && strcmp(argv[2], "echo") == 0)
        return echo();
    return 2;
}
