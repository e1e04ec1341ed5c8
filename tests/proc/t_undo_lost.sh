# Claim: a program that opens files to append goes on, and sees nothing,
# where they can't be noted: the log is gone, is something else, is full or
# damaged. A restart passes over what it can't read; with --files=keep it
# cuts nothing.
cat > script <<'S'
mkdir ready
until [ -e go ]; do rm -f ping; done
echo 1 >> log
mkdir one
until [ -e go2 ]; do rm -f ping; done
echo 2 >> log; echo 2 >> log2; (echo 3 >> log3)
mkdir two
until [ -e verify ]; do rm -f ping; done
S
now=$D/undo/now.main
echo 0 > log
launch /bin/bash script
wait_for_file ready
checkpoint
[ -e "$now" ] || fail "no log"
: > go
wait_for_file one
cp "$now" good
[ "$(stat -c %a "$D/undo" "$now" | tr '\n' ' ')" = "700 600 " ] || fail "others may look"
n=0
for what in "rm" "ln -sf /dev/full" "ln -sf $W/log2" "mkdir" "mkfifo" "damage"; do
	n=$((n + 1))
	rm -rf "$now" two go2
	case $what in
	rm) ;;
	damage) tr '\0' x < good > "$now" ;;
	*) $what "$now" ;;
	esac
	: > go2
	wait_for_file two
	[ ! -s err ] || [ $n -gt 1 ] || fail "it says $(cat err)"
	kill_all
	rm -rf "$now" go2 two
	# what was noted before is cut, and the torn end of it passed over
	{ cat good; head -c 40 good; } > "$now"
	restart --files=keep
	ping_program
	wait_for_file one
	grep -q 2 log || fail "$what: cut with --files=keep"
	kill_all
	rmdir one
	restart
	wait_for_file one
	[ "$(tr '\n' ' ' < log)" = "0 1 " ] || fail "$what: log is $(tr '\n' ' ' < log)"
	rm -f log2 log3
done
rm -rf two
: > go2
wait_for_file two
finish 0
