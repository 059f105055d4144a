import { z } from "zod";

const smokeCheckSchema = z.strictObject({
  name: z.string().min(1),
  url: z.url({ protocol: /^https?$/ }),
  /** Statuses that count as healthy. Redirects are not followed. */
  expect: z.array(z.int().min(100).max(599)).min(1).default([200]),
  /** How long it may take until the answer is right: a new revision needs time to start. */
  timeoutSeconds: z.number().positive().max(300).default(60),
});

/** One address that must answer after a deployment. */
export type SmokeCheck = z.infer<typeof smokeCheckSchema>;

export interface SmokeResult {
  readonly check: SmokeCheck;
  readonly healthy: boolean;
  /** The last answer: `200`, `503, expected 200`, `no answer: connect ECONNREFUSED`. */
  readonly answer: string;
  readonly seconds: number;
}

export interface SmokeOptions {
  /** For all checks together; what is not healthy by then has failed. Default: 300. */
  readonly totalSeconds?: number;
  /** Between two questions to the same address. Default: 2. */
  readonly intervalSeconds?: number;
  readonly signal?: AbortSignal;
}

/** A single question may take this long. Source: the time-outs of the seed's post-deploy table. */
const questionSeconds = 10;

/**
 * The checks that a stack's output `smokeChecks` lists; none when it has no such output.
 *
 * @throws when the output is not a list of checks, with everything that is wrong in it
 */
export function smokeChecks(outputs: Readonly<Record<string, unknown>> | undefined): readonly SmokeCheck[] {
  const listed = outputs?.smokeChecks;
  if (listed === undefined) return [];
  const parsed = z.array(smokeCheckSchema).safeParse(listed);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `smokeChecks.${path.join(".")}: ${message}`);
  throw new Error(`the stack's output smokeChecks is not a list of checks:\n${problems.join("\n")}`);
}

/** Asks every address until its answer is right or its time is over; all at once, and never longer than the total. */
export async function runSmokeChecks(
  checks: readonly SmokeCheck[],
  { totalSeconds = 300, intervalSeconds = 2, signal }: SmokeOptions = {},
): Promise<SmokeResult[]> {
  const stop = AbortSignal.any([AbortSignal.timeout(totalSeconds * 1000), ...(signal === undefined ? [] : [signal])]);
  return Promise.all(checks.map((check) => untilHealthy(check, intervalSeconds, stop)));
}

async function untilHealthy(check: SmokeCheck, intervalSeconds: number, stop: AbortSignal): Promise<SmokeResult> {
  const begun = Date.now();
  const elapsed = (): number => (Date.now() - begun) / 1000;
  const over = AbortSignal.any([stop, AbortSignal.timeout(check.timeoutSeconds * 1000)]);
  let answer = "not asked in time";
  while (!over.aborted) {
    const status = await ask(check.url, over);
    if (typeof status === "number" && check.expect.includes(status)) {
      return { check, healthy: true, answer: String(status), seconds: elapsed() };
    }
    answer = typeof status === "number" ? `${status}, expected ${check.expect.join(" or ")}` : status;
    await pause(intervalSeconds * 1000, over);
  }
  return { check, healthy: false, answer, seconds: elapsed() };
}

/** The status, or why there was none. */
async function ask(url: string, over: AbortSignal): Promise<number | string> {
  try {
    const signal = AbortSignal.any([over, AbortSignal.timeout(questionSeconds * 1000)]);
    const response = await fetch(url, { redirect: "manual", signal });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    return `no answer: ${reason(error)}`;
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || error.name === "AbortError") return "it took too long";
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      over.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    over.addEventListener("abort", end, { once: true });
    if (over.aborted) end();
  });
}
