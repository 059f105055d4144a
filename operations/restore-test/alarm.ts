import { brokenDatabases, reportSummary, type TestReport } from "./test-report";

/** Slack is not waited for any longer. */
const answerMs = 15_000;
/** More than this is in the report. */
const shownFindings = 20;

/**
 * Tells a Slack channel what is broken; says nothing when nothing is.
 *
 * @param webhook the incoming webhook; a secret, so no message names it
 * @returns why nobody was told, when that failed
 */
export async function raiseAlarm(webhook: string, report: TestReport): Promise<string | undefined> {
  const broken = brokenDatabases(report);
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
 * @param why without secrets
 * @returns why nobody was told, when that failed
 */
export function raiseUntested(webhook: string, stack: string, why: string): Promise<string | undefined> {
  return tell(webhook, `:rotating_light: Restore test of ${stack}: no backup could be tested: ${why}`);
}

async function tell(webhook: string, text: string): Promise<string | undefined> {
  try {
    const response = await fetch(webhook, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: escaped(text) }),
      signal: AbortSignal.timeout(answerMs),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `Slack answered ${response.status}; nobody was told`;
  } catch {
    return "Slack did not answer; nobody was told";
  }
}

/** Slack reads `<!channel>` and links in angle brackets; table names are only words. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
