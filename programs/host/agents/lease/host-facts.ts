import type { HostSettings } from "../../host-settings";
import type { RoleFile } from "../../lease/lease";
import type { LeaseRead } from "../../lease/lease-store";
import { hasOwn } from "../database-files";
import { readPromotion } from "../follow/promotion-file";
import { databasesOf } from "../litestream";
import { mayReplicate, readReplication } from "../replicate/replication-file";
import type { Facts } from "./decision";

/** What the host's files say at this moment, for the lease agent to decide from. */
export function factsOf(settings: HostSettings, role: RoleFile, read: LeaseRead): Facts {
  const { root, replication } = settings;
  const states = replication.map(({ policy }) => readReplication(root, policy));
  const promotion = readPromotion(root);
  const everythingSent = states.every(
    (state) => state?.sent !== undefined && state.term === role.term && state.role === "fenced",
  );
  return {
    read,
    ownDatabases: databasesOf(settings).some(({ database }) => hasOwn(database)),
    replicating: states.some((state) => mayReplicate(state, role)),
    promotedTerm: promotion?.done ? promotion.term : undefined,
    sent: everythingSent ? Object.assign({}, ...states.map((state) => state?.sent ?? {})) : undefined,
  };
}
