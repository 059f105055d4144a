import { ServiceError } from "../engine/provider";
import type { World } from "../world/world";
import { sameId } from "./azure-native/arm-id";
import { flagAt, mapsAt, textAt } from "./read-property";

/** What a test puts into the world: an `emailAddress` that takes no mail. */
export const refusedMailType = "azure-native:sandbox:RefusedMail";

/** What the emulated service does when an action group is tried. */
export class EmulatedAlertTester {
  constructor(private readonly world: () => Promise<World>) {}

  async send(groupId: string) {
    const world = await this.world();
    return world.read((reading) => {
      const group = reading.list("azure-native:monitor:ActionGroup").find(({ id }) => sameId(id, groupId));
      if (group === undefined)
        throw new ServiceError("ResourceNotFound", `The Resource '${groupId}' was not found.`, 404);
      if (flagAt(group.properties, "enabled") === false)
        throw new Error(`the action group ${groupId.split("/").at(-1)} is switched off`);
      const refused = reading.list(refusedMailType).map(({ properties }) => textAt(properties, "emailAddress"));
      return mapsAt(group.properties, "emailReceivers").map((receiver) => {
        const arrived = !refused.includes(textAt(receiver, "emailAddress"));
        return { receiver: textAt(receiver, "name") ?? "", arrived, said: arrived ? "Succeeded" : "Failed" };
      });
    });
  }
}
