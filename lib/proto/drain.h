/*
 * drain.h - what is done with the input that a launcher (srun) reads for its
 * tasks, in DRAIN and DRAINED (docs/protocol.md). Part of messages.h.
 */
#ifndef CKPT_LIB_PROTO_DRAIN_H
#define CKPT_LIB_PROTO_DRAIN_H

/* flags of DRAIN. HOLD: a launcher reads nothing more, and sends token as the
 * last. PULL: the task's process takes in what comes up to that token. */
#define CK_DRAIN_HOLD 1u
#define CK_DRAIN_PULL 2u

/* input of DRAINED; its inq: bytes that were taken in. */
enum ck_input {
    CK_INPUT_NONE = 0,
    CK_INPUT_HAS = 1,   /* a task's: something may be on its way to here */
    CK_INPUT_STILL = 2, /* all has come; a launcher: nothing follows */
};

#endif
