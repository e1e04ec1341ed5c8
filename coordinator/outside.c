/*
 * outside.c - programs of the computation that nothing of ours can be loaded
 * into (a static one, sudo): no checkpoint is taken while one runs. Said once
 * for each program and run, when it is started: to the log, to who sits at the
 * prompt, in the status document, and in the journal, from where `ckpt launch`
 * and `ckpt restart` have it (cli/super.c).
 */
#include "coordinator/coord.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"

static int known(const struct ck_coord *c, const char *path)
{
    for (size_t i = 0; i < c->noutside; i++)
        if (!strncmp(c->outside[i].path, path, CK_OUTSIDE_PATH - 1))
            return 1;
    return 0;
}

void ck_outside_heard(struct ck_coord *c, const struct ck_peer *x,
                      const struct ck_msg_outside *m)
{
    struct ck_outside *o = &c->outside[c->noutside];

    if (c->noutside == CK_OUTSIDE_MAX || known(c, m->path))
        return;
    c->noutside++;
    snprintf(o->path, sizeof o->path, "%s", m->path);
    snprintf(o->text, sizeof o->text, "%s (started by %s, process %u) %s: a "
             "checkpoint is refused while it runs", m->path, x->command,
             m->pid, m->why);
    for (char *p = o->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    ck_log("warning: %s", o->text);
    ck_journal_add(&c->journal, 0, "warning text=%s", o->text);
    ck_prompt_tell(c, o->text);
    ck_status_changed(c);
}
