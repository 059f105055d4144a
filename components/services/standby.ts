import type { Output } from "@pulumi/pulumi";
import { refusal } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { type CopyPlace, ObjectStore } from "../object-store/object-store";
import type { StandbyInventory } from "../postgres-server/schema";
import type { Workloads } from "./deploy-platform";
import { databaseNetwork } from "./deploy-services";

/** Where an environment's database is, as its stack says it to one that stands by for it. */
export interface DatabasePlace {
  readonly serverId: string;
  readonly host: string;
  readonly networkId: string;
  /** The private zone with the server's name. */
  readonly zoneId: string;
}

/** What the stack of an environment says to one that stands by for it. */
export interface PrimaryPlaces {
  readonly database: Output<DatabasePlace>;
  /** Where its objects are copied to. Undefined where it has none. */
  readonly objects: Output<CopyPlace | undefined>;
}

/** What an environment that stands by for this one has to know, for the outputs of its stack. */
export function placesForStandby({ postgres, network, objects }: Pick<Workloads, "postgres" | "network" | "objects">) {
  const { zoneId } = databaseNetwork(network);
  const copy = objects instanceof ObjectStore ? objects.copy : undefined;
  return {
    database: { serverId: postgres.id, host: postgres.host, networkId: network.id, zoneId },
    ...(copy === undefined ? {} : { objects: copy }),
  };
}

/** @throws when the stack of the environment that this one stands by for says nothing of itself */
export function knownPrimary<Primary>(
  { context, primary }: { readonly context: StackContext; readonly primary?: Primary | undefined },
  standby: StandbyInventory,
): Primary {
  if (primary !== undefined) return primary;
  throw standbyRefusal(context, standby, "where that one's database is");
}

/** Where the objects of the environment that this one stands by for are copied to. */
export function copiedObjects(
  args: { readonly context: StackContext; readonly primary?: PrimaryPlaces | undefined },
  standby: StandbyInventory,
): Output<CopyPlace> {
  return knownPrimary(args, standby).objects.apply((known) => {
    if (known !== undefined) return known;
    throw standbyRefusal(args.context, standby, "where that one's objects are copied to");
  });
}

function standbyRefusal(context: StackContext, standby: StandbyInventory, missing: string): Error {
  const message = `it stands by for ${standby.of}, and its stack does not say ${missing}`;
  return refusal(`environment "${context.environment}"`, [message], standby);
}
