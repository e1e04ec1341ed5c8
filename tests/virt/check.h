/* check.h - one line per claim that does not hold; the count is the exit. */
#ifndef CKPT_TESTS_VIRT_CHECK_H
#define CKPT_TESTS_VIRT_CHECK_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int failures;

#define CHECK(cond)                                                         \
    do {                                                                    \
        if (!(cond)) {                                                      \
            fprintf(stderr, "%s:%d: does not hold: %s (errno %s)\n",        \
                    __FILE__, __LINE__, #cond, strerror(errno));            \
            failures++;                                                     \
        }                                                                   \
    } while (0)

#endif
