import { z } from "zod";
import { pause } from "../../lib/retry";
import type { RevisionTraffic } from "./app-traffic";

/** How long it may take until the answer is right: a new revision needs time to start. */
const timeoutSeconds = z.number().positive().max(300).default(60);

const addressCheckSchema = z.strictObject({
  name: z.string().min(1),
  url: z.url({ protocol: /^https?$/ }),
  /** Statuses that count as healthy. Redirects are not followed. */
  expect: z.array(z.int().min(100).max(599)).min(1).default([200]),
  timeoutSeconds,
});

const revisionCheckSchema = z.strictObject({
  name: z.string().min(1),
  /** The cloud's id of a container app. */
  app: z.string().min(1),
  timeoutSeconds,
});

/** One address that must answer after a deployment. */
export type AddressCheck = z.infer<typeof addressCheckSchema>;

/** One app whose newest revision must have come up: for apps that only the network reaches. */
export type RevisionCheck = z.infer<typeof revisionCheckSchema>;

export type SmokeCheck = AddressCheck | RevisionCheck;

export interface SmokeResult {
  readonly check: SmokeCheck;
  readonly healthy: boolean;
  /** The last answer: `200`, `503, expected 200`, `no answer: connect ECONNREFUSED`, `api--0000002 has not come up`. */
  readonly answer: string;
  readonly seconds: number;
}

export interface SmokeOptions {
  /** For all checks together; what is not healthy by then has failed. Default: 300. */
  readonly totalSeconds?: number;
  /** Between two questions to the same address. Default: 2. */
  readonly intervalSeconds?: number;
  readonly signal?: AbortSignal;
  /** Reads the revisions of apps. Default: nothing does, and checks of apps fail. */
  readonly revisions?: Pick<RevisionTraffic, "revisions">;
}

/** A single question may take this long. Source: the time-outs of the plan's post-deploy checks. */
const questionSeconds = 10;

/**
 * The checks that a stack's output `smokeChecks` lists; none when it has no such output.
 *
 * @throws when the output is not a list of checks, with everything that is wrong in it
 */
export function smokeChecks(outputs: Readonly<Record<string, unknown>> | undefined): readonly SmokeCheck[] {
  const listed = outputs?.smokeChecks;
  if (listed === undefined) return [];
  const checks: SmokeCheck[] = [];
  const problems: string[] = [];
  for (const [index, item] of (Array.isArray(listed) ? listed : [listed]).entries()) {
    const ofApp = typeof item === "object" && item !== null && "app" in item;
    const parsed = ofApp ? revisionCheckSchema.safeParse(item) : addressCheckSchema.safeParse(item);
    if (parsed.success) checks.push(parsed.data);
    else problems.push(...parsed.error.issues.map((issue) => problemText(index, issue)));
  }
  if (problems.length === 0 && Array.isArray(listed)) return checks;
  throw new Error(`the stack's output smokeChecks is not a list of checks:\n${problems.join("\n")}`);
}

function problemText(index: number, { path, message }: { path: readonly PropertyKey[]; message: string }): string {
  return `smokeChecks.${[index, ...path].join(".")}: ${message}`;
}

/** Asks every address and every app until the answer is right or its time is over; all at once, and never longer than the total. */
export async function runSmokeChecks(
  checks: readonly SmokeCheck[],
  { totalSeconds = 300, intervalSeconds = 2, signal, revisions }: SmokeOptions = {},
): Promise<SmokeResult[]> {
  const stop = AbortSignal.any([AbortSignal.timeout(totalSeconds * 1000), ...(signal === undefined ? [] : [signal])]);
  return Promise.all(
    checks.map((check) => untilHealthy(check, (over) => askOnce(check, over, revisions), intervalSeconds, stop)),
  );
}

interface Answer {
  readonly healthy: boolean;
  readonly text: string;
}

async function untilHealthy(
  check: SmokeCheck,
  askNow: (over: AbortSignal) => Promise<Answer>,
  intervalSeconds: number,
  stop: AbortSignal,
): Promise<SmokeResult> {
  const begun = Date.now();
  const elapsed = (): number => (Date.now() - begun) / 1000;
  const over = AbortSignal.any([stop, AbortSignal.timeout(check.timeoutSeconds * 1000)]);
  let answer: string | undefined;
  while (!over.aborted) {
    const { healthy, text } = await askNow(over);
    if (healthy) return { check, healthy, answer: text, seconds: elapsed() };
    // A question that the end of the time cut short says less than the one before.
    if (!over.aborted || answer === undefined) answer = text;
    await pause(intervalSeconds * 1000, over);
  }
  return { check, healthy: false, answer: answer ?? "not asked in time", seconds: elapsed() };
}

async function askOnce(check: SmokeCheck, over: AbortSignal, revisions: SmokeOptions["revisions"]): Promise<Answer> {
  if ("app" in check) return askApp(check, over, revisions);
  const status = await ask(check.url, over);
  if (typeof status === "string") return { healthy: false, text: status };
  const healthy = check.expect.includes(status);
  return { healthy, text: healthy ? `${status}` : `${status}, expected ${check.expect.join(" or ")}` };
}

async function askApp(
  { app }: RevisionCheck,
  over: AbortSignal,
  revisions: SmokeOptions["revisions"],
): Promise<Answer> {
  if (revisions === undefined) return { healthy: false, text: "nobody knows its revisions" };
  try {
    const listed = await revisions.revisions(app, oneQuestion(over));
    const [newest] = [...listed].sort((left, right) => (left.created < right.created ? 1 : -1));
    if (newest === undefined) return { healthy: false, text: "it has no revision" };
    const what = newest.ready ? "is up" : newest.usable ? "has not come up" : "has failed";
    return { healthy: newest.ready, text: `${newest.name} ${what}` };
  } catch (error) {
    return { healthy: false, text: `no answer: ${reason(error)}` };
  }
}

/** The status, or why there was none. */
async function ask(url: string, over: AbortSignal): Promise<number | string> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: oneQuestion(over) });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    return `no answer: ${reason(error)}`;
  }
}

function oneQuestion(over: AbortSignal): AbortSignal {
  return AbortSignal.any([over, AbortSignal.timeout(questionSeconds * 1000)]);
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || error.name === "AbortError") return "it took too long";
  return error.cause instanceof Error ? error.cause.message : error.message;
}
