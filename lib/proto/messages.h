/*
 * messages.h - every message between the coordinator and its peers,
 * declared once. docs/protocol.md is the normative text.
 *
 * A frame is u32 magic, u16 type, u16 version, u32 body length, body.
 * Peers: a process (its agent thread), a restoring process, a capture
 * helper, a control client (ckpt checkpoint, status, ...).
 * Usable without libc.
 */
#ifndef CKPT_LIB_PROTO_MESSAGES_H
#define CKPT_LIB_PROTO_MESSAGES_H

#include "lib/proto/drain.h"
#include "lib/wire/record.h"

#define CK_FRAME_MAGIC 0x31504b43u /* "CKP1" */
#define CK_PROTO_VERSION 5
#define CK_FRAME_HEADER 12
#define CK_FRAME_MAX (256u * 1024) /* header and body */

enum ck_role {
    CK_ROLE_PROCESS = 1, CK_ROLE_RESTORING = 2, CK_ROLE_CAPTURE = 3,
    CK_ROLE_CONTROL = 4,
};

/* How a process takes part in an image set. */
enum ck_kind {
    CK_KIND_SAVED = 1,   /* memory and threads are saved */
    CK_KIND_REEXEC = 2,  /* launcher (srun): executed again at restart */
    CK_KIND_STANDIN = 3, /* ckpt itself: has exited with 0 at restart */
    CK_KIND_ZOMBIE = 4,  /* exited, not waited for (tree image only) */
};

/* The tree of a launcher's task: "srun-<its number>.<rank>". */
#define CK_TREE_IS_TASK(tree) (strncmp((tree), "srun-", 5) == 0)

/* Phases, named in FAILED and in every time-out text. */
enum ck_phase {
    CK_PHASE_STOP = 1, CK_PHASE_CAPTURE = 2, CK_PHASE_SNAPSHOT = 3,
    CK_PHASE_WRITE = 4, CK_PHASE_RESTORE = 5,
};

enum ck_command {
    CK_CMD_CHECKPOINT = 1, /* flags: WAIT, KILL */
    CK_CMD_STATUS = 2,     /* replies with the status document (JSON) */
    CK_CMD_QUIT = 3,       /* SIGTERM to the computation, then end */
    CK_CMD_KILL = 4,       /* SIGKILL to the computation, then end */
    CK_CMD_INTERVAL = 5,   /* arg: seconds; 0 stops the clock */
    CK_CMD_SHUTDOWN = 6,   /* end the coordinator if nothing is connected */
};
#define CK_CMD_WAIT 1u
#define CK_CMD_KILLFLAG 2u
/* F(type, field). The order is the order on the wire. */
#define CK_HELLO(F) F(U8, role) F(N16, nonce)
#define CK_CHALLENGE(F) F(N16, nonce) F(N16, mac)
#define CK_PROVE(F) F(N16, mac)

/* pid: as the kernel of `node` numbers it, start: when it was made, in ticks
 * since boot; vpid: as the program sees it. */
#define CK_REGISTER(F)                                                      \
    F(U32, pid) F(U64, start) F(U32, vpid) F(U8, kind) F(U8, root)          \
    F(STR, node) F(STR, tree) F(STR, command)
/* set: number of the newest checkpoint, complete or not; 0: none yet. */
#define CK_WELCOME(F) F(U32, generation) F(U32, set)

/* Checkpoint, in the order they are sent. id: number of the image set. */
#define CK_STOP(F) F(U32, id) F(U8, final) F(U32, limit_ms)
/* children: real pids (u32 each) of live direct children. outq: bytes that this
 * process wrote to a launcher's pipe and nobody has read yet. More: drain.h */
#define CK_STOPPED(F) F(U32, id) F(U32, threads) F(U64, bytes) F(BLOB, children)
#define CK_DRAIN(F) F(U32, id) F(U32, flags) F(N16, token)
#define CK_DRAINED(F) \
    F(U32, id) F(U64, outq) F(U64, moves) F(U8, input) F(U64, inq)
#define CK_CAPTURE(F) F(U32, id) F(STR, set_dir)
#define CK_SNAPSHOT(F) F(U32, id) F(STR, set_dir)
#define CK_SNAPPED(F) F(U32, id) F(U64, stall_us)
#define CK_RESUME(F) F(U32, id)
#define CK_PROGRESS(F) F(U32, id) F(U64, done) F(U64, total)
#define CK_WRITTEN(F)                                                       \
    F(U32, id) F(STR, file) F(U64, bytes) F(U64, raw_bytes) F(U64, checksum)
#define CK_FAILED(F) F(U32, id) F(U8, phase) F(U8, retry) F(STR, reason)
#define CK_ABORT(F) F(U32, id) F(STR, reason)
/* pid, start: of another process on that node, for one that stands still and
 * can't read its own; 0: of whoever gets it. */
#define CK_SIGNAL(F) F(U32, sig) F(U32, pid) F(U64, start)
/* flags: 0 take a checkpoint; TERM: Slurm has sent SIGTERM, which is held
 * back: the answer is SIGNAL when it is not for a checkpoint. */
#define CK_REQUEST_TERM 1u
#define CK_REQUEST(F) F(U32, flags)
/* Process pid of this node runs, or is about to run, the program at path, into
 * which no runtime is loaded. why: "is statically linked, ...". */
#define CK_OUTSIDE(F) F(U32, pid) F(STR, path) F(STR, why)

/* Has process pid of this node, which was made at `start`, ended? */
#define CK_INQUIRE(F) F(U32, pid) F(U64, start)
#define CK_ANSWER(F) F(U32, pid) F(U64, start) F(U8, over)

