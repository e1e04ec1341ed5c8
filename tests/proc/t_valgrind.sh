# Claim: what Valgrind runs is refused by its name, lives on, and finds nothing
# of ours; when it has ended the rest of the computation is saved.
command -v valgrind > /dev/null || skip "Valgrind is not installed"
cat > app.sh <<'S'
valgrind -q --error-exitcode=9 "$1/p_file_offset" 2> valgrind.err
st=$?
rm -r ready verify
echo "it ended with $st"
exec "$1/p_file_offset"
S
launch bash app.sh "$ROOM"
wait_for_file ready
refused 'memcheck'
ping_program
: > verify
until_true "the end of Valgrind" grep -q 'it ended' out
grep -qx 'it ended with 0' out || fail "$(cat out)"
[ ! -s valgrind.err ] || fail "Valgrind says: $(head -n 3 valgrind.err)"
wait_for_file ready
twice_more
finish 0
