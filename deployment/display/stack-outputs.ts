import { type DisplayValue, displayEntries } from "./display-value";
import type { OperationLog } from "./operation-log";
import { mapDifference } from "./property-diff";
import { differenceLines, propertyLines } from "./property-lines";
import type { Paint } from "./terminal";

/** The stack's outputs; in an update that changes some, only those that change. Secrets show as `[secret]`. */
export function stackOutputLines(log: OperationLog, paint: Paint): string[] {
  // A program that stopped half-way has not said its outputs; the old ones are not gone.
  if (log.summary?.succeeded === false) return [];
  const stack = log.stack;
  const step = stack?.steps.get("same") ?? stack?.steps.get("create") ?? stack?.steps.get("update");
  if (step === undefined || step.old === undefined || step.old === null) return newOutputLines(step?.new?.outputs);
  const before = displayEntries(step.old.outputs ?? {});
  const after = displayEntries(step.new?.outputs ?? {});
  const difference = mapDifference(before, after);
  if (difference.kind === "same") return log.isPreview ? [] : propertyLines(after);
  return differenceLines(difference, paint);
}

/** All outputs, for a stack seen for the first time and for the `outputs` command. */
export function newOutputLines(outputs: Readonly<Record<string, unknown>> | undefined): string[] {
  return propertyLines(displayEntries(outputs ?? {}));
}

/** Of a list as many items are named in {@link briefOutputLines} as have room in a line, and one at least. */
const longestList = 40;

/**
 * The outputs that are a value or a list of values, one a line, with their title. What is made for programs is only named: the command
 * `outputs` shows it.
 */
export function briefOutputLines(outputs: Readonly<Record<string, unknown>> | undefined): string[] {
  const entries = [...displayEntries(outputs ?? {})];
  if (entries.length === 0) return [];
  const lines = entries.map(([key, value]) => ({ key, text: briefText(value) }));
  const width = Math.max(0, ...lines.map(({ key, text }) => (text === undefined ? 0 : key.length)));
  const others = lines.filter(({ text }) => text === undefined).map(({ key }) => key);
  return [
    others.length === 0 ? "Outputs:" : `Outputs (the command outputs shows ${others.join(", ")}, too):`,
    ...lines.flatMap(({ key, text }) => (text === undefined ? [] : [`    ${key.padEnd(width)}: ${text}`])),
  ];
}

function briefText(value: DisplayValue): string | undefined {
  if (value.kind === "leaf") return value.text;
  if (value.kind !== "list") return undefined;
  let text = "";
  for (const [index, item] of value.items.entries()) {
    if (item.kind !== "leaf") return undefined;
    const longer = index === 0 ? item.text : `${text}, ${item.text}`;
    if (index > 0 && longer.length > longestList) return `${text}, and ${value.items.length - index} more`;
    text = longer;
  }
  return text;
}
