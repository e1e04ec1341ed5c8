# Claim: tail -f copies what was written before a checkpoint and what it had
# not yet been told of, twice in a row.
command -v tail > /dev/null || skip "no tail"
cat > script <<'S2'
: > log
tail -n +1 -f log > copy &
tail=$!
until [ -n "$(ls -l /proc/$tail/fd | grep inotify)" ]; do :; done
echo one >> log
until grep -q one copy; do :; done
kill -STOP $tail
echo two >> log
mkdir ready
until [ -e verify ]; do rm -f ping; done
kill -CONT $tail
until grep -q two copy; do :; done
kill $tail
S2
launch /bin/bash script
wait_for_file ready
checkpoint
kill_and_restart
checkpoint
kill_and_restart
finish 0
[ "$(< copy)" = "$(< log)" ] || fail "copied: $(cat copy)"
