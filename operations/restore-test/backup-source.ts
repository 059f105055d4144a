import { BlobServiceClient, type ContainerClient, RestError, StorageSharedKeyCredential } from "@azure/storage-blob";
import { azureCredential, isSignInError } from "../../lib/azure/sign-in";
import { RestoreTestError, StoreSignInError } from "./test-report";

/** Where the replicas are. */
export interface SourceSettings {
  /** @example "alaibackups0ebb" */
  readonly account: string;
  /** @example "https://alaibackups0ebb.blob.core.windows.net" */
  readonly endpoint: string;
  /** The container of the replicas, or that of their copies. @example "system-db-backups" */
  readonly container: string;
  readonly lease: LeasePlace;
  /** Only for an emulated store. Default: who is signed in (environment, managed identity, `az login`). */
  readonly accountKey?: string | undefined;
}

/** Where the path of the current term is written: the lease, or the newest of its copies, which no host may change. */
export type LeasePlace =
  | { readonly container: string; readonly blob: string }
  | { readonly container: string; readonly newestBelow: string };

/** Timeout of a request to the store. */
const answerMs = 60_000;

/** The replicas in the store, as a reader sees them. */
export class BackupSource {
  readonly #client: BlobServiceClient;

  constructor(readonly settings: SourceSettings) {
    const { account, accountKey, endpoint } = settings;
    const credential =
      accountKey === undefined ? azureCredential() : new StorageSharedKeyCredential(account, accountKey);
    this.#client = new BlobServiceClient(endpoint, credential, { retryOptions: { maxTries: 3, retryDelayInMs: 500 } });
  }

  /**
   * The path of the term that counts, from the lease.
   *
   * @returns undefined when there is no lease: nothing was ever replicated
   * @throws {StoreSignInError} when whoever is signed in may not read it
   * @throws {RestoreTestError} when the store cannot be read, or its lease is damaged
   */
  async leasePath(): Promise<string | undefined> {
    const { lease } = this.settings;
    const client = this.#container(lease.container);
    const where = placeText(lease);
    const text = await this.#asked(`the lease ${where}`, async () => {
      const blob = "blob" in lease ? lease.blob : await newestName(client, lease.newestBelow);
      if (blob === undefined) return undefined;
      const bytes = await client.getBlobClient(blob).downloadToBuffer(0, undefined, timeLimit());
      return bytes.toString("utf8");
    });
    return text === undefined ? undefined : pathOf(text, where);
  }

  /**
   * The files of every database below a term's path.
   *
   * @throws {RestoreTestError} when the store cannot be read
   */
  async replicas(path: string): Promise<ReadonlyMap<string, readonly BackupFile[]>> {
    const { container } = this.settings;
    const listed = await this.#asked(`the container ${container}`, async () => {
      const blobs: ListedBlob[] = [];
      const pages = this.#container(container).listBlobsFlat({ prefix: `${path}/`, ...timeLimit() });
      for await (const { name, properties } of pages) {
        blobs.push({ name, bytes: properties.contentLength ?? 0, writtenAt: properties.lastModified });
      }
      return blobs;
    });
    if (listed === undefined) throw new RestoreTestError(`the container ${container} does not exist`);
    return replicaFiles(path, listed);
  }

  #container(name: string): ContainerClient {
    return this.#client.getContainerClient(name);
  }

  async #asked<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof RestError && error.statusCode === 404) return undefined;
      const { endpoint, accountKey } = this.settings;
      const signIn =
        accountKey === undefined ? "; sign in with az login, as somebody with Storage Blob Data Reader" : "";
      const Failure = isRefused(error) ? StoreSignInError : RestoreTestError;
      throw new Failure(`${what} cannot be read at ${endpoint}: ${firstLine(error)}${signIn}`);
    }
  }
}

/** @example "failover/lease.json" */
export function placeText(lease: LeasePlace): string {
  return `${lease.container}/${"blob" in lease ? lease.blob : `${lease.newestBelow}*`}`;
}

/** Names begin with the time, so the last one is the newest. */
async function newestName(container: ContainerClient, prefix: string): Promise<string | undefined> {
  const names: string[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix, ...timeLimit() })) names.push(name);
  return names.sort().at(-1);
}

/** Whether the store refused: there is no sign-in, or its identity may not read. */
function isRefused(error: unknown): boolean {
  if (error instanceof RestError) return error.statusCode === 401 || error.statusCode === 403;
  return isSignInError(error);
}

function timeLimit() {
  return { abortSignal: AbortSignal.timeout(answerMs) };
}

function pathOf(text: string, where: string): string {
  const wrong = () =>
    new RestoreTestError(`${where} is no lease: expected JSON with a text "path"; look at it by hand`);
  let lease: unknown;
  try {
    lease = JSON.parse(text);
  } catch {
    throw wrong();
  }
  if (typeof lease !== "object" || lease === null || !("path" in lease)) throw wrong();
  if (typeof lease.path !== "string" || lease.path === "") throw wrong();
  return lease.path;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? message;
}

// Reads the names of a replica's files once more, on purpose, beside programs/jobs/replica-chain.ts: two independent readers do
// not share a mistake (docs/decisions/0019).

/** One file of a Litestream replica: `<database>/ltx/<level>/<first>-<last>.ltx`. */
export interface BackupFile {
  readonly blob: string;
  readonly level: number;
  /** The first and the last transaction in it: 16 hexadecimal digits, so they sort as text. */
  readonly first: string;
  readonly last: string;
  readonly bytes: number;
  readonly writtenAt: Date;
}

/** What a container lists of a blob. */
interface ListedBlob {
  readonly name: string;
  readonly bytes: number;
  readonly writtenAt: Date;
}

/**
 * The replica files of each database below a term's path; other files are left out.
 *
 * @param path the lease's path. @example "litestream/term-3-20261121T110405Z"
 */
export function replicaFiles(path: string, blobs: Iterable<ListedBlob>): ReadonlyMap<string, readonly BackupFile[]> {
  const replicas = new Map<string, BackupFile[]>();
  for (const { name, bytes, writtenAt } of blobs) {
    if (!name.startsWith(`${path}/`)) continue;
    const match = /^([^/]+)\/ltx\/(\d+)\/([0-9a-f]{16})-([0-9a-f]{16})\.ltx$/.exec(name.slice(path.length + 1));
    const [, database, level, first, last] = match ?? [];
    if (database === undefined || level === undefined || first === undefined || last === undefined) continue;
    const files = replicas.get(database) ?? [];
    files.push({ blob: name, level: Number(level), first, last, bytes, writtenAt });
    replicas.set(database, files);
  }
  return replicas;
}

/**
 * When the newest transaction was sent. Compaction writes a transaction again, later and into larger files, so the first file that
 * ended with it counts.
 */
export function newestTransaction(
  files: readonly BackupFile[],
): { readonly transaction: string; readonly sentAt: Date } | undefined {
  const transaction = files
    .map(({ last }) => last)
    .sort()
    .at(-1);
  const [first] = files
    .filter(({ last }) => last === transaction)
    .sort((one, other) => one.writtenAt.getTime() - other.writtenAt.getTime());
  return first === undefined ? undefined : { transaction: first.last, sentAt: first.writtenAt };
}
