import type { UpdateSummary } from "@pulumi/pulumi/automation";
import { z } from "zod";
import { backendFiles } from "../state/backend-files";

/** The operation that changed a stack last. */
export interface LastUpdate {
  /** As Pulumi calls it. @example "update" */
  readonly kind: string;
  /** @example "succeeded" */
  readonly result: string;
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Who works on a stack. */
export interface LockOwner {
  readonly user: string;
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** What a backend knows of who works on a stack. */
export interface StackUpdates {
  /** Undefined for a stack that nothing has changed yet, or whose backend keeps no history. */
  last(): Promise<LastUpdate | undefined>;
  /** Undefined when nobody holds the lock. */
  lockOwner(): Promise<LockOwner | undefined>;
}

/**
 * The newest entry of a backend's history. A backend in a storage account does not know who signed in: the workflow run that deployed
 * tells, or else the author of the commit that was deployed.
 */
export function lastUpdateOf(newest: UpdateSummary | undefined): LastUpdate | undefined {
  if (newest === undefined) return undefined;
  const { kind, result, endTime, startTime, environment } = newest;
  const by = environment["ci.build.url"] ?? environment["git.author"] ?? "unknown";
  return { kind, result, by, at: (endTime ?? startTime).toISOString() };
}

/** Source: pulumi/pulumi, pkg/backend/diy/lock.go, `lockContent` and `stackLockDir`. */
const lockSchema = z.object({ username: z.string(), hostname: z.string(), timestamp: z.string() });

/**
 * Who holds a stack's lock, by the file that Pulumi writes beside the state, in a storage account or a directory.
 *
 * @param url the backend's. @example "azblob://prod"
 * @throws when it is another kind of backend
 */
export async function readLockOwner(url: string, project: string, stack: string): Promise<LockOwner | undefined> {
  const files = backendFiles(url, `.pulumi/locks/organization/${project}/${stack}`);
  const [name] = await files.names();
  if (name === undefined) return undefined;
  const { username, hostname, timestamp } = lockSchema.parse(JSON.parse(await files.text(name)));
  return { user: username, host: hostname, since: timestamp };
}
