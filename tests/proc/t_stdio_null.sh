# Claim: a computation without stdin, stdout and stderr (closed) restarts
# with them closed.
cat > script <<'S'
mkdir ready
until [ -e verify ]; do rm -f ping; done
[ -e /proc/$$/fd/0 ] && exit 10
[ -e /proc/$$/fd/1 ] && exit 11
exit 0
S
(cd "$W" && exec env CLAIM_DIR="$W" "$CKPT" launch --dir "$D" -- \
	/bin/bash -c 'exec /bin/bash script 0<&- 1>&- 2>&-' >> out 2>> err) &
FRONT=$!
wait_for_file ready
checkpoint
kill_and_restart
finish 0
