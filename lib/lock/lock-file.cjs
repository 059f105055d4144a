// @ts-check
// Plain JavaScript without dependencies: the installation of packages takes a lock, too.
const { createHash, randomBytes } = require("node:crypto");
const fs = require("node:fs");
const { hostname, userInfo } = require("node:os");
const { basename, dirname, join } = require("node:path");

/**
 * Tells one run of a process from any other, also after its number was given to another process.
 * @typedef {object} ProcessIdentity
 * @property {number} pid
 * @property {string} host machines that share a directory need names of their own
 * @property {string} started Linux: boot, process namespace and start time, between slashes. Empty elsewhere: a number that is in
 *   use again then counts as the same process
 */

/**
 * Who holds a lock, as its file says.
 * @typedef {ProcessIdentity & { user: string, purpose: string, since: string }} LockOwner
 *   `purpose` is what the owner does, for the person who meets the lock (`up dev`); `since` is ISO 8601
 */

/**
 * What came of an attempt: the lock, to be released, or its owner, undefined when the file names none that can be read.
 * @typedef {{ taken: true, release: () => void } | { taken: false, owner: LockOwner | undefined }} Attempt
 */

/**
 * One step of the protocol. Each is one call of the file system, so that a model can stop a process between any two.
 * @typedef {["read", string] | ["create", string, string] | ["link", string, string] | ["rename", string, string]
 *   | ["remove", string] | ["successors", string] | ["isDead", string]} Step
 */

/** Files written aside before they are linked to their place: unique among threads, and among containers that share a directory. */
const aside = `${process.pid}.${randomBytes(6).toString("hex")}`;

/**
 * Takes a lock without waiting. A lock whose owner is dead is taken over; one that cannot be read, or whose owner runs on another
 * host, is respected.
 *
 * @param {string} path the lock's file, in a directory that is there
 * @param {string} purpose
 * @returns {Attempt}
 */
function tryLock(path, purpose) {
  const owner = { ...ownIdentity(), user: userName(), purpose, since: new Date().toISOString() };
  const text = `${JSON.stringify(owner)}\n`;
  const holder = run(takeSteps(path, text, `${path}.${aside}`));
  if (holder !== undefined) return { taken: false, owner: parseOwner(holder) };
  return { taken: true, release: () => run(releaseSteps(path, text)) };
}

/**
 * Every lock file names its owner; the successor of a dead owner is whoever first links `<path>.after-<owner>`, a name that belongs
 * to this owner alone. That claim holds while the lock still names the dead owner, and the claimant then moves it into the lock's
 * place. So nobody ever removes a file that may have become somebody else's, and a claimant killed at any point is succeeded in the
 * same way.
 *
 * @param {string} path @param {string} text names the owner, and differs from every other owner's @param {string} draft a name
 *   that nobody else uses
 * @returns {Generator<Step, string | undefined, any>} what the living owner's file says; undefined: the lock is taken
 */
function* takeSteps(path, text, draft) {
  for (;;) {
    let file = path;
    let first;
    for (let found = yield ["read", path]; found !== undefined; found = yield ["read", file]) {
      if (!(yield ["isDead", found])) return found;
      first ??= found;
      file = successorOf(path, found);
    }
    yield ["create", draft, text];
    const linked = yield ["link", draft, file];
    yield ["remove", draft];
    if (!linked) continue;
    if (first === undefined) return undefined;
    if ((yield ["read", path]) === first) {
      yield ["rename", file, path];
      // Claims of successors before this one, and of those who came too late: all name owners that are gone from the lock for good.
      for (const claim of yield ["successors", path]) yield ["remove", claim];
      return undefined;
    }
    yield ["remove", file];
  }
}

/**
 * Gives a lock back, unless somebody deleted it meanwhile and another process took it.
 * @param {string} path @param {string} text
 * @returns {Generator<Step, void, any>}
 */
function* releaseSteps(path, text) {
  if ((yield ["read", path]) === text) yield ["remove", path];
}

/** @param {string} path @param {string} owner what the owner's file says */
function successorOf(path, owner) {
  return `${path}.after-${createHash("sha256").update(owner).digest("hex").slice(0, 24)}`;
}

/** @template Result @param {Generator<Step, Result, any>} steps @returns {Result} */
function run(steps) {
  for (let next = steps.next(); ; ) {
    if (next.done) return next.value;
    next = steps.next(perform(next.value));
  }
}

/** @param {Step} step @returns {unknown} */
function perform([name, path, other = ""]) {
  switch (name) {
    case "read":
      return unless("ENOENT", () => fs.readFileSync(path, "utf8"));
    case "create":
      return fs.writeFileSync(path, other, { mode: 0o600 });
    case "link":
      return unless("EEXIST", () => fs.linkSync(path, other) ?? true) ?? false;
    case "rename":
      return fs.renameSync(path, other);
    case "remove":
      return fs.rmSync(path, { force: true });
    case "successors":
      return namesBeside(path, "after-").map((rest) => `${path}.after-${rest}`);
    case "isDead": {
      const owner = parseOwner(path);
      return owner !== undefined && !isRunning(owner);
    }
  }
}

