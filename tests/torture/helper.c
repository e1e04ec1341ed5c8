/*
 * helper.c - what the torture program is when it executes itself:
 *   torture --helper exit N              ends with N
 *   torture --helper again N FD SEED     the module exec; see m_exec.c
 *   torture --helper terminal N ROWS     the module terminal
 */
#include "torture.h"

int helper_main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[2], "exit") == 0)
        return atoi(argv[3]);
    if (argc == 6 && strcmp(argv[2], "again") == 0)
        return exec_again((unsigned)atoi(argv[3]), atoi(argv[4]),
                          (unsigned)atoi(argv[5]));
    if (argc == 5 && strcmp(argv[2], "terminal") == 0)
        return terminal_look((unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
    return 2;
}
