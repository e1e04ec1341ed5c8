# Claim: a pipeline of generators, sort with and without temporary files, uniq,
# awk and a compressor goes on in the middle.
. "$ROOM/apps.sh"
mkdir -p input tmp # what a killed sort leaves in tmp is nobody's result
cat > input/app <<'S'
set -o pipefail
export LC_ALL=C
awk 'BEGIN { srand(3); for (i = 0; i < 1200000; i++) {
	print int(rand() * 100000)
	if (i == 300000) system("mkdir -p progress/1")
	if (i == 600000) system("mkdir -p progress/2")
	} }' | sort -S "$1" -T "$CLAIM_DIR/tmp" | uniq -c | sort -k1,1nr -k2,2n | tee counts |
	awk 'NR == 2000 { system("mkdir -p progress/3") }
	NR == 60000 { system("mkdir -p progress/4") }
	{ for (k = 0; k < 60; k++) s = (s * 31 + $2 + k) % 1000003; print s, $1 }' |
	gzip -n > sums.gz
cksum < counts
S
compare /bin/bash app 100M
rm -rf ref run out err ref.out ref.err
# temporary files are gone when they were read: as at a requeue
HELD=1
compare /bin/bash app 2M
