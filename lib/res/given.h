/*
 * given.h - what the surroundings of a restart have in place of what the
 * tree's root was given. Part of res.h.
 */
#ifndef CKPT_LIB_RES_GIVEN_H
#define CKPT_LIB_RES_GIVEN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/image/format.h"
#include "lib/image/stdio.h"

struct ck_res_load;
struct ck_res_ofd;

/* What leads outside need not be one description after a restart: which of
 * the n that the surroundings have given stands behind descriptor fd of the
 * program (-1: behind the description as such). NULL: the one that load gave
 * is it. has: was the root given it as this number? */
const struct ck_given *ck_res_given(const struct ck_given *v, size_t n,
                                    const struct ck_ofd *rec, int fd);
int ck_res_given_has(const struct ck_ofd *rec, uint32_t number);
/* Those above 2, for a message: "3 (a pipe), 5 (a socket)". How many. */
size_t ck_res_given_text(const struct ck_given *v, size_t n, char *buf,
                         size_t cap);
/* A copy of what has taken its place, with the program's O_NONBLOCK. */
int ck_res_adopt(struct ck_res_load *c, const struct ck_ofd *rec,
                 const struct ck_given *g);
/* Is o a slave whose master is among these? It was given by nobody then. */
int ck_res_pty_own(const struct ck_res_ofd *all, size_t n,
                   const struct ck_res_ofd *o);

#endif
