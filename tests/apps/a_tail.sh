# Claim: tail -f, which waits by inotify for a file to grow, goes on to see it
# grow, also when it had not read yet that it has.
. "$ROOM/apps.sh"
mkdir -p input
cat > input/app.sh <<'S'
exec 3>> log
tail -n +1 -f log > copy &
tail=$!
for i in $(seq 2000); do
	echo "line $i" >&3
	until [ "$(tail -n 1 copy)" = "line $i" ]; do :; done
	case $i in 200 | 400 | 600 | 800) mkdir -p progress/$((i / 200)) ;; esac
	[ "$i" -ne 20 ] || ls -l /proc/$tail/fd | grep -c inotify
done
kill $tail
wait $tail
echo "copied $(wc -l < copy)"
S
compare /bin/bash app.sh
