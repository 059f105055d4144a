import { printable } from "../../deployment/display/terminal";
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
  return `alerts of ${scope.split("/").at(-1)} tell nobody until ${until}${told}: ${oneLine(description)}`;
}

/** @example "nobody was told what a window kept back until 2026-11-30T14:00:00Z: ada: the disk is moved" */
export function leftWindowLine({ until, description }: SuppressionWindow): string {
  return `nobody was told what a window kept back until ${until}: ${oneLine(description)}`;
}

/** People write reasons, and names of rules come from a cloud: neither makes another line, or drives a terminal. */
function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, " ").trim();
}

/** A line for each alert that a window kept back. */
export function keptBackLines({ window, alerts }: KeptBack): readonly string[] {
  return alerts.map(({ rule, severity, began }) => {
    const since = began === undefined ? "" : `, since ${began}`;
    return `${oneLine(rule)} fires, severity ${severity}${since}; nobody was told: ${oneLine(window.description)}`;
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
