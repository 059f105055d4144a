import { postToSlack } from "../../lib/slack";
import type { SuppressionWindow } from "./alert-processing";
import type { KeptBack } from "./maintenance-window";

/** Where people read of windows. */
export interface WindowChannel {
  readonly stack: string;
  /** The channel's incoming webhook, a secret. Default: nobody is told. */
  readonly webhook: string | undefined;
}

/** @example "alerts of api tell nobody until 2026-11-30T14:00:00Z, but for critical ones: ada: the disk is moved" */
export function windowLine({ scope, until, critical, description }: SuppressionWindow): string {
  const told = critical ? "" : ", but for critical ones";
  return `alerts of ${scope.split("/").at(-1)} tell nobody until ${until}${told}: ${description}`;
}

/** A line for each alert that a window kept back. */
export function keptBackLines({ window, alerts }: KeptBack): readonly string[] {
  return alerts.map(({ rule, severity, began }) => {
    const since = began === undefined ? "" : `, since ${began}`;
    return `${rule} fires, severity ${severity}${since}; nobody was told: ${window.description}`;
  });
}

/** @returns why Slack was not told; undefined when it was, or nobody is to be */
export async function tellChannel(
  mark: ":warning:" | ":no_bell:",
  lines: readonly string[],
  { stack, webhook }: WindowChannel,
): Promise<string | undefined> {
  if (!webhook || lines.length === 0) return undefined;
  const problem = await postToSlack(webhook, {
    text: [`${mark} ${stack}`, ...lines.map((line) => `• ${line}`)].join("\n"),
  });
  return problem && `the channel was not told: ${problem}`;
}
