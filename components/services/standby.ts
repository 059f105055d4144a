import type { Output } from "@pulumi/pulumi";
import { durationSeconds } from "../../lib/duration";
import { refusal } from "../../lib/refusal";
import { replicasOf } from "../container-apps/scale-schema";
import type { ServiceInventory } from "../container-apps/schema";
import type { StackContext } from "../context/stack-context";
import { type CopyPlace, ObjectStore } from "../object-store/object-store";
import type { StandbyInventory } from "../postgres-server/schema";
import type { Workloads } from "./deploy-platform";
import { databaseNetwork } from "./deploy-services";
import { type EnvironmentInventory, servicesIn } from "./environment-schema";

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

/** How many replicas of each app of a standby always run: until a takeover, and after it, when there are as many as at the primary. */
export type StandbyReplicas = Readonly<Record<string, { readonly asleep: number; readonly awake: number }>>;

export function standbyReplicas(
  services: readonly ServiceInventory[],
  own: EnvironmentInventory,
  primary: EnvironmentInventory,
): StandbyReplicas {
  const least = new Map(servicesIn(services, primary).flatMap((each) => replicasIn(each, primary)));
  return Object.fromEntries(
    servicesIn(services, own)
      .flatMap((each) => replicasIn(each, own))
      .map(([name, { min, max }]) => {
        const awake = Math.min(max, Math.max(min, least.get(name)?.min ?? 0));
        return [name, { asleep: min, awake }];
      }),
  );
}

function replicasIn(service: ServiceInventory, { replicas }: EnvironmentInventory) {
  return service.kind === "app" ? [[service.name, replicasOf(service, replicas)] as const] : [];
}

/** What a takeover has to know of a standby, for the outputs of its stack. Times are seconds. */
export function standbyOutput(standby: StandbyInventory, replicas: StandbyReplicas) {
  const recovery = Object.entries(standby.recovery ?? {}).map(([what, within]) => [what, durationSeconds(within)]);
  return { standby: { replicas, recovery: Object.fromEntries(recovery) } };
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
