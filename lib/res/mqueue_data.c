/*
 * mqueue_data.c - the messages in a POSIX message queue.
 *
 * They can't be looked at, only taken; sent again in the order in which they
 * were received they make the same queue. What makes that fit to be done to
 * somebody else's queue:
 * - Everybody who has it is parked, so it has room for what came out of it,
 *   and nobody has asked to be told of a message (the caller sees to both).
 * - It is done under guard (guard.c): before each message is taken or sent it
 *   is noted how many there were, and how many bytes. If nobody came to note
 *   the outcome, the queue itself tells it: what was received lies in shared
 *   memory already, its length is what the queue has lost.
 * The one store that counts a message comes last, so what is done twice in
 * between is the same twice.
 */
#include "lib/res/mqueue.h"

#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define TRIES 3000 /* of 1 ms */

enum stage { TAKE, PUT_BACK, DONE };

struct job {
    int fd;
    struct ck_mq_data *d;
};

struct ck_mq_data *ck_mq_data_new(uint64_t messages, uint64_t bytes,
                                  uint64_t msgsize)
{
    uint64_t head = sizeof(struct ck_mq_data) +
                    (messages + 1) * sizeof(struct ck_mq_message);
    uint64_t room = bytes + msgsize; /* who receives must have room for any */
    struct ck_mq_data *d;

    if (messages > UINT32_MAX / 2 || bytes > SIZE_MAX / 4 ||
        msgsize > UINT32_MAX)
        return NULL;
    d = ck_res_guard_memory(head + room);
    if (!d)
        return NULL;
    d->size = head + room;
    d->room = room;
    d->most = (uint32_t)messages;
    d->msgsize = (uint32_t)msgsize;
    d->text = (uint8_t *)d + head;
    return d;
}

void ck_mq_data_free(struct ck_mq_data *d)
{
    if (d)
        munmap(d, d->size);
}

/* "QSIZE:0 NOTIFY:0 SIGNO:0 NOTIFY_PID:0", each with blanks behind it. */
int ck_mq_status(int fd, struct ck_mq_status *s)
{
    char text[256] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

    if (n < 0)
        return -errno;
    if (sscanf(text, "QSIZE:%lu NOTIFY:%d SIGNO:%d NOTIFY_PID:%d", &s->bytes,
               &s->how, &s->signo, &s->pid) != 4)
        return -EPROTO;
    return 0;
}

/* How many messages and bytes there are. */
static int count(int fd, uint32_t *messages, uint64_t *bytes)
{
    struct ck_mq_status s;
    struct mq_attr a;
    int rc = ck_mq_status(fd, &s);

    if (!rc && mq_getattr(fd, &a) < 0)
        rc = -errno;
    if (!rc) {
        *messages = (uint32_t)a.mq_curmsgs;
        *bytes = s.bytes;
    }
    return rc;
}

static void note(uint32_t *where, uint32_t what)
{
    __atomic_store_n(where, what, __ATOMIC_SEQ_CST);
}

/* More than there were when room was made: somebody sends. A fault of the
 * page in the middle of a kill would lose the message: it is touched first. */
static int take_one(const struct job *j, struct ck_mq_message *m)
{
    struct ck_mq_data *d = j->d;
    uint32_t messages;
    uint64_t bytes;
    ssize_t n;
    int rc = count(j->fd, &messages, &bytes);

    if (rc)
        return rc;
    if (m->before && messages < m->before) {
        m->len = (uint32_t)(m->bytes - bytes);
        return 1;
    }
    if (!messages)
        return 0;
    m->off = d->n ? m[-1].off + m[-1].len : 0;
    if (d->n == d->most || m->off + d->msgsize > d->room)
        return -EAGAIN;
    memset(d->text + m->off, 0, d->msgsize);
    m->bytes = bytes;
    note(&m->before, messages);
    n = mq_receive(j->fd, (char *)d->text + m->off, d->msgsize, &m->prio);
    if (n < 0) {
        note(&m->before, 0);
        return errno == EINTR || errno == EAGAIN ? -EAGAIN : -errno;
    }
    m->len = (uint32_t)n;
    return 1;
}

static int take(const struct job *j)
{
    int rc = 1;

    while (rc > 0) {
        rc = take_one(j, &j->d->m[j->d->n]);
        if (rc > 0)
            note(&j->d->n, j->d->n + 1);
    }
    return rc;
}

static int put_one(const struct job *j, struct ck_mq_message *m)
{
    uint32_t messages;
    uint64_t bytes;
    int rc = count(j->fd, &messages, &bytes);

    if (rc || (m->after && messages >= m->after))
        return rc;
    note(&m->after, messages + 1);
    if (mq_send(j->fd, (const char *)j->d->text + m->off, m->len,
                m->prio) == 0)
        return 0;
    rc = -errno;
    note(&m->after, 0);
    return rc;
}

/* It had room for them, and memory is had again. */
static int put_back(const struct job *j)
{
    struct timespec nap = {.tv_nsec = 1000000};
    int rc = 0;

    while (j->d->sent < j->d->n) {
        int r = put_one(j, &j->d->m[j->d->sent]);

        for (int i = 0; i < TRIES && (r == -EAGAIN || r == -ENOMEM ||
                                      r == -EINTR); i++) {
            nanosleep(&nap, NULL);
            r = put_one(j, &j->d->m[j->d->sent]);
        }
        rc = rc ? rc : r;
        note(&j->d->sent, j->d->sent + 1);
    }
    return rc;
}

/* Goes on where d->stage says; the first error is told. */
static void work(void *arg)
{
    const struct job *j = arg;

    while (j->d->stage != DONE) {
        int rc = j->d->stage == TAKE ? take(j) : put_back(j);

        if (rc && !j->d->error)
            j->d->error = rc;
        __atomic_store_n(&j->d->stage, j->d->stage + 1, __ATOMIC_SEQ_CST);
    }
}

int ck_mq_copy(int fd, struct ck_mq_data *d)
{
    struct job j = {fd, d};
    int rc;

    d->stage = TAKE;
    rc = ck_res_guarded(work, &j);
    return rc ? rc : d->error;
}

int ck_mq_fill(int fd, struct ck_mq_data *d)
{
    struct job j = {fd, d};

    d->stage = PUT_BACK;
    d->sent = 0;
    work(&j);
    return d->error;
}
