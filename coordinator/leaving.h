/*
 * leaving.h - the job's end, by Slurm: see leaving.c.
 */
#ifndef CKPT_COORDINATOR_LEAVING_H
#define CKPT_COORDINATOR_LEAVING_H

#include <stdint.h>

struct ck_coord;
struct ck_slurm_job;

void ck_leaving_looked(struct ck_coord *c, const struct ck_slurm_job *job);
void ck_leaving_answered(struct ck_coord *c, uint32_t number, int known);
int ck_leaving_blocks(struct ck_coord *c, int final); /* none may begin */
void ck_leaving_ask(struct ck_coord *c); /* all stand still */
/* Before the commit: its word is not there yet, or has made it fail. */
int ck_leaving_waits(struct ck_coord *c);
int64_t ck_leaving_waited(const struct ck_coord *c); /* for that only, ms */

#endif
