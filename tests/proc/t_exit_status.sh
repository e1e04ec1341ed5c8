# Claim: launch and restart end with the program's own exit status, 128 and
# the signal's number if it was killed.
for how in "exit 37" 'kill -TERM $$' "exit 0"; do
	case $how in exit*) want=${how#exit } ;; *) want=143 ;; esac
	rm -rf ck verify ready
	launch /bin/sh -c "mkdir $W/ready; until [ -e $W/verify ]; do :; done; $how"
	wait_for_file ready
	checkpoint
	kill_all
	restart
	until_true "a running computation" pids_of > /dev/null
	finish "$want"
	rm -rf ck verify ready
	: > verify
	launch /bin/sh -c "mkdir $W/ready; $how"
	finish "$want"
done
