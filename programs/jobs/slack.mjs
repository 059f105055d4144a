// Messages to a Slack channel through its incoming webhook.
import { text } from "./environment.mjs";

const slackTimeoutMs = 15_000;

/**
 * Whether the message was taken. The webhook of an app belongs to one channel; older webhooks post where the message says.
 *
 * A failure is printed and makes the script fail in the end, so that silence is never success.
 */
export async function tell(webhook, message) {
  try {
    const response = await fetch(webhook, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ channel: text("CHANNEL"), text: message }),
      signal: AbortSignal.timeout(slackTimeoutMs),
    });
    if (response.ok) return true;
    console.error(`Slack answered ${response.status}; nobody was told: ${message}`);
  } catch (error) {
    console.error(`Slack could not be reached (${error.name}); nobody was told: ${message}`);
  }
  process.exitCode = 1;
  return false;
}
