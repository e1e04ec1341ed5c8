# Claim: a program that is called srun, or ckpt, and is neither, is saved like
# any other.
for name in srun ckpt; do
	cp "$ROOM/p_mem_anon" "$name"
	rm -rf "$D" ready verify ping
	launch "$PWD/$name"
	wait_for_file ready
	checkpoint
	kill_and_restart
	finish 0
done
