/* ask.c - see ask.h. */
#include "cli/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/conn.h"
#include "lib/base/jobdir.h"
#include "lib/proto/messages.h"

#define STATUS_MAX (16u << 20)

static int keep(void *arg, int code, int final, const char *text)
{
    struct ck_status *s = arg;
    char *all;
    size_t n = s->text ? strlen(s->text) : 0;

    (void)final;
    /* a document larger than a frame comes in pieces */
    if (code < 0 || n + strlen(text) > STATUS_MAX)
        return 0;
    all = realloc(s->text, n + strlen(text) + 1);
    if (!all)
        return -ENOMEM;
    strcpy(all + n, text);
    s->text = all;
    return 0;
}

int ck_status_live(const char *dir, int limit_ms, struct ck_status *s,
                   struct ck_err *e)
{
    struct ck_conn *c;
    int r;

    memset(s, 0, sizeof(*s));
    r = ck_conn_open(dir, limit_ms, &c, e);
    if (r < 0)
        return r;
    r = ck_conn_run(c, CK_CMD_STATUS, 0, 0, limit_ms, keep, s, e);
    ck_conn_close(c);
    if (r >= 0 && s->text)
        s->doc = ck_jparse(s->text, strlen(s->text));
    if (r >= 0 && !s->doc)
        r = ck_err(e, -EPROTO, "the coordinator's status cannot be read");
    if (r < 0)
        ck_status_free(s);
    s->live = r >= 0;
    return r < 0 ? r : 0;
}

static int from_file(const char *dir, struct ck_status *s)
{
    char path[CK_PATH];
    struct timespec now;
    struct stat st;
    FILE *f;
    size_t n;

    memset(s, 0, sizeof(*s));
    if (ck_jobdir_path(path, sizeof(path), dir, "status.json") < 0 ||
        !(f = fopen(path, "re")))
        return -ENOENT;
    if (fstat(fileno(f), &st) != 0 || st.st_size > STATUS_MAX ||
        !(s->text = malloc((size_t)st.st_size + 1))) {
        fclose(f);
        return -EIO;
    }
    n = fread(s->text, 1, (size_t)st.st_size, f);
    s->text[n] = 0;
    fclose(f);
    clock_gettime(CLOCK_REALTIME, &now);
    s->age = (double)(now.tv_sec - st.st_mtim.tv_sec);
    s->doc = ck_jparse(s->text, n);
    if (s->doc)
        return 0;
    ck_status_free(s);
    return -EBADMSG;
}

int ck_status_ask(const char *dir, int limit_ms, struct ck_status *s,
                  struct ck_err *e)
{
    int r = ck_status_live(dir, limit_ms, s, e);

    if (r == 0 || from_file(dir, s) == 0)
        return 0;
    return r;
}

void ck_status_free(struct ck_status *s)
{
    free(s->text);
    ck_jfree(s->doc);
    memset(s, 0, sizeof(*s));
}
