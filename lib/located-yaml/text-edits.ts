import { type Document, isMap, isNode, isPair, isScalar, isSeq, type Node, parseDocument, type YAMLSeq } from "yaml";
import type { Path } from "./problem";

// Edits of a file's text: what is not edited stays as it is written, comments and columns included.

/** An edit of a place that the text does not have, or that shares its lines with other places. */
export class TextEditError extends Error {
  override readonly name = "TextEditError";
}

/** The text with another value at a path. @throws when there is none */
export function replaceAt(text: string, path: Path, value: string): string {
  const [start, end] = valueRange(parseDocument(text), path);
  return `${text.slice(0, start)}${value}${text.slice(end)}`;
}

/** The text without the entry at a path, and without the comment above it. @throws when there is none, or it shares its line */
export function removeAt(text: string, path: Path): string {
  const { start, end } = entryLines(text, path);
  const above = text.slice(0, start).split("\n").slice(0, -1);
  while (above.at(-1)?.trim().startsWith("#") === true) above.pop();
  return `${above.map((line) => `${line}\n`).join("")}${text.slice(end)}`;
}

/** The lines of an entry of a block map or list, without its last line's end. @throws when there is none, or it shares its line */
export function entryAt(text: string, path: Path): string {
  const { start, end } = entryLines(text, path);
  return text.slice(start, end).trimEnd();
}

/** The text with lines behind the entry at a path. @throws when there is none, or it shares its line */
export function insertBehind(text: string, path: Path, lines: string): string {
  const { end } = entryLines(text, path);
  const before = text.slice(0, end);
  return `${before}${before.endsWith("\n") ? "" : "\n"}${lines}\n${text.slice(end)}`;
}

/** The text with one more value at the end of a list. @throws when there is no list, or it is empty */
export function appendTo(text: string, path: Path, value: string): string {
  const list = parseDocument(text).getIn(path, true);
  const last = isSeq(list) ? list.items.length - 1 : -1;
  if (!isSeq(list) || last < 0) throw new TextEditError(`there is no list with entries at ${path.join(".")}`);
  if (list.flow !== true) {
    const entry = entryAt(text, [...path, last]);
    return insertBehind(text, [...path, last], `${/^ */.exec(entry)?.[0] ?? ""}- ${value}`);
  }
  const [, end] = rangeOf(list.items[last]);
  return `${text.slice(0, end)}, ${value}${text.slice(end)}`;
}

/** The paths of all lists of texts in a file. */
export function listsIn(text: string): readonly { readonly path: Path; readonly values: readonly string[] }[] {
  const found: { path: Path; values: string[] }[] = [];
  const visit = (node: unknown, path: Path): void => {
    if (isMap(node)) for (const { key, value } of node.items) visit(value, [...path, String(key)]);
    if (!isSeq(node)) return;
    if (isListOfTexts(node)) found.push({ path, values: node.items.map((item) => String(item.value)) });
    for (const [index, item] of node.items.entries()) visit(item, [...path, index]);
  };
  visit(parseDocument(text).contents, []);
  return found;
}

function isListOfTexts(node: YAMLSeq): node is YAMLSeq<{ value: unknown } & Node> {
  return node.items.length > 0 && node.items.every((item) => isScalar(item));
}

function valueRange(document: Document.Parsed, path: Path): readonly [number, number] {
  return rangeOf(document.getIn(path, true), path);
}

function rangeOf(node: unknown, path: Path = []): readonly [number, number] {
  if (!isNode(node) || node.range === null || node.range === undefined)
    throw new TextEditError(`there is nothing at ${path.join(".")}`);
  const [start, end] = node.range;
  return [start, end];
}

/** From the beginning of an entry's first line to that of the line after its last one. */
function entryLines(text: string, path: Path): { readonly start: number; readonly end: number } {
  const document = parseDocument(text);
  const parent = document.getIn(path.slice(0, -1), true);
  const part = path.at(-1);
  const pair = isMap(parent)
    ? parent.items.find((item) => isPair(item) && String(item.key) === String(part))
    : undefined;
  const [begin] = rangeOf(pair?.key ?? document.getIn(path, true), path);
  const [, valueEnd] = valueRange(document, path);
  const start = text.lastIndexOf("\n", begin - 1) + 1;
  const indent = /^( *)(?:- )?$/.exec(text.slice(start, begin))?.[1];
  if (indent === undefined) throw new TextEditError(`${path.join(".")} shares its line; write it on lines of its own`);
  const last = text.slice(0, valueEnd).trimEnd().length;
  const lineEnd = text.indexOf("\n", last);
  const end = lineEnd === -1 ? text.length : lineEnd + 1;
  // A comment below it belongs to the next entry, unless it is further in than this one's first line.
  const inside = new RegExp(`^(?: {${indent.length + 1},}#.*(?:\\n|$))+`).exec(text.slice(end));
  return { start, end: end + (inside?.[0].length ?? 0) };
}
