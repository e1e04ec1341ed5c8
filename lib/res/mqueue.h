/*
 * mqueue.h - the messages in a POSIX message queue; mqueue.c and its tests.
 */
#ifndef CKPT_LIB_RES_MQUEUE_H
#define CKPT_LIB_RES_MQUEUE_H

#include "lib/res/kind.h"

/* off: place of its text. The others are notes of who takes it and puts it
 * back: messages and bytes in the queue before the first, messages after the
 * second; 0: that was not begun. */
struct ck_mq_message {
    uint64_t off, bytes;
    uint32_t len, prio;
    uint32_t before, after;
};

/* Shared memory of who empties the queue and who watches. The n messages as
 * they are received: the highest priority first, the oldest first. */
struct ck_mq_data {
    size_t size, room; /* of all; for text */
    uint32_t most, msgsize;
    int stage, error;
    uint32_t n, sent;
    uint8_t *text;
    struct ck_mq_message m[];
};

/* Room for so many messages with so much text in all. NULL: no memory. */
struct ck_mq_data *ck_mq_data_new(uint64_t messages, uint64_t bytes,
                                  uint64_t msgsize);
void ck_mq_data_free(struct ck_mq_data *d);

/* What the kernel tells of a queue. pid: who is to be told of a message that
 * comes into the empty queue, 0: nobody; how: SIGEV_*. fd: readable. */
struct ck_mq_status {
    unsigned long bytes;
    int how, signo, pid;
};
int ck_mq_status(int fd, struct ck_mq_status *s);

/* Takes all messages into d, and puts them back. fd: reads, writes and does
 * not block. 0 or -errno. */
int ck_mq_copy(int fd, struct ck_mq_data *d);

/* Puts d's messages into an empty queue. */
int ck_mq_fill(int fd, struct ck_mq_data *d);

#endif
