// A process that takes and gives back the lock at argv[2] until it is killed or its time, argv[4] milliseconds, is over. While it holds
// the lock it writes its number into the file at argv[3] and dies now and then; what it finds there of another owner that lives is
// reported on standard output.
const { readFileSync, writeFileSync } = require("node:fs");
const { isRunning, ownIdentity, tryLock } = require("../../../lib/lock/lock-file.cjs");

const [lock, holder, milliseconds] = process.argv.slice(2);
const self = JSON.stringify(ownIdentity());
const end = Date.now() + Number(milliseconds);
while (Date.now() < end) {
  const attempt = tryLock(lock, "stress");
  if (!attempt.taken) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.2);
    continue;
  }
  const before = readHolder();
  if (before !== "" && before !== self && isRunning(JSON.parse(before))) console.log(`${self} while ${before}`);
  writeFileSync(holder, self);
  const until = performance.now() + Math.random() * 0.5;
  while (performance.now() < until);
  if (Math.random() < 0.5) process.kill(process.pid, "SIGKILL");
  const after = readHolder();
  if (after !== self) console.log(`${self} overwritten by ${after}`);
  writeFileSync(holder, "");
  attempt.release();
}

function readHolder() {
  try {
    return readFileSync(holder, "utf8");
  } catch {
    return "";
  }
}
