import type { ReplicationProcess } from "../../host-settings";
import { headsEveryMs, type ReplicaHeadsBlob } from "../../lease/replica-heads";

/** At most this often: the store bills each, and keeps each as a version. */
const shortestMs = 500;

/** Tells the standby what was sent: read from what Litestream says of each file it has uploaded. */
export class SentHeads {
  private databases: Record<string, string> = {};
  private isWriting = false;
  private isNew = false;
  private writtenAt = 0;

  constructor(private readonly process: ReplicationProcess) {}

  /** A new path, or a Litestream that was started anew: what it sends first is not known yet. */
  reset(): void {
    this.databases = {};
    this.isNew = true;
  }

  /** Whether Litestream has said of anything that it is in the store. */
  get isKnown(): boolean {
    return Object.keys(this.databases).length > 0;
  }

  /** @param line of Litestream's log, as text or as JSON */
  note(line: string): void {
    const uploaded = uploadedFile(line);
    if (uploaded === undefined) return;
    const database = this.process.databases.find(({ path }) => path.endsWith(`/${uploaded.file}`));
    if (database === undefined) return;
    if ((this.databases[database.name] ?? "") >= uploaded.txid) return;
    this.databases[database.name] = uploaded.txid;
    this.isNew = true;
  }

  /**
   * The last report of a term. Litestream has ended, so nothing else reports what it sent last, and a suspended follower would
   * not look for it until this host has been silent for some time.
   */
  async tellLast(blob: ReplicaHeadsBlob, path: string, positions: Readonly<Record<string, string>>): Promise<void> {
    await blob.write({ path, at: new Date().toISOString(), databases: positions });
  }

  /** Writes it down when there is something to say. What fails is reported again later; until then the followers poll the store themselves. */
  async tell(blob: ReplicaHeadsBlob, path: string, now = Date.now()): Promise<void> {
    const age = now - this.writtenAt;
    if (this.isWriting || age < shortestMs || (!this.isNew && age < headsEveryMs)) return;
    this.isWriting = true;
    this.isNew = false;
    this.writtenAt = now;
    await blob.write({ path, at: new Date(now).toISOString(), databases: this.databases }).catch(() => {
      this.isNew = true;
    });
    this.isWriting = false;
  }
}

/**
 * `msg="ltx file uploaded" … db=tasks.db … level=0 … maxTXID=0000000000000004`: level 0 is what was just written. And what is there from
 * before: `msg="replica sync" … db=tasks.db … txid.replica=0000000000000003`, also of a database that nobody writes.
 */
export function uploadedFile(line: string): { readonly file: string; readonly txid: string } | undefined {
  const isUpload = line.includes("ltx file uploaded") && /\blevel"?[=:]0\b/.test(line);
  if (!isUpload && !line.includes("replica sync")) return undefined;
  const file = /\bdb"?[=:]"?([^\s",]+\.db)\b/.exec(line)?.[1];
  const pattern = isUpload ? /\bmaxTXID"?[=:]"?([0-9a-f]{16})\b/ : /\breplica"?[=:]"?([0-9a-f]{16})\b/;
  const txid = pattern.exec(line)?.[1];
  return file === undefined || txid === undefined || /^0+$/.test(txid) ? undefined : { file, txid };
}
