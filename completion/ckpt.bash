# bash completion for ckpt: sub-commands, their options, names of jobs.
#
# Commands and options are read from `ckpt --help` and `ckpt CMD --help`,
# once per shell, so that they are those of the installed version. Works
# with and without the bash-completion package.

_ckpt_help() { # COMMAND OR "" -> help text, remembered
    local var=_ckpt_help_${1:-main}
    if [ -z "${!var+set}" ]; then
        printf -v "$var" '%s' "$("$_ckpt_prog" ${1:+"$1"} --help 2>/dev/null)"
    fi
    printf '%s\n' "${!var}"
}

_ckpt_commands() {
    _ckpt_help "" | sed -n '/^  ckpt /d; s/^  \([a-z][a-z]*\) .*/\1/p'
}

_ckpt_options() { # COMMAND
    _ckpt_help "$1" | grep -oE -e '(^|[^[:alnum:]-])--[a-z][a-z-]+' |
        grep -oE -e '--[a-z-]+' | sort -u
}

_ckpt_jobs() {
    local d
    for d in ~/.ckpt/jobs/*; do
        [ -d "$d" ] && printf '%s\n' "${d##*/}"
    done
}

_ckpt_words() { # WORDS...: those that begin with $cur into COMPREPLY
    local w
    while IFS= read -r w; do
        [ -n "$w" ] && COMPREPLY+=("$w")
    done < <(compgen -W "$*" -- "$cur")
}

_ckpt_paths() { # compgen flag: -d or -f
    local w
    compopt -o filenames 2>/dev/null
    while IFS= read -r w; do
        COMPREPLY+=("$w")
    done < <(compgen "$1" -- "$cur")
}

_ckpt() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local cmd=${COMP_WORDS[1]} i w _ckpt_prog=${COMP_WORDS[0]}
    COMPREPLY=()

    if [ "$COMP_CWORD" -eq 1 ]; then
        _ckpt_words "$(_ckpt_commands)" --help --version
        return
    fi
    # The program after launch or check, and then: somebody else's words.
    if [ "$cmd" = launch ] || [ "$cmd" = check ]; then
        for ((i = 2; i < COMP_CWORD; i++)); do
            w=${COMP_WORDS[i]}
            case $w in
            --) i=$((i + 1)); break ;;
            --detach | --json | --*=*) ;;
            -*) i=$((i + 1)) ;; # and its value
            *) break ;;
            esac
        done
        if [ "$i" -lt "$COMP_CWORD" ]; then
            _ckpt_paths -f
            return
        fi
        if [ "$i" -eq "$COMP_CWORD" ] && [[ $cur != -* ]]; then
            while IFS= read -r w; do
                COMPREPLY+=("$w")
            done < <(compgen -c -- "$cur" | sort -u)
            _ckpt_paths -f
            return
        fi
    fi
    case $prev in
    --dir) _ckpt_paths -d; return ;;
    --name) _ckpt_words "$(_ckpt_jobs)"; return ;;
    --files) _ckpt_words keep; return ;;
    esac
    case $cur in
    -*) _ckpt_words "$(_ckpt_options "$cmd")" ;;
    *)
        _ckpt_words "$(_ckpt_jobs)"
        _ckpt_paths -f
        ;;
    esac
}

complete -F _ckpt ckpt
