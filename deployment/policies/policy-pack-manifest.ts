import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { PolicyPackError } from "./policy-pack-error";

/** What a pack's `PulumiPolicy.yaml` says of it. */
export interface PolicyPackManifest {
  /** Absolute. */
  readonly directory: string;
  /** The directory as the user gave it: the last part of the pack's label. */
  readonly givenAs: string;
  /** `runtime.options.nodeargs`, split at blanks. */
  readonly nodeArguments: readonly string[];
  /** Replaces the version the pack reports of itself (its `package.json`'s). */
  readonly version: string | undefined;
}

/**
 * Reads `PulumiPolicy.yaml` in a directory.
 *
 * @throws PolicyPackError when it is missing, is not YAML, or names another runtime than `nodejs`
 */
export function readPolicyPackManifest(givenAs: string): PolicyPackManifest {
  const directory = resolve(givenAs);
  const file = join(directory, "PulumiPolicy.yaml");
  const refuse = (message: string): never => {
    throw new PolicyPackError(givenAs, "load", message);
  };
  if (!existsSync(file)) refuse(`no policy pack in ${givenAs}: PulumiPolicy.yaml is missing there`);
  const manifest = readManifest(file, refuse);
  const options = typeof manifest.runtime === "string" ? undefined : manifest.runtime.options;
  return {
    directory,
    givenAs,
    nodeArguments: options?.nodeargs?.split(/\s+/).filter((part) => part !== "") ?? [],
    version: manifest.version,
  };
}

const runtimeName = z.string().regex(/^nodejs$/, "expected nodejs");

const manifestSchema = z.looseObject({
  runtime: z.union([
    runtimeName,
    z.looseObject({ name: runtimeName, options: z.looseObject({ nodeargs: z.string().optional() }).optional() }),
  ]),
  version: z.string().optional(),
});

function readManifest(file: string, refuse: (message: string) => never): z.output<typeof manifestSchema> {
  try {
    return readYaml({ file, schema: manifestSchema, of: "the policy pack" });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
