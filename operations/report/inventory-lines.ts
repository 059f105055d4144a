import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourceRow } from "../../deployment/display/operation-log";
import { urnName } from "../../deployment/display/urn-text";
import { readFileText } from "../../lib/file-access";
import { isJsonObject } from "../../lib/json-value";
import { LocatedDocument } from "../../lib/located-yaml/located-document";
import type { Path } from "../../lib/located-yaml/problem";
import { leavingDay, retirementOf } from "../../lib/retirement";
import { findStack } from "../../stacks/registry";

/** What an entry of the inventory makes, as its schema says under `makes`: `.meta({ makes: [{ type, key }] })`. */
interface Made {
  /** A component's or a resource's type token. */
  readonly type: string;
  /** In a list: the property of the entry that the logical name is made of. Without one, the list as a whole makes it. */
  readonly key?: string;
  /** What comes before the property in the logical name. A prefix of `*-` stands for the parent's name and a dash. */
  readonly prefix?: string;
  /** What comes after it. A suffix of `-*` stands for a dash and anything. */
  readonly suffix?: "-*";
}

/** One step into a file: a property, the stack's own entry of a mapping by environment, the preset of that entry, or an entry of a list. */
type Step = { readonly property: string } | "environment" | "preset" | "entry";

interface InventoryPlace extends Made {
  readonly file: string;
  readonly steps: readonly Step[];
  /** Whether an entry may say that it is retired, and whether it does so by its `state`, too. */
  readonly retires: "by-state" | "beside" | undefined;
}

/** A component or a resource, as plans know it. */
export interface NamedRow extends Pick<ResourceRow, "type" | "name"> {
  /** The URN of what it is in. */
  readonly parent?: string | undefined;
}

/** That an entry of the inventory is retired. */
export interface Departure {
  /** The name of what it made. @example "old.alai.no" */
  readonly name: string;
  /** Where it says so, relative to the project. @example "stacks/alai/inventory/sites.yaml" */
  readonly file: string;
  /** Since when it is gone, and why, as the inventory says. */
  readonly reason: string;
}

/** What an inventory says of things that leave. */
export interface Departures {
  /** Of a component or resource whose entry is retired. */
  readonly said: (row: NamedRow) => Departure | undefined;
  /** What to do so that a component or resource of a type may leave: a sentence for whoever tried without. */
  readonly way: (type: string) => string | undefined;
}

/**
 * What the inventory of a stack's system says of things that leave. Every entry whose schema has `retired` leaves in this one way.
 *
 * @param root the project's directory
 */
export function departuresOf(root: string, stack: string): Departures {
  const folder = `stacks/${findStack(stack)?.system ?? ""}/inventory`;
  const lines = new InventoryLines(join(root, folder), stack);
  return {
    said: (row) => {
      const found = lines.entryOf(row);
      const retired = retirementOf(found?.entry);
      if (found === undefined || retired === undefined) return undefined;
      const reason = `retired, leaves on ${leavingDay(retired)}: ${retired.reason}`;
      return { name: row.name, file: `${folder}/${found.file}`, reason };
    },
    way: (type) => {
      const list = lines.retiringList(type);
      if (list === undefined) return undefined;
      const state = list.retires === "by-state" ? '"state: retired" and ' : "";
      return (
        `What leaves is said first: keep its entry in ${folder}/${list.file}:${list.line}, or add it, and if it is to leave, give it ` +
        `${state}"retired: { on: YYYY-MM-DD, reason: … }"; deploy that, and take the entry out when its days are over ` +
        '(docs/extending.md, "What leaves")'
      );
    },
  };
}

/** Finds the inventory's line for a component, by the component's type and logical name. */
export class InventoryLines {
  private readonly documents = new Map<string, LocatedDocument | undefined>();
  private readonly places: readonly InventoryPlace[];
  /** By which name the inventory has an entry of the stack. */
  private readonly environment: string;

  /** @param directory holds the system's YAML files; the JSON Schemas of all systems are in `stacks/inventory/schemas` */
  constructor(
    private readonly directory: string,
    stack: string,
  ) {
    this.environment = findStack(stack)?.environment ?? stack;
    this.places = readPlaces(join(directory, "../../inventory/schemas"));
  }

  lineOf(row: NamedRow): { readonly file: string; readonly line: number } | undefined {
    const found = this.entryOf(row);
    return found === undefined ? undefined : { file: join(this.directory, found.file), line: found.line };
  }

  /** The entry that made a component or resource, with its file's name. */
  entryOf(row: NamedRow): { readonly file: string; readonly line: number; readonly entry: unknown } | undefined {
    for (const { file, ...place } of this.places.filter(({ type }) => type === row.type)) {
      const document = this.document(file);
      const found = document === undefined ? undefined : entryAt(place, row, this.environment, document.value());
      if (document !== undefined && found !== undefined)
        return { file, line: document.positionOf(found.path, "key").line, entry: found.value };
    }
    return undefined;
  }

