/*
 * verify.c - is an image, is a set, whole? See sets.h.
 *
 * Every byte of every file is read and checked: sizes and sums against the
 * manifest, each block against its own sum and by unpacking it. A file's
 * blocks are split between two threads; results are reported by the caller's
 * thread, file by file.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/base/sets.h"
#include "lib/image/reader.h"

#define PARTS 2

struct part {
    const struct ck_imgr *r;
    void *scratch;
    unsigned number;
    uint64_t bytes;
    int rc;
};

static void *work(void *arg)
{
    struct part *p = arg;

    p->rc = ck_imgr_verify(p->r, p->scratch, p->number, PARTS, &p->bytes);
    return NULL;
}

static int check_blocks(const struct ck_imgr *r)
{
    struct part part[PARTS] = {{.r = r}};
    pthread_t thread[PARTS];
    int started[PARTS] = {0}, rc = 0;
    uint64_t bytes = 0;

    for (unsigned i = 0; i < PARTS; i++) {
        part[i].r = r;
        part[i].number = i;
        part[i].scratch = malloc(CK_IMGR_SCRATCH_SIZE);
        if (!part[i].scratch)
            rc = -ENOMEM;
    }
    for (unsigned i = 1; !rc && i < PARTS; i++)
        started[i] = !pthread_create(&thread[i], NULL, work, &part[i]);
    for (unsigned i = 0; !rc && i < PARTS; i++) {
        if (!started[i])
            work(&part[i]);
    }
    for (unsigned i = 0; i < PARTS; i++) {
        if (started[i])
            pthread_join(thread[i], NULL);
        free(part[i].scratch);
        bytes += part[i].bytes;
        if (!rc)
            rc = part[i].rc;
    }
    return rc ? rc : ck_imgr_complete(r, bytes);
}

/* Does every record decode? The index's sum says that it is what was
 * written, this says that it means something. */
static int check_records(const struct ck_imgr *r)
{
    struct ck_rd at, body;
    uint16_t tag;
    int rc;

    ck_imgr_records(r, &at);
    while ((rc = ck_imgr_next(&at, &tag, &body)) > 0) {
        union {
            struct ck_process process;
            struct ck_thread thread;
            struct ck_area area;
            struct ck_guard_list guards;
            struct ck_tree tree;
            struct ck_proc proc;
            struct ck_fd fd;
            struct ck_ofd ofd;
            struct ck_sysv sysv;
            struct ck_placement placement;
        } u;

        rc = tag == CK_TAG_PROCESS  ? ck_process_get(&body, &u.process)
             : tag == CK_TAG_THREAD ? ck_thread_get(&body, &u.thread)
             : tag == CK_TAG_AREA   ? ck_area_get(&body, &u.area)
             : tag == CK_TAG_GUARDS ? ck_guard_list_get(&body, &u.guards)
             : tag == CK_TAG_TREE   ? ck_tree_get(&body, &u.tree)
             : tag == CK_TAG_PROC   ? ck_proc_get(&body, &u.proc)
             : tag == CK_TAG_FD     ? ck_fd_get(&body, &u.fd)
             : tag == CK_TAG_OFD    ? ck_ofd_get(&body, &u.ofd)
             : tag == CK_TAG_SYSV   ? ck_sysv_get(&body, &u.sysv)
             : tag == CK_TAG_PLACEMENT
                 ? ck_placement_get(&body, &u.placement)
                 : 0;
        if (rc)
            return rc;
    }
    return rc;
}

static int check_fd(int fd, const struct ck_manifest_image *im, int quick,
                    struct ck_err *e)
{
    char why[128];
    struct ck_imgr r;
    void *index = NULL;
    struct stat st;
    int rc;

