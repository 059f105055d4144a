// Loaded with `--require` into a process under test: its clock stands still, and what is drawn at random is always the same, so that two
// runs which did the same leave the same bytes, ciphertexts among them.
const crypto = require("node:crypto");

const now = Date.parse("2026-11-02T08:00:00Z");
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [now] : args));
  }
  static now() {
    return now;
  }
};

// Locks name the files beside them by a number that is drawn when they are loaded.
require("../../lib/lock/lock-file.cjs");
crypto.randomBytes = (size) => Buffer.alloc(size, 7);
crypto.randomInt = (least, limit) => (limit === undefined ? 0 : least);
crypto.randomUUID = () => "70a7e0c1-5eed-4bad-8bad-0123456789ab";

require("node:module").syncBuiltinESMExports();
