import { askAgain } from "../../../lib/retry";
import type { HostSettings, PairedHost } from "../host-settings";
import type { LeaseRead, LeaseStore } from "../lease/lease-store";
import type { HostAnswer } from "./host-answer";
import type { NameReading, NameRecord } from "./name-record";

/** Everything outside that a failover asks and changes. */
export interface FailoverSurroundings {
  readonly settings: HostSettings;
  readonly lease: LeaseStore;
  readonly name: NameRecord;
  readonly ask: (host: PairedHost) => Promise<HostAnswer>;
  /** Aborted when a person interrupts. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** How things are before a failover does anything. */
export interface Observation {
  readonly lease: LeaseRead;
  readonly name: NameReading;
  /** By host. */
  readonly hosts: Readonly<Record<string, HostAnswer>>;
  readonly at: Date;
}

/** @param pauseMs before somebody who did not answer is asked again. Default: 500 */
export async function observe(surroundings: FailoverSurroundings, pauseMs = 500): Promise<Observation> {
  const { settings, name, now } = surroundings;
  const [read, record, ...answers] = await Promise.all([
    readLease(surroundings, pauseMs),
    name.read(),
    ...settings.hosts.map((host) => askTwice(surroundings, host, pauseMs)),
  ]);
  const hosts = Object.fromEntries(settings.hosts.map((host, index) => [host.name, answers[index] ?? silent]));
  return { lease: read, name: record, hosts, at: now() };
}

/** One slow answer of the store is no outage. */
function readLease({ lease, signal }: FailoverSurroundings, pauseMs: number): Promise<LeaseRead> {
  const plan = { tries: 3, firstWaitMs: pauseMs, factor: 1, signal };
  return askAgain(
    () => lease.read(),
    plan,
    ({ kind }) => kind !== "unreachable",
  );
}

/** A primary that is busy for a moment must not be taken for a dead one. */
function askTwice({ ask, signal }: FailoverSurroundings, host: PairedHost, pauseMs: number): Promise<HostAnswer> {
  return askAgain(
    () => ask(host),
    { tries: 2, firstWaitMs: pauseMs, signal },
    ({ kind }) => kind === "answers",
  );
}

const silent: HostAnswer = { kind: "silent", why: "was not asked" };
