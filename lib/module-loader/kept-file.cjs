// A file beside the installed packages that keeps what a command worked out about modules, for the next one. Whatever is wrong with it
// costs time and nothing else.
const { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { crc32 } = require("node:zlib");

const packages = join(dirname(dirname(__dirname)), "node_modules");
const directory = join(packages, ".cache", "landscape");

/** @typedef {{ path: string, digest: string | number, length: number, content: Buffer }} KeptModule */

/**
 * What the file keeps, by path: a checksum of all that follows, the length of the table, the table as JSON, what is kept of its modules
 * in its order. Nothing when another maker wrote it.
 * @returns {Map<string, KeptModule>}
 */
exports.readKept = (name, maker) => {
  const read = new Map();
  try {
    const file = readFileSync(join(directory, name));
    if (crc32(file.subarray(4)) !== file.readUInt32LE(0)) return read;
    let start = 8 + file.readUInt32LE(4);
    const table = JSON.parse(file.toString("utf8", 8, start));
    if (table.maker !== maker) return read;
    for (const entry of table.modules) {
      read.set(entry.path, { ...entry, content: file.subarray(start, start + entry.length) });
      start += entry.length;
    }
  } catch {
    // Not there, or cut off: everything is made again.
  }
  return read;
};

/** Where it cannot be written, the next command works it out again. @param {readonly KeptModule[]} modules */
exports.writeKept = (name, maker, modules) => {
  // A copy of the project that links to these packages may lack much, or be another state of it.
  if (realpathSync(packages) !== packages) return;
  const table = Buffer.from(JSON.stringify({ maker, modules: modules.map(({ content, ...entry }) => entry) }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(table.length);
  const kept = Buffer.concat([length, table, ...modules.map(({ content }) => content)]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(kept));
  // Moved into its place, so that others read the old file or the new one. Of two that write at once, the last one's stays.
  const draft = join(directory, `${name}.${process.pid}`);
  try {
    mkdirSync(directory, { recursive: true });
  } catch {
    return;
  }
  try {
    writeFileSync(draft, Buffer.concat([checksum, kept]));
    renameSync(draft, join(directory, name));
  } catch {
    rmSync(draft, { force: true });
  }
};
