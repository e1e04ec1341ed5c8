/*
 * duration.h - times as users write them.
 */
#ifndef CKPT_LIB_BASE_DURATION_H
#define CKPT_LIB_BASE_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* Slurm's format: minutes, minutes:seconds, hours:minutes:seconds,
 * days-hours, days-hours:minutes, days-hours:minutes:seconds. "10" is ten
 * minutes. 0, or -EINVAL (-ERANGE above a year). */
int ck_duration_slurm(const char *s, uint32_t *seconds);
/* Our own tools: seconds, or a number with one of s m h d ("90", "10m"),
 * or Slurm's formats with a colon. 0, -EINVAL or -ERANGE. */
int ck_duration(const char *s, uint32_t *seconds);
/* "42 s", "3 min 10 s", "2 h 05 min" */
void ck_duration_text(char *buf, size_t cap, double seconds);
/* "512 B", "3.4 MiB" */
void ck_bytes_text(char *buf, size_t cap, uint64_t bytes);

#endif
