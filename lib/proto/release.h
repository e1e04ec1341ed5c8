/*
 * release.h - what the parts of an installation must have in common.
 *
 * The runtime, the command and the plugin are files of their own, and an
 * update may have replaced some of them only. Usable without libc.
 */
#ifndef CKPT_LIB_PROTO_RELEASE_H
#define CKPT_LIB_PROTO_RELEASE_H

#include "lib/proto/messages.h"

#define CK_RELEASE_TEXT_(x) #x
#define CK_RELEASE_TEXT(x) CK_RELEASE_TEXT_(x)
/* "0.1.0, protocol 4" */
#define CK_RELEASE \
    CKPT_VERSION ", protocol " CK_RELEASE_TEXT(CK_PROTO_VERSION)

#endif
