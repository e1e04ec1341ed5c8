/*
 * fake.h - a real coordinator in a child process, and peers that are only
 * sockets: a test says when each of them answers what, so that every order
 * of events can be forced without a sleep.
 */
#ifndef CKPT_TESTS_FAKE_H
#define CKPT_TESTS_FAKE_H

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "coordinator/coordinator.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/json.h"
#include "lib/base/sets.h"
#include "lib/proto/client.h"
#include "lib/sys/fmt.h"

#define LIMIT_MS 5000

struct fake {
    struct fake *next;
    int fd;
    struct ck_client_rx rx;
    uint8_t buf[CK_FRAME_MAX];
};

extern pid_t coordinator; /* 0: none runs */
extern char job[CK_PATH]; /* its directory, not made by us */
extern uint8_t out[CK_FRAME_MAX];

#define SEND(p, name, TYPE, ...)                                            \
    do {                                                                    \
        struct ck_msg_##name m_ = {__VA_ARGS__};                            \
        assert_int_equal(CK_CLIENT_SEND((p)->fd, out, sizeof out, name,     \
                                        TYPE, &m_), 0);                     \
    } while (0)

#define GET(p, name, TYPE)                                                  \
    __extension__({                                                         \
        struct ck_frame f_ = get((p), CK_MSG_##TYPE);                       \
        struct ck_msg_##name m_;                                            \
        assert_int_equal(CK_DECODE(&f_, name, &m_), 0);                     \
        m_;                                                                 \
    })

/* Starts it with these options behind --dir and --foreground. */
void start(const char *const *extra);
/* Its exit status, within the limit. */
int ended(void);
int setup(void **state);
int teardown(void **state);
/* A connection that has said nothing. */
int knock(void);
struct fake *peer(uint8_t role);
void leave(struct fake *p);
/* The next frame, which must be of this type. */
struct ck_frame get(struct fake *p, uint16_t type);
/* Nothing has come: asked after a round trip of another connection, so that
 * what was sent before has been handled. */
void quiet(struct fake *p);
/* Closed by the coordinator. */
void gone(struct fake *p);
struct fake *registers(uint32_t pid, uint8_t kind, uint8_t root,
                       const char *tree);
struct fake *process(uint32_t pid, uint8_t kind, uint8_t root,
                     const char *tree);
/* The same, of a node that is said, and whose beginning is known. */
#define START(pid) (1000u + (pid))
struct fake *process_of(const char *node, uint32_t pid, uint8_t kind,
                        uint8_t root, const char *tree);
/* A control client that has asked for a checkpoint and waits. */
struct fake *asks(uint32_t flags);
/* Skips what is not final; text (256 bytes) may be NULL. */
int final(struct fake *c, char *text);
/* The checkpoint that was asked for fails: "descriptor 5 is a socket". */
void cannot_be_saved(struct fake *p, int retry);
/* p can't do it just now, and all is given up. */
void is_busy(struct fake *p, uint32_t id, uint8_t phase);
uint32_t stops(struct fake *p, const uint32_t *child, unsigned n);
/* A file of the set, as its writer reports it. */
void writes(struct fake *p, uint32_t id, const char *file);
/* The helper of a tree: asks, looks, writes. */
void captures(uint32_t id, const char *tree);
/* From SNAPSHOT to WRITTEN, for one process. */
void snaps(struct fake *p, uint32_t id);
/* One whole checkpoint of the single process p. */
uint32_t checkpoint(struct fake *p, uint32_t pid);
int have(const char *name);
/* How often the text stands in a file of the job directory; -1: it can't be
 * read. */
int times_in(const char *name, const char *text);
/* D/status.json comes to hold this as its state. */
int status_becomes(const char *want);

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
