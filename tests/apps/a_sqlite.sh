# Claim: a database under load (SQLite, in a transaction when it is saved)
# has every row once, and is whole, after two restarts.
. "$ROOM/apps.sh"
/usr/bin/python3 -c 'import sqlite3' 2>> trace || skip "no sqlite3"
mkdir -p input
cat > input/app.py <<'S'
import os, sqlite3, sys

db = sqlite3.connect("data.db", isolation_level=None)
mode = db.execute("pragma journal_mode=delete").fetchone()
db.execute("create table t (k integer primary key, v text)")
db.execute("create index i on t (v)")
for step in range(240):
    db.execute("begin")
    for i in range(150):
        k = step * 150 + i
        db.execute("insert into t values (?, ?)", (k, "%x" % (k * 2654435761 % 2**32)))
        if i % 10 == 0:
            db.execute("update t set v = v || '.' where k = ?", (k // 2,))
    if step in (30, 80, 130, 180):
        os.makedirs("progress/%d" % ((step - 30) // 50 + 1), exist_ok=True)
    db.execute("commit")
    if step % 20 == 0:
        print(step, db.execute("select count(*), max(v) from t").fetchone(), flush=True)
print(db.execute("pragma integrity_check").fetchone())
for row in db.execute("select * from t order by k"):
    print(*row)
db.close()
os.unlink("data.db")
S
# a file that is changed in place goes on from where it was saved only if
# nobody wrote to it since: as at a requeue
HELD=1
compare /usr/bin/python3 app.py
