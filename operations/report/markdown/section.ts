import type { ComponentChanges, ReportedChange, StackReport } from "../stack-report";
import { blastBlock, costBlock, countText, errorBlock, guardBlock, headingBlock, violationBlock } from "./blocks";
import { fence, fold, htmlText, inlineText, locationText, type ReportLinks, restText } from "./inline-text";

/** How many entries a list may have, tried in this order until everything but the changes leaves room for them. */
const entryLimits = [100, 30, 10, 3, 1] as const;

/**
 * One stack's part of the comment: what can hurt, violations, changes, cost, blast radius.
 *
 * @param budget characters that it may have at most
 */
export function reportSection(report: StackReport, budget: number, links: ReportLinks): string {
  for (const entries of entryLimits) {
    const limits = { entries };
    const before = [
      headingBlock(report),
      guardBlock(report, limits, links),
      violationBlock(report, limits, links),
      errorBlock(report, limits, links),
    ];
    const after = [costBlock(report, limits, links), blastBlock(report)];
    const others = joinBlocks([...before, ...after]).length;
    const isLast = entries === entryLimits.at(-1);
    if (others > budget * 0.6 && !isLast) continue;
    const text = joinBlocks([...before, changeBlock(report, budget - others - 4, links), ...after]);
    if (text.length <= budget) return text;
  }
  const short = joinBlocks([
    headingBlock(report),
    `✂️ Shortened to its first lines: ${restText(links)}.`,
    blastBlock(report),
  ]);
  return short.slice(0, budget);
}

function joinBlocks(blocks: readonly string[]): string {
  return blocks.filter((block) => block !== "").join("\n\n");
}

/** Longer property values and lists are cut within one resource. */
const mostLines = 40;

/**
 * The changes by component, each component folded. What does not fit is shortened from the end: first the properties go, then the
 * resources, then the components; how much that is, is said.
 */
function changeBlock({ components }: StackReport, budget: number, links: ReportLinks): string {
  if (components.length === 0) return "";
  const heading = "### Changes\n\n";
  const rendered = components.map((component) => ({
    whole: componentText(component, links, changeLines),
    brief: componentText(component, links, ({ symbol, type, name }) => [`${symbol}${type} ${name}`]),
    line: `${componentLine(component, links)}<br>`,
  }));
  // Room for the sentence that says what was left out.
  let left = budget - heading.length - 400;
  const reserve = suffixSums(rendered.map(({ line }) => line.length + 1));
  const shown: string[] = [];
  const cut = { properties: 0, resources: 0, components: 0 };
  for (const [index, { whole, brief, line }] of rendered.entries()) {
    const changes = components[index]?.changes.length ?? 0;
    const spare = left - (reserve[index + 1] ?? 0);
    const text = whole.length <= spare ? whole : brief.length <= spare ? brief : line.length <= left ? line : undefined;
    if (text === brief && text !== whole) cut.properties += changes;
    if (text === line) cut.resources += changes;
    if (text === undefined) cut.components += 1;
    else {
      shown.push(text);
      left -= text.length + 1;
    }
  }
  const said = cutText(cut);
  return `${heading}${shown.join("\n")}${said === "" ? "" : `\n\n✂️ Shortened: ${said}; ${restText(links)}.`}`;
}

function cutText({
  properties,
  resources,
  components,
}: {
  properties: number;
  resources: number;
  components: number;
}): string {
  return [
    ...(properties > 0 ? [`the properties of ${countText(properties, "resource")}`] : []),
    ...(resources > 0 ? [`${countText(resources, "resource")} only counted`] : []),
    ...(components > 0 ? [`${countText(components, "component")} not listed`] : []),
  ].join(", ");
}

function componentText(
  component: ComponentChanges,
  links: ReportLinks,
  lines: (change: ReportedChange) => readonly string[],
): string {
  return fold(componentLine(component, links, "html"), fence(component.changes.flatMap(lines), "diff"));
}

function componentLine(
  { name, location, changes }: ComponentChanges,
  links: ReportLinks,
  as: "html" | "markdown" = "markdown",
): string {
  const counts = new Map<string, number>();
  for (const { what } of changes) counts.set(what, (counts.get(what) ?? 0) + 1);
  const what = [...counts].map(([operation, count]) => `${count} to ${operation}`).join(", ");
  // Markdown is not read inside a summary.
  if (as === "html")
    return htmlText(`${name}: ${what}${location === undefined ? "" : ` · ${location.file}:${location.line}`}`);
  return `${inlineText(name)}: ${what}${locationText(location, links)}`;
}

function changeLines({ symbol, type, name, notes, properties }: ReportedChange): readonly string[] {
  const shown = properties.slice(0, mostLines);
  const rest = properties.length - shown.length;
  const note = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
  return [
    `${diffMark(symbol)} ${type} ${name}${note}`,
    ...shown.map((line) => `    ${line.length > 300 ? `${line.slice(0, 300)}…` : line}`),
    ...(rest > 0 ? [`    … ${rest} more lines`] : []),
  ];
}

/** In the language `diff`, the first character colours the line. */
function diffMark(symbol: string): string {
  const mark = symbol.trim();
  return mark === "~" ? "! ~" : mark === "=" ? "+ =" : mark === "+-" ? "- +-" : mark;
}

/** For each place, what all that follows needs at least. */
function suffixSums(lengths: readonly number[]): number[] {
  const sums = [...lengths, 0];
  for (let index = lengths.length - 1; index >= 0; index -= 1)
    sums[index] = (lengths[index] ?? 0) + (sums[index + 1] ?? 0);
  return sums;
}
