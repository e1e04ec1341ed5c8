/* children.c - see children.h. */
#include "runtime/children.h"

#include <errno.h>
#include <string.h>

#include "lib/proto/client.h"
#include "lib/proto/messages.h"
#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "runtime/frozen.h"
#include "runtime/interpose/watch.h"
#include "runtime/thread.h"

struct listing {
    struct ck_children *to;
    int err;
    char *why;
    size_t cap;
};

static int add(struct listing *l, uint64_t pid)
{
    struct ck_children *c = l->to;
    char state = ck_state_of((int32_t)pid, (int32_t)pid);

    if (!state || state == 'Z' || state == 'X' ||
        ck_watched_ours((int32_t)pid))
        return 0;
    if (state == 'T' && ck_frozen_child((int32_t)pid)) {
        ck_frozen_why(l->why, l->cap);
        return -EBUSY;
    }
    if (c->n == CK_CHILDREN_MAX) {
        ck_fmt(l->why, l->cap, "the process has more than %d children",
               CK_CHILDREN_MAX);
        return -EOPNOTSUPP;
    }
    c->pid[c->n++] = (uint32_t)pid;
    return 0;
}

/* By thread, as the kernel lists them. */
static int of_thread(int32_t tid, void *arg)
{
    static char text[32 * 1024];
    struct listing *l = arg;
    const char *p = text;
    char path[64];

    ck_fmt(path, sizeof path, "/proc/self/task/%d/children", tid);
    if (ck_read_file(path, text, sizeof text) <= 0)
        return 0;
    while (*p && !l->err) {
        const char *from = p;
        uint64_t pid = ck_parse_u64(&p, 10);

        if (p == from)
            p++;
        else
            l->err = add(l, pid);
    }
    return l->err;
}

int ck_children_list(struct ck_children *c, char *why, size_t cap)
{
    struct listing l = {.to = c, .why = why, .cap = cap};

    c->n = 0;
    ck_each_number("/proc/self/task", of_thread, &l);
    return l.err;
}

long ck_children_inquired(int fd, const struct ck_msg_inquire *m)
{
    struct ck_msg_answer a = {.pid = m->pid, .start = m->start};
    uint8_t buf[64];

    a.over = ck_process_over((int32_t)m->pid, m->start) != 0;
    return CK_CLIENT_SEND(fd, buf, sizeof buf, answer, ANSWER, &a);
}
