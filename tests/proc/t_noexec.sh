# Claim: a library that was removed with its directory while it is mapped is
# mapped again, also if the job directory is on a file system that nothing may
# be executed from.
if [ -z "$IN_NAMESPACE" ]; then
	unshare -Urm true 2>> trace || skip "no user namespaces here"
	IN_NAMESPACE=1 exec unshare -Urm "$ROOM/run-one" "$NAME" "$MODE"
fi
mkdir -p lib noexec
mount -t tmpfs -o noexec none noexec || fail "no tmpfs"
D=$W/noexec/ck
lib=$(ldd "$CKPT" | sed -n 's/.*liblz4[^>]*=> \([^ ]*\) .*/\1/p')
[ -n "$lib" ] || skip "ckpt is linked without liblz4"
cp "$lib" lib/removed.so
cat > prog.py << 'P'
import ctypes, os, time
lib = ctypes.CDLL(os.path.abspath("lib/removed.so"))
was = lib.LZ4_versionNumber()
os.unlink("lib/removed.so")
os.rmdir("lib")
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        os.unlink("ping")
    time.sleep(0.005)
assert lib.LZ4_versionNumber() == was > 0
P
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
launch /usr/bin/python3 prog.py
wait_for_file ready
checkpoint
kill_all
restart
ping_program
finish 0
