import { randomUUID } from "node:crypto";
import { BlobServiceClient, type BlockBlobClient } from "@azure/storage-blob";
import { z } from "zod";
import { azureCredential } from "../../lib/azure/sign-in";
import { codeOf, statusOf, storeProblem } from "../../programs/host/lease/blob-lease-store";

const journalSchema = z.strictObject({
  version: z.literal(1),
  /** What is done, or was done last. */
  phase: z.enum(["releasing", "rolling-back", "released", "rolled-back"]),
  /** What is released. */
  image: z.string(),
  /** Who asked for it. */
  by: z.string(),
  /** When it began, and when it ended. */
  began: z.iso.datetime(),
  ended: z.iso.datetime().optional(),
  canary: z.boolean(),
  /** How many steps of the canary are over, and how many of its measurements failed. */
  step: z.int().min(0),
  failures: z.int().min(0),
  /** The revision that served before, and serves again after a rollback; what it runs. */
  stable: z.string(),
  stableImage: z.string(),
  /** The revision that the release made. */
  revision: z.string().optional(),
  /** The run that dumped the databases before a migration. */
  snapshot: z.string().optional(),
  /** Why it went back. */
  why: z.string().optional(),
  /** Gates that were set aside, and why. */
  overrides: z.array(z.string()).optional(),
});

/** Where time passes. The sandbox's passes at once. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** @throws the signal's reason when it ends the waiting */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** ISO 8601. */
export function iso(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}

/** Between two questions whether a revision has come up, or a run is over. */
export const pollMilliseconds = 5000;

/** What is known of a service's last release: enough to go on with it, or to take it back, from another machine. */
export type ReleaseJournal = z.infer<typeof journalSchema>;

/** Whether a release or a rollback began and did not end. */
export function isUnfinished({ phase }: Pick<ReleaseJournal, "phase">): boolean {
  return phase === "releasing" || phase === "rolling-back";
}

/** Where a release was interrupted. @param steps the shares of its canary, in percent */
export function placeIn({ step, canary }: ReleaseJournal, steps: readonly number[]): string {
  const weight = steps[step];
  return canary && weight !== undefined ? `at ${weight} %` : "from where it was";
}

/** Somebody else moves that service's requests just now. */
export class ReleaseUnderWay extends Error {
  override name = "ReleaseUnderWay";
}

/** Where journals are kept, one text an app, and how one keeps others from it. */
export interface JournalStore {
  readText(appId: string): Promise<string | undefined>;
  /**
   * Does work that nobody else does for that app meanwhile. Of a process that was killed the hold ends by itself.
   *
   * @param work gets what writes the text; that fails once the hold is lost
   * @throws what `refusal` makes when somebody else holds it
   */
  holdText<Result>(
    appId: string,
    refusal: () => Error,
    work: (write: (text: string) => Promise<void>) => Promise<Result>,
  ): Promise<Result>;
}

/** A service's journal, held. */
export interface HeldJournal {
  readonly found: ReleaseJournal | undefined;
  write(journal: ReleaseJournal): Promise<void>;
}

/** @throws when it is damaged */
export async function readJournal(store: JournalStore, appId: string): Promise<ReleaseJournal | undefined> {
  const text = await store.readText(appId);
  if (text === undefined || text === "") return undefined;
  return journalSchema.parse(JSON.parse(text));
}

/**
 * Works on an app's release.
 *
 * @throws {ReleaseUnderWay} when somebody else does
 */
export async function holdJournal<Result>(
  store: JournalStore,
  appId: string,
  work: (held: HeldJournal) => Promise<Result>,
): Promise<Result> {
  const underWay = (journal: ReleaseJournal | undefined) => {
    const whose = journal === undefined ? "" : `, by ${journal.by} since ${journal.began}`;
    return new ReleaseUnderWay(
      `a release of it is under way${whose}. Who was killed a minute ago holds it no longer: then run this again`,
    );
  };
  // Read before, for the refusal; and again once nobody else can write.
  const before = await readJournal(store, appId);
  return store.holdText(
    appId,
    () => underWay(before),
    async (write) => {
      const found = await readJournal(store, appId);
      return work({ found, write: (journal) => write(JSON.stringify(journal)) });
    },
  );
}

