import { z } from "zod";
import type { PropertyValue } from "../../deployment/values/property-value";
import type { Problem } from "../../lib/located-yaml/problem";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { addProblems } from "../../lib/located-yaml/schema-problems";
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