  /** Where the list is whose entries make things of a type and may be retired. */
  retiringList(type: string): (Pick<InventoryPlace, "file" | "retires"> & { readonly line: number }) | undefined {
    const place = this.places.find((each) => each.type === type && each.retires !== undefined);
    const document = place === undefined ? undefined : this.document(place.file);
    if (place === undefined || document === undefined) return undefined;
    const content = document.value();
    const path = place.steps
      .slice(0, place.steps.lastIndexOf("entry"))
      .flatMap((step) => (step === "entry" ? [] : (keyOf(step, this.environment, content) ?? [])));
    return { file: place.file, retires: place.retires, line: document.positionOf(path, "key").line };
  }

  private document(file: string): LocatedDocument | undefined {
    if (!this.documents.has(file)) this.documents.set(file, readDocument(join(this.directory, file)));
    return this.documents.get(file);
  }
}

/** Every place that the schemas of a directory name. */
function readPlaces(directory: string): readonly InventoryPlace[] {
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).filter((file) => file.endsWith(".schema.json"));
  return files.flatMap((file) => {
    const schema: unknown = JSON.parse(readFileSync(join(directory, file), "utf8"));
    return placesIn(schema, file.replace(/\.schema\.json$/, ".yaml"), []);
  });
}

function placesIn(schema: unknown, file: string, steps: readonly Step[]): readonly InventoryPlace[] {
  if (!isJsonObject(schema)) return [];
  const properties = isJsonObject(schema.properties) ? Object.entries(schema.properties) : [];
  const variants = [schema.oneOf, schema.anyOf].flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  const place = { file, steps, retires: [schema, ...variants].map(retires).find((how) => how !== undefined) };
  const own = Array.isArray(schema.makes) ? schema.makes.filter(isMade).map((made) => ({ ...made, ...place })) : [];
  return [
    ...own,
    ...properties.flatMap(([property, inner]) => placesIn(inner, file, [...steps, { property }])),
    ...placesIn(schema.additionalProperties, file, [...steps, isPresets(steps.at(-1)) ? "preset" : "environment"]),
    ...placesIn(schema.items, file, [...steps, "entry"]),
    ...variants.flatMap((variant) => placesIn(variant, file, steps)),
  ];
}

function isPresets(step: Step | undefined): boolean {
  return typeof step === "object" && step.property === "presets";
}

function retires(schema: unknown): InventoryPlace["retires"] {
  if (!isJsonObject(schema) || !isJsonObject(schema.properties) || schema.properties.retired === undefined)
    return undefined;
  return schema.properties.state === undefined ? "beside" : "by-state";
}

function isMade(value: unknown): value is Made {
  return isJsonObject(value) && typeof value.type === "string";
}

/** The entry in a file's content that made a resource of a name. */
function entryAt(
  place: Omit<InventoryPlace, "file">,
  row: NamedRow,
  environment: string,
  content: unknown,
): { readonly path: Path; readonly value: unknown } | undefined {
  const path: (string | number)[] = [];
  let value = content;
  for (const step of place.steps) {
    if (step === "entry" && place.key === undefined) break;
    const key = step === "entry" ? entryNamed(value, place, row) : keyOf(step, environment, content);
    if (key === undefined) return undefined;
    value = Array.isArray(value) ? value[Number(key)] : isJsonObject(value) ? value[key] : undefined;
    if (value === undefined) return undefined;
    path.push(key);
  }
  return { path, value };
}

/** The key that a step takes; undefined for the preset of an environment that has none. */
function keyOf(step: Exclude<Step, "entry">, environment: string, content: unknown): string | undefined {
  if (step === "environment") return environment;
  if (step !== "preset") return step.property;
  const environments = isJsonObject(content) ? content.environments : undefined;
  const entry = isJsonObject(environments) ? environments[environment] : undefined;
  return isJsonObject(entry) && typeof entry.size === "string" ? entry.size : undefined;
}

function entryNamed(
  list: unknown,
  { key = "", prefix = "", suffix }: Pick<Made, "key" | "prefix" | "suffix">,
  { name, parent = "" }: NamedRow,
): number | undefined {
  if (!Array.isArray(list)) return undefined;
  const start = prefix === "*-" ? `${urnName(parent)}-` : prefix;
  const index = list.findIndex((entry) => {
    const made = `${start}${isJsonObject(entry) ? entry[key] : entry}`;
    return suffix === undefined ? name === made : name.startsWith(`${made}-`);
  });
  return index < 0 ? undefined : index;
}

/** A file that cannot be read has no lines here. Loading the inventory reports why. */
function readDocument(path: string): LocatedDocument | undefined {
  if (!existsSync(path)) return undefined;
  const read = readFileText(path);
  if (read.kind === "refused") return undefined;
  const document = new LocatedDocument(read.text);
  return document.syntaxProblems().length > 0 ? undefined : document;
}
