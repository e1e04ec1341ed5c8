# Claim: a server goes on where the directory of its socket is gone, as on
# another node.
mkdir -p sub/deep
launch "$ROOM/h_unix_outside" inside sub/deep/s
wait_for_file ready
checkpoint
kill_all
rm -r sub
restart
ping_program
finish 0
[ -S sub/deep/s ] || fail "its socket is not there"
