import type { ReleaseCloud } from "../delivery/app-traffic";
import { holdJournal, type JournalStore } from "../release/release-journal";
import type { SecretCloud } from "./secret-cloud";
import type { SecretConsumer } from "./secret-consumers";

/** What rolling works with. */
export interface RollTools {
  readonly secrets: SecretCloud;
  readonly cloud: Pick<ReleaseCloud, "revisions">;
  /** Keeps releases away meanwhile. */
  readonly journals: JournalStore;
  readonly clock: {
    now(): number;
    wait(milliseconds: number, signal?: AbortSignal): Promise<unknown>;
  };
  readonly signal: AbortSignal;
  say(line: string): void;
}

/** A restarted revision may take so long to come up. */
const readySeconds = 300;
const pollSeconds = 5;

/** How rolling ended. */
export interface RollEnd {
  readonly rolled: readonly string[];
  /** Why it stopped, and at which consumer; those after it run with the version before. */
  readonly failed: { readonly name: string; readonly why: string } | undefined;
  /** Consumers that were not begun. */
  readonly left: readonly string[];
}

/**
 * Gives consumers the newest version of a secret, one after the other: a value that is wrong is found at the first. An app is restarted,
 * and has to come up, before the next one is begun; a job has it at its next run. Run again it does all of them once more, which harms
 * nothing.
 */
export async function rollConsumers(consumers: readonly SecretConsumer[], tools: RollTools): Promise<RollEnd> {
  const rolled: string[] = [];
  const rest = consumers.filter(({ pinned }) => pinned === undefined);
  for (const [index, consumer] of rest.entries()) {
    const left = rest.slice(index + 1).map(({ name }) => name);
    try {
      if (tools.signal.aborted) return { rolled, failed: undefined, left: [consumer.name, ...left] };
      tools.say(`    ${consumer.name}: ${await roll(consumer, tools)}`);
      rolled.push(consumer.name);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { rolled, failed: { name: consumer.name, why }, left };
    }
  }
  return { rolled, failed: undefined, left: [] };
}

async function roll({ kind, id }: SecretConsumer, tools: RollTools): Promise<string> {
  if (kind === "job") {
    await tools.secrets.refreshSecrets(id);
    return "has it at its next run";
  }
  return holdJournal(tools.journals, id, async () => {
    await tools.secrets.refreshSecrets(id);
    const began = tools.clock.now();
    const active = (await tools.cloud.revisions(id)).filter((revision) => revision.active);
    for (const { name } of active) await tools.secrets.restart(id, name);
    for (;;) {
      // What the service says at once is of before the restart.
      await tools.clock.wait(pollSeconds * 1000, tools.signal);
      const revisions = await tools.cloud.revisions(id);
      const waiting = active.filter(({ name }) => !revisions.some((one) => one.name === name && one.ready));
      const seconds = Math.round((tools.clock.now() - began) / 1000);
      if (waiting.length === 0) return `restarted, came up within ${seconds} s`;
      const names = waiting.map(({ name }) => name).join(", ");
      if (seconds >= readySeconds) throw new Error(`${names} did not come up within ${readySeconds} s`);
    }
  });
}
