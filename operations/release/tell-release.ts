import { postToSlack } from "../../lib/slack";
import type { ReleaseEnd } from "./run-release";

/** What became of a service that was to be released. */
export interface ServiceEnd {
  readonly service: string;
  /** `interrupted`: a person, or what went wrong, ended the run in the middle of it. */
  readonly outcome: ReleaseEnd["outcome"] | "not begun" | "interrupted";
  readonly text: string;
}

/** Where people read what was released. */
interface ReleaseChannel {
  readonly stack: string;
  readonly by: string;
  /** The channel's incoming webhook, a secret. Default: nobody is told. */
  readonly webhook: string | undefined;
}

/**
 * Tells a Slack channel once what a release or a rollback came to. Where everything ran already there is nothing to tell.
 *
 * @returns why Slack was not told; undefined when it was, or nobody is to be
 */
export async function tellOfRelease(
  ends: readonly ServiceEnd[],
  { stack, by, webhook }: ReleaseChannel,
): Promise<string | undefined> {
  if (!webhook || ends.every(({ outcome }) => outcome === "unchanged")) return undefined;
  const isWell = ends.every(({ outcome }) => outcome === "released" || outcome === "unchanged");
  const title = `${isWell ? ":white_check_mark:" : ":warning:"} ${stack}, by ${by}`;
  const lines = ends.map(({ service, outcome, text }) => `• ${service} ${outcome}: ${text}`);
  const problem = await postToSlack(webhook, { text: [title, ...lines].join("\n") });
  return problem && `the channel was not told: ${problem}`;
}
