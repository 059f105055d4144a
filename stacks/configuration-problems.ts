import { existsSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { closestName, didYouMean } from "../lib/closest-name";
import { errorCode, readFileText } from "../lib/file-access";
import { LocatedDocument } from "../lib/located-yaml/located-document";
import type { LocatedProblem, Path, Problem } from "../lib/located-yaml/problem";
import { checkAgainst } from "../lib/located-yaml/schema-problems";
import { type StackDefinition, systemNames } from "./registry";
import { commonSettings, optionalSettings, regionSchema, type StackSettings } from "./settings";

/** A stack's configuration, as the engine hands it to the program. */
export interface GivenConfiguration {
  /** The project: the namespace of its own settings. */
  readonly project: string;
  readonly stack: Pick<StackDefinition, "name" | "system">;
  /** What the stack's composition needs beyond the settings of every stack. */
  readonly own: StackSettings;
  /** Every value by its qualified name, as text. */
  readonly values: Readonly<Record<string, string>>;
  /** The stack's file, to point at. */
  readonly file: string;
}

/** Everything that is wrong with a stack's configuration: values, keys that nobody reads, keys that are missing. */
export function configurationProblems(given: GivenConfiguration): readonly LocatedProblem[] {
  const problems = [...settingProblems(given), ...systemProblems(given), ...providerProblems(given)];
  const locate = locator(given.file);
  return problems.map(locate);
}

/** The project's own settings against their schema. */
function settingProblems({ project, own, values }: GivenConfiguration): readonly Problem[] {
  const shape: StackSettings = { ...commonSettings, ...optionalSettings, ...own };
  const settings = Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(`${project}:`))
      .map(([name, value]) => [name.slice(project.length + 1), value] as const)
      .map(([name, value]) => [name, isText(shape[name]) ? value : parsed(value)]),
  );
  const checked = checkAgainst(z.strictObject(shape), settings);
  if (checked.kind === "valid") return [];
  const missing = Object.keys(shape).filter((name) => isMissing(shape[name], settings[name]));
  const unknown = Object.keys(settings).filter((name) => shape[name] === undefined);
  const meant = new Map(unknown.map((name) => [name, closestName(name, missing)]));
  return checked.problems.flatMap(({ path: [name = "", ...rest], message, at }): Problem[] => {
    const key = String(name);
    if (missing.includes(key)) {
      const named = [...meant.values()].includes(key);
      return named ? [] : [{ path: ["config"], message: missingMessage(`${project}:${key}`), at: "key" }];
    }
    const required = meant.get(key);
    const why = required === undefined ? message : `unknown key "${key}"; did you mean "${required}"? It is required`;
    return [{ path: ["config", `${project}:${key}`, ...rest], message: why, ...(at === undefined ? {} : { at }) }];
  });
}

function missingMessage(key: string): string {
  return `${key} is missing, which this stack needs; set it: pulumi config set ${key} VALUE`;
}

/** A stack belongs to one system: another system's inventory would be deployed under this one's names. */
function systemProblems({ project, stack, values }: GivenConfiguration): readonly Problem[] {
  const key = `${project}:system`;
  const system = values[key];
  if (system === undefined || system === stack.system) return [];
  const directory = systemNames.includes(system) ? "" : `, and there is no directory stacks/${system}`;
  const message = `the stack ${stack.name} belongs to the system ${stack.system} (stacks/systems.yaml)${directory}; got "${system}"`;
  return [{ path: ["config", key], message }];
}

/** Packages whose settings a stack's file may hold. Those of two packages are no settings at all. */
const packages: readonly string[] = ["azure-native", "cloudflare", "command", "github", "random", "tailscale"];

/** What the packages themselves read: a key that none of them does was meant as another. */
function providerProblems({ project, values }: GivenConfiguration): readonly Problem[] {
  return Object.entries(values).flatMap(([key, value]): Problem[] => {
    const [namespace = "", name = ""] = key.split(":");
    if (namespace === project || namespace === "pulumi") return [];
    if (!packages.includes(namespace)) {
      const hint = didYouMean(namespace, packages) || `; packages: ${packages.join(", ")}`;
      return [{ path: ["config", key], message: `unknown package "${namespace}"${hint}`, at: "key" }];
    }
    const known = packageSettings(namespace);
    if (!known.includes(name)) {
      const hint = didYouMean(name, known) || `; ${namespace} reads ${known.join(", ") || "nothing"}`;
      return [{ path: ["config", key], message: `unknown key "${name}"${hint}`, at: "key" }];
    }
    const checked = name === "location" ? checkAgainst(regionSchema, value) : undefined;
    if (checked?.kind !== "invalid") return [];
    return checked.problems.map(({ message }) => ({ path: ["config", key], message }));
  });
}

/** The settings that an installed package declares. */
function packageSettings(name: string): readonly string[] {
  const file = `@pulumi/${name}/config/vars`;
  try {
    return Object.keys(require(file) as object);
  } catch (error) {
    if (errorCode(error) === "MODULE_NOT_FOUND") return [];
    throw error;
  }
}

/** Finds problems in the stack's file. What is encrypted there is not quoted. */
function locator(file: string): (problem: Problem) => LocatedProblem {
  const shown = basename(file);
  const read = existsSync(file) ? readFileText(file) : undefined;
  const document = read?.kind === "text" ? new LocatedDocument(read.text) : undefined;
  const content = document?.syntaxProblems().length === 0 ? document.value() : undefined;
  return ({ path, message, at }) => ({
    file: shown,
    position: document?.positionOf(path, at ?? "value") ?? { line: 1, column: 1 },
    path,
    message: isEncrypted(content, path) ? message.replace(/(, got|^")[\s\S]*$/, "") || "is not as expected" : message,
  });
}

function isEncrypted(content: unknown, path: Path): boolean {
  const [section, key] = path;
  if (section === undefined || key === undefined) return false;
  const value = isObject(content) ? Reflect.get(content, section) : undefined;
  const setting: unknown = isObject(value) ? Reflect.get(value, key) : undefined;
  return isObject(setting) && JSON.stringify(setting).includes('"secure":');
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isMissing(schema: unknown, value: unknown): boolean {
  return value === undefined && schema instanceof z.ZodType && !schema.safeParse(undefined).success;
}

/** Whether a setting is text: others are written as JSON. */
function isText(schema: unknown): boolean {
  if (schema instanceof z.ZodOptional) return isText(schema.unwrap());
  return schema instanceof z.ZodString || schema instanceof z.ZodStringFormat || schema instanceof z.ZodEnum;
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
