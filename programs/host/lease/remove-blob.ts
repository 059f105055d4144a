import type { ContainerClient } from "@azure/storage-blob";
import { statusOf } from "./blob-lease-store";

const timeoutMs = 15_000;

/** Deletes a blob. What is gone already is gone: an earlier attempt may have been interrupted before it heard so. */
export async function removeBlob(container: ContainerClient, name: string): Promise<void> {
  try {
    await container.deleteBlob(name, { abortSignal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
