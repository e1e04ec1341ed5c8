/*
 * settings.h - what prctl sets for one thread alone; see settings.c.
 */
#ifndef CKPT_RUNTIME_TASK_SETTINGS_H
#define CKPT_RUNTIME_TASK_SETTINGS_H

#include <stdint.h>

#define CK_GUESSES 3

struct ck_settings {
    int32_t no_tsc, mce, guess[CK_GUESSES];
};

void ck_settings_tell(struct ck_settings *s);
void ck_settings_become(const struct ck_settings *s);

#endif
