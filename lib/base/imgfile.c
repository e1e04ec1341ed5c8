/* imgfile.c - see imgfile.h. */
#include "lib/base/imgfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ck_imgfile_open(struct ck_imgfile *f, const char *path, struct ck_err *e)
{
    char why[128];
    int rc;

    memset(f, 0, sizeof(*f));
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0) {
        rc = -errno;
        f->fd = 0;
        return ck_err_sys(e, rc, "%s", path);
    }
    rc = ck_imgr_open(&f->r, f->fd);
    if (!rc) {
        f->index = malloc(f->r.index_len ? f->r.index_len : 1);
        rc = f->index ? ck_imgr_load(&f->r, f->index, f->r.index_len)
                      : -ENOMEM;
    }
    if (!rc)
        return 0;
    close(f->fd);
    free(f->index);
    memset(f, 0, sizeof(*f));
    if (rc == -ENOMEM)
        return ck_err(e, rc, "%s: out of memory", path);
    return ck_err(e, rc, "%s is %s", path,
                  ck_imgr_strerror(rc, why, sizeof(why)));
}

void ck_imgfile_close(struct ck_imgfile *f)
{
    if (f->index)
        close(f->fd);
    free(f->index);
    memset(f, 0, sizeof(*f));
}

size_t ck_imgfile_count(const struct ck_imgfile *f, uint16_t tag)
{
    struct ck_rd at, body;
    size_t n = 0;
    uint16_t t;

    ck_imgr_records(&f->r, &at);
    while (ck_imgr_next(&at, &t, &body) > 0)
        n += t == tag;
    return n;
}
