# Claim: many files that are appended to again and again are noted once, by
# one process and by many; all are put back.
cat > script <<'S'
for ((i = 0; i < 1000; i++)); do echo 1 > "own.$i"; done
for ((i = 0; i < 400; i++)); do echo 1 > "theirs.$i"; done
mkdir ready
until [ -e go ]; do rm -f ping; done
for ((i = 0; i < 3000; i++)); do echo 2 >> "own.$((i % 1000))"; done
for ((i = 0; i < 800; i++)); do (echo 2 >> "theirs.$((i % 400))"); done
mkdir over
until [ -e verify ]; do rm -f ping; done
S
launch /bin/bash script
wait_for_file ready
checkpoint
: > go
wait_for_file over
notes=$(grep -aob UNd1 "$D/undo/now.main" | wc -l)
[ "$notes" -ge 1400 ] && [ "$notes" -le 1450 ] || fail "$notes notes"
kill_all
rm -r over go
restart
ping_program
[ "$(cat own.* | sort | uniq -c | tr -s ' ')" = " 1000 1" ] || fail "own: $(cat own.* | sort | uniq -c)"
[ "$(cat theirs.* | sort | uniq -c | tr -s ' ')" = " 400 1" ] || fail "theirs: $(cat theirs.* | sort | uniq -c)"
: > go
wait_for_file over
finish 0
