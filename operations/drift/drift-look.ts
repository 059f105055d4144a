import { dayAfter, dayOf } from "../../lib/today";
import type { DriftIssues } from "./drift-issue";

/** How long a stack that only people look at may go without a look: Mondays, and a day off. */
const lookDays = 8;

/** When a person last compared a stack that no workflow compares. */
export interface DriftLook {
  readonly stack: string;
  /** A day; undefined when nobody ever has. @example "2026-11-23" */
  readonly lastDay: string | undefined;
}

/** Writes into the stack's own issue that somebody has looked, whatever was found. @returns its address */
export async function noteLook(issues: DriftIssues, stack: string, now: Date): Promise<string> {
  const [found] = await issues.looks(stack);
  const body = lookText(stack, dayOf(now));
  const written = found && (await issues.write(found, { body }));
  return (written ?? (await issues.create(`Drift of ${stack}: people look`, body))).html_url;
}

export async function readLook(issues: DriftIssues, stack: string): Promise<DriftLook> {
  const days = (await issues.looks(stack)).flatMap(({ body }) => lookPattern.exec(body ?? "")?.groups?.day ?? []);
  return { stack, lastDay: days.sort().at(-1) };
}

/** The look as a sentence for people. */
export function lookLine({ stack, lastDay }: DriftLook): string {
  return lastDay === undefined ? `${stack}: nobody has looked yet` : `${stack}: last looked at on ${lastDay}`;
}

export function isLookDue({ lastDay }: DriftLook, now: Date): boolean {
  return lastDay === undefined || lastDay < dayAfter(dayOf(now), -lookDays);
}

const lookPattern = /<!-- landscape-drift-look stack=(?<stack>[^\s>]+) day=(?<day>\d{4}-\d{2}-\d{2}) -->/;

/** Whether a text is that of the issue that remembers a stack's looks. */
export function isLookOf(stack: string, body: string): boolean {
  return lookPattern.exec(body)?.groups?.stack === stack;
}

function lookText(stack: string, day: string): string {
  return [
    `<!-- landscape-drift-look stack=${stack} day=${day} -->`,
    `No workflow compares ${stack} with the clouds: people do, once a week. The last time was on ${day}.`,
    "",
    `\`npm run drift -- --stack ${stack} --file\` writes this text. The week's digest reads it; leave it open.`,
  ].join("\n");
}
