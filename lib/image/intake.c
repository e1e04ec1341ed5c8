/* intake.c - see intake.h. */
#include "lib/image/intake.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/proto/messages.h"
#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"

#define TASK "srun-"

/* "srun-120.3": the launcher's number, and *rest: the task. 0: of none. */
static uint32_t launcher_of(const char *tree, const char **rest)
{
    const char *p = tree + sizeof(TASK) - 1;
    uint64_t n;

    if (!ck_starts(tree, TASK))
        return 0;
    n = ck_parse_u64(&p, 10);
    if (*p != '.' || p[1] == '.' || !p[1])
        return 0;
    *rest = p + 1;
    return (uint32_t)n;
}

int ck_intake_path(char *buf, size_t cap, const char *job_dir,
                   const char *tree)
{
    const char *task;
    uint32_t n = launcher_of(tree, &task);
    int r;

    if (!n)
        return -EINVAL;
    r = ck_fmt(buf, cap, "%s/" CK_INTAKE_DIR "/%u/%s", job_dir, n, task);
    return r < 0 ? r : 0;
}

int ck_intake_make(const char *job_dir, const char *tree)
{
    char path[1300];
    int r = ck_intake_path(path, sizeof path, job_dir, tree);
    size_t at = ck_strlen(job_dir);

    if (r < 0)
        return r;
    for (size_t i = at + 1; path[i]; i++) {
        if (path[i] != '/')
            continue;
        path[i] = '\0';
        sys2(SYS_mkdir, path, 0700);
        path[i] = '/';
    }
    return (int)sys4(SYS_openat, AT_FDCWD, path,
                     O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                     0600);
}

struct look {
    int dir, clear;
    unsigned found;
};

static int note(const char *name, void *arg)
{
    struct look *l = arg;

    if (name[0] == '.')
        return 0;
    l->found++;
    if (l->clear)
        sys3(SYS_unlinkat, l->dir, name, 0);
    return 0;
}

/* With `clear` they are removed. How many there are. */
static unsigned look(const char *job_dir, uint32_t vpid, int clear)
{
    struct look l = {.clear = clear};
    char path[1300];
    long dir;

    if (ck_fmt(path, sizeof path, "%s/" CK_INTAKE_DIR "/%u", job_dir,
               vpid) < 0)
        return 0;
    dir = sys4(SYS_openat, AT_FDCWD, path,
               O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (sys_failed(dir))
        return 0;
    l.dir = (int)dir;
    ck_each_entry(l.dir, note, &l);
    sys1(SYS_close, dir);
    return l.found;
}

int ck_intake_any(const char *job_dir, uint32_t vpid)
{
    return look(job_dir, vpid, 0) > 0;
}

void ck_intake_clear(const char *job_dir, uint32_t vpid)
{
    look(job_dir, vpid, 1);
}
