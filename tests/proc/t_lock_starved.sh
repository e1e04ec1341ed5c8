# Claim: a thread that is to be let out of a lock before it can be saved, and
# that gets hardly any processor time for it, still owns what it takes after a
# restart.
busy=()
for ((i = 0; i < 2 * $(nproc); i++)); do
	bash -c 'while kill -0 '$$'; do for i in {1..9999}; do :; done; done' 2> /dev/null &
	busy+=($!)
done
# Where others keep the processors busy, too, it may get no time at all within
# the limit of a stop: that checkpoint fails, and another is taken.
saved() { timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2>&1; }
launch "$ROOM/h_starved"
wait_for_file ready
for life in 1 2; do
	until_true "a set" saved
	kill_and_restart
done
finish 0
kill "${busy[@]}" || :
