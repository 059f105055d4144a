import { setTimeout as sleep } from "node:timers/promises";
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
const tries = 3;

async function readLease({ lease, signal }: FailoverSurroundings, pauseMs: number): Promise<LeaseRead> {
  let read = await lease.read();
  for (let attempt = 2; attempt <= tries && read.kind === "unreachable" && !signal.aborted; attempt += 1) {
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    read = await lease.read();
  }
  return read;
}

/** A primary that is busy for a moment must not be taken for a dead one. */
async function askTwice({ ask, signal }: FailoverSurroundings, host: PairedHost, pauseMs: number): Promise<HostAnswer> {
  const answer = await ask(host);
  if (answer.kind === "answers" || signal.aborted) return answer;
  await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  return ask(host);
}

const silent: HostAnswer = { kind: "silent", why: "was not asked" };
