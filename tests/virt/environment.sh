#!/bin/sh
# environment.sh LIBRARY - what a new program's environment is, whatever the
# old one did to it. Prints what does not hold; exits with 1 then.
lib=$1
bad=0

# expect NAME WANTED COMMAND...: the output, one line per variable, sorted
expect() {
    name=$1 want=$2
    shift 2
    got=$("$@" 2>&1 | sort | tr '\n' ' ')
    [ "$got" = "$want" ] || {
        echo "environment: $name: got '$got', not '$want'" >&2
        bad=1
    }
}

# shellcheck disable=SC2317 # called by expect
run() {
    env -i LD_PRELOAD="$lib" VIRT_LIBRARY="$lib" CKPT_DIR=/d "$@"
}

ours="CKPT_DIR=/d CKPT_STDIO=p:1:2 CKPT_TREE=main LD_PRELOAD=$lib"
inside="$ours VIRT_LIBRARY=$lib "

expect "put back into an empty one" "$ours " \
    run /usr/bin/env -i /usr/bin/env
expect "put back when one is unset" "$inside" \
    run /usr/bin/env -u CKPT_STDIO /usr/bin/env
expect "refreshed where it is from before a restart" "$inside" \
    run /usr/bin/env CKPT_STDIO=p:7:7 CKPT_TREE=old CKPT_DIR=/old \
    LD_PRELOAD=/old/libckpt.so /usr/bin/env
expect "the program's own preloads stay, behind ours" \
    "CKPT_DIR=/d CKPT_STDIO=p:1:2 CKPT_TREE=main LD_PRELOAD=$lib:libm.so.6 " \
    run /usr/bin/env -i LD_PRELOAD=libm.so.6 /usr/bin/env
expect "another computation's is left alone" "CKPT_DIR=/other " \
    run /usr/bin/env -i CKPT_DIR=/other /usr/bin/env
expect "a program that shall not be checkpointed" "CKPT_DIR= " \
    run /usr/bin/env -i CKPT_DIR= /usr/bin/env
expect "a process that did not ask" "A=1 LD_PRELOAD=$lib " \
    env -i LD_PRELOAD="$lib" A=1 /usr/bin/env
exit $bad
