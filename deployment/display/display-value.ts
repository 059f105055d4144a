import { builtInRole } from "../../lib/azure/built-in-roles";
import { isJsonObject } from "../../lib/json-value";
import {
  archiveSignature,
  assetSignature,
  resourceSignature,
  secretSignature,
  signatureKey,
  unknownMarkers,
} from "../values/signatures";
import { printable, printableJson } from "./terminal";

/** A property value as events carry it, reduced to what is shown. Secrets are already masked in events; here they are named. */
export type DisplayValue =
  | {
      readonly kind: "leaf";
      /** As it is shown, long texts cut. */
      readonly text: string;
      /** Of a text: all of it, for what two texts differ in. */
      readonly whole?: string;
    }
  | {
      readonly kind: "block";
      readonly lines: readonly string[];
      readonly whole: string;
    }
  | { readonly kind: "list"; readonly items: readonly DisplayValue[] }
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, DisplayValue> };

/** Longest text that is shown in one piece. */
export const longestText = 120;
const secretLeaf: DisplayValue = { kind: "leaf", text: "[secret]" };
const unknownLeaf: DisplayValue = { kind: "leaf", text: "[unknown]" };

/** Reads one value of an event. The engine's and the bridged providers' own keys are left out. */
export function displayValue(value: unknown): DisplayValue {
  if (isJsonObject(value)) {
    const signature = value[signatureKey];
    if (typeof signature === "string") return displaySigned(signature, value);
  }
  return displayPlain(value, displayValue, displayEntries);
}

/** Reads a document that somebody wrote into a property: what would be the engine's own in an event is theirs there, and shown. */
export function displayDocument(value: unknown): DisplayValue {
  return displayPlain(value, displayDocument, (record) => entriesOf(Object.keys(record), record, displayDocument));
}

function displayPlain(
  value: unknown,
  display: (value: unknown) => DisplayValue,
  entries: (record: Readonly<Record<string, unknown>>) => ReadonlyMap<string, DisplayValue>,
): DisplayValue {
  if (typeof value === "string") return displayString(value);
  if (Array.isArray(value)) return { kind: "list", items: value.map(display) };
  return isJsonObject(value) ? { kind: "map", entries: entries(value) } : { kind: "leaf", text: printableJson(value) };
}

/** Written by the engine, the SDK and bridged providers. Any other key may be somebody's, however it begins. */
const ownKeys: ReadonlySet<string> = new Set(["__internal", "__defaults", "__meta", "__createBeforeDelete"]);

export function displayEntries(record: Readonly<Record<string, unknown>>): ReadonlyMap<string, DisplayValue> {
  const keys = Object.keys(record).filter((key) => !ownKeys.has(key));
  return entriesOf(keys, record, displayValue);
}

function entriesOf(
  keys: readonly string[],
  record: Readonly<Record<string, unknown>>,
  display: (value: unknown) => DisplayValue,
): ReadonlyMap<string, DisplayValue> {
  return new Map([...keys].sort().map((key) => [printable(key), display(record[key])]));
}

/** Whether the value is a secret, or holds one: two of these can differ without showing it. */
export function holdsSecret(value: DisplayValue | undefined): boolean {
  if (value === undefined || value.kind === "block") return false;
  if (value.kind === "leaf") return value === secretLeaf;
  return [...(value.kind === "list" ? value.items : value.entries.values())].some(holdsSecret);
}

function displayString(value: string): DisplayValue {
  if (unknownMarkers.has(value)) return unknownLeaf;
  const lines = value.split("\n");
  if (lines.length > 2) return { kind: "block", lines: lines.map(printable), whole: value };
  const role = builtInRole(value);
  // Who reviews a grant knows the role's name, not its id.
  if (role !== undefined) return { kind: "leaf", text: `${printableJson(value)} (${role})` };
  if (value.length <= longestText) return { kind: "leaf", text: printableJson(value), whole: value };
  const text = `${printableJson(value.slice(0, longestText))}… (${value.length} characters)`;
  return { kind: "leaf", text, whole: value };
}

function displaySigned(signature: string, value: Readonly<Record<string, unknown>>): DisplayValue {
  switch (signature) {
    case secretSignature:
      return secretLeaf;
    case assetSignature:
      return { kind: "leaf", text: `asset(${contentName(value)})` };
    case archiveSignature:
      return { kind: "leaf", text: `archive(${contentName(value)})` };
    case resourceSignature:
      return { kind: "leaf", text: printable(String(value.urn)) };
    default:
      return unknownLeaf;
  }
}

function contentName(value: Readonly<Record<string, unknown>>): string {
  const hash = typeof value.hash === "string" ? value.hash.slice(0, 7) : "no hash";
  const source = value.path ?? value.uri;
  return typeof source === "string" ? `${printable(source)}, ${hash}` : hash;
}
