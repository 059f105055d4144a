import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
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
  const manifest = parseMapping(file, refuse);
  const runtime = manifest.runtime;
  const name = isMapping(runtime) ? runtime.name : runtime;
  if (name !== "nodejs") refuse(`${file}: runtime: expected nodejs, got ${JSON.stringify(name ?? null)}`);
  return {
    directory,
    givenAs,
    nodeArguments: nodeArguments(runtime),
    version: typeof manifest.version === "string" ? manifest.version : undefined,
  };
}

function parseMapping(file: string, refuse: (message: string) => never): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = parse(readFileSync(file, "utf8"));
    return isMapping(content) ? content : refuse(`${file}: expected a mapping with a runtime`);
  } catch (error) {
    if (error instanceof PolicyPackError) throw error;
    return refuse(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function nodeArguments(runtime: unknown): readonly string[] {
  const options = isMapping(runtime) ? runtime.options : undefined;
  const text = isMapping(options) ? options.nodeargs : undefined;
  return typeof text === "string" ? text.split(/\s+/).filter((part) => part !== "") : [];
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
