import { githubRepository } from "../../lib/github/github-repository";
import { postToSlack } from "../../lib/slack";
import { personalStacks } from "../../stacks/registry";
import { incidentPagers, type Pagers, page } from "../delivery/page";
import { kindWords } from "./drift-finding";
import { DriftIssues, type Issue } from "./drift-issue";
import { noteLook } from "./drift-look";
import type { DriftReport } from "./find-drift";
import { type IssueMemory, issueBody, issueTitle, readMemory } from "./issue-text";
import { isUrgent, newsDigest, pageDigest, type TrackedFinding, trackFindings } from "./tracked-finding";

export interface FilingRequest {
  readonly report: DriftReport;
  readonly issues: DriftIssues;
  readonly channels: DriftChannels;
  readonly now: Date;
}

export interface FiledDrift {
  readonly what: "opened" | "reopened" | "updated" | "unchanged" | "closed" | "nothing to file";
  readonly url: string | undefined;
  /** Of a stack that only people look at: the issue that says when they did last. */
  readonly look?: string;
  /** The findings with their times. */
  readonly tracked: readonly TrackedFinding[];
}

/**
 * Keeps one issue a stack: opens it, updates it, closes it when the drift is gone. Slack is told when something is new, not with every run.
 * Of a stack that only people look at, another issue says when they did.
 *
 * @throws `GithubError` when GitHub does not do it, `MessageNotTaken` when Slack does not: what was not told is told by the next run
 */
export async function fileDrift(request: FilingRequest): Promise<FiledDrift> {
  const { issues, report, now } = request;
  const filed = await fileFindings(request);
  if (!personalStacks.includes(report.stack)) return filed;
  return { ...filed, look: await noteLook(issues, report.stack, now) };
}

async function fileFindings(request: FilingRequest): Promise<FiledDrift> {
  const { issues, report } = request;
  const [first, ...others] = await issues.open(report.stack);
  for (const other of others) await closeSecond(issues, other, first);
  if (report.findings.length === 0) return first === undefined ? nothingToFile : closeIssue(request, first);
  if (first !== undefined) {
    const updated = await updateIssue(request, first);
    if (updated !== undefined) return updated;
  }
  return reopenOrOpen(request);
}

const nothingToFile: FiledDrift = { what: "nothing to file", url: undefined, tracked: [] };

/** Two runs at once each opened an issue: the older one stays. */
async function closeSecond(issues: DriftIssues, second: Issue, first: Issue | undefined): Promise<void> {
  await issues.write(second, { state: "closed", body: `Two runs filed the same; it is in #${first?.number ?? ""}.` });
}

async function closeIssue({ report, issues, channels }: FilingRequest, issue: Issue): Promise<FiledDrift> {
  // Slack is told before the issue is closed: if the message fails, the next run sends it.
  await tellTeam(channels, report.stack, issue.html_url, []);
  await issues.comment(issue, "The drift is gone.");
  const memory: IssueMemory = { stack: report.stack, firstSeen: {}, ...nothingTold };
  await issues.write(issue, { state: "closed", body: issueBody([], memory) });
  return { what: "closed", url: issue.html_url, tracked: [] };
}

/** Undefined when the issue is gone. */
async function updateIssue(request: FilingRequest, issue: Issue): Promise<FiledDrift | undefined> {
  const memory = readMemory(issue.body ?? "");
  const tracked = trackFindings(request.report.findings, memory, new Date(issue.created_at), request.now);
  const told = memory ?? nothingTold;
  const saved = await save(request, issue, tracked, told);
  if (saved === undefined) return undefined;
  const wasClosed = issue.state === "closed";
  const isNews = newsDigest(tracked) !== told.told;
  await reportNews(request, saved, tracked, told);
  return { what: wasClosed ? "reopened" : isNews ? "updated" : "unchanged", url: issue.html_url, tracked };
}

