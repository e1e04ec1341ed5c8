# Claim: whatever is killed at any instant of a checkpoint (coordinator,
# writer, helper, a process), a committed set restarts right.
. "$ROOM/fault.sh"
RANDOM=${SEED:-4711}
begin
for i in $(seq "${ROUNDS:-12}"); do
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2>&1 &
	c=$!
	for k in $(seq $((RANDOM % 40))); do read -rt 0.005 <> <(:); done
	set -- $(mine)
	shift $((RANDOM % $#))
	say "round $i: kill -9 $1 ($(cat /proc/$1/comm))"
	kill -9 "$1" 2>> trace
	wait $c
	kill_rest
	restart
	ping_program
done
finish 0
