import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tidy } from "../../../programs/host/agents/tidy/tidy-agent";
import type { HostSettings } from "../../../programs/host/host-settings";
import type { Lease, RoleFile } from "../../../programs/host/lease/lease";
import { printLease } from "../../../programs/host/lease/lease-document";
import { writeRole } from "../../../programs/host/lease/role-file";
import { printTakeover } from "../../../programs/host/lease/takeover-record";
import { FakeBlobStore } from "./fake-blob-store";
import { pairSettings } from "./pair-settings";
import { day, filesUpTo, leaseOf, record, termPath } from "./stored-terms";

/** Where blobs lie in the fake store. */
export const container = "/devstoreaccount1/replicas/";
export const leases = "/devstoreaccount1/failover/";

export const daysAgo = (days: number): Date => new Date(Date.now() - days * day);

/** The primary of a third term, which serves for 30 days, as long as the two before; with a store. */
export class TidyHost {
  readonly root = mkdtempSync(join(tmpdir(), "tidy-agent-"));
  readonly blobs = new FakeBlobStore();
  readonly said: string[] = [];
  settings: HostSettings = pairSettings({ root: this.root, host: "anvil", leftovers: { asideDays: 14 } });

  async start(): Promise<this> {
    for (const part of ["etc", "state", "aside"]) mkdirSync(join(this.root, part));
    const secrets = "LITESTREAM_AZURE_ACCOUNT_KEY=a2V5\n";
    writeFileSync(join(this.root, "etc", "secrets.env"), secrets, { mode: 0o600 });
    const { store, replication } = this.settings;
    this.settings = {
      ...this.settings,
      store: { ...store, endpoint: await this.blobs.start() },
      replication: replication.map((process) => ({ ...process, retentionSeconds: (7 * day) / 1000 })),
    };
    for (const term of [1, 2, 3]) for (const name of ["costs", "tasks"]) this.put(term, name, (4 - term) * 30 - 30);
    this.takeover(2, 60);
    this.takeover(3, 30);
    this.lease(leaseOf(3));
    this.role();
    return this;
  }

  stop(): void {
    this.blobs.stop();
    rmSync(this.root, { recursive: true });
  }

  /** Puts a replica into the store, as if it had been written so long ago. */
  put(term: number, database: string, days: number): void {
    for (const { name } of filesUpTo(termPath(term), database, 40, 0)) {
      this.blobs.blobs.set(`${container}${name}`, { text: "x", etag: '"1"', modified: daysAgo(days) });
    }
  }

  takeover(term: number, days: number): void {
    const of = (database: string) => record(term, 0, term - 1, 40, database).takeover;
    const text = printTakeover({ ...of("costs"), ...of("tasks") }, termPath(term - 1));
    this.blobs.blobs.set(`${leases}takeover-term-${term}.json`, { text, etag: '"1"', modified: daysAgo(days) });
  }

  lease(lease: Lease): void {
    this.blobs.blobs.set(`${leases}lease.json`, { text: printLease(lease), etag: '"1"' });
  }

  role(changes: Partial<RoleFile> = {}): void {
    const now = new Date().toISOString();
    const own = {
      role: "primary",
      term: 3,
      path: termPath(3),
      primary: "anvil",
      since: now,
      confirmedAt: now,
    } as const;
    writeRole(this.root, { ...own, ...changes });
  }

  run(perSecond = 10_000, signal = new AbortController().signal): Promise<void> {
    return tidy(this.settings, signal, (line) => this.said.push(line), perSecond);
  }

  /** What the store has of a replica. */
  left(term: number, database: string): string[] {
    return [...this.blobs.blobs.keys()].filter((name) => name.startsWith(`${container}${termPath(term)}/${database}/`));
  }

  records(): string[] {
    return [...this.blobs.blobs.keys()].filter((name) => name.startsWith(`${leases}takeover`));
  }
}