/** Reopens an issue that a person closed while the drift remained, so that its times are kept. An issue that a run closed stays closed. */
async function reopenOrOpen(request: FilingRequest): Promise<FiledDrift> {
  const { report, issues, now } = request;
  const closed = await issues.lastClosed(report.stack);
  const isUnfinished = closed !== undefined && Object.keys(readMemory(closed.body ?? "")?.firstSeen ?? {}).length > 0;
  if (isUnfinished) {
    const reopened = await updateIssue(request, closed);
    if (reopened !== undefined) return reopened;
  }
  const tracked = trackFindings(report.findings, undefined, now, now);
  const created = await issues.create(
    issueTitle(report.stack, tracked),
    issueBody(tracked, memoryOf(report, tracked, nothingTold)),
  );
  await reportNews(request, created, tracked, nothingTold);
  return { what: "opened", url: created.html_url, tracked };
}

/** Writes the findings into the issue before Slack is told; the issue still remembers the last message. */
async function save(
  { report, issues }: FilingRequest,
  issue: Issue,
  tracked: readonly TrackedFinding[],
  told: Told,
): Promise<Issue | undefined> {
  const title = issueTitle(report.stack, tracked);
  const body = issueBody(tracked, memoryOf(report, tracked, told));
  if (issue.title === title && issue.body === body && issue.state === "open") return issue;
  return issues.write(issue, { title, body, state: "open" });
}

/** Pages and posts what is new, then stores that it did. In the other order, a message that failed would never be sent again. */
async function reportNews(
  { report, issues, channels }: FilingRequest,
  issue: Issue,
  tracked: readonly TrackedFinding[],
  before: Told,
): Promise<void> {
  let told = before;
  const remember = async (more: Partial<Told>): Promise<void> => {
    told = { ...told, ...more };
    await issues.write(issue, { body: issueBody(tracked, memoryOf(report, tracked, told)) });
  };
  const [paged, news] = [pageDigest(tracked), newsDigest(tracked)];
  if (paged !== before.paged) {
    if (paged !== "") await pageForDrift(channels, report.stack, issue.html_url, tracked);
    await remember({ paged });
  }
  if (news === before.told) return;
  await tellTeam(channels, report.stack, issue.html_url, tracked);
  await remember({ told: news });
}

type Told = Pick<IssueMemory, "told" | "paged">;
const nothingTold: Told = { told: "", paged: "" };

function memoryOf({ stack }: DriftReport, tracked: readonly TrackedFinding[], { told, paged }: Told): IssueMemory {
  const firstSeen = Object.fromEntries(tracked.map(({ key, firstSeen: seen }) => [key, seen.toISOString()]));
  return { stack, firstSeen, told, paged };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where drift is filed and who is told, from the environment: `GITHUB_REPOSITORY` and `RUN_TOKEN` or `GITHUB_TOKEN` as in a workflow of the repository,
 * `DRIFT_SLACK_WEBHOOK` for the team, `INCIDENT_SLACK_WEBHOOK` and `INCIDENT_PAGERDUTY_KEY` for what cannot wait.
 *
 * @throws {@link GithubNotConfigured} naming what is missing
 */
export function filingSettings(environment: Environment): {
  readonly issues: DriftIssues;
  readonly channels: DriftChannels;
} {
  const { owner, name, api } = githubRepository(environment, ["RUN_TOKEN", "GITHUB_TOKEN"]);
  return {
    issues: new DriftIssues(api, owner, name),
    channels: { slackWebhook: environment.DRIFT_SLACK_WEBHOOK || undefined, pagers: incidentPagers(environment) },
  };
}

/** Where messages about drift go. */
interface DriftChannels {
  /** The incoming webhook of the team's Slack channel; absent: no message is posted. */
  readonly slackWebhook: string | undefined;
  /** The pager of the on-call person. Without one, the message calls the whole Slack channel. */
  readonly pagers: Pagers;
}

/** Slack or the pager refused a message; the next run sends it again. */
class MessageNotTaken extends Error {
  override name = "MessageNotTaken";
}

/** How many findings a message names; the issue has them all. */
const namedFindings = 5;

/**
 * Tells the team's channel; no findings: the drift is gone.
 *
 * @throws {@link MessageNotTaken} when the webhook does not take it
 */
async function tellTeam(
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
async function pageForDrift(
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
