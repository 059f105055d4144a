import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isJsonObject } from "../../lib/json-value";
import { got } from "../../lib/located-yaml/messages";
import type { Path } from "../../lib/located-yaml/problem";
import { type PackFile, PolicyFileError } from "../pack-file";
import type { ResourceSettings, SettingValue } from "./compared-settings";

/** With which stack another is compared, and where it may differ from it. */
export interface StackParity {
  /** The other stack, usually production. */
  readonly with: string;
  readonly differs: readonly DeclaredDifference[];
  /** The other stack's recorded settings; read when they are first asked for. */
  readonly shape: () => StackShape;
}

/** A difference that is meant: size, replicas, redundancy, retention, how something is reached. */
export interface DeclaredDifference {
  /** A current type token. */
  readonly type: string;
  /** A setting, or what contains settings. @example "sku" */
  readonly property: string;
  readonly reason: string;
}

const keys = ["with", "differs"];
const differenceKeys = ["type", "property", "reason"];

/** Reads `parity` of a stack's parameters. */
export function parityOf(value: unknown, parametersDirectory: string, file: PackFile): StackParity | undefined {
  if (value === undefined) return undefined;
  const content = file.mapping(value, ["parity"], keys);
  const other = file.text(content, "with", ["parity"]);
  let known: StackShape | undefined;
  const shape = () => {
    known ??= readStackShape(dirname(parametersDirectory), other);
    return known;
  };
  return { with: other, differs: differences(content.differs, file), shape };
}

function differences(value: unknown, file: PackFile): readonly DeclaredDifference[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    file.add(["parity", "differs"], `expected a list${got(value)}`);
    return [];
  }
  return value.flatMap((entry: unknown, index) => {
    const path: Path = ["parity", "differs", index];
    if (!isJsonObject(entry)) {
      file.add(path, `expected a map with ${differenceKeys.join(", ")}${got(entry)}`);
      return [];
    }
    const content = file.mapping(entry, path, differenceKeys);
    const field = (key: string) => file.text(content, key, path);
    return [{ type: field("type"), property: field("property"), reason: field("reason") }];
  });
}

/** The settings of a stack's resources that have a counterpart in a stack that is compared with it. */
export interface StackShape {
  readonly stack: string;
  /** By {@link shapeKey}. */
  readonly resources: Readonly<Record<string, ResourceSettings>>;
}

/** Where a pack keeps the shape of a stack. */
export function shapeFile(packDirectory: string, stack: string): string {
  return join(packDirectory, "shapes", `${stack}.generated.json`);
}

/** Logical names do not contain the environment, so the same thing in two stacks has the same key. */
export function shapeKey({ type, name }: { readonly type: string; readonly name: string }): string {
  return `${type} ${name}`;
}

/**
 * Reads the recorded shape of a stack.
 *
 * @throws PolicyFileError when there is none, or when it is not what `npm run generate` writes
 */
export function readStackShape(packDirectory: string, stack: string): StackShape {
  const file = shapeFile(packDirectory, stack);
  if (!existsSync(file)) throw unusable(stack, "is missing");
  const content = parsedShape(file, stack);
  if (!isJsonObject(content) || content.stack !== stack || !isJsonObject(content.resources))
    throw unusable(stack, `expected the shape of ${stack}`);
  const resources: Record<string, ResourceSettings> = {};
  for (const [key, value] of Object.entries(content.resources)) {
    if (!isResourceSettings(value)) throw unusable(stack, `resources["${key}"]: expected settings and computed`);
    resources[key] = value;
  }
  return { stack, resources };
}

function parsedShape(file: string, stack: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw unusable(stack, `cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function unusable(stack: string, problem: string): PolicyFileError {
  return new PolicyFileError([`policies/shapes/${stack}.generated.json: ${problem}; write it with npm run generate`]);
}

function isResourceSettings(value: unknown): value is ResourceSettings {
  if (!isJsonObject(value) || !isJsonObject(value.settings) || !Array.isArray(value.computed)) return false;
  return (
    Object.values(value.settings).every(isSettingValue) && value.computed.every((path) => typeof path === "string")
  );
}

function isSettingValue(value: unknown): value is SettingValue {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
