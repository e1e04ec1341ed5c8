# Claim: a file that was open is gone at the restart: nothing runs and the
# file is named; with the file back, it restarts.
. "$ROOM/fault.sh"
begin
kill_all
mv log log.away
env CLAIM_DIR="$W" timeout 60 "$CKPT" restart "$D" >> trace 2> err &&
	fail "restarted without its file"
grep -q "$W/log" err || fail "the file is not named: $(cat err)"
until_true "the end of all processes" eval '[ -z "$(mine)" ]'
mv log.away log
restart
ping_program
finish 0
