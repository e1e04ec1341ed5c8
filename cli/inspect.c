/*
 * inspect.c - `ckpt inspect`: what is in an image set, or in one image.
 *
 * Indexes are read, not data: quick for any size. `ckpt verify` reads all.
 */
#include "cli/inspect.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/setarg.h"
#include "lib/base/duration.h"
#include "lib/base/jobdir.h"
#include "lib/base/sets.h"

static const char usage[] =
    "usage: ckpt inspect [--json] [SET | IMAGE]\n"
    "       ckpt inspect [--json] [--set N] [--dir DIR | DIR | JOBID | NAME]"
    "\n\n"
    "Shows what is in an image set (SET: its directory; else the newest set\n"
    "of a computation): processes, descriptors, files, sizes. With an image\n"
    "file: its threads, memory areas and blocks.\n";

static void text_head(const struct ck_setarg *a, const struct ck_manifest *m)
{
    uint64_t bytes = ck_manifest_bytes(m), raw = ck_manifest_raw_bytes(m);
    char size[32], rawsize[32], when[32], ratio[16];

    ck_bytes_text(size, sizeof(size), bytes);
    ck_ratio_text(ratio, sizeof(ratio), raw, bytes);
    ck_bytes_text(rawsize, sizeof(rawsize), raw);
    ck_time_text(when, sizeof(when), m->time);
    printf("set      %u of %s\n", m->number, a->dir);
    if (*m->job || *m->name)
        printf("job      %s %s\n", m->job, m->name);
    printf("taken    %s, in run %u, in %.2f s (processes stopped %.3f s)\n",
           when, m->generation, m->seconds, m->stall_seconds);
    printf("size     %s in %zu files, data %s (%s)\n", size, m->nimages,
           rawsize, ratio);
    printf("files\n");
    for (size_t i = 0; i < m->nimages; i++) {
        const struct ck_manifest_image *im = &m->image[i];

        ck_bytes_text(size, sizeof(size), im->bytes);
        ck_ratio_text(ratio, sizeof(ratio), im->raw_bytes, im->bytes);
        printf("  %-32s %10s %7s  %-12s %s\n", im->file, size, ratio,
               im->node, im->command);
    }
}

static void json_head(struct ck_json *j, const struct ck_setarg *a,
                      const struct ck_manifest *m)
{
    char sum[20];

    ck_json_str(j, "dir", a->dir);
    ck_json_u64(j, "number", m->number);
    ck_json_u64(j, "generation", m->generation);
    ck_json_u64(j, "time", m->time);
    ck_json_real(j, "seconds", m->seconds);
    ck_json_real(j, "stall_seconds", m->stall_seconds);
    ck_json_u64(j, "processes", m->processes);
    ck_json_str(j, "job", m->job);
    ck_json_str(j, "name", m->name);
    ck_json_u64(j, "bytes", ck_manifest_bytes(m));
    ck_json_u64(j, "raw_bytes", ck_manifest_raw_bytes(m));
    ck_json_array(j, "files");
    for (size_t i = 0; i < m->nimages; i++) {
        const struct ck_manifest_image *im = &m->image[i];

        ck_json_object(j, NULL);
        ck_json_str(j, "file", im->file);
        ck_json_str(j, "kind", ck_image_kind_name(im->kind));
        ck_json_str(j, "tree", im->tree);
        ck_json_str(j, "node", im->node);
        ck_json_u64(j, "pid", im->vpid);
        ck_json_str(j, "command", im->command);
        ck_json_u64(j, "bytes", im->bytes);
        ck_json_u64(j, "raw_bytes", im->raw_bytes);
        snprintf(sum, sizeof(sum), "%016llx",
                 (unsigned long long)im->checksum);
        ck_json_str(j, "checksum", sum);
        ck_json_end_object(j);
    }
    ck_json_end_array(j);
}

static int trees(const char *set_dir, const struct ck_manifest *m,
                 struct ck_json *j, struct ck_err *e)
{
    char path[CK_PATH];
    int rc = 0;

    if (j)
        ck_json_array(j, "trees");
    for (size_t i = 0; !rc && i < m->nimages; i++) {
        struct ck_imgfile f;

        if (m->image[i].kind != CK_IMAGE_TREE)
            continue;
        rc = ck_path_join(path, sizeof(path), set_dir, m->image[i].file);
        if (rc)
            return ck_err(e, rc, "%s: path too long", set_dir);
        rc = ck_imgfile_open(&f, path, e);
        if (rc)
            return rc;
        if (j)
            ck_json_object(j, NULL);
        rc = ck_inspect_tree(&f, j, e);
        if (j)
            ck_json_end_object(j);
        ck_imgfile_close(&f);
    }
    if (j)
        ck_json_end_array(j);
    return rc;
}

static int inspect_set(struct ck_setarg *a, struct ck_json *j,
                       struct ck_err *e)
{
    char set_dir[CK_PATH];
    struct ck_manifest *m;
    int rc;

    if (!a->set)
        a->set = ck_sets_newest(a->dir);
    if (!a->set)
        return ck_err(e, -ENOENT, "there is no completed image set in %s",
                      a->dir);
    rc = ck_set_manifest(a->dir, a->set, &m, e);
    if (rc)
        return rc;
    if (j)
        json_head(j, a, m);
    else
        text_head(a, m);
    ck_jobdir_set(set_dir, sizeof(set_dir), a->dir, a->set);
    rc = trees(set_dir, m, j, e);
    ck_manifest_destroy(m);
    return rc;
}

static int inspect(struct ck_setarg *a, int json)
{
    struct ck_err e;
    struct ck_json j;
    char *text;
    int rc;

    ck_json_init(&j, 1);
    ck_json_object(&j, NULL);
    rc = *a->image ? ck_inspect_image(a->image, json ? &j : NULL, &e)
                   : inspect_set(a, json ? &j : NULL, &e);
    if (rc) {
        ck_json_drop(&j);
        fflush(stdout);
        return ck_cli_fail(&e);
    }
    ck_json_end_object(&j);
    text = ck_json_take(&j, NULL);
    if (json && text)
        printf("%s\n", text);
    free(text);
    if (!text) {
        ck_err(&e, -ENOMEM, "out of memory");
        return ck_cli_fail(&e);
    }
    return ck_cli_done();
}

int ck_cmd_inspect(int argc, char **argv)
{
    static const struct option options[] = {
        {"dir", required_argument, NULL, 'd'},
        {"set", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *what = NULL;
    struct ck_setarg a;
    uint32_t set = 0;
    int json = 0, o, rc;

    while ((o = getopt_long(argc, argv, "hd:s:j", options, NULL)) != -1) {
        switch (o) {
        case 'd':
            what = optarg;
            break;
        case 's':
            if (ck_cli_number(optarg, 1, UINT32_MAX, &set))
                return ck_cli_usage("inspect", "bad set number: %s", optarg);
            break;
        case 'j':
            json = 1;
            break;
        case 'h':
            return ck_cli_help(usage);
        default:
            return 2;
        }
    }
    if (argc - optind > (what ? 0 : 1))
        return ck_cli_usage("inspect", "more than one thing is named");
    rc = ck_setarg("inspect", what ? what : argv[optind], set, &a);
    return rc ? rc : inspect(&a, json);
}
