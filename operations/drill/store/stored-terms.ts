import type { ContainerClient } from "@azure/storage-blob";
import { ReplicaPositions } from "../../../programs/host/lease/replica-positions";

/** A term that has replicas in the store. */
export interface StoredTerm {
  readonly term: number;
  readonly primary: string;
  readonly path: string;
  /** When its primary may have begun to write. Milliseconds since 1970. */
  readonly beganAt: number;
}

/** All terms that have replicas, the newest first. */
export async function storedTerms(container: ContainerClient): Promise<readonly StoredTerm[]> {
  const terms = await new ReplicaPositions(container).terms();
  return Promise.all(
    terms.map(async ({ term, path }) => {
      const [, primary = "", time = ""] = /-\d+-(.+)-(\d{8}T\d{6}Z)$/.exec(path) ?? [];
      // A host whose clock is ahead takes a term in the future; the store's own clock then says it better.
      return { term, path, primary, beganAt: Math.min(endOfSecond(time), await firstFile(container, path)) };
    }),
  );
}

/** @param time as paths have it. @example "20261121T110405Z" */
function endOfSecond(time: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const [year = 0, month = 1, ...rest] = parts.map(Number);
  return Date.UTC(year, month - 1, ...rest) + 1000;
}

async function firstFile(container: ContainerClient, path: string): Promise<number> {
  let first = Number.POSITIVE_INFINITY;
  for await (const { properties } of container.listBlobsFlat({ prefix: `${path}/` })) {
    first = Math.min(first, properties.lastModified.getTime());
  }
  return first;
}
