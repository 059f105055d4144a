// What every job does: it reads its settings from environment variables, tells Slack what is wrong, and fails when something is.
import { postToSlack } from "../../lib/slack";

/** Runs a job. What it throws is printed without a stack trace, and the run fails, as it does when the work never comes to an end. */
export function runJob(work: () => Promise<void>): void {
  let isOver = false;
  process.once("exit", () => {
    if (!isOver) fail("the job ended before its work did");
  });
  // Once the job's module has been evaluated: classes below the call are not there before.
  Promise.resolve()
    .then(work)
    .catch((error: unknown) => fail(messageOf(error)))
    .finally(() => {
      isOver = true;
    });
}

/** Prints what went wrong; the run goes on, and fails in the end. */
export function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

/** @throws when the variable is not set */
export function text(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set`);
  return value;
}

/** @throws when the variable is not a number from 0 up */
export function number(name: string): number {
  const value = Number(text(name));
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name} must be a number from 0 up, not "${text(name)}"`);
  return value;
}

/** @throws when the variable is not a list in JSON */
export function list(name: string): readonly unknown[] {
  const value: unknown = JSON.parse(text(name));
  if (!Array.isArray(value)) throw new Error(`${name} must be a list in JSON`);
  return value;
}

/** @throws when the variable is not a list of texts in JSON */
export function texts(name: string): readonly string[] {
  return list(name).map((value) => {
    if (typeof value !== "string") throw new Error(`${name} must be a list of texts in JSON`);
    return value;
  });
}

/**
 * Tells the channel; whether Slack took the message.
 *
 * A failure is printed and makes the job fail in the end, so that silence is never success.
 *
 * @param webhook the variable that holds the webhook's address
 */
export async function tell(webhook: string, message: string): Promise<boolean> {
  const problem = await postToSlack(text(webhook), { text: message, channel: text("CHANNEL") });
  if (problem !== undefined) fail(`${problem}; nobody was told: ${message}`);
  return problem === undefined;
}

/** A value inside what JSON held; undefined where there is none. @example at(answer, "latest_stage", "name") */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found: unknown = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

/** A text inside what JSON held; undefined where there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** A list inside what JSON held; empty where there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
