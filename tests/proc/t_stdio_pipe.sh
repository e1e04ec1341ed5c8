# Claim: stdin and stdout that are pipes to the surroundings are those of the
# new surroundings after a restart, and nothing is lost that was not read.
cat > script <<'S'
while read -r line; do
	echo "got $line"
	case $line in
	one) mkdir ready; until [ -e went ]; do rm -f ping; done ;;
	esac
done
echo "end"
exit 3
S
mkfifo in1
(exec env CLAIM_DIR="$W" "$CKPT" launch --dir "$D" -- /bin/bash script \
	< in1 2>> err | cat > out1) &
PIPELINE=$!
exec 8> in1
echo one >&8
FRONT=$PIPELINE
wait_for_file ready
checkpoint
list=$(pids_of)
kill -9 $(coordinator_pids) $list
exec 8>&-
wait $PIPELINE
: > went
echo two | env CLAIM_DIR="$W" "$CKPT" restart "$D" 2>> err | cat > out2
st=${PIPESTATUS[1]}
[ "$st" -eq 3 ] || fail "restart ended with $st, not 3: $(tail -n 2 err)"
grep -qx "got one" out1 || fail "lost output: $(cat out1)"
[ "$(cat out2)" = "got two
end" ] || fail "after the restart: $(cat out2)"
