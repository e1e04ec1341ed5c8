# Claim: git, which writes files that their mode makes read-only, has the same
# history, whole, after two restarts.
. "$ROOM/apps.sh"
command -v git > /dev/null || skip "no git"
mkdir -p input
cat > input/app <<'S'
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=me GIT_AUTHOR_EMAIL=me GIT_AUTHOR_DATE=@1600000000+0000
export GIT_COMMITTER_NAME=me GIT_COMMITTER_EMAIL=me GIT_COMMITTER_DATE=@1600000000+0000
git init -q -b main repo && cd repo || exit 1
for i in $(seq 80); do
	seq $i $((i * 300)) > f$((i % 7))
	git add . && git commit -qm "$i" || exit 1
	[ $((i % 20)) -ne 5 ] || mkdir ../progress/$((i / 20 + 1))
done
git repack -adq && git gc -q && git fsck --strict 2>&1
git log --format='%H %s' | cksum
cd .. && git clone -q repo copy && git -C copy rev-parse HEAD
rm -rf repo copy
S
# a killed git leaves its lock
HELD=1
compare /bin/bash app
