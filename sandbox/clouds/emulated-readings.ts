import { certificateContentType, heldContentType, isPlaceholder } from "../../lib/secret-not-set";
import { ServiceError } from "../engine/provider";
import type { World, WorldObject, WorldReading } from "../world/world";
import { executionState, executionsOf } from "./azure-native/app/job";
import { nameOfId } from "./azure-native/arm-id";
import { numberAt, textAt } from "./read-property";

/** A backup of a server, which the emulated service never takes: a test puts it into the world, with its `completedTime` if it has one. */
export const backupType = "azure-native:sandbox:ServerBackup";

const budgetType = "azure-native:consumption:Budget";
const secretType = "azure-native:keyvault:Secret";

/** What the emulated services say, when they are asked, of things that a stack deployed. */
export class EmulatedReadings {
  constructor(private readonly world: () => Promise<World>) {}

  /** Without their values, as the resource manager lists them. */
  secrets(vaultId: string) {
    return this.#ask((world) =>
      world
        .children(vaultId)
        .filter(({ kind }) => kind === secretType)
        .map(({ id, properties }) => {
          const contentType = textAt(properties, "properties.contentType");
          const expires = numberAt(properties, "properties.attributes.expires");
          return {
            name: nameOfId(id),
            isSet: !isPlaceholder(contentType, expires),
            isCertificate: contentType === certificateContentType,
            isHeld: contentType === heldContentType,
            updated: timeOf(numberAt(properties, "properties.attributes.updated")),
            expires: timeOf(expires),
          };
        }),
    );
  }

  lastRun(jobId: string) {
    return this.#ask((world) => {
      const newest = executionsOf(world, jobId).at(-1);
      if (newest === undefined) return undefined;
      const run = textAt(newest.properties, "name") ?? "";
      return { run, state: executionState(world, jobId, run), began: textAt(newest.properties, "startTime") };
    });
  }

  newestBackup(serverId: string) {
    return this.#ask((world) => {
      const backups = world.children(serverId).filter(({ kind }) => kind === backupType);
      if (backups.length === 0) throw new Error("the emulated server takes no backups");
      const times = backups.flatMap(({ properties }) => textAt(properties, "completedTime") ?? []);
      return times.sort().at(-1);
    });
  }

  spend(budgetId: string) {
    return this.#ask((world) => {
      const { properties } = find(world, budgetType, budgetId);
      return {
        limit: numberAt(properties, "amount") ?? 0,
        spent: numberAt(properties, "currentSpend.amount") ?? 0,
        forecast: numberAt(properties, "forecastSpend.amount"),
        currency: textAt(properties, "currentSpend.unit") ?? "",
      };
    });
  }

  async #ask<T>(look: (world: WorldReading) => T): Promise<T> {
    return (await this.world()).read(look);
  }
}

function find(world: WorldReading, kind: string, id: string): WorldObject {
  const found = world.get(kind, id);
  if (found === undefined) throw new ServiceError("ResourceNotFound", `The Resource '${id}' was not found.`, 404);
  return found;
}

/** Of a vault's seconds since 1970. */
function timeOf(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
}
