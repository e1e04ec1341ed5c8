# Claim: a PostgreSQL server with clients at work has every row once, and is
# whole, after two restarts.
. "$ROOM/apps.sh"
pg=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | tail -n 1)
[ -n "$pg" ] || skip "no PostgreSQL"
[ "$(id -u)" -ne 0 ] || skip "PostgreSQL does not run as root"
export PATH=$pg:$PATH LC_ALL=C
mkdir -p input
cat > input/app.sh <<'S'
sock=$(mktemp -d "${TMPDIR:-/tmp}/ckpt-pg.XXXXXX")
initdb -D data -A trust -U me -N > initdb.log 2>&1 || { cat initdb.log; exit 1; }
postgres -D data -k "$sock" -c listen_addresses= -c fsync=off > server.log 2>&1 &
server=$!
export PGHOST=$sock PGUSER=me PGDATABASE=postgres PGOPTIONS=-cclient_min_messages=error
until pg_isready -q; do kill -0 $server || exit 1; sleep 0.05; done
psql -qc 'create table t (w int, k int, v text, primary key (w, k)); create table s (n int); insert into s values (0)'
client() {
	for i in $(seq 0 99); do
		echo "begin; insert into t select $1, $i * 40 + g, md5(($1 * 7919 + $i * 40 + g)::text) from generate_series(0, 39) g;"
		echo "update s set n = n + $i; commit;"
		case $1.$i in 0.15 | 0.35 | 0.55 | 0.75) echo "\\! mkdir progress/$(((i - 15) / 20 + 1))" ;; esac
	done | psql -q
}
client 0 & a=$!
client 1 & b=$!
client 2 & c=$!
wait $a; echo "client 0 ended with $?"
wait $b; echo "client 1 ended with $?"
wait $c; echo "client 2 ended with $?"
psql -Atc "select w, count(*), md5(string_agg(v, ',' order by k)) from t group by w order by w"
psql -Atc "select n from s"
pg_amcheck --install-missing --heapallindexed postgres && echo "each page and index is in order"
# at SIGTERM it waits for the sessions that are still about to end
kill -TERM $server
wait $server
echo "the server ended with $?"
# who asked too early whether it is ready was told so; a cleaner at work is ended
grep -E 'PANIC|FATAL|corrupt' server.log | grep -vE 'starting up|autovacuum'
rm -rf "$sock" data initdb.log server.log
S
# files that are changed in place go on from where they were saved only if
# nobody wrote to them since: as at a requeue
HELD=1
compare /bin/bash app.sh
