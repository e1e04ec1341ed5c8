# Claim: hundreds of processes (thousands with MANY=2000) come back together,
# twice in a row, and their parent finds each of them.
N=${MANY:-300}
cat > prog.sh <<'P'
n=$1
exec 3<> <(:)
for ((i = 0; i < n; i++)); do sleep 10000 & done
: > ready
until [ -e verify ]; do
	[ ! -e ping ] || rm ping
	read -rt 0.02 -u 3
done
for job in $(jobs -p); do
	kill "$job" && wait "$job"
	[ $? -eq 143 ] || exit 1
	ended=$((ended + 1))
done
echo "$ended ended" > ended
P
launch bash prog.sh "$N"
wait_for_file ready
for round in 1 2; do
	checkpoint
	kill_all
	restart
	ping_program
done
finish 0
grep -qx "$N ended" ended || fail "not all have ended: $(cat ended)"
