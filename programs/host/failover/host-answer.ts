import { type HostStatus, hostStatusSchema } from "../agents/health/host-status";
import type { PairedHost } from "../host-settings";

/** What a host said when it was asked, or why nothing is known. */
export type HostAnswer =
  | { readonly kind: "answers"; readonly status: HostStatus }
  | { readonly kind: "silent"; readonly why: string };

/**
 * Asks a host's health agent for everything it knows. Never throws.
 *
 * @param timeoutSeconds until it counts as silent. Default: 4
 */
export async function askHost(host: PairedHost, signal: AbortSignal, timeoutSeconds = 4): Promise<HostAnswer> {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const response = await fetch(new URL("/status", host.healthUrl), {
      signal: AbortSignal.any([timeout, signal]),
      redirect: "error",
    });
    const { success, data } = hostStatusSchema.safeParse(await response.json());
    if (!success) return { kind: "silent", why: `something else answers at ${host.healthUrl}` };
    if (data.host !== host.name) return { kind: "silent", why: `${data.host} answers at ${host.healthUrl}` };
    return { kind: "answers", status: data };
  } catch (error) {
    if (timeout.aborted) return { kind: "silent", why: `no answer within ${timeoutSeconds} s` };
    return { kind: "silent", why: causeOf(error) };
  }
}

/** `fetch` hides what happened in its error's cause. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return "code" in cause ? String(cause.code) : cause.message;
  return error.message;
}
