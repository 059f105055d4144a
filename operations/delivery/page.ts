import { postToSlack } from "../../lib/slack";

/** Where pages about incidents go. */
export interface Pagers {
  /** An incoming webhook of Slack. */
  readonly slack?: string;
  /** An integration key of PagerDuty's Events API v2. */
  readonly pagerDuty?: string;
  /** Default: PagerDuty's own. */
  readonly pagerDutyUrl?: string;
}

/** The pagers that the environment names: `INCIDENT_SLACK_WEBHOOK`, `INCIDENT_PAGERDUTY_KEY` and `PAGERDUTY_URL`. */
export function incidentPagers(environment: Readonly<Record<string, string | undefined>>): Pagers {
  const { INCIDENT_SLACK_WEBHOOK: slack, INCIDENT_PAGERDUTY_KEY: pagerDuty, PAGERDUTY_URL: pagerDutyUrl } = environment;
  // A secret that a workflow does not have is an empty text there.
  return {
    ...(slack ? { slack } : {}),
    ...(pagerDuty ? { pagerDuty } : {}),
    ...(pagerDutyUrl ? { pagerDutyUrl } : {}),
  };
}

export interface Page {
  readonly summary: string;
  readonly link: string;
  /** Pages with the same key are one incident. */
  readonly key: string;
}

/** A pager that does not answer holds nothing up for longer. */
const answerSeconds = 15;

/**
 * Pages everywhere at once.
 *
 * @returns why, for each pager that did not take it; never the address, which is a secret
 * @throws when there is no pager at all
 */
export async function page(pagers: Pagers, { summary, link, key }: Page): Promise<string[]> {
  const { slack, pagerDuty, pagerDutyUrl = "https://events.pagerduty.com/v2/enqueue" } = pagers;
  if (slack === undefined && pagerDuty === undefined) {
    throw new Error("there is nobody to page: set INCIDENT_SLACK_WEBHOOK or INCIDENT_PAGERDUTY_KEY");
  }
  const payload = { summary: summary.slice(0, 1024), severity: "critical", source: link };
  const event = { routing_key: pagerDuty, event_action: "trigger", dedup_key: key, payload, links: [{ href: link }] };
  const sent = await Promise.all([
    slack === undefined ? undefined : postToSlack(slack, { text: `:rotating_light: ${summary} ${link}` }),
    pagerDuty === undefined ? undefined : postToPagerDuty(pagerDutyUrl, event),
  ]);
  return sent.filter((problem) => problem !== undefined);
}

async function postToPagerDuty(url: string, event: object): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(answerSeconds * 1000),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `PagerDuty answered ${response.status}`;
  } catch {
    return "PagerDuty did not answer";
  }
}
