import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../deployment/state-errors";
import { decodeProperties, encodeProperties } from "../../deployment/values/state-value";
import { isJsonObject } from "../../lib/json-value";
import { removeAbandoned, writeFirst } from "../../lib/lock/lock-file.cjs";
import { PassphraseCipher } from "../engine/state/passphrase-cipher";
import { statePassphrase } from "../engine/state/stored-state";
import { DiskWorld, worldFileName } from "./disk-world";
import { readWorldSeed } from "./seed";
import { WorldFileError } from "./world-journal";

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
  for (const name of ["world.salt", worldFileName, "world.lock"]) removeAbandoned(join(directory, name));
  const cipher = await worldCipher(join(directory, "world.salt"), join(directory, worldFileName));
  return DiskWorld.open({
    directory,
    seed: () => readWorldSeed(seedFile),
    codec: {
      encode: (properties) => encodeProperties(properties, cipher.encode),
      decode: (json) => (isJsonObject(json) ? decodeProperties(json, cipher.decode) : {}),
    },
  });
}

async function worldCipher(saltFile: string, worldFile: string): Promise<PassphraseCipher> {
  const known = readSalt(saltFile);
  if (known !== undefined) return PassphraseCipher.open(statePassphrase(), known, saltFile);
  if (existsSync(worldFile)) {
    throw new WorldFileError(
      `${saltFile} is missing, and the secrets in ${worldFile} cannot be read without it. Restore it, or delete both to start from the seeded world.`,
    );
  }
  const cipher = await PassphraseCipher.create(statePassphrase());
  // When another process made it meanwhile, its content counts.
  return writeFirst(saltFile, cipher.saltLine) ? cipher : worldCipher(saltFile, worldFile);
}

function readSalt(saltFile: string): string | undefined {
  try {
    return readFileSync(saltFile, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
