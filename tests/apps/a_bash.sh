# Claim: a bash script with functions, arrays, here-documents, subshells,
# pipelines, process substitution and lists that it appends to goes on in the
# middle.
. "$ROOM/apps.sh"
mkdir -p input
cat > input/app <<'S'
set -u
exec 5>> results
declare -A seen
sieve() {
	local n=$1 i j
	local -a c
	for ((i = 2; i * i <= n; i++)); do
		[ -n "${c[i]:-}" ] && continue
		for ((j = i * i; j <= n; j += i)); do c[j]=1; done
	done
	for ((i = 2; i <= n; i++)); do [ -n "${c[i]:-}" ] || echo "$i"; done
}
total=0
for round in {1..96}; do
	while read -r p; do
		seen[$p]=$round
		total=$((total + p))
	done < <(sieve 700 | sort -rn)
	x=$(cat <<T | tr a-z A-Z
round $round total $total of ${#seen[@]}
T
	)
	echo "$x"
	echo "$x" >&5
	echo "$round $total" >> log
	(echo "$x" | sort) >> "log.$((round % 7))"
	(exit $((round % 5))) || echo "subshell gave $?"
	seq $round | awk '{s += $1} END {print "sum", s}'
	case $round in 20) mkdir -p progress/1 ;; 40) mkdir -p progress/2 ;;
	60) mkdir -p progress/3 ;; 80) mkdir -p progress/4 ;; esac
done
printf '%s\n' "${!seen[@]}" | sort -n | cksum
S
compare /bin/bash app
