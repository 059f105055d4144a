import { askAgain } from "../../../lib/retry";
import type { HostSettings, PairedHost } from "../host-settings";
import { BlobLeaseStore } from "../lease/blob-lease-store";
import type { LeaseRead, LeaseStore } from "../lease/lease";
import { readSecrets, secretsFileOf } from "../secrets/secrets-file";
import { storeClient } from "../secrets/store-client";
import { askHost, type HostAnswer } from "./host-answer";
import { CloudflareNameRecord, type NameReading, type NameRecord } from "./name-record";

/** Everything outside that a failover asks and changes. */
export interface FailoverEnvironment {
  readonly settings: HostSettings;
  readonly lease: LeaseStore;
  readonly name: NameRecord;
  readonly ask: (host: PairedHost) => Promise<HostAnswer>;
  /** Aborted when a person interrupts. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** How things are before a failover does anything. */
export interface FailoverObservation {
  readonly lease: LeaseRead;
  readonly name: NameReading;
  /** By host. */
  readonly hosts: Readonly<Record<string, HostAnswer>>;
  readonly at: Date;
}

/** @param pauseMs milliseconds before a host that did not answer is asked again. Default: 500 */
export async function observe(environment: FailoverEnvironment, pauseMs = 500): Promise<FailoverObservation> {
  const { settings, name, now } = environment;
  const [read, record, ...answers] = await Promise.all([
    readLease(environment, pauseMs),
    name.read(),
    ...settings.hosts.map((host) => askTwice(environment, host, pauseMs)),
  ]);
  const hosts = Object.fromEntries(settings.hosts.map((host, index) => [host.name, answers[index] ?? silent]));
  return { lease: read, name: record, hosts, at: now() };
}

/** One slow answer of the store is no outage. */
function readLease({ lease, signal }: FailoverEnvironment, pauseMs: number): Promise<LeaseRead> {
  const plan = { tries: 3, firstWaitMs: pauseMs, factor: 1, signal };
  return askAgain(
    () => lease.read(),
    plan,
    ({ kind }) => kind !== "unreachable",
  );
}

/** A primary that is busy for a moment must not be taken for a dead one. */
function askTwice({ ask, signal }: FailoverEnvironment, host: PairedHost, pauseMs: number): Promise<HostAnswer> {
  return askAgain(
    () => ask(host),
    { tries: 2, firstWaitMs: pauseMs, signal },
    ({ kind }) => kind === "answers",
  );
}

const silent: HostAnswer = { kind: "silent", why: "was not asked" };

/**
 * The real store, hosts and record, with the secrets of the machine that this runs on.
 *
 * @throws SecretsFileError
 */
export async function openFailoverEnvironment(
  settings: HostSettings,
  signal: AbortSignal,
): Promise<FailoverEnvironment> {
  const secrets = readSecrets(secretsFileOf(settings.root));
  const client = await storeClient(settings.store, secrets);
  const container = client.getContainerClient(settings.store.leaseContainer);
  return {
    settings,
    lease: new BlobLeaseStore(container, settings.store.leaseBlob),
    name: new CloudflareNameRecord(settings.failoverName, secrets.get("CLOUDFLARE_API_TOKEN"), signal),
    ask: (host) => askHost(host, signal),
    signal,
    now: () => new Date(),
  };
}