/** Source: Azure documentation, "Lease Blob": a lease lasts 15 to 60 seconds, and as long again from each renewal. */
const leaseSeconds = 60;
const renewSeconds = 20;

/** Journals as blobs beside a stack's state, each held by a lease: whoever deploys a stack may write there. */
export class BlobJournals implements JournalStore {
  /** @param container of the stack's state. @example () => stateContainer("azblob://prod", "alaistate") */
  constructor(
    private readonly stack: string,
    private readonly container: () => Promise<{ getBlockBlobClient(name: string): BlockBlobClient }>,
  ) {}

  async readText(appId: string): Promise<string | undefined> {
    try {
      return (await (await this.blob(appId)).downloadToBuffer()).toString("utf8");
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw storeError("read", error);
    }
  }

  async holdText<Result>(
    appId: string,
    refusal: () => Error,
    work: (write: (text: string) => Promise<void>) => Promise<Result>,
  ): Promise<Result> {
    const blob = await this.blob(appId);
    const leaseId = randomUUID();
    const lease = blob.getBlobLeaseClient(leaseId);
    try {
      await createEmpty(blob);
      await lease.acquireLease(leaseSeconds);
    } catch (error) {
      if (codeOf(error) === "LeaseAlreadyPresent") throw refusal();
      throw storeError("lease", error);
    }
    // A failed renewal shows when the journal is next written: without its lease that is refused.
    const renewal = setInterval(() => void lease.renewLease().catch(() => undefined), renewSeconds * 1000);
    try {
      return await work(async (text) => {
        try {
          await blob.upload(text, Buffer.byteLength(text), { conditions: { leaseId } });
        } catch (error) {
          if (statusOf(error) === 412)
            throw new ReleaseUnderWay("somebody else went on with it: this run held it no longer");
          throw storeError("write", error);
        }
      });
    } finally {
      clearInterval(renewal);
      await lease.releaseLease().catch(() => undefined);
    }
  }

  private async blob(appId: string): Promise<BlockBlobClient> {
    return (await this.container()).getBlockBlobClient(`releases/${this.stack}/${appId.split("/").at(-1)}.json`);
  }
}

/** A lease is of a blob that is there. */
async function createEmpty(blob: BlockBlobClient): Promise<void> {
  try {
    await blob.upload("", 0, { conditions: { ifNoneMatch: "*" } });
  } catch (error) {
    // 409: it is there. 412: it is there, and leased.
    if (statusOf(error) !== 409 && statusOf(error) !== 412) throw error;
  }
}

function storeError(what: string, error: unknown): Error {
  return new Error(`the journal of releases, beside the stack's state: cannot ${what} it: ${storeProblem(error)}`, {
    cause: error,
  });
}

/**
 * The container that a backend's address names.
 *
 * @param url as Pulumi knows it. @example "azblob://prod?storage_account=alaistate"
 * @param account when the address names none: AZURE_STORAGE_ACCOUNT, as for Pulumi
 * @throws when the state is elsewhere
 */
export function stateContainer(url: string, account = process.env.AZURE_STORAGE_ACCOUNT) {
  const { protocol, host, searchParams } = new URL(url);
  const named = searchParams.get("storage_account") ?? account;
  if (protocol !== "azblob:" || named === undefined || named === "")
    throw new Error(
      `releases keep their journal beside the state in a storage account; the backend is ${url}. Log in with pulumi login azblob://CONTAINER and set AZURE_STORAGE_ACCOUNT`,
    );
  const service = new BlobServiceClient(`https://${named}.blob.core.windows.net`, azureCredential());
  return service.getContainerClient(host);
}
