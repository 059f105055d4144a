import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { z } from "zod";
import type { PropertyValue } from "../../deployment/values/property-value";
import type { CloudName, WorldObject } from "./world";

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

const seedFile = z.strictObject({ objects: z.array(seedObject) });

/** The seed file cannot be used; the message lists everything that is wrong with it. */
export class WorldSeedError extends Error {
  constructor(path: string, problems: readonly string[]) {
    super(`${path} is not a usable world:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "WorldSeedError";
  }
}

/**
 * What exists in the emulated world before anything is deployed, from a file such as `sandbox/world.yaml`.
 *
 * @throws WorldSeedError when the file is missing, is not YAML, has a wrong shape or gives one kind and id twice
 */
export function readWorldSeed(path: string): WorldObject[] {
  const { objects } = parseSeed(path, readText(path));
  const repeated = repeatedObjects(objects);
  if (repeated.length > 0) throw new WorldSeedError(path, repeated);
  return objects.map((object) => ({ cloud: cloudOf(object.kind), ...object }));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new WorldSeedError(path, [error instanceof Error ? error.message : String(error)]);
  }
}

function parseSeed(path: string, text: string): z.infer<typeof seedFile> {
  const document = parseDocument(text, { merge: false });
  if (document.errors.length > 0) {
    throw new WorldSeedError(
      path,
      document.errors.map((error) => error.message),
    );
  }
  const parsed = seedFile.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  throw new WorldSeedError(
    path,
    parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
  );
}

function repeatedObjects(objects: readonly { readonly kind: string; readonly id: string }[]): string[] {
  const seen = new Set<string>();
  return objects.flatMap(({ kind, id }, index) => {
    const key = `${kind} ${id.toLowerCase()}`;
    if (seen.has(key)) return [`objects.${index}: ${kind} "${id}" is there twice`];
    seen.add(key);
    return [];
  });
}

function cloudOf(kind: string): CloudName {
  const packageName = kind.slice(0, kind.indexOf(":"));
  for (const [name, cloud] of Object.entries(cloudOfPackage)) if (name === packageName) return cloud;
  throw new Error(`no cloud has objects of kind "${kind}"`);
}
