/*
 * sysv.c - System V objects, as far as they are a process's matter: what its
 * end would undo of semaphores (SEM_UNDO), and segments that were removed
 * while they are attached, which are removed again.
 *
 * Of which semaphores there may be something to undo, the tree's list of ids
 * tells. A restart has made the sets with the values of the checkpoint, and
 * gives adjustments back without a change of these: in any order, before
 * anything else of the process runs.
 *
 * Whoever comes first removes segments, when all processes of the tree have
 * attached what they had.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/task/semadj.h"
#include "runtime/task/task.h"
#include "runtime/thread.h"
#include "runtime/virt/sysv.h"

#define UNDO_MAX 4096

static struct {
    uint32_t n;
    struct undo {
        int32_t virt;
        uint16_t num;
        int16_t adj;
    } u[UNDO_MAX];
} saved;

static struct {
    uint32_t n;
    int32_t id[CK_SYSV_MAX]; /* sets that were looked at */
} seen;

static struct {
    char *text;
    size_t cap;
} why;

static int refuse(int err, int32_t id, const char *what)
{
    ck_fmt(why.text, why.cap, "System V semaphores %d: %s (error %d)", id,
           what, -err);
    return err;
}

static int look_at(const struct ck_sysv_entry *e, unsigned short num)
{
    int adj = 0, r = ck_semadj_get(e->real, num, &adj);

    if (r)
        return refuse(r, e->virt, "what SEM_UNDO would undo can't be found "
                                  "out");
    if (!adj)
        return 0;
    if (saved.n == UNDO_MAX)
        return refuse(-EOPNOTSUPP, e->virt, "SEM_UNDO of so many semaphores "
                                            "can't be saved");
    saved.u[saved.n++] = (struct undo){e->virt, num, (int16_t)adj};
    return 0;
}

static int look_at_set(const struct ck_sysv_entry *e)
{
    struct semid_ds ds;
    long r;

    for (uint32_t i = 0; i < seen.n; i++)
        if (seen.id[i] == e->real)
            return 0;
    if (e->kind != CK_SYSV_SEM || seen.n == CK_SYSV_MAX)
        return 0; /* more are refused by who makes the tree image */
    seen.id[seen.n++] = e->real;
    r = sys4(SYS_semctl, e->real, 0, IPC_STAT, &ds);
    if (r == -EINVAL || r == -EIDRM)
        return 0; /* gone */
    if (r < 0)
        return refuse((int)r, e->virt, "can't be looked at");
    for (unsigned long i = 0; !(r < 0) && i < ds.sem_nsems; i++)
        r = look_at(e, (unsigned short)i);
    return (int)r;
}

/* The agent can only look for those who share its adjustments. */
static int check_threads(void)
{
    for (uint32_t i = 0; seen.n && i < ck_threads.n; i++) {
        int32_t tid = ck_threads.slot[i].tid;

        if (tid && sys5(SYS_kcmp, ck_gettid(), tid, KCMP_SYSVSEM, 0, 0) > 0)
            return refuse(-EOPNOTSUPP, seen.id[0], "a thread may have a "
                          "SEM_UNDO of its own, which can't be saved");
    }
    return 0;
}

int ck_sysv_save(char *text, size_t cap)
{
    int r;

    why.text = text;
    why.cap = cap;
    saved.n = seen.n = 0;
    if (ck_sysv_lost()) {
        ck_fmt(text, cap, "a System V id of the process could not be written "
               "down in %s", ck_rt.job_dir);
        return -EOPNOTSUPP;
    }
    r = ck_sysv_each(look_at_set);
    return r ? r : check_threads();
}

/* A set that is not of the tree image was gone by the time that was made. */
static int give_back(void)
{
    int r = 0;

    for (uint32_t i = 0; !r && i < saved.n; i++) {
        const struct undo *u = &saved.u[i];

        if (!ck_sysv_is_fixed(CK_SYSV_SEM, u->virt))
            continue;
        r = ck_semadj_add(ck_sysv_in(CK_SYSV_SEM, u->virt), u->num, u->adj);
        if (r)
            refuse(r, u->virt, "SEM_UNDO can't be put back");
    }
    return r;
}

static void remove_segment(const struct ck_sysv_entry *e)
{
    if (e->kind == CK_SYSV_SHM && (e->flags & CK_SYSV_REMOVED))
        sys3(SYS_shmctl, e->real, IPC_RMID, NULL);
}

int ck_sysv_restore(enum ck_stage stage, char *text, size_t cap)
{
    int r = 0;

    why.text = text;
    why.cap = cap;
    if (stage == CK_STAGE_LATE) {
        ck_sysv_each_fixed(remove_segment);
        return 0;
    }
    r = ck_sysv_load();
    if (r) {
        ck_fmt(text, cap, "the list of System V ids can't be read");
        return r;
    }
    return give_back();
}