/** @template Result @param {string} code @param {() => Result} work @returns {Result | undefined} undefined on this error */
function unless(code, work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === code) return undefined;
    throw error;
  }
}

/**
 * What follows `<name>.<prefix>` in the names of the files beside a file.
 * @param {string} path @param {string} prefix
 */
function namesBeside(path, prefix) {
  const start = `${basename(path)}.${prefix}`;
  return fs.readdirSync(dirname(path)).flatMap((name) => (name.startsWith(start) ? [name.slice(start.length)] : []));
}

/**
 * Makes a file whole or not at all. False when it is there already.
 * @param {string} path @param {string} text
 */
function writeFirst(path, text) {
  const draft = `${path}.${aside}`;
  try {
    fs.writeFileSync(draft, text, { mode: 0o600 });
    return unless("EEXIST", () => fs.linkSync(draft, path) ?? true) ?? false;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/**
 * Removes what processes that were killed while they wrote a file, or took a lock, left aside.
 * @param {string} path the file or lock
 */
function removeAbandoned(path) {
  for (const rest of namesBeside(path, "")) {
    const pid = /^(\d+)\.[0-9a-f]{12}$/.exec(rest)?.[1];
    if (pid !== undefined && !isNumberInUse(Number(pid))) fs.rmSync(`${path}.${rest}`, { force: true });
  }
}

/** @param {string} text @returns {LockOwner | undefined} */
function parseOwner(text) {
  try {
    const owner = JSON.parse(text);
    const texts = [owner.host, owner.started, owner.user, owner.purpose, owner.since];
    return Number.isInteger(owner.pid) && texts.every((part) => typeof part === "string") ? owner : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Who holds a lock now, without taking it. A lock whose owner is dead is nobody's.
 *
 * @param {string} path @returns {LockOwner | undefined} undefined, too, for an owner that cannot be read
 */
function lockOwner(path) {
  const owner = parseOwner(unless("ENOENT", () => fs.readFileSync(path, "utf8")) ?? "");
  return owner !== undefined && isRunning(owner) ? owner : undefined;
}

/**
 * Who holds a lock and what to do, to follow "is".
 * @param {string} path @param {LockOwner | undefined} owner
 */
function describeHolder(path, owner) {
  const holder =
    owner === undefined
      ? "an owner that cannot be read from it"
      : `${owner.purpose}, by ${owner.user}@${owner.host} (pid ${owner.pid}) since ${owner.since}`;
  return `locked by ${holder}. Wait for it to end; if that process is gone for certain, delete ${path}`;
}

/** @type {ProcessIdentity | undefined} */
let own;

/** @returns {ProcessIdentity} */
function ownIdentity() {
  own ??= { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  return own;
}

/**
 * Whether the process still runs. One on another host, or in another container, cannot be asked and counts as running.
 * @param {ProcessIdentity} identity
 */
function isRunning({ pid, host, started }) {
  if (host !== hostname()) return true;
  const [boot, namespace] = started.split("/");
  const [ownBoot, ownNamespace] = ownIdentity().started.split("/");
  if (started !== "" && boot !== ownBoot) return false;
  if (started !== "" && namespace !== ownNamespace) return true;
  return isNumberInUse(pid) && (started === "" || startOf(pid) === started);
}

/**
 * Whether a process of this number, be it the one that is meant or a later one, runs on this host. A killed child that its parent
 * has not waited for yet still has a number, but does nothing any more.
 * @param {number} pid
 */
function isNumberInUse(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, under another user.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return statFields(pid)[0] !== "Z";
}

/** @param {number} pid */
function startOf(pid) {
  const start = statFields(pid)[19];
  if (start === undefined) return "";
  const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${boot}/${fs.readlinkSync("/proc/self/ns/pid")}/${start}`;
}

/**
 * The fields of `/proc/<pid>/stat` after the command name, which may itself hold spaces and brackets.
 * @param {number} pid @returns {readonly string[]}
 */
function statFields(pid) {
  try {
    const stat = fs.readFileSync(join("/proc", String(pid), "stat"), "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/** @type {string | undefined} */
let user;

function userName() {
  user ??= readUserName();
  return user;
}

/** Containers may run under a number that has no name. */
function readUserName() {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? process.env.USERNAME ?? "unknown";
  }
}

module.exports = {
  describeHolder,
  isRunning,
  lockOwner,
  ownIdentity,
  releaseSteps,
  removeAbandoned,
  takeSteps,
  tryLock,
  userName,
  writeFirst,
};
