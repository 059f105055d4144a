/** A message for a Slack channel. */
export interface SlackMessage {
  /** Plain text of several lines: whatever Slack would read as a mention or a link in it is only text. Addresses stay links. */
  readonly text: string;
  /** Wakes everybody in the channel up. Default: false. */
  readonly callsChannel?: boolean;
  /** Read by webhooks of the older kind only: the webhook of an app belongs to one channel. @example "#infra-alerts" */
  readonly channel?: string;
}

/** A webhook that does not answer holds nothing up for longer. */
const timeoutMs = 15_000;

/**
 * Posts a message to a Slack channel through its incoming webhook. Needs nothing but Node.js 20.
 *
 * Source of what is escaped: https://docs.slack.dev/messaging/formatting-message-text
 *
 * @param webhook the webhook's address; a secret, so no problem names it
 * @returns why Slack did not take it (`Slack answered 404`, `Slack did not answer (TimeoutError)`); undefined when it did
 */
export async function postToSlack(webhook: string, message: SlackMessage): Promise<string | undefined> {
  const { text, callsChannel = false, channel } = message;
  const body = {
    ...(channel === undefined ? {} : { channel }),
    text: `${callsChannel ? "<!channel> " : ""}${escapeMarkup(text)}`,
  };
  try {
    const response = await fetch(webhook, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `Slack answered ${response.status}`;
  } catch (error) {
    return `Slack did not answer (${error instanceof Error ? error.name : "unknown error"})`;
  }
}

/** Names and reasons come from clouds where strangers write: `<!channel>` in one must not call anybody. */
function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
