# Claim: a program under control has four variables of ours in its
# environment, no descriptor, no output and no child of ours.
launch /bin/bash -c 'env > env.txt; ls -l /proc/self/fd > fd.txt; cat /proc/$$/task/$$/children > kids.txt'
until_true "end" gone "$FRONT"
env CLAIM_DIR="$W" /bin/bash -c 'env > env0.txt; ls -l /proc/self/fd > fd0.txt; cat /proc/$$/task/$$/children > kids0.txt' >> out 2>> err
strip() { grep -vE '^(LD_PRELOAD=.*libckpt|CKPT_DIR=|CKPT_TREE=|CKPT_STDIO=|PWD=|OLDPWD=|_=|SHLVL=)' | sort; }
strip < env.txt > a; strip < env0.txt > b
cmp a b >> trace || fail "the environment differs: $(diff a b | tr '\n' ' ')"
[ "$(wc -l < fd.txt)" -eq "$(wc -l < fd0.txt)" ] || fail "descriptors: $(cat fd.txt)"
[ "$(wc -w < kids.txt)" -eq "$(wc -w < kids0.txt)" ] || fail "children: $(cat kids.txt)"
[ ! -s out ] || fail "there is output: $(cat out)"
