# Claim: a Unix socket between two trees of one computation is refused, by the
# number of the other process, and both go on.
launch python3 -c '
import socket
s = socket.socket(socket.AF_UNIX)
s.bind("socket"); s.listen()
open("listens", "w")
c = s.accept()[0]
c.sendall(c.recv(1))'
wait_for_file listens
FIRST=$FRONT
launch python3 -c '
import os, socket, time
s = socket.socket(socket.AF_UNIX)
s.connect("socket")
open("ready", "w")
while not os.path.exists("verify"): time.sleep(0.01)
s.sendall(b"x")
assert s.recv(1) == b"x"'
wait_for_file ready
refused 'Unix socket .* process [0-9]+, .* another part'
finish 0
wait "$FIRST"
