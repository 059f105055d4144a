import { postToSlack } from "../../lib/slack";
import { listBrokenDatabases, reportSummary, type TestReport } from "./test-report";

/** The message lists at most this many findings; the report has all. */
const shownFindings = 20;

/**
 * Tells a Slack channel what is broken; says nothing when nothing is.
 *
 * @param webhook the incoming webhook; a secret, so no message names it
 * @returns why the message was not sent; undefined when it was
 */
export async function raiseAlarm(webhook: string, report: TestReport): Promise<string | undefined> {
  const broken = listBrokenDatabases(report);
  if (broken.length === 0) return undefined;
  const lines = broken.flatMap(({ database, findings }) =>
    findings.map(({ kind, message }) => `• ${database}: ${kind}: ${message}`),
  );
  const more = lines.length > shownFindings ? [`… and ${lines.length - shownFindings} more`] : [];
  return tell(
    webhook,
    [
      `:rotating_light: Restore test of ${report.stack}: ${reportSummary(report)}`,
      ...lines.slice(0, shownFindings),
      ...more,
    ].join("\n"),
  );
}

/**
 * Tells a Slack channel that no backup could be tested, which is as bad as a broken one for whoever relies on the test.
 *
 * @param why the reason; must hold no secret
 * @returns why the message was not sent; undefined when it was
 */
export function raiseUntestedAlarm(webhook: string, stack: string, why: string): Promise<string | undefined> {
  return tell(webhook, `:rotating_light: Restore test of ${stack}: no backup could be tested: ${why}`);
}

async function tell(webhook: string, text: string): Promise<string | undefined> {
  const problem = await postToSlack(webhook, { text });
  return problem === undefined ? undefined : `${problem}; nobody was told`;
}
