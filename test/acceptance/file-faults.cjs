// Loaded with `--require` into the process under test: something goes wrong at one of the changes it makes to the files of the
// sandbox. FILE_FAULT is `<effect> <what> <nth>`: at the nth change called <what> (see below; `*` is any) the process is killed
// (`kill`), writes half and is killed (`tear`), finds the disk full from then on (`full`), or may write nothing at all (`forbid`).
// FILE_CHANGES names a file in which all changes are noted. FILE_REMAINS is JSON, `{ "into": <directory>, "at": { "<nth>": "whole" | "torn" } }`:
// at the nth change of all the files are copied there, as a kill would leave them before it or in the middle of it.
const fs = require("node:fs");
const { basename } = require("node:path");

const directory = process.env.SANDBOX_DIRECTORY;
const [effect, wanted, nth] = (process.env.FILE_FAULT ?? "none none 0").split(" ");
const remains = JSON.parse(process.env.FILE_REMAINS ?? '{ "at": {} }');
const original = { ...fs };
const paths = new Map();
let all = 0;
let seen = 0;
let full = false;

/** `write dev.journal`, with process numbers left out of file names. */
function labelOf(change, path) {
  return `${change}:${basename(path).replace(new RegExp(`${process.pid}(\\.[0-9a-f]{12})?`, "g"), "PID")}`;
}

/** Called before a change. Says whether it must be cut short. */
function meet(change, path) {
  if (typeof path !== "string" || !path.startsWith(directory)) return;
  const label = labelOf(change, path);
  if (process.env.FILE_CHANGES) original.appendFileSync(process.env.FILE_CHANGES, `${label}\n`);
  all += 1;
  if (remains.at[all] === "torn" && change === "write") return "copy";
  if (remains.at[all] !== undefined) keepRemains();
  if (effect === "forbid") throw noPermission(path);
  if (full && (change === "write" || change === "create")) throw noSpace(path);
  if (wanted !== "*" && label !== wanted) return;
  seen += 1;
  if (seen !== Number(nth)) return;
  if (effect === "kill" || (effect === "tear" && change !== "write")) die();
  if (effect === "full") full = true;
  return effect;
}

function keepRemains() {
  original.cpSync(directory, `${remains.into}/${all}`, { recursive: true });
}

function die() {
  process.kill(process.pid, "SIGKILL");
  // The signal arrives in its own time, and nothing may happen until then.
  for (;;);
}

function noSpace(path) {
  return Object.assign(new Error(`ENOSPC: no space left on device, write`), {
    code: "ENOSPC",
    errno: -28,
    syscall: "write",
    path,
  });
}

function noPermission(path) {
  const message = `EACCES: permission denied, open '${path}'`;
  return Object.assign(new Error(message), { code: "EACCES", errno: -13, syscall: "open", path });
}

fs.openSync = (path, flags, ...rest) => {
  if (/[wax]/.test(String(flags))) meet("create", path);
  const descriptor = original.openSync(path, flags, ...rest);
  paths.set(descriptor, path);
  return descriptor;
};
fs.closeSync = (descriptor) => {
  paths.delete(descriptor);
  return original.closeSync(descriptor);
};
// Both forms that the program uses: text with a position, bytes with offset, length and position.
fs.writeSync = (descriptor, data, ...rest) => {
  const cut = meet("write", paths.get(descriptor));
  if (cut === undefined) return original.writeSync(descriptor, data, ...rest);
  const bytes = Buffer.from(data);
  const [offset = 0, length = bytes.length - offset, position = null] = rest;
  const done = original.writeSync(descriptor, bytes, offset, Math.floor(length / 2), position);
  if (cut === "tear") die();
  if (cut === "copy") keepRemains();
  return done;
};
// The first argument is a path or a descriptor.
fs.writeFileSync = (path, data, ...rest) => {
  const cut = meet("write", paths.get(path) ?? path);
  if (cut === undefined) return original.writeFileSync(path, data, ...rest);
  const text = String(data);
  const half = Math.floor(text.length / 2);
  original.writeFileSync(path, text.slice(0, half), ...rest);
  if (cut === "tear") die();
  if (cut === "full") throw noSpace(path);
  keepRemains();
  return original.writeFileSync(path, typeof path === "number" ? text.slice(half) : text, ...rest);
};
for (const [name, change] of [
  ["linkSync", "link"],
  ["renameSync", "rename"],
]) {
  fs[name] = (from, to) => {
    meet(change, to);
    return original[name](from, to);
  };
}
fs.rmSync = (path, ...rest) => {
  meet("remove", path);
  return original.rmSync(path, ...rest);
};

require("node:module").syncBuiltinESMExports();
