import type { StackReport } from "../stack-report";
import { blastBlock, costBlock, errorBlock, guardBlock, headingBlock, violationBlock } from "./blocks";
import { changeBlock } from "./change-block";
import { type ReportLinks, restText } from "./inline-text";

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
