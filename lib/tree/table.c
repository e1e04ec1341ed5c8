/*
 * table.c - the pid table of the present run: numbers in /proc are the
 * kernel's, those in an image are the program's. Before the first restart
 * there is no table, and the two are the same.
 */
#include "lib/tree/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int load(struct ck_capture *c, const char *path)
{
    size_t len;
    struct ck_pidtable_file *f = ck_proc_slurp(path, &len);

    if (!f)
        return -errno;
    if (len < sizeof(*f) || f->magic != CK_PIDTABLE_MAGIC ||
        (uint64_t)f->count + f->spoke !=
            (len - sizeof(*f)) / sizeof(f->entry[0])) {
        free(f);
        return -EBADMSG;
    }
    c->table_mem = f;
    c->table_index = calloc(f->count + 1, sizeof(*c->table_index));
    if (!c->table_index)
        return -ENOMEM;
    /* Entries that were never filled in are nobody's. */
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->entry[i].state == CK_PID_UNSET)
            f->entry[i].real = 0;
    }
    ck_pidtable_init(&c->table, f->entry, f->count, c->table_index);
    c->table.spoke = f->spoke;
    return 0;
}

int ck_capture_table(struct ck_capture *c)
{
    char path[1400];
    int rc;

    if (!c->in->generation)
        return 0;
    snprintf(path, sizeof(path), "%s/pids.%u.%s", c->in->job_dir,
             c->in->generation, c->in->tree);
    rc = load(c, path);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "the table of process numbers %s can't be read: %s",
                          path, strerror(-rc));
    return 0;
}
