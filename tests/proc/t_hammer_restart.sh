# Claim: the hammered program can be killed at any checkpoint and goes on from
# it, time after time, without noticing.
launch "$ROOM/h_hammer" 30000
wait_for_file ready
for i in 1 2 3 4; do
	checkpoint
	checkpoint
	kill_all
	restart
	ping_program
done
finish 0
