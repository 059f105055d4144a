import type { Lease } from "./lease";

/** Where the lease is kept. Every write is conditional, so that of two hosts one wins. */
export interface LeaseStore {
  read(): Promise<LeaseRead>;
  /** Writes the first lease, if there is none. */
  create(lease: Lease): Promise<LeaseWrite>;
  /** Replaces the lease that was read with this ETag, if it is still there. */
  replace(lease: Lease, etag: string): Promise<LeaseWrite>;
}

export type LeaseRead =
  | { readonly kind: "found"; readonly lease: Lease; readonly etag: string }
  | { readonly kind: "missing" }
  | { readonly kind: "corrupt"; readonly problem: string }
  /** The store did not answer in time, or refused. Says nothing about the lease. */
  | { readonly kind: "unreachable"; readonly reason: string };

export type LeaseWrite =
  | { readonly kind: "won"; readonly etag: string }
  /** Somebody else wrote first. */
  | { readonly kind: "lost"; readonly to: LeaseRead }
  /** Nobody knows whether it was written: read again. */
  | { readonly kind: "unreachable"; readonly reason: string };
