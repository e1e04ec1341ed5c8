# Claim: a directory that can't be written: the checkpoint fails and names it,
# the program goes on; writable again, the next checkpoint works.
. "$ROOM/fault.sh"
[ "$(id -u)" -ne 0 ] || skip "root writes everywhere"
begin
chmod 0500 "$D"
failing_checkpoint
chmod 0700 "$D"
grep -q "$D" ckpt.err || fail "the directory is not named: $(cat ckpt.err)"
ping_program
checkpoint
restartable
