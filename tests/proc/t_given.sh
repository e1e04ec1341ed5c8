# What whoever started it left open is saved with a program: files, memory and
# the like come back, what leads outside is connected to what the surroundings
# of each restart have at the same number, or is at its end.

# with NAME COMMAND...: what there is outside is NAME's; "": nothing
with() {
	local name=$1
	shift
	if [ -n "$name" ]; then
		exec "$ROOM/h_given" outer "$name" "$@"
	else
		exec "$@"
	fi
}

start() { # NAME COMMAND...
	say "start with ${1:-nothing}: ${*:2}"
	(export CLAIM_DIR=$W; with "$@" >> out 2>> err) &
	FRONT=$!
}

looked() { [ ! -e want ] || gone "$FRONT"; }
look() {
	echo "$1" > want.new
	mv want.new want
	until_true "a look at the descriptors ($1)" looked
	[ ! -e want ] || fail "not as in life $1: $(tail -n 2 err | tr '\n' ' ')"
}

life() { # NAME WANT: killed, and begins anew
	kill_all
	start "$1" "$CKPT" restart --dir "$D"
	ping_program
	look "$2"
}

start first "$CKPT" launch --dir "$D" -- "$ROOM/h_given"
wait_for_file ready
grep -q 'left open by who started this, as descriptor 3 (a pipe), 4 (a pipe), 5 (a socket), 6 (a terminal), 11 (a pipe), 12 (a socket): ' err ||
	fail "launch does not say what was left open: $(cat err)"
look first
checkpoint
look first
checkpoint
life "" "rest first"
until_true "what restart says is at its end" \
	grep -q 'open as descriptor 3 (a pipe), 4 .*, 12 (a socket) from the start is at its end' err
checkpoint
life second second
checkpoint
look second
checkpoint
life third third
look third
checkpoint
life "" "rest third"
checkpoint
life "" end
finish 0
