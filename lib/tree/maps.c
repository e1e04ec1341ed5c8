/*
 * maps.c - the shared memory of all processes, by object.
 *
 * Two mappings are of one object when the kernel names the same device and
 * inode for both, whether their processes are related or not, and privately
 * or not: an object may have nobody but those who lay pages of their own over
 * it. Which mappings count is said by lib/image/mapped.h, so that a process and we agree.
 */
#include "lib/tree/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "lib/image/mapped.h"
#include "lib/proto/messages.h"
#include "lib/res/shm.h"

static struct ck_res_ofd *object(struct ck_capture *c, dev_t dev, ino_t ino)
{
    struct ck_res_ofd *o;

    for (size_t i = 0; i < c->nmap; i++) {
        if (c->map[i].st.st_dev == dev && c->map[i].st.st_ino == ino)
            return &c->map[i];
    }
    o = realloc(c->map, (c->nmap + 1) * sizeof(*o));
    if (!o)
        return NULL;
    c->map = o;
    o += c->nmap++;
    *o = (struct ck_res_ofd){.fd = -1, .info = "", .lock = ""};
    o->id = (uint32_t)(c->nofd + c->nmap);
    o->st.st_dev = dev;
    o->st.st_ino = ino;
    o->st.st_mode = S_IFREG;
    return o;
}

static int add_part(struct ck_res_ofd *o, const struct ck_res_part *part)
{
    struct ck_res_part *more = realloc(o->part, (o->nparts + 1) *
                                                    sizeof(*more));

    if (!more)
        return -ENOMEM;
    o->part = more;
    o->part[o->nparts++] = *part;
    return 0;
}

/* "7f31a000-7f31c000 rw-s 00000000 00:01 4711        /dev/zero (deleted)" */
static int one_line(struct ck_capture *c, const struct ck_capture_proc *p,
                    const char *line)
{
    unsigned long long start, end, off, ino;
    unsigned major, minor;
    struct ck_res_ofd *o;
    char prot[5];
    int name = 0, over;

    if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, prot,
               &off, &major, &minor, &ino, &name) < 7 || !name)
        return -EPROTO;
    over = prot[3] != 's';
    if (over ? !ck_mapped_below(line + name)
             : !ck_mapped_object(line + name, prot[1] == 'w'))
        return 0;
    o = object(c, makedev(major, minor), ino);
    if (!o)
        return -ENOMEM;
    if (!o->link) {
        o->pid = p->pid;
        o->link = strdup(line + name);
    }
    return o->link ? add_part(o, &(struct ck_res_part){
                                     p->base, start, off, end - start,
                                     prot[0] == 'r',
                                     !over && prot[1] == 'w', over})
                   : -ENOMEM;
}

static int one_process(struct ck_capture *c, const struct ck_capture_proc *p)
{
    char path[96], *text, *line, *rest;
    size_t len;
    int rc = 0;

    snprintf(path, sizeof(path), "%s/maps", p->base);
    text = ck_proc_slurp(path, &len);
    if (!text)
        rc = -errno;
    for (line = text; !rc && line && *line; line = rest) {
        rest = strchr(line, '\n');
        if (rest)
            *rest++ = '\0';
        rc = one_line(c, p, line);
    }
    free(text);
    return rc ? ck_res_why(c->why, c->whycap, rc,
                           "process %d (%s): can't look at its memory: %s",
                           p->pid, p->comm, strerror(-rc))
              : 0;
}

int ck_capture_maps(struct ck_capture *c)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < c->nproc; i++) {
        if (c->proc[i].kind == CK_KIND_SAVED)
            rc = one_process(c, &c->proc[i]);
    }
    return rc;
}
