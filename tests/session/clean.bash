# clean.bash - a command without the descriptors of the test runner: a pipe
# of the runner's would be part of what is saved, and be refused.

clean() ( # COMMAND...
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        [ "$fd" -le 2 ] || eval "exec $fd>&-"
    done 2>/dev/null
    exec "$@" </dev/null
)
