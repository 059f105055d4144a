import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject } from "../engine/codec/json-value";
import { decodeProperties, encodeProperties } from "../engine/codec/state-value";
import { PassphraseCipher } from "../engine/state/passphrase-cipher";
import { errorCode } from "../engine/state/state-errors";
import { statePassphrase } from "../engine/state/stored-state";
import { DiskWorld } from "./disk-world";
import { readWorldSeed } from "./seed";

/** What exists before anything is deployed. */
const seedFile = join(__dirname, "..", "world.yaml");

/**
 * Opens the emulated world that all stacks of a project share, seeding it the first time. Secrets in it are encrypted with the
 * passphrase that also encrypts states.
 *
 * @param directory `.sandbox/` of the project
 * @throws WrongPassphrase when the world was made with another passphrase
 */
export async function openWorld(directory: string): Promise<DiskWorld> {
  mkdirSync(directory, { recursive: true });
  const cipher = await worldCipher(join(directory, "world.salt"));
  return DiskWorld.open({
    directory,
    seed: () => readWorldSeed(seedFile),
    codec: {
      encode: (properties) => encodeProperties(properties, cipher.encode),
      decode: (json) => (isJsonObject(json) ? decodeProperties(json, cipher.decode) : {}),
    },
  });
}

async function worldCipher(saltFile: string): Promise<PassphraseCipher> {
  const known = readSalt(saltFile);
  if (known !== undefined) return PassphraseCipher.open(statePassphrase(), known, saltFile);
  const cipher = await PassphraseCipher.create(statePassphrase());
  return writeFirst(saltFile, cipher.saltLine) ? cipher : worldCipher(saltFile);
}

function readSalt(saltFile: string): string | undefined {
  try {
    return readFileSync(saltFile, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes a file whole or not at all. False when another process made it meanwhile: its content counts then. */
function writeFirst(path: string, text: string): boolean {
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, text, { mode: 0o600 });
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
