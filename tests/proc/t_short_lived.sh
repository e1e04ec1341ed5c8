# Claim: commands that last a moment only, in a script that ends when one of
# them fails, are none the worse for checkpoints one after the other.
cat > script <<'S'
set -e
mkdir ready
until [ -e verify ]; do rm -f ping; done
S
launch /bin/bash script
wait_for_file ready
checkpoints 150
finish 0