    if (fstat(fd, &st))
        return ck_err_sys(e, -errno, "cannot be read");
    if (!S_ISREG(st.st_mode))
        return ck_err(e, -EBADMSG, "is not a regular file");
    if (im && (uint64_t)st.st_size != im->bytes)
        return ck_err(e, -EBADMSG, "has %llu bytes instead of %llu",
                      (unsigned long long)st.st_size,
                      (unsigned long long)im->bytes);
    rc = ck_imgr_open(&r, fd);
    if (!rc && im && r.kind != im->kind)
        return ck_err(e, -EBADMSG, "is another kind of image");
    if (!rc && im && r.checksum != im->checksum)
        return ck_err(e, -EBADMSG, "is not the file that was written: its "
                                   "checksum differs from the manifest's");
    if (!rc) {
        index = malloc(r.index_len ? r.index_len : 1);
        rc = index ? ck_imgr_load(&r, index, r.index_len) : -ENOMEM;
    }
    if (!rc)
        rc = check_records(&r);
    if (!rc && !quick)
        rc = check_blocks(&r);
    free(index);
    if (rc == -ENOMEM)
        return ck_err(e, rc, "out of memory");
    return rc ? ck_err(e, rc, "is %s", ck_imgr_strerror(rc, why, sizeof(why)))
              : 0;
}

int ck_image_verify(const char *path, const struct ck_manifest_image *im,
                    int quick, struct ck_err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int rc;

    if (fd < 0)
        return errno == ENOENT ? ck_err(e, -ENOENT, "is missing")
                               : ck_err_sys(e, -errno, "cannot be opened");
    rc = check_fd(fd, im, quick, e);
    close(fd);
    return rc;
}

static int removed(const char *set_dir)
{
    char path[CK_PATH];

    return !ck_path_join(path, sizeof(path), set_dir, CK_MANIFEST_NAME) &&
           access(path, F_OK) && errno == ENOENT;
}

int ck_set_verify(const char *job_dir, uint32_t number,
                  const struct ck_set_report *rep, struct ck_manifest **out,
                  struct ck_err *e)
{
    struct ck_manifest *m = NULL;
    char dir[CK_PATH], path[CK_PATH];
    uint64_t done = 0, total;
    int rc = ck_set_manifest(job_dir, number, &m, e), bad = 0;

    if (out)
        *out = m;
    if (rc)
        return rc;
    total = ck_manifest_bytes(m);
    ck_jobdir_set(dir, sizeof(dir), job_dir, number);
    for (size_t i = 0; i < m->nimages; i++) {
        const struct ck_manifest_image *im = &m->image[i];
        struct ck_err why = {""};

        if (rep && rep->progress)
            rep->progress(rep->arg, done, total);
        if (ck_path_join(path, sizeof(path), dir, im->file))
            rc = ck_err(&why, -ENAMETOOLONG, "has too long a path");
        else
            rc = ck_image_verify(path, im, rep && rep->quick, &why);
        /* A deletion takes the manifest first: then this is no damage. */
        if (rc && removed(dir)) {
            bad = ck_err(e, -ESTALE, "%s was removed while it was read", dir);
            break;
        }
        if (rep && rep->file)
            rep->file(rep->arg, im, rc, why.text);
        if (rc && !bad)
            bad = ck_err(e, rc, "%s/%s %s", dir, im->file, why.text);
        done += im->bytes;
        /* Nobody wants to hear of the others. */
        if (bad && !(rep && rep->file))
            break;
    }
    if (rep && rep->progress)
        rep->progress(rep->arg, done, total);
    if (!out)
        ck_manifest_destroy(m);
    return bad;
}

int ck_sets_newest_good(const char *job_dir, uint32_t above,
                        void (*passed_over)(void *arg, uint32_t number,
                                            const char *why),
                        void *arg, const struct ck_set_report *rep,
                        struct ck_manifest **out, struct ck_err *e)
{
    struct ck_sets s;
    unsigned bad = 0;
    int rc = ck_sets_scan(job_dir, &s, e);

    *out = NULL;
    if (rc)
        return rc;
    rc = -ENOENT;
    for (size_t i = s.n; rc && i-- > 0;) {
        struct ck_err why;

        if (!s.v[i].committed || s.v[i].number <= above)
            continue;
        rc = ck_set_verify(job_dir, s.v[i].number, rep, out, &why);
        if (!rc)
            break;
        ck_manifest_destroy(*out);
        *out = NULL;
        bad++;
        if (passed_over)
            passed_over(arg, s.v[i].number, why.text);
    }
    ck_sets_free(&s);
    if (rc && bad)
        return ck_err(e, -ENOENT,
                      "none of the %u image sets in %s is whole", bad,
                      job_dir);
    return rc ? ck_err(e, rc, "there is no completed image set in %s",
                       job_dir)
              : 0;
}