/* A capture helper. members: u32 pid, u32 vpid, u8 kind for each process of
 * the tree; several: the computation is on more nodes than one; nofile: the
 * limit of open files that it was started with. The helper
 * answers with WRITTEN or FAILED, and so it does, with REHEARSED, when it is
 * told that all images are there. trees: those that it is to compare, each
 * name with a NUL; empty: none. */
#define CK_CAPTURE_HELLO(F) F(U32, id) F(STR, tree)
#define CK_CAPTURE_LIST(F) \
    F(U32, id) F(STR, set_dir) F(U8, several) F(U64, nofile) F(BLOB, members)
#define CK_REHEARSE(F) F(U32, id) F(BLOB, trees)
#define CK_REHEARSED(F) F(U32, id)

/* Restart. */
#define CK_RESTORING(F) \
    F(U32, pid) F(U64, start) F(U32, vpid) F(STR, node) F(STR, tree)
#define CK_RESTORED(F) F(U32, vpid) F(U32, threads) F(U64, bytes)
#define CK_GO(F) F(U32, generation)

/* Control. final: no more replies to this command follow. */
#define CK_COMMAND(F) F(U8, cmd) F(U32, flags) F(U32, arg)
#define CK_REPLY(F) F(I32, code) F(U8, final) F(STR, text)

/* M(TYPE, name, number, fields) */
#define CK_MESSAGES(M)                                                      \
    M(HELLO, hello, 1, CK_HELLO)                                            \
    M(CHALLENGE, challenge, 2, CK_CHALLENGE)                                \
    M(PROVE, prove, 3, CK_PROVE)                                            \
    M(REGISTER, register, 4, CK_REGISTER)                                   \
    M(WELCOME, welcome, 5, CK_WELCOME)                                      \
    M(STOP, stop, 16, CK_STOP)                                              \
    M(STOPPED, stopped, 17, CK_STOPPED)                                     \
    M(DRAIN, drain, 18, CK_DRAIN)                                           \
    M(DRAINED, drained, 19, CK_DRAINED)                                     \
    M(CAPTURE, capture, 20, CK_CAPTURE)                                     \
    M(SNAPSHOT, snapshot, 21, CK_SNAPSHOT)                                  \
    M(SNAPPED, snapped, 22, CK_SNAPPED)                                     \
    M(RESUME, resume, 23, CK_RESUME)                                        \
    M(PROGRESS, progress, 24, CK_PROGRESS)                                  \
    M(WRITTEN, written, 25, CK_WRITTEN)                                     \
    M(FAILED, failed, 26, CK_FAILED)                                        \
    M(ABORT, abort, 27, CK_ABORT)                                           \
    M(SIGNAL, signal, 28, CK_SIGNAL)                                        \
    M(REQUEST, request, 29, CK_REQUEST)                                     \
    M(OUTSIDE, outside, 30, CK_OUTSIDE)                                     \
    M(INQUIRE, inquire, 36, CK_INQUIRE)                                     \
    M(ANSWER, answer, 37, CK_ANSWER)                                        \
    M(CAPTURE_HELLO, capture_hello, 32, CK_CAPTURE_HELLO)                   \
    M(CAPTURE_LIST, capture_list, 33, CK_CAPTURE_LIST)                      \
    M(REHEARSE, rehearse, 34, CK_REHEARSE)                                  \
    M(REHEARSED, rehearsed, 35, CK_REHEARSED)                               \
    M(RESTORING, restoring, 48, CK_RESTORING)                               \
    M(RESTORED, restored, 49, CK_RESTORED)                                  \
    M(GO, go, 50, CK_GO)                                                    \
    M(COMMAND, command, 64, CK_COMMAND)                                     \
    M(REPLY, reply, 65, CK_REPLY)

#define CK_MSG_ENUM(TYPE, name, number, FIELDS) CK_MSG_##TYPE = (number),
enum ck_msg_type { CK_MESSAGES(CK_MSG_ENUM) };

#define CK_MSG_RECORD(TYPE, name, number, FIELDS) \
    CK_RECORD(ck_msg_##name, FIELDS)
CK_MESSAGES(CK_MSG_RECORD)
/*
 * CK_FRAME(buf, cap, name, TYPE, &msg): encodes one whole frame into buf and
 * gives its length, or -EMSGSIZE.
 */
#define CK_FRAME(buf, cap, name, TYPE, msgp)                                \
    __extension__({                                                         \
        struct ck_wr ck_w_;                                                 \
        ck_frame_begin(&ck_w_, (buf), (cap), CK_MSG_##TYPE);                \
        ck_msg_##name##_put(&ck_w_, (msgp));                                \
        ck_frame_end(&ck_w_);                                               \
    })

struct ck_frame {
    uint16_t type;
    const uint8_t *body;
    uint32_t len;
};

/* Decodes a frame's body: 0, or -EBADMSG unless it fits exactly. */
#define CK_DECODE(framep, name, msgp)                                       \
    __extension__({                                                         \
        struct ck_rd ck_r_;                                                 \
        ck_rd_init(&ck_r_, (framep)->body, (framep)->len);                  \
        ck_msg_##name##_get(&ck_r_, (msgp));                                \
    })

void ck_frame_begin(struct ck_wr *w, void *buf, size_t cap, uint16_t type);
long ck_frame_end(struct ck_wr *w);

/*
 * Looks at the n bytes at p. Returns the length of the frame that stands
 * there and fills *f; 0 when more bytes are needed; -EPROTO for what is not
 * a frame of this version (the connection cannot be used any more).
 */
long ck_frame_parse(const void *p, size_t n, struct ck_frame *f);

/* "STOPPED" for CK_MSG_STOPPED; "?" for an unknown type. */
const char *ck_msg_name(uint16_t type);

#endif
