/* config.c - see config.h. One table of keys. */
#include "lib/base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/duration.h"

void ck_config_init(struct ck_config *c)
{
    memset(c, 0, sizeof(*c));
    c->keep = 2;
    c->lead = CK_LEAD_AUTO;
    c->on = CK_ON_TIMEOUT | CK_ON_PREEMPT;
    c->failures = CK_FAILURES;
}

static const struct {
    const char *name;
    uint32_t bit;
} events[] = {
    {"timeout", CK_ON_TIMEOUT},
    {"preempt", CK_ON_PREEMPT},
    {"failure", CK_ON_FAILURE},
};
#define EVENTS (sizeof(events) / sizeof(events[0]))

int ck_config_events(const char *s, uint32_t *mask)
{
    uint32_t m = 0;

    if (strcasecmp(s, "none") == 0) {
        *mask = 0;
        return 0;
    }
    for (;;) {
        size_t n = strcspn(s, ","), i;

        for (i = 0; i < EVENTS; i++)
            if (strlen(events[i].name) == n &&
                strncasecmp(s, events[i].name, n) == 0)
                break;
        if (i == EVENTS)
            return -EINVAL;
        m |= events[i].bit;
        if (!s[n])
            break;
        s += n + 1;
    }
    *mask = m;
    return 0;
}

const char *ck_config_events_text(uint32_t mask, char buf[CK_EVENTS_TEXT])
{
    *buf = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        if (!(mask & events[i].bit))
            continue;
        if (*buf)
            strcat(buf, ",");
        strcat(buf, events[i].name);
    }
    return *buf ? buf : "none";
}

static int set_interval(struct ck_config *c, const char *v)
{
    return ck_duration_slurm(v, &c->interval);
}

static int set_lead(struct ck_config *c, const char *v)
{
    if (strcasecmp(v, "auto") == 0) {
        c->lead = CK_LEAD_AUTO;
        return 0;
    }
    return ck_duration_slurm(v, &c->lead);
}

static int number(uint32_t *to, const char *v)
{
    char *end;
    unsigned long n = strtoul(v, &end, 10);

    if (!isdigit((unsigned char)*v) || *end || n < 1 || n > 100000)
        return -EINVAL;
    *to = (uint32_t)n;
    return 0;
}

static int set_keep(struct ck_config *c, const char *v)
{
    return number(&c->keep, v);
}

static int set_failures(struct ck_config *c, const char *v)
{
    return number(&c->failures, v);
}

static int set_on(struct ck_config *c, const char *v)
{
    return ck_config_events(v, &c->on);
}

static int set_dir(struct ck_config *c, const char *v)
{
    if (!*v || strlen(v) >= sizeof(c->dir))
        return -EINVAL;
    strcpy(c->dir, v);
    return 0;
}

static int set_required(struct ck_config *c, const char *v)
{
    if (!strcasecmp(v, "yes") || !strcmp(v, "1") || !strcasecmp(v, "true"))
        c->required = 1;
    else if (!strcasecmp(v, "no") || !strcmp(v, "0") ||
             !strcasecmp(v, "false"))
        c->required = 0;
    else
        return -EINVAL;
    return 0;
}

static const struct key {
    const char *name;
    int (*set)(struct ck_config *, const char *);
    const char *form;
} keys[] = {
    {"interval", set_interval, "a time: 10 is ten minutes, 0:30 half a one"},
    {"dir", set_dir, "a directory; %u is the user, %j the job id"},
    {"keep", set_keep, "a number of image sets, at least 1"},
    {"lead", set_lead, "a time, or auto"},
    {"on", set_on, "timeout, preempt, failure, with commas, or none"},
    {"failures", set_failures, "a number of requeues, at least 1"},
    {"required", set_required, "yes or no"},
};

int ck_config_set(struct ck_config *c, const char *key, const char *value,
                  struct ck_err *e)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i].name, key) != 0)
            continue;
        if (keys[i].set(c, value) == 0)
            return 0;
        return ck_err(e, -EINVAL, "%s=%s: must be %s", key, value,
                      keys[i].form);
    }
    return ck_err(e, -ENOENT, "unknown setting \"%s\"", key);
}

static char *trim(char *s)
{
    char *end;

    while (isspace((unsigned char)*s))
        s++;
    end = s + strlen(s);
    while (end > s && isspace((unsigned char)end[-1]))
        *--end = 0;
    return s;
}

static int one_line(struct ck_config *c, char *line, struct ck_err *e)
{
    char *s = trim(line), *eq;

    if (!*s || *s == '#')
        return 0;
    eq = strchr(s, '=');
    if (!eq)
        return ck_err(e, -EINVAL, "not key = value: %s", s);
    *eq = 0;
    /* a comment behind the value */
    for (char *h = eq + 1; *h; h++)
        if (*h == '#' && isspace((unsigned char)h[-1])) {
            *h = 0;
            break;
        }
    return ck_config_set(c, trim(s), trim(eq + 1), e);
}

int ck_config_load(struct ck_config *c, const char *path, struct ck_err *e)
{
    FILE *f = fopen(path, "re");
    char line[CK_PATH + 64];
    struct ck_err all = {""}, why;
    int n = 0, r = 0, unknown = 0;

    if (!f)
        return errno == ENOENT || errno == ENOTDIR
                   ? 0
                   : ck_err_sys(e, -errno, "cannot read %s", path);
    for (n = 1; fgets(line, sizeof(line), f); n++) {
        int whole = strchr(line, '\n') || feof(f);

        r = whole ? one_line(c, line, &why)
                  : ck_err(&why, -EINVAL, "line too long");
        unknown |= r == -ENOENT;
        if (r < 0)
            ck_err_and(&all, "%s:%d: %s", path, n, why.text);
        if (!whole)
            break;
    }
    fclose(f);
    return all.text[0] ? ck_err(e, -EINVAL, "%.900s%s", all.text,
                                unknown ? " (there are " CK_CONFIG_KEYS ")"
                                        : "")
                       : 0;
}
