import type { HostSettings } from "../../host-settings";
import type { Lease } from "../../lease/lease";
import type { LeaseStore } from "../../lease/lease-store";
import { isConfirmed, readRole } from "../../lease/role-file";

/** Whether the lease agent says that this host is the primary, and has been told so lately. */
export function isConfirmedPrimary({ root, timing }: HostSettings): boolean {
  const role = readRole(root);
  return role.role === "primary" && isConfirmed(role, timing.confirmationSeconds, Date.now());
}

/** The lease, if it is this host's, the lease agent knows it, and nobody is handing over. */
export async function ownLease(settings: HostSettings, store: LeaseStore): Promise<Lease | undefined> {
  if (!isConfirmedPrimary(settings)) return undefined;
  const read = await store.read();
  if (read.kind !== "found") return undefined;
  const { term, path } = readRole(settings.root);
  const { lease } = read;
  const isOwn = lease.primary === settings.host && lease.term === term && lease.path === path;
  return isOwn && lease.phase.kind === "serving" ? lease : undefined;
}
