/*
 * sysv.c - System V objects, as far as they are a process's matter: what
 * would be undone at its end (SEM_UNDO) is refused, and segments that were
 * removed while they are attached are removed again.
 *
 * Whoever comes first removes them, when all processes of the tree have
 * attached what they had.
 */
#include <errno.h>
#include <sys/ipc.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/task/task.h"
#include "runtime/virt/sysv.h"

int ck_sysv_save(char *why, size_t cap)
{
    if (ck_sysv_undo()) {
        ck_fmt(why, cap, "the process has changed System V semaphores with "
               "SEM_UNDO, which can't be saved while there is something to "
               "undo");
        return -EAGAIN;
    }
    if (ck_sysv_lost()) {
        ck_fmt(why, cap, "a System V id of the process could not be written "
               "down in %s", ck_rt.job_dir);
        return -EOPNOTSUPP;
    }
    return 0;
}

static void remove_segment(const struct ck_sysv_entry *e)
{
    if (e->kind == CK_SYSV_SHM && (e->flags & CK_SYSV_REMOVED))
        sys3(SYS_shmctl, e->real, IPC_RMID, NULL);
}

int ck_sysv_restore(enum ck_stage stage, char *why, size_t cap)
{
    (void)why;
    (void)cap;
    if (stage == CK_STAGE_LATE)
        ck_sysv_each_fixed(remove_segment);
    return 0;
}
