import { statSync } from "node:fs";
import type { ContainerClient } from "@azure/storage-blob";
import type { HostSettings } from "../host-settings";
import { BlobLeaseStore, statusOf, storeProblem } from "../lease/blob-lease-store";
import type { LeaseStore } from "../lease/lease";
import { ReplicaHeadsBlob } from "../lease/replica-heads";
import { ReplicaPositions } from "../lease/replica-positions";
import { TakeoverRecords } from "../lease/takeover-record";
import { readSecrets, type Secrets, secretsFileOf } from "../secrets/secrets-file";
import { storeClient } from "../secrets/store-client";
import { Backoff } from "./backoff";

/** What an agent has of the store. */
export interface Store {
  readonly secrets: Secrets;
  readonly lease: LeaseStore;
  readonly positions: ReplicaPositions;
  readonly takeovers: TakeoverRecords;
  readonly heads: (policy: string) => ReplicaHeadsBlob;
  /** Whether these credentials may do what agents do. */
  readonly access: () => Promise<StoreAccess>;
}

interface Candidate {
  readonly store: Store;
  /** When its file was written. */
  readonly at: string;
}

/**
 * The store with the credentials of the secrets file, which are rotated while agents run. What works is never given up for what does
 * not: new credentials are used once the store has accepted them, or when it refuses the ones that are used.
 */
export class StoreConnection {
  private current: Store | undefined;
  private next: Candidate | undefined;
  private isTrying = false;
  private readonly backoff = new Backoff(2000, 30_000);
  private why: string | undefined;
  private at: string | undefined;

  /** @param say is called once for each problem. Default: none, for an agent that reports it in its own state */
  constructor(
    private readonly settings: HostSettings,
    private readonly say: (line: string) => void = () => undefined,
  ) {}

  /** Why the secrets file is not what is used. It holds no secret. */
  get problem(): string | undefined {
    return this.why;
  }

  /** When the secrets file was written that is used: ISO 8601, UTC. The same for all agents that have the same credentials. */
  get secretsAt(): string | undefined {
    return this.at;
  }

  /**
   * The same object until the credentials change. Only the first time it waits for the store, or throws: later a file that is missing,
   * malformed or refused is a `problem`.
   *
   * @throws SecretsFileError
   */
  async open(): Promise<Store> {
    const { current } = this;
    if (current === undefined) return this.begin();
    try {
      const { secrets, at } = this.read();
      if (current.secrets.opensLike(secrets)) this.use(current, at);
      else await this.rotate(current, secrets, at);
    } catch (error) {
      this.next = undefined;
      this.tell(`${error instanceof Error ? error.message : error}; what it held before is used`);
    }
    return this.current ?? current;
  }

  private async begin(): Promise<Store> {
    const { secrets, at } = this.read();
    const store = await this.connect(secrets);
    this.use(store, at);
    return store;
  }

  private async rotate(current: Store, secrets: Secrets, at: string): Promise<void> {
    if (this.next?.store.secrets.opensLike(secrets) !== true) {
      this.next = { store: await this.connect(secrets), at };
      this.backoff.succeeded();
    }
    // In a loop of its own: a change of role does not wait for it.
    if (!this.isTrying && this.backoff.isReady()) void this.try(current, this.next);
  }

  private async try(current: Store, next: Candidate): Promise<void> {
    this.isTrying = true;
    const access = await next.store.access();
    const mayUse = access.kind === "granted" || (await current.access()).kind === "refused";
    this.isTrying = false;
    // Another file may have come meanwhile.
    if (this.next !== next) return;
    if (mayUse) return this.use(next.store, next.at);
    this.backoff.failed();
    this.tell(`new credentials in etc/secrets.env do not open the store (${access.why}); those from before are used`);
  }

  private use(store: Store, at: string): void {
    this.current = store;
    this.next = undefined;
    this.at = at;
    this.why = undefined;
  }

  private tell(problem: string): void {
    if (problem !== this.why) this.say(problem);
    this.why = problem;
  }

  private read(): { readonly secrets: Secrets; readonly at: string } {
    const file = secretsFileOf(this.settings.root);
    // Before it is read, so that a file that is replaced between the two is seen as new the next time.
    const at = statSync(file, { throwIfNoEntry: false })?.mtime.toISOString() ?? "";
    return { secrets: readSecrets(file), at };
  }

  private async connect(secrets: Secrets): Promise<Store> {
    const { store } = this.settings;
    const client = await storeClient(store, secrets);
    const replicas = client.getContainerClient(store.container);
    const leases = client.getContainerClient(store.leaseContainer);
    return {
      secrets,
      lease: new BlobLeaseStore(leases, store.leaseBlob),
      positions: new ReplicaPositions(replicas),
      takeovers: new TakeoverRecords(leases),
      heads: (policy) => new ReplicaHeadsBlob(leases, policy),
      access: () => storeAccess(replicas, leases),
    };
  }
}

/** Whether credentials may do in the store what a host's agents do, as far as the store says. */
type StoreAccess =
  | { readonly kind: "granted" }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

const timeoutMs = 5000;
/** An ETag that no blob has. */
const neverMatches = '"0x0"';

/** Tries to list the replicas, and to write in both containers, where nothing is changed. */
export async function storeAccess(replicas: ContainerClient, leases: ContainerClient): Promise<StoreAccess> {
  const answers = await Promise.all([accessOf(() => list(replicas)), ...[replicas, leases].map(writable)]);
  const worst = (kind: StoreAccess["kind"]) => answers.find((answer) => answer.kind === kind);
  return worst("refused") ?? worst("unknown") ?? { kind: "granted" };
}

async function list(container: ContainerClient): Promise<void> {
  const abortSignal = AbortSignal.timeout(timeoutMs);
  await container.listBlobsFlat({ abortSignal }).byPage({ maxPageSize: 1 }).next();
}

/** Rights are judged before conditions: a write whose condition cannot hold is answered with 412 to whoever may write. */
function writable(container: ContainerClient): Promise<StoreAccess> {
  return accessOf(() =>
    container.getBlockBlobClient("access-check").upload("", 0, {
      conditions: { ifMatch: neverMatches },
      abortSignal: AbortSignal.timeout(timeoutMs),
    }),
  );
}

async function accessOf(ask: () => Promise<unknown>): Promise<StoreAccess> {
  try {
    await ask();
    return { kind: "granted" };
  } catch (error) {
    const why = storeProblem(error);
    // 412: the condition. 404: there is nothing, which is nothing to refuse.
    const status = statusOf(error);
    if (status === 412 || status === 404) return { kind: "granted" };
    return isRefusal(error, status) ? { kind: "refused", why } : { kind: "unknown", why };
  }
}

/** By the store, or by whoever issues its tokens, whose answer comes as text: `invalid_client: … AADSTS7000215: …`. */
function isRefusal(error: unknown, status: number | undefined): boolean {
  const text = error instanceof Error ? error.message : "";
  return (
    status === 401 || status === 403 || /\b(invalid_client|unauthorized_client)\b|\bAADSTS(7000\d+|90002)\b/.test(text)
  );
}
