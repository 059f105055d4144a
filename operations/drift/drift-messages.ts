import { postToSlack } from "../../lib/slack";
import { type Pagers, page } from "../delivery/page";
import { kindWords } from "./drift-finding";
import { isUrgent, type TrackedFinding } from "./tracked-finding";

/** Where messages about drift go. */
export interface DriftChannels {
  /** The incoming webhook of the team's Slack channel; absent: no message is posted. */
  readonly slackWebhook: string | undefined;
  /** The pager of the on-call person. Without one, the message calls the whole Slack channel. */
  readonly pagers: Pagers;
}

/** A message that was not taken; the next run tells it again. */
export class MessageNotTaken extends Error {
  override name = "MessageNotTaken";
}

/** How many findings a message names; the issue has them all. */
const namedFindings = 5;

/**
 * Tells the team's channel; no findings: the drift is gone.
 *
 * @throws {@link MessageNotTaken} when the webhook does not take it
 */
export async function tellTeam(
  { slackWebhook, pagers }: DriftChannels,
  stack: string,
  url: string,
  tracked: readonly TrackedFinding[],
): Promise<void> {
  if (slackWebhook === undefined) return;
  const callsAll = tracked.some(isUrgent) && !hasPager(pagers);
  const problem = await postToSlack(slackWebhook, { text: messageText(stack, url, tracked), callsChannel: callsAll });
  if (problem !== undefined) throw new MessageNotTaken(`${problem}; the next run tells it again`);
}

/**
 * Wakes people up for what was opened.
 *
 * @throws {@link MessageNotTaken} when no pager takes it
 */
export async function pageForDrift(
  { pagers }: DriftChannels,
  stack: string,
  url: string,
  tracked: readonly TrackedFinding[],
): Promise<void> {
  if (!hasPager(pagers)) return;
  const opened = tracked.filter(isUrgent).map(({ finding }) => `${finding.type} ${finding.name}`);
  const more = opened.length > namedFindings ? ` and ${opened.length - namedFindings} more` : "";
  const summary = `Security drift in ${stack}: ${opened.slice(0, namedFindings).join(", ")}${more}`;
  const problems = await page(pagers, { summary, link: url, key: `drift-${stack}` });
  const asked = Number(pagers.slack !== undefined) + Number(pagers.pagerDuty !== undefined);
  // One that took it is enough: paging again would wake the same people.
  if (problems.length === asked)
    throw new MessageNotTaken(`nobody was paged: ${problems.join(", ")}; the next run tries again`);
}

function hasPager({ slack, pagerDuty }: Pagers): boolean {
  return slack !== undefined || pagerDuty !== undefined;
}

function messageText(stack: string, url: string, tracked: readonly TrackedFinding[]): string {
  if (tracked.length === 0) return `Drift in ${stack} is gone: ${url}`;
  const lines = tracked.slice(0, namedFindings).map((each) => {
    const { finding, level } = each;
    const what = `${kindWords[finding.kind]}: ${finding.type} ${finding.name}`;
    return `• ${isUrgent(each) ? "SECURITY " : ""}${what} (${level.status})`;
  });
  const more = tracked.length > namedFindings ? [`… and ${tracked.length - namedFindings} more`] : [];
  return [`Drift in ${stack}: ${url}`, ...lines, ...more].join("\n");
}
