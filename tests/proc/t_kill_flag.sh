# Claim: checkpoint --kill ends the computation once its set is committed,
# and nothing of it ran after the snapshot.
cat > script <<'S'
mkdir ready
i=0
until [ -e verify ]; do i=$((i + 1)); echo $i >> counted; rm -f ping; done
seq 1 $i | cmp - counted
S
launch /bin/bash script
wait_for_file ready
checkpoint --kill
until_true "the end of the computation" gone "$FRONT"
n=$(wc -l < counted)
restart
ping_program
finish 0
