/*
 * inotify_lost.h - tells a program that events of inotify were lost.
 */
#ifndef CKPT_LIB_RES_INOTIFY_LOST_H
#define CKPT_LIB_RES_INOTIFY_LOST_H

#include <linux/types.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* The number that the next watch of an instance gets (Linux 4.17,
 * CONFIG_CHECKPOINT_RESTORE). */
#define CK_INOTIFY_SET_NEXT_WD _IOW('I', 0, __s32)
#define CK_INOTIFY_OURS 0x7fff0000 /* no program's watch has this number */
#define CK_INOTIFY_HINTS 256u

/* A watch of something that is not a directory. mask: IN_MODIFY and
 * IN_ATTRIB, or one of them. */
struct ck_inotify_hint {
    int wd;
    uint32_t mask;
};

/* Does telling take no time worth speaking of here? */
int ck_res_inotify_can_lose(void);

/*
 * Puts an event for each bit of the hints and IN_Q_OVERFLOW into a fresh
 * inotify instance, and nothing else; with more than CK_INOTIFY_HINTS hints
 * just IN_Q_OVERFLOW. Makes files in job_dir for the moment. 0 or -errno.
 */
int ck_res_inotify_lose(int fd, const char *job_dir,
                        const struct ck_inotify_hint *h, unsigned n);

#endif
