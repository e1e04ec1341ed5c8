# Claim: what a restart cuts off a file is kept beside the images, and
# --files=keep cuts nothing.
cat > script <<'S'
exec 5>> results
echo "before" >&5
mkdir ready
until [ -e more ]; do rm -f ping; done
echo "after" >&5
mkdir written
until [ -e verify ]; do rm -f ping; done
S
launch /bin/bash script
wait_for_file ready
checkpoint
: > more
wait_for_file written
kill_all
rmdir written
cp results saved
restart
wait_for_file written
[ "$(cat results)" = "before
after" ] || fail "not cut back: $(cat results)"
grep -rqx after "$D/rollback" || fail "what was cut off is not kept"
kill_all
cp saved results
rmdir written
restart --files=keep
wait_for_file written
grep -c after results > n
[ "$(cat n)" -eq 2 ] || fail "--files=keep cut: $(cat results)"
finish 0
