import type { ComponentChanges, ReportedChange, StackReport } from "../stack-report";
import { blastBlock, costBlock, countText, errorBlock, guardBlock, headingBlock, violationBlock } from "./blocks";
import { fence, fold, htmlText, inlineText, locationText, type ReportLinks, restText } from "./inline-text";

/** How many entries a list may have, tried in this order until everything but the changes leaves room for them. */
const entryLimits = [100, 30, 10, 3, 1] as const;

/**
 * One stack's part of the comment: what can hurt, violations, changes, cost, blast radius.
 *
 * @param budget characters that it may have at most
 * @param fullest `whole`: nothing is cut as long as there is room, for who approves it. Default: long properties are cut, for who reads along
 */
export function reportSection(
  report: StackReport,
  budget: number,
  links: ReportLinks,
  fullest: "whole" | "cut" = "cut",
): string {
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
    const text = joinBlocks([...before, changeBlock(report, budget - others - 4, links, fullest), ...after]);
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

/** Where room is short, a resource has at most so many lines, of at most so many characters. */
const mostLines = 40;
const longestLine = 300;

/**
 * The changes by component, each component folded. What does not fit is shortened from the end: first long properties are cut, then the
 * properties go, then the resources, then the components; how much that is, is said.
 */
function changeBlock(
  { components }: StackReport,
  budget: number,
  links: ReportLinks,
  fullest: "whole" | "cut",
): string {
  if (components.length === 0) return "";
  const heading = "### Changes\n\n";
  const rendered = components.map((component) => ({ component, forms: componentForms(component, links) }));
  // Room for the sentence that says what was left out.
  let left = budget - heading.length - 400;
  const reserve = suffixSums(rendered.map(({ forms }) => forms.counted.length + 1));
  const shown: string[] = [];
  const mayBeWhole = ({ whole, cut }: ComponentForms) => fullest === "whole" || whole === cut;
  const leftOut = { cut: 0, listed: 0, counted: 0, unlisted: 0 };
  for (const [index, { component, forms }] of rendered.entries()) {
    const spare = left - (reserve[index + 1] ?? 0);
    const form = formNames.find(
      (name) => (name !== "whole" || mayBeWhole(forms)) && forms[name].length <= (name === "counted" ? left : spare),
    );
    if (form === undefined) {
      leftOut.unlisted += 1;
      continue;
    }
    if (form !== "whole") leftOut[form] += component.changes.length;
    shown.push(forms[form]);
    left -= forms[form].length + 1;
  }
  const said = [
    ...(leftOut.cut > 0 ? [`long properties of ${countText(leftOut.cut, "resource")} cut`] : []),
    ...(leftOut.listed > 0 ? [`the properties of ${countText(leftOut.listed, "resource")}`] : []),
    ...(leftOut.counted > 0 ? [`${countText(leftOut.counted, "resource")} only counted`] : []),
    ...(leftOut.unlisted > 0 ? [`${countText(leftOut.unlisted, "component")} not listed`] : []),
  ];
  return `${heading}${shown.join("\n")}${said.length === 0 ? "" : `\n\n✂️ Shortened: ${said.join(", ")}; ${restText(links)}.`}`;
}

/** How a component can be written, the fullest first. */
const formNames = ["whole", "cut", "listed", "counted"] as const;

type ComponentForms = Readonly<Record<(typeof formNames)[number], string>>;

function componentForms(component: ComponentChanges, links: ReportLinks): ComponentForms {
  return {
    whole: componentText(component, links, changeLines),
    cut: componentText(component, links, (change) => cutLines(changeLines(change))),
    listed: componentText(component, links, ({ symbol, type, name }) => [`${symbol}${type} ${name}`]),
    counted: `${componentLine(component, links)}<br>`,
  };
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
  const note = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
  return [`${diffMark(symbol)} ${type} ${name}${note}`, ...properties.map((line) => `    ${line}`)];
}

/** The first line names the resource. */
function cutLines(lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, mostLines + 1).map((line) => {
    const more = line.length - longestLine;
    return more > 0 ? `${line.slice(0, longestLine)}… (${more} characters more)` : line;
  });
  const rest = lines.length - shown.length;
  return rest > 0 ? [...shown, `    … ${rest} more lines`] : shown;
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
