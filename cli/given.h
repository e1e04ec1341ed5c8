/*
 * given.h - what whoever started us left open above 2, and a program that is
 * launched or restarted is given (lib/image/stdio.h).
 */
#ifndef CKPT_CLI_GIVEN_H
#define CKPT_CLI_GIVEN_H

#include "lib/image/stdio.h"

/* One line about those that lead outside; nothing if there are none. */
void ck_given_tell(const struct ck_given *v, size_t n);
/* The program has them: the other end is to see when it closes them. */
void ck_given_close(const struct ck_given *v, size_t n);
/* --close-fds: whatever is open is closed by the next exec. */
void ck_given_cloexec(void);

#endif
