/*
 * inspect_image.c - what is in one image file, record by record; what a
 * tree image says of its processes is in inspect_tree.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "cli/inspect.h"
#include "cli/setarg.h"
#include "lib/base/duration.h"
#include "lib/base/manifest.h"
#include "lib/place/place.h"

#define LAST_FLAG 18 /* bits of enum ck_area_flag */

static const char *area_kind(unsigned kind)
{
    static const char *const name[] = {
        [CK_AREA_ANON] = "anon", [CK_AREA_FILE] = "file",
        [CK_AREA_SHM] = "shared", [CK_AREA_VDSO] = "vdso",
        [CK_AREA_VVAR] = "vvar", [CK_AREA_DEV] = "rofile",
        [CK_AREA_SYSV] = "sysv", [CK_AREA_OVER] = "over",
    };

    return kind && kind < sizeof(name) / sizeof(name[0]) ? name[kind] : "?";
}

/* "stack,hugepage" */
static void area_flags(char *buf, size_t cap, unsigned flags)
{
    static const char *const name[LAST_FLAG] = {
        "growsdown", "stack",      "heap",     "hugepage",
        "nohugepage", "dontfork", "wipeonfork", "dontdump",
        "locked",    "noreserve", "mergeable",  "maywrite",
        "sequential", "random",   "onfault",    "droppable",
        "sealed",    "bare",
    };
    size_t n = 0;

    *buf = '\0';
    for (unsigned i = 0; i < LAST_FLAG && n < cap; i++) {
        if (flags & 1u << i)
            n += (size_t)snprintf(buf + n, cap - n, "%s%s", n ? "," : "",
                                  name[i]);
    }
}

static int show_process(struct ck_rd *body, struct ck_json *j)
{
    struct ck_process p;

    if (ck_process_get(body, &p))
        return -EBADMSG;
    if (j) {
        ck_json_object(j, "process");
        ck_json_u64(j, "pid", p.vpid);
        ck_json_u64(j, "parent", p.vppid);
        ck_json_u64(j, "threads", p.threads);
        ck_json_str(j, "exe", p.exe);
        ck_json_str(j, "command", p.comm);
        ck_json_str(j, "runtime", p.runtime);
        ck_json_u64(j, "dirty_bytes", p.dirty_bytes);
        ck_json_end_object(j);
        return 0;
    }
    printf("process  %u (%s), parent %u, %u thread%s\n", p.vpid, p.comm,
           p.vppid, p.threads, p.threads == 1 ? "" : "s");
    printf("program  %s\n", p.exe);
    printf("runtime  %s, entry %#llx\n", p.runtime,
           (unsigned long long)p.entry);
    return 0;
}

static int show_thread(struct ck_rd *body, struct ck_json *j)
{
    struct ck_thread t;

    if (ck_thread_get(body, &t))
        return -EBADMSG;
    if (j) {
        ck_json_object(j, NULL);
        ck_json_u64(j, "tid", t.vtid);
        ck_json_u64(j, "real_tid", t.tid);
        ck_json_str(j, "name", t.name);
        ck_json_i64(j, "syscall", t.syscall);
        ck_json_u64(j, "rip", t.rip);
        ck_json_u64(j, "rsp", t.rsp);
        ck_json_end_object(j);
        return 0;
    }
    printf("  %8u  %-16s rip %016llx  rsp %016llx", t.vtid, t.name,
           (unsigned long long)t.rip, (unsigned long long)t.rsp);
    if (t.syscall >= 0)
        printf("  in system call %d", t.syscall);
    putchar('\n');
    return 0;
}

static int show_area(struct ck_rd *body, struct ck_json *j)
{
    char flags[160], size[32], prot[5] = "----";
    struct ck_area a;

    if (ck_area_get(body, &a))
        return -EBADMSG;
    area_flags(flags, sizeof(flags), a.flags);
    if (a.prot & PROT_READ)
        prot[0] = 'r';
    if (a.prot & PROT_WRITE)
        prot[1] = 'w';
    if (a.prot & PROT_EXEC)
        prot[2] = 'x';
    prot[3] = a.kind == CK_AREA_SHM || a.kind == CK_AREA_DEV ||
                      a.kind == CK_AREA_SYSV
                  ? 's'
                  : 'p';
    if (j) {
        ck_json_object(j, NULL);
        ck_json_u64(j, "start", a.start);
        ck_json_u64(j, "end", a.end);
        ck_json_str(j, "kind", area_kind(a.kind));
        ck_json_str(j, "prot", prot);
        ck_json_str(j, "flags", flags);
        ck_json_str(j, "path", a.path);
        ck_json_u64(j, "offset", a.pgoff);
        ck_json_end_object(j);
        return 0;
    }
    ck_bytes_text(size, sizeof(size), a.end - a.start);
    printf("  %012llx-%012llx %s %-6s %10s  %s%s%s\n",
           (unsigned long long)a.start, (unsigned long long)a.end, prot,
           area_kind(a.kind), size, a.path, *flags && *a.path ? " " : "",
           flags);
    return 0;
}

static int show_blocks(struct ck_rd *body, struct ck_json *j)
{
    struct ck_imgr_stream s;
    char size[32];

    if (ck_imgr_stream_get(body, &s))
        return -EBADMSG;
    if (j) {
        ck_json_object(j, NULL);
        ck_json_u64(j, "stream", s.id);
        ck_json_u64(j, "blocks", s.count);
        ck_json_u64(j, "raw_bytes", s.raw_bytes);
        ck_json_end_object(j);
        return 0;
    }
    ck_bytes_text(size, sizeof(size), s.raw_bytes);
    printf("  stream %llu: %u block%s, %s before compression\n",
           (unsigned long long)s.id, s.count, s.count == 1 ? "" : "s", size);
    return 0;
}

