import type { ContainerClient } from "@azure/storage-blob";
import { statusOf, storeProblem } from "../lease/blob-lease-store";

/** Whether credentials may do in the store what a host's agents do, as far as the store says. */
export type StoreAccess =
  | { readonly kind: "granted" }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

const timeoutMs = 5000;
/** What nobody writes: no blob has this ETag. */
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
