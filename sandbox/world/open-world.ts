import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { PropertyValue } from "../../deployment/values/property-value";
import { decodeProperties, encodeProperties } from "../../deployment/values/state-value";
import { errorCode, makeDirectory, readRegularFile, whyUnreadable } from "../../lib/file-access";
import { isJsonObject } from "../../lib/json-value";
import type { Problem } from "../../lib/located-yaml/problem";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { removeAbandoned, writeFirst } from "../../lib/lock/lock-file.cjs";
import { PassphraseCipher } from "../engine/state/passphrase-cipher";
import { statePassphrase } from "../engine/state/state-store";
import { DiskWorld, worldFileName } from "./disk-world";
import type { CloudName, WorldObject } from "./world";
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
  makeDirectory(directory);
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
    return readRegularFile(saltFile).toString("utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new WorldFileError(`${saltFile}: ${whyUnreadable(error)}`, { cause: error });
  }
}

const propertyValue: z.ZodType<PropertyValue> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(propertyValue), z.record(z.string(), propertyValue)]),
);

/** Which cloud an object belongs to, by the package of its kind. */
const cloudOfPackage = {
  "azure-native": "azure",
  cloudflare: "cloudflare",
  github: "github",
  tailscale: "tailscale",
  command: "command",
} as const satisfies Record<string, CloudName>;

const seedObject = z.strictObject({
  kind: z.string().regex(/^(azure-native|cloudflare|github|tailscale|command):[\w/.-]+:\w+$/, {
    error: "expected a type token of azure-native, cloudflare, github, tailscale or command",
  }),
  id: z.string().min(1),
  properties: z.record(z.string(), propertyValue),
});

const seedSchema = z
  .strictObject({ objects: z.array(seedObject) })
  .superRefine(({ objects }, refinement) => addProblems(refinement, repeatedObjects(objects)));

/**
 * What exists in the emulated world before anything is deployed, from a file such as `sandbox/world.yaml`.
 *
 * @throws {LocatedError} when the file is missing, is not YAML, has a wrong shape or gives one kind and id twice
 */
export function readWorldSeed(file: string): WorldObject[] {
  const { objects } = readYaml({ file, schema: seedSchema, of: "the emulated world" });
  return objects.map((object) => ({ cloud: cloudOf(object.kind), ...object }));
}

function repeatedObjects(objects: readonly { readonly kind: string; readonly id: string }[]): Problem[] {
  const seen = new Set<string>();
  return objects.flatMap(({ kind, id }, index) => {
    const key = `${kind} ${id.toLowerCase()}`;
    if (seen.has(key)) return [{ path: ["objects", index], message: `${kind} "${id}" is there twice; remove one` }];
    seen.add(key);
    return [];
  });
}

function cloudOf(kind: string): CloudName {
  const packageName = kind.slice(0, kind.indexOf(":"));
  for (const [name, cloud] of Object.entries(cloudOfPackage)) if (name === packageName) return cloud;
  throw new Error(`no cloud has objects of kind "${kind}"`);
}
