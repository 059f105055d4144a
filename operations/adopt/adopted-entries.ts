import { stringify } from "yaml";
import { type AdoptedResource, adoptedSetting } from "../../lib/adopted-resource";
import { isJsonObject } from "../../lib/json-value";
import { LocatedDocument } from "../../lib/located-yaml/located-document";

/**
 * A stack's file with other entries of what is taken over; without the setting where there are none. Everything else stays as it is
 * written.
 *
 * @param text of `Pulumi.<stack>.yaml`
 * @throws when it holds no configuration
 */
export function withAdopted(text: string, entries: readonly AdoptedResource[]): string {
  const document = new LocatedDocument(text, "allowed");
  const content = document.value();
  const config = isJsonObject(content) && isJsonObject(content.config) ? Object.keys(content.config) : [];
  const last = config.at(-1);
  if (last === undefined) throw new Error("the stack's file has no configuration");
  const lines = text.split("\n");
  const lineOf = (key: string) => document.positionOf(["config", key], "key").line - 1;
  const [start, end] = config.includes(adoptedSetting)
    ? [lineOf(adoptedSetting), endOfBlock(lines, lineOf(adoptedSetting))]
    : [endOfBlock(lines, lineOf(last)), endOfBlock(lines, lineOf(last))];
  const listed = entries.map((entry) => `    - ${stringify(entry, { collectionStyle: "flow", lineWidth: 0 }).trim()}`);
  const block = entries.length === 0 ? [] : [`  ${adoptedSetting}:`, ...listed];
  return [...lines.slice(0, start), ...block, ...lines.slice(end)].join("\n");
}

/** The line after a key with everything that is indented below it. */
function endOfBlock(lines: readonly string[], key: number): number {
  const after = lines.findIndex((line, index) => index > key && !line.startsWith("    "));
  return after === -1 ? lines.length : after;
}