static int show_sysv(struct ck_rd *body, struct ck_json *j)
{
    static const char *const name[] = {"?", "segment", "semaphores", "queue"};
    struct ck_sysv s;

    if (ck_sysv_get(body, &s))
        return -EBADMSG;
    if (j) {
        ck_json_object(j, NULL);
        ck_json_str(j, "kind", name[s.kind < 4 ? s.kind : 0]);
        ck_json_u64(j, "id", (uint32_t)s.virt);
        ck_json_u64(j, "key", (uint32_t)s.key);
        ck_json_u64(j, "size", s.size);
        ck_json_bool(j, "removed", s.removed);
        ck_json_end_object(j);
        return 0;
    }
    printf("  %s %d, key 0x%08x, size %llu%s\n", name[s.kind < 4 ? s.kind : 0],
           s.virt, (unsigned)s.key, (unsigned long long)s.size,
           s.removed ? ", removed" : "");
    return 0;
}

static int show_placement(struct ck_rd *body, struct ck_json *j)
{
    static struct ck_place p;
    struct ck_placement rec;

    if (ck_placement_get(body, &rec) || ck_place_get(&rec, &p))
        return -EBADMSG;
    if (j)
        ck_json_array(j, "cpus");
    else
        printf("  cpus");
    for (size_t i = 0; i < p.ncpu; i++) {
        if (j)
            ck_json_u64(j, NULL, p.cpu[i].id);
        else
            printf(" %u", p.cpu[i].id);
    }
    if (j)
        ck_json_end_array(j);
    else
        printf(", %zu memory node%s\n", p.nnode, p.nnode == 1 ? "" : "s");
    return 0;
}

/* Sections in the order they are printed; a record's place in the file is
 * not a promise. list: an array of objects in the document. */
static const struct section {
    uint16_t tag;
    int list;
    const char *title;
    const char *key;
    int (*show)(struct ck_rd *body, struct ck_json *j);
} sections[] = {
    {CK_TAG_PROCESS, 0, NULL, "process", show_process},
    {CK_TAG_THREAD, 1, "threads", "threads", show_thread},
    {CK_TAG_AREA, 1, "areas", "areas", show_area},
    {CK_TAG_SYSV, 1, "System V", "sysv", show_sysv},
    {CK_TAG_PLACEMENT, 0, "could run on", "placement", show_placement},
    {CK_TAG_BLOCKS, 1, "data", "streams", show_blocks},
};

static int show_section(const struct ck_imgfile *f, const struct section *s,
                        struct ck_json *j)
{
    struct ck_rd at, body;
    uint16_t tag;
    int rc;

    if (!ck_imgfile_count(f, s->tag))
        return 0;
    if (!j && s->title)
        printf("%s\n", s->title);
    if (j && s->list)
        ck_json_array(j, s->key);
    ck_imgr_records(&f->r, &at);
    while ((rc = ck_imgr_next(&at, &tag, &body)) > 0) {
        if (tag == s->tag && (rc = s->show(&body, j)))
            return rc;
    }
    if (j && s->list)
        ck_json_end_array(j);
    return rc;
}

static uint64_t raw_bytes(const struct ck_imgfile *f)
{
    struct ck_rd at, body;
    struct ck_imgr_stream s;
    uint64_t sum = 0;
    uint16_t tag;

    ck_imgr_records(&f->r, &at);
    while (ck_imgr_next(&at, &tag, &body) > 0) {
        if (tag == CK_TAG_BLOCKS && !ck_imgr_stream_get(&body, &s))
            sum += s.raw_bytes;
    }
    return sum;
}

static void show_header(const struct ck_imgfile *f, const char *path,
                        struct ck_json *j)
{
    uint64_t raw = raw_bytes(f);
    char size[32], rawsize[32], ratio[16];

    if (j) {
        ck_json_str(j, "file", path);
        ck_json_str(j, "kind", ck_image_kind_name(f->r.kind));
        ck_json_u64(j, "version", CK_IMAGE_VERSION);
        ck_json_u64(j, "bytes", f->r.size);
        ck_json_u64(j, "raw_bytes", raw);
        snprintf(size, sizeof(size), "%016llx",
                 (unsigned long long)f->r.checksum);
        ck_json_str(j, "checksum", size);
        return;
    }
    ck_bytes_text(size, sizeof(size), f->r.size);
    ck_bytes_text(rawsize, sizeof(rawsize), raw);
    ck_ratio_text(ratio, sizeof(ratio), raw, f->r.size);
    printf("image    %s\n", path);
    printf("kind     %s, format version %d, checksum %016llx\n",
           ck_image_kind_name(f->r.kind), CK_IMAGE_VERSION,
           (unsigned long long)f->r.checksum);
    printf("size     %s, data %s (%s)\n", size, rawsize, ratio);
}

int ck_inspect_image(const char *path, struct ck_json *j, struct ck_err *e)
{
    struct ck_imgfile f;
    int rc = ck_imgfile_open(&f, path, e);

    if (rc)
        return rc;
    show_header(&f, path, j);
    if (f.r.kind == CK_IMAGE_TREE)
        rc = ck_inspect_tree(&f, j, e);
    for (size_t i = 0;
         !rc && i < sizeof(sections) / sizeof(sections[0]); i++) {
        rc = show_section(&f, &sections[i], j);
        if (rc)
            ck_err(e, rc, "%s has a record that cannot be read", path);
    }
    ck_imgfile_close(&f);
    return rc;
}
