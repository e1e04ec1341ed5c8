# Claim: launch --detach and restart --detach return at once, and the
# computation goes on.
cat > script <<'S'
mkdir ready
until [ -e verify ]; do rm -f ping; done
echo done > result
S
env CLAIM_DIR="$W" "$CKPT" launch --detach --dir "$D" -- /bin/bash script \
	< /dev/null >> out 2>> err || fail "launch --detach: $(cat err)"
until_true ready test -e ready
checkpoint
kill -9 $(coordinator_pids) $(pids_of)
none_left() { [ -z "$(mine)" ]; }
until_true "the end of all processes" none_left
env CLAIM_DIR="$W" "$CKPT" restart --detach "$D" < /dev/null >> out 2>> err ||
	fail "restart --detach: $(cat err)"
: > ping
until_true "a sign of life" gone_file ping
: > verify
until_true "the result" test -e result
