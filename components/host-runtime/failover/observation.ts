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

export async function observe({ settings, lease, name, ask, now }: FailoverSurroundings): Promise<Observation> {
  const [read, record, ...answers] = await Promise.all([lease.read(), name.read(), ...settings.hosts.map(ask)]);
  const hosts = Object.fromEntries(settings.hosts.map((host, index) => [host.name, answers[index] ?? silent]));
  return { lease: read, name: record, hosts, at: now() };
}

const silent: HostAnswer = { kind: "silent", why: "was not asked" };
