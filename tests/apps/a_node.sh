# Claim: a Node.js program with timers, streams, a worker thread and a child
# process gives the same results, also in a file that it opens for each line.
. "$ROOM/apps.sh"
command -v node >> trace || skip "no Node.js"
mkdir -p input
cat > input/app.js <<'S'
const { Worker, isMainThread, parentPort } = require('worker_threads');
const { spawn } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');

if (!isMainThread) {
  parentPort.on('message', (n) => {
    let h = crypto.createHash('sha256');
    for (let i = 0; i < 2000; i++) h.update(`${n} ${i}`);
    parentPort.postMessage([n, h.digest('hex').slice(0, 12)]);
  });
} else {
  const w = new Worker(__filename);
  const out = fs.openSync('results.txt', 'a');
  const sort = spawn('/usr/bin/sort', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  let sorted = '', n = 0;
  sort.stdout.on('data', (d) => { sorted += d; });
  sort.on('close', (code) => {
    console.log(crypto.createHash('sha256').update(sorted).digest('hex'), code);
    w.terminate();
  });
  w.on('message', ([k, h]) => {
    fs.writeSync(out, `${k} ${h}\n`);
    fs.appendFileSync('log.txt', `${h}\n`);
    sort.stdin.write(`${h}\n`);
    if (k % 50 === 0) console.log(k, h);
    if (k % 100 === 60 && k < 400) fs.mkdirSync(`progress/${(k - 60) / 100 + 1}`, { recursive: true });
    if (k === 500) sort.stdin.end();
    else setTimeout(() => w.postMessage(++n), 1);
  });
  w.postMessage(n);
}
S
compare node app.js
