/*
 * coordinator.c - `ckpt coordinator`, `ckpt ended`: hand over to
 * coordinator/, which reads its own options.
 */
#include "cli/cli.h"
#include "coordinator/coordinator.h"

int ck_cmd_coordinator(int argc, char **argv)
{
    return ck_coordinator_main(argc, argv);
}

int ck_cmd_ended(int argc, char **argv)
{
    return ck_ended_main(argc, argv);
}
