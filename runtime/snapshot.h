/*
 * snapshot.h - from parked threads to a process image. Agent thread only.
 */
#ifndef CKPT_RUNTIME_SNAPSHOT_H
#define CKPT_RUNTIME_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Saves this process into set_dir. Whatever the program could change once it
 * runs on is safe when this returns 0; a writer then completes the image and
 * reports WRITTEN, FAILED and PROGRESS on fd itself. -errno with a reason:
 * nothing is left behind but perhaps an incomplete file.
 */
int ck_snapshot(int fd, uint32_t id, const char *set_dir, char *why,
                size_t cap);

/* Has the writer died without reporting? 1 with a reason, once; else 0. */
int ck_snapshot_lost(char *why, size_t cap);
int ck_snapshot_running(void);
/* Ends the writer, if there is one, and waits for it. */
void ck_snapshot_cancel(void);
/* In a fork child and after a restart: there is no writer of ours. */
void ck_snapshot_forget(void);

#endif
