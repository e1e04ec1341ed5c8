/*
 * term.h - the terminal that a computation is started on, if we are in its
 * foreground: its settings are noted before, and put back when the
 * computation cannot do so any more.
 */
#ifndef CKPT_CLI_TERM_H
#define CKPT_CLI_TERM_H

#include <termios.h>

struct ck_term {
    int fd; /* -1: there is none */
    struct termios was;
};

void ck_term_note(struct ck_term *t);
/* Only while nobody else has it, who lives: the shell that put us into the
 * background has settings of its own. */
void ck_term_back(const struct ck_term *t);
/* Tells who is in the foreground that the size is another one now. */
void ck_term_resized(const struct ck_term *t);

#endif
