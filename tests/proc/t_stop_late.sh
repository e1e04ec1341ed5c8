# Claim: a stop that fails because a thread gets no processor in time leaves
# that thread, too, as it was: it goes on, and so it does when the next stop
# comes before it has had its turn.
busy=()
for ((i = 0; i < 2 * $(nproc); i++)); do
	bash -c 'while kill -0 '$$'; do for i in {1..9999}; do :; done; done' 2> /dev/null &
	busy+=($!)
done
CLAIM_DIR=$W "$CKPT" coordinator --foreground --limit-stop 0.2 --dir "$D" 2>> trace &
until_true "the coordinator" test -s "$D/coordinator"
launch "$ROOM/h_starved"
wait_for_file ready
# each is asked for when the one before has failed, in the moment in which its
# threads begin to go on
failures() { grep -c ' failed set=' "$D/journal"; }
has_failed() { [ "$(failures)" -ge "$1" ]; }
for ((i = 1; i <= 25; i++)); do
	"$CKPT" checkpoint --dir "$D" >> trace 2>&1
	until_true "failure $i, or its end" eval "has_failed $i || gone $FRONT"
	gone "$FRONT" && fail "it ended behind stop $i: $(tail -n 2 err)"
done
kill "${busy[@]}" || :
ping_program
finish 0
