/*
 * ask.h - the status document: from the coordinator, else the last one that
 * it left in D/status.json (a login node may not reach it).
 */
#ifndef CKPT_CLI_ASK_H
#define CKPT_CLI_ASK_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/json.h"

struct ck_status {
    char *text; /* the document as it came */
    struct ck_jval *doc;
    int live;      /* from the coordinator itself */
    double age;    /* seconds since the file was written, when not live */
};

/* -ENOENT with a text: there is neither. */
int ck_status_ask(const char *dir, int limit_ms, struct ck_status *s,
                  struct ck_err *e);
/* Only from the coordinator. */
int ck_status_live(const char *dir, int limit_ms, struct ck_status *s,
                   struct ck_err *e);
void ck_status_free(struct ck_status *s);

#endif
