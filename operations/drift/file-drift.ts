import { githubRepository } from "../../lib/github/github-repository";
import { incidentPagers } from "../delivery/page";
import { DriftIssues, type Issue } from "./drift-issue";
import { type DriftChannels, pageForDrift, tellTeam } from "./drift-messages";
import type { DriftReport } from "./find-drift";
import { type IssueMemory, issueBody, issueTitle, readMemory } from "./issue-text";
import { newsDigest, pageDigest, type TrackedFinding, trackFindings } from "./tracked-finding";

export interface FilingRequest {
  readonly report: DriftReport;
  readonly issues: DriftIssues;
  readonly channels: DriftChannels;
  readonly now: Date;
}

export interface FiledDrift {
  readonly what: "opened" | "reopened" | "updated" | "unchanged" | "closed" | "nothing to file";
  readonly url: string | undefined;
  /** The findings with their times. */
  readonly tracked: readonly TrackedFinding[];
}

/**
 * Keeps one issue a stack: opens it, updates it, closes it when the drift is gone. Slack is told when something is new, not with every run.
 *
 * @throws `GithubError` when GitHub does not do it, `MessageNotTaken` when Slack does not: what was not told is told by the next run
 */
export async function fileDrift(request: FilingRequest): Promise<FiledDrift> {
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

/** Two runs at once made one each: the older one stays. */
async function closeSecond(issues: DriftIssues, second: Issue, first: Issue | undefined): Promise<void> {
  await issues.write(second, { state: "closed", body: `Two runs filed the same; it is in #${first?.number ?? ""}.` });
}

async function closeIssue({ report, issues, channels }: FilingRequest, issue: Issue): Promise<FiledDrift> {
  // Told before it is closed: a message that fails is then sent by the next run.
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

/** An issue that somebody closed while the drift was still there is opened again, with its times; one that was finished is left in peace. */
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

/** Writes the findings down before anybody is told, still with what was told before. */
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

/** Pages and tells what is new, then remembers that it did. In the other order, a message that fails would never be sent again. */
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
