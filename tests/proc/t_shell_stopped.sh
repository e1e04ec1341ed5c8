# Claim: a shell with a stopped job has it after a restart, stopped, and can
# make it go on.
cat > script <<'S'
set -m
bash -c 'mkdir up; until [ -e verify ]; do :; done; echo "job done"' &
until [ -e up ]; do :; done
kill -STOP $!
until jobs -s | grep -q Stopped; do :; done
mkdir ready
until [ -e verify ]; do rm -f ping; done
jobs -s | grep -q Stopped || echo "not stopped: $(jobs)"
bg %1 > /dev/null
wait $!
echo "ended with $?"
S
launch /bin/bash script
wait_for_file ready
checkpoint
checkpoint
kill_and_restart
finish 0
[ "$(cat out)" = "job done
ended with 0" ] || fail "it has written: $(cat out)"
