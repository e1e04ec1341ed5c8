# Claim: a process that stops itself stays where it stopped, whenever a
# checkpoint comes, until SIGCONT.
launch "$ROOM/h_stops"
wait_for_file ready
checkpoints 30
ping_program
finish 0
