import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { secretSignature, signatureKey } from "../../deployment/values/signatures";
import { DiskStateStore } from "../../sandbox/engine/run-operation";
import { DiskWorld } from "../../sandbox/world/disk-world";
import type { WorldObject } from "../../sandbox/world/world";
import { plainCodec } from "../sandbox/world/plain-codec";

/** Every file below a directory with its content, by path. */
export function keptFiles(directory: string): Readonly<Record<string, string>> {
  if (!existsSync(directory)) return {};
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => [relative(directory, path).split(sep).join("/"), readFileSync(path, "utf8")]),
  );
}

/** The names of the files, without those of earlier states: one for each operation, named after its time. */
export function keptFileNames(directory: string): readonly string[] {
  return Object.keys(keptFiles(directory)).filter((name) => !name.includes(".history/"));
}

/** What depends on when and how often something was written, not on what was asked for. */
const volatile = /^(.+(On|At|Updated|Sha|Time)|etag|created|modified|version)$/;

/** What the program made in the world, in a form that two runs that did the same have in common. */
export async function keptWorld(directory: string): Promise<readonly string[]> {
  const ours = (await worldObjects(directory)).filter(({ madeFor }) => madeFor !== undefined);
  return ours.map((object) => JSON.stringify(object, comparable)).sort();
}

/** Everything in a world, with secrets as they are stored. */
export async function worldObjects(directory: string): Promise<readonly WorldObject[]> {
  const seed = () => {
    throw new Error(`${directory} holds no world`);
  };
  const world = await DiskWorld.open({ directory, seed, codec: plainCodec });
  try {
    return await world.objects();
  } finally {
    world.close();
  }
}

/** A stack's resources and pending operations, in a form that two runs that did the same have in common. */
export async function keptState(directory: string, project: string, stack: string): Promise<readonly string[]> {
  const document = await new DiskStateStore(join(directory, "state"), project, stack).load();
  const { resources = [], pending_operations: pending = [] } = document?.deployment ?? {};
  const stored = resources.map((resource) => {
    if (resource.type.startsWith("random:")) return { ...resource, id: "random", outputs: {} };
    return resource.type.startsWith("pulumi:providers:") ? { ...resource, id: "provider" } : resource;
  });
  return [...stored, ...pending]
    .map((part) => JSON.stringify(part, comparable).replace(providerId, "$1::provider"))
    .sort();
}

/** What a Pages project only tells when it is read again: known of one that was taken over, not of one whose create was answered. */
const toldLater: readonly string[] = ["buildConfig", "deploymentConfigs"];

/** Default providers get a new id whenever they are made, and are referred to by it. */
const providerId = /(default_[\d_]+)::[0-9a-f-]{36}/g;

/** Without volatile values and ciphertexts, and with keys in order. */
function comparable(key: string, value: unknown): unknown {
  if (toldLater.includes(key) || (volatile.test(key) && typeof value !== "object")) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (signatureKey in value && Object.entries(value).some(([, part]) => part === secretSignature)) return "[secret]";
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
