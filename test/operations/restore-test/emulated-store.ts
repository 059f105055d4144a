import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BlobServiceClient, type ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { freePort } from "../../../operations/programs/external-program";
import type { SourceSettings } from "../../../operations/restore-test/backup-source";
import { realPrograms } from "../../real-programs";

/** Azurite's public account: its key opens nothing else. */
const account = "devstoreaccount1";
const accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** A real blob store with databases that real Litestream replicated. */
export class EmulatedStore {
  private constructor(
    readonly settings: SourceSettings,
    readonly directory: string,
    readonly replicas: ContainerClient,
    readonly client: BlobServiceClient,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<EmulatedStore> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), "restore-test-store-"));
    const flags = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"];
    const child = spawn(process.execPath, [realPrograms.azurite ?? "", "--blobPort", String(port), ...flags], {
      stdio: "ignore",
      cwd: directory,
    });
    const endpoint = `http://127.0.0.1:${port}/${account}`;
    for (let tries = 0; tries < 200; tries++) {
      if ((await fetch(endpoint).catch(() => undefined)) !== undefined) break;
      await sleep(50);
    }
    const client = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(account, accountKey));
    for (const name of ["system-db-backups", "failover"]) await client.createContainer(name);
    const lease = { container: "failover", blob: "lease.json" };
    const settings = { account, endpoint, container: "system-db-backups", lease, accountKey };
    return new EmulatedStore(settings, directory, client.getContainerClient("system-db-backups"), client, child);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await gone;
    rmSync(this.directory, { recursive: true, force: true });
  }

  async writeLease(path: string): Promise<void> {
    const text = JSON.stringify({ version: 1, term: 1, primary: "anvil", path });
    await this.client.getContainerClient("failover").uploadBlockBlob("lease.json", text, text.length);
  }

  /** The live file of a database. */
  live(name: string): string {
    return join(this.directory, `${name}.db`);
  }

  sql(name: string, statements: string): void {
    execFileSync(realPrograms.sqlite3 ?? "", [this.live(name)], { input: `PRAGMA journal_mode=wal;\n${statements}` });
  }

  /** Sends what the databases hold now, once. */
  replicate(path: string, names: readonly string[]): void {
    const { endpoint } = this.settings;
    const dbs = names.map((name) => ({
      path: this.live(name),
      replica: { type: "abs", "account-name": account, bucket: "system-db-backups", path: `${path}/${name}`, endpoint },
    }));
    const configuration = join(this.directory, "litestream.yml");
    writeFileSync(configuration, JSON.stringify({ logging: { level: "error" }, dbs }));
    execFileSync(realPrograms.litestream ?? "", ["replicate", "-once", "-config", configuration], {
      env: { ...process.env, LITESTREAM_AZURE_ACCOUNT_KEY: accountKey },
      stdio: "ignore",
    });
  }

  /** Changes the newest file of a database's replica, as a broken disk or a broken writer would. */
  async spoil(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
    const names: string[] = [];
    for await (const { name } of this.replicas.listBlobsFlat({ prefix: `${path}/` })) names.push(name);
    const client = this.replicas.getBlockBlobClient(names.sort().at(-1) ?? "");
    const bytes = change(await client.downloadToBuffer());
    await client.upload(bytes, bytes.length);
  }
}
