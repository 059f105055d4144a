import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { got, unknownKey } from "../../lib/located-yaml/messages";
import type { LocatedProblem } from "../../lib/located-yaml/problem";
import { PositionedYaml } from "./positioned-yaml";
import { ProjectError } from "./project-error";
import type { ProjectFile } from "./project-file";

/** How the `secure:` values of a stack file are encrypted. */
export type ConfigEncryption =
  | { readonly kind: "none" }
  | { readonly kind: "passphrase"; readonly salt: string }
  /** A key the sandbox does not have and never asks for: a cloud's key vault, or the Pulumi service. */
  | { readonly kind: "provider"; readonly name: string };

/** A stack's `Pulumi.<stack>.yaml` as written. */
export interface StackFile {
  readonly yaml: PositionedYaml;
  readonly config: Readonly<Record<string, unknown>>;
  readonly encryption: ConfigEncryption;
}

const stackKeys = ["config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment"];

export function stackFilePath(project: ProjectFile, stack: string): string {
  return join(project.stackConfigDirectory, `Pulumi.${stack}${project.extension}`);
}

/** Names of the stacks that have a file, in order. */
export function listStackFiles(project: ProjectFile): string[] {
  if (!existsSync(project.stackConfigDirectory)) return [];
  return readdirSync(project.stackConfigDirectory)
    .filter((name) => name.startsWith("Pulumi.") && name.endsWith(project.extension))
    .map((name) => name.slice("Pulumi.".length, -project.extension.length))
    .filter((stack) => stack !== "")
    .sort();
}

/** Undefined when the stack has no file; a {@link ProjectError} when the file is not what a stack file is. */
export function readStackFile(project: ProjectFile, stack: string): StackFile | undefined {
  const path = stackFilePath(project, stack);
  if (!existsSync(path)) return undefined;
  const yaml = PositionedYaml.read(path, relative(project.project.root, path));
  const content = yaml.content();
  if (!isMap(content)) throw new ProjectError([yaml.problem([], `expected a map with the key config${got(content)}`)]);
  const problems = [...unknownKeys(yaml, content), ...wrongTypes(yaml, content)];
  if (problems.length > 0) throw new ProjectError(problems);
  return { yaml, config: isMap(content.config) ? content.config : {}, encryption: encryptionOf(content) };
}

function unknownKeys(yaml: PositionedYaml, content: Readonly<Record<string, unknown>>): LocatedProblem[] {
  return Object.keys(content)
    .filter((key) => !stackKeys.includes(key))
    .map((key) => yaml.problem([key], unknownKey([key], key, stackKeys).message));
}

function wrongTypes(yaml: PositionedYaml, content: Readonly<Record<string, unknown>>): LocatedProblem[] {
  const texts = ["encryptionsalt", "encryptedkey", "secretsprovider"]
    .filter((key) => content[key] !== undefined && typeof content[key] !== "string")
    .map((key) => yaml.problem([key], `expected text${got(content[key])}`));
  const { config } = content;
  if (config === undefined || config === null || isMap(config)) return texts;
  return [...texts, yaml.problem(["config"], `expected a map of configuration values${got(config)}`)];
}

function encryptionOf(content: Readonly<Record<string, unknown>>): ConfigEncryption {
  const { encryptionsalt: salt, secretsprovider: provider, encryptedkey: key } = content;
  const named = typeof provider === "string" && provider !== "passphrase" && provider !== "default";
  if (named) return { kind: "provider", name: provider.split(":")[0] ?? provider };
  if (typeof salt === "string") return { kind: "passphrase", salt };
  return typeof key === "string" ? { kind: "provider", name: "unknown" } : { kind: "none" };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
