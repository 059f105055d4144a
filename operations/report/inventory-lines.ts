import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourceRow } from "../../deployment/display/operation-log";
import { readFileText } from "../../lib/file-access";
import { isJsonObject } from "../../lib/json-value";
import { LocatedDocument } from "../../lib/located-yaml/located-document";
import type { Path } from "../../lib/located-yaml/problem";

/** What an entry of the inventory makes, as its schema says under `makes`: `.meta({ makes: [{ type, key }] })`. */
interface Made {
  /** A component's or a resource's type token. */
  readonly type: string;
  /** In a list: the property of the entry that the logical name is made of. Without one, the list as a whole makes it. */
  readonly key?: string;
  /** What comes before the property in the logical name. A prefix of `*-` stands for any text that ends in a dash. */
  readonly prefix?: string;
}

/** One step into a file: a property, the stack's own entry of a mapping by environment, or an entry of a list. */
type Step = { readonly property: string } | "environment" | "entry";

interface InventoryPlace extends Made {
  readonly file: string;
  readonly steps: readonly Step[];
}

/** Finds the inventory's line for a component, by the component's type and logical name. */
export class InventoryLines {
  private readonly documents = new Map<string, LocatedDocument | undefined>();
  private readonly places: readonly InventoryPlace[];

  /** @param directory holds the system's YAML files and, in `schemas`, their JSON Schemas */
  constructor(
    private readonly directory: string,
    private readonly stack: string,
  ) {
    this.places = readPlaces(join(directory, "schemas"));
  }

  lineOf(row: Pick<ResourceRow, "type" | "name">): { readonly file: string; readonly line: number } | undefined {
    for (const place of this.places.filter(({ type }) => type === row.type)) {
      const document = this.document(place.file);
      const path = document === undefined ? undefined : pathOf(place, row.name, this.stack, document.value());
      if (document !== undefined && path !== undefined)
        return { file: join(this.directory, place.file), line: document.positionOf(path, "key").line };
    }
    return undefined;
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
  const own = Array.isArray(schema.makes) ? schema.makes.filter(isMade).map((made) => ({ ...made, file, steps })) : [];
  const properties = isJsonObject(schema.properties) ? Object.entries(schema.properties) : [];
  const variants = [schema.oneOf, schema.anyOf].flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  return [
    ...own,
    ...properties.flatMap(([property, inner]) => placesIn(inner, file, [...steps, { property }])),
    ...placesIn(schema.additionalProperties, file, [...steps, "environment"]),
    ...placesIn(schema.items, file, [...steps, "entry"]),
    ...variants.flatMap((variant) => placesIn(variant, file, steps)),
  ];
}

function isMade(value: unknown): value is Made {
  return isJsonObject(value) && typeof value.type === "string";
}

/** Where in a file's content the entry is that made a resource of a name. */
function pathOf(place: InventoryPlace, name: string, stack: string, content: unknown): Path | undefined {
  const path: (string | number)[] = [];
  let value = content;
  for (const step of place.steps) {
    if (step === "entry" && place.key === undefined) return path;
    const key = step === "entry" ? entryNamed(value, place, name) : step === "environment" ? stack : step.property;
    if (key === undefined) return undefined;
    value = Array.isArray(value) ? value[Number(key)] : isJsonObject(value) ? value[key] : undefined;
    if (value === undefined) return undefined;
    path.push(key);
  }
  return path;
}

function entryNamed(list: unknown, { key = "", prefix = "" }: Made, name: string): number | undefined {
  if (!Array.isArray(list)) return undefined;
  const isNamed = (entry: unknown) => {
    if (!isJsonObject(entry)) return false;
    return prefix === "*-" ? name.endsWith(`-${entry[key]}`) : name === `${prefix}${entry[key]}`;
  };
  const index = list.findIndex(isNamed);
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
