/*
 * unit.h - what every unit test needs: cmocka in the order it wants, and a
 * directory that is gone afterwards.
 */
#ifndef CKPT_TESTS_UNIT_H
#define CKPT_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants these before it. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fixtures: *state is the path of a fresh directory. */
static inline __attribute__((unused)) int unit_dir_setup(void **state)
{
    char *path = strdup("/tmp/ckpt-unit-XXXXXX");

    *state = path && mkdtemp(path) ? path : NULL;
    return *state ? 0 : -1;
}

static inline __attribute__((unused)) int unit_dir_teardown(void **state)
{
    char cmd[128];
    int rc;

    snprintf(cmd, sizeof(cmd), "rm -rf '%s'", (char *)*state);
    rc = system(cmd);
    free(*state);
    return rc ? -1 : 0;
}

#define unit_in_dir(f) \
    cmocka_unit_test_setup_teardown(f, unit_dir_setup, unit_dir_teardown)

#endif
