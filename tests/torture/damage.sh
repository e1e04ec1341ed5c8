# damage.sh - a module of the torture program is right when nothing is done
# to it, and notices when its own state is damaged. Its name: damage-MODULE.sh
m=${NAME#damage-}
m=${m%.sh}
alone() { timeout -k 5 "$LIMIT" env CLAIM_DIR="$W" "$ROOM/torture" 4 "$W" --only "$m" "$@" >> out 2>> err; }
alone --seconds 1
st=$?
[ $st -eq 0 ] || fail "$m, left alone, ended with $st: $(cat fault err | tr '\n' ' ')"
[ -d ready ] || fail "$m did not get ready"
rmdir ready
cleanup
mkdir again && W=$W/again && cd again || exit 1
alone --break "$m" --seconds 20
st=$?
cleanup
[ $st -eq 99 ] || fail "$m has not noticed its damage: ended with $st"
grep -q "^$m\." fault || fail "the fault doesn't name $m: $(cat fault)"
